//! The engine on `PostgreSQL`, with many workers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use payments_core::gateway::{
    AcceptedPayout, Capabilities, PayOut, PayoutRequest, Recovery, RecoveryPlan, WriteOperation,
};
use payments_core::{Currency, Error, Money, PaymentStatus};
use payments_journal::{Account, Gateway, Intent, Journal, JournalKey, JournalKeys, Settings};
use payments_journal_sqlx::PostgresStore;

use crate::backend::{Backend as _, OnPostgres};
use crate::deliver::{create_effects, effects};

/// A provider that accepts every payout, and counts them.
#[derive(Clone, Default)]
struct Provider(Arc<Mutex<HashMap<String, usize>>>);

#[async_trait]
impl PayOut for Provider {
    async fn pay_out(&self, request: &PayoutRequest) -> Result<AcceptedPayout, Error> {
        tokio::time::sleep(Duration::from_millis(2)).await;
        *self.0.lock().unwrap().entry(request.reference.clone()).or_default() += 1;
        Ok(AcceptedPayout::new(None, PaymentStatus::Succeeded, request.amount))
    }
}

fn journal(store: PostgresStore, provider: &Provider) -> Journal<PostgresStore> {
    const RECOVERY: &[RecoveryPlan] = &[RecoveryPlan::new(WriteOperation::PayOut, &[Recovery::Nothing], "")];
    let capabilities = Capabilities { provider: "acme", table: &[], recovery: RECOVERY, status_changes: &[] };
    let key = JournalKey::new("00112233445566778899aabbccddeeff").unwrap();
    let mut settings = Settings::default();
    settings.poll_interval = Duration::from_millis(50);
    Journal::builder(store, JournalKeys::new("1", key).unwrap())
        .gateway(Gateway::new(Account::at("acme"), &capabilities).pays_out(provider.clone()))
        .settings(settings)
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_workers_send_each_payout_once_and_deliver_each_change_once() {
    const COUNT: usize = 200;
    let Some(database) = OnPostgres::new().await else { return };
    create_effects(&database).await;
    let provider = Provider::default();
    let recorder = journal(database.store.clone(), &provider);
    let mut transaction = database.begin().await;
    for number in 0..COUNT {
        let amount = Money::from_minor(250_000, Currency::INR);
        let payout = PayoutRequest::new(format!("W_{number}"), amount, "C_1", "50100012345678", "HDFC0000001");
        recorder.record(&mut transaction, &Intent::new("acme", payout)).await.unwrap();
    }
    transaction.commit().await.unwrap();

    let (stop, _) = tokio::sync::broadcast::channel::<()>(1);
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = OnPostgres::store_of(&database.options, 4).await;
        let worker = journal(store, &provider).worker().on_change(|connection, change| {
            let query = sqlx::query("INSERT INTO effects (what) VALUES ($1)").bind(change.key.reference.clone());
            Box::pin(async move { Ok(query.execute(connection).await.map(drop)?) })
        });
        let mut stopped = stop.subscribe();
        workers.spawn(async move { worker.run(async move { drop(stopped.recv().await) }).await });
    }
    while effects(&database).await.len() < COUNT {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.send(()).unwrap();
    while let Some(result) = workers.join_next().await {
        result.unwrap();
    }

    let sent = provider.0.lock().unwrap().clone();
    assert_eq!((sent.len(), sent.values().max()), (COUNT, Some(&1)));
    let mut effects = effects(&database).await;
    effects.sort();
    effects.dedup();
    assert_eq!(effects.len(), COUNT);
}
