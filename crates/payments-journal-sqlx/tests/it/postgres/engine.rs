//! The engine on `PostgreSQL`, with many workers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use payments_core::gateway::{
    AcceptedPayout, Capabilities, PayOut, PayoutRequest, Recovery, RecoveryPlan, WriteOperation,
};
use payments_core::{Currency, Error, Money, PaymentStatus};
use payments_journal::{Account, Backoff, Gateway, Intent, Journal, JournalKey, JournalKeys, Settings};
use payments_journal_sqlx::PostgresStore;
use tokio::sync::broadcast::Sender;
use tokio::task::JoinSet;

use super::{connect, run};
use crate::backend::{Backend as _, OnPostgres};
use crate::deliver::{create_effects, effects};

/// A provider that accepts every payout, and counts them.
#[derive(Clone, Default)]
pub(super) struct Provider {
    pub(super) sent: Arc<Mutex<HashMap<String, usize>>>,
    /// How often a worker was told that the database failed.
    failures: Arc<AtomicUsize>,
}

#[async_trait]
impl PayOut for Provider {
    async fn pay_out(&self, request: &PayoutRequest) -> Result<AcceptedPayout, Error> {
        tokio::time::sleep(Duration::from_millis(2)).await;
        *self.sent.lock().unwrap().entry(request.reference.clone()).or_default() += 1;
        Ok(AcceptedPayout::new(None, PaymentStatus::Succeeded, request.amount))
    }
}

/// A journal whose leases are short, so that lost claims are found soon.
pub(super) fn journal(store: PostgresStore, provider: &Provider) -> Journal<PostgresStore> {
    const RECOVERY: &[RecoveryPlan] = &[RecoveryPlan::new(WriteOperation::PayOut, &[Recovery::Nothing], "")];
    let capabilities = Capabilities { provider: "acme", table: &[], recovery: RECOVERY, status_changes: &[] };
    let key = JournalKey::new("00112233445566778899aabbccddeeff").unwrap();
    let mut settings = Settings::default();
    settings.poll_interval = Duration::from_millis(50);
    settings.call_timeout = Duration::from_secs(1);
    settings.lease_margin = Duration::from_millis(500);
    settings.backoff = Backoff::new(Duration::from_millis(50), Duration::from_millis(200));
    Journal::builder(store, JournalKeys::new("1", key).unwrap())
        .gateway(Gateway::new(Account::at("acme"), &capabilities).pays_out(provider.clone()))
        .settings(settings)
        .build()
        .unwrap()
}

async fn record(database: &OnPostgres, journal: &Journal<PostgresStore>, count: usize) {
    let mut transaction = database.begin().await;
    for number in 0..count {
        let amount = Money::from_minor(250_000, Currency::INR);
        let payout = PayoutRequest::new(format!("W_{number}"), amount, "C_1", "50100012345678", "HDFC0000001");
        journal.record(&mut transaction, &Intent::new("acme", payout)).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

/// Starts workers, each with a pool of its own, as in other processes. They stop when the receiver does.
async fn start(database: &OnPostgres, provider: &Provider, count: u32, stop: &Sender<()>) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    for _ in 0..count {
        let store = OnPostgres::store_of(&database.options, 4).await;
        let worker = journal(store, provider).worker().on_change(|connection, change| {
            let what = format!("{} {}", change.key.reference, change.to);
            let query = sqlx::query("INSERT INTO effects (what) VALUES ($1)").bind(what);
            Box::pin(async move { Ok(query.execute(connection).await.map(drop)?) })
        });
        let (failures, problems) = (Arc::clone(&provider.failures), Arc::clone(&provider.failures));
        let worker = worker.on_failure(move |_| _ = failures.fetch_add(1, Ordering::SeqCst));
        let worker = worker.on_problem(move |_, _| _ = problems.fetch_add(1, Ordering::SeqCst));
        let mut stopped = stop.subscribe();
        workers.spawn(async move { worker.run(async move { drop(stopped.recv().await) }).await });
    }
    workers
}

/// Waits until each change of each intent is delivered, and no intent changes any more.
async fn wait_until_settled(database: &OnPostgres) {
    let open = "SELECT reference FROM payments_intents AS i WHERE state NOT IN ('succeeded', 'needs_review') \
        OR EXISTS (SELECT 1 FROM payments_changes AS c WHERE c.intent = i.id AND c.delivered_at IS NULL)";
    while !database.texts(open).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn stop(stop: Sender<()>, mut workers: JoinSet<()>) {
    stop.send(()).unwrap();
    while let Some(result) = workers.join_next().await {
        result.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_workers_send_each_payout_once_and_deliver_each_change_once() {
    const COUNT: usize = 200;
    let Some(database) = OnPostgres::new().await else { return };
    create_effects(&database).await;
    let provider = Provider::default();
    record(&database, &journal(database.store.clone(), &provider), COUNT).await;

    let (sender, _) = tokio::sync::broadcast::channel(1);
    let workers = start(&database, &provider, 8, &sender).await;
    wait_until_settled(&database).await;
    stop(sender, workers).await;

    let sent = provider.sent.lock().unwrap().clone();
    assert_eq!((sent.len(), sent.values().max()), (COUNT, Some(&1)));
    check_effects(&database, COUNT).await;
}

/// Each intent has one effect: it was done, or a person must look at it.
async fn check_effects(database: &OnPostgres, count: usize) {
    let last = database.texts(
        "SELECT DISTINCT ON (split_part(what, ' ', 1)) what FROM effects ORDER BY split_part(what, ' ', 1), id DESC",
    );
    let mut last = last.await;
    last.sort();
    let mut states = database.texts("SELECT reference || ' ' || state FROM payments_intents").await;
    states.sort();
    assert_eq!((last.len(), &last), (count, &states));
    let mut effects = effects(database).await;
    let all = effects.len();
    effects.sort();
    effects.dedup();
    assert_eq!(all, effects.len(), "an effect was repeated");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_payout_is_sent_twice_while_connections_are_lost() {
    const COUNT: usize = 150;
    let Some(database) = OnPostgres::new().await else { return };
    create_effects(&database).await;
    let provider = Provider::default();
    record(&database, &journal(database.store.clone(), &provider), COUNT).await;
    let mut admin = connect(&database).await;

    let (sender, _) = tokio::sync::broadcast::channel(1);
    let workers = start(&database, &provider, 4, &sender).await;
    for _ in 0..40 {
        let end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        run(&mut admin, end_all).await;
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    wait_until_settled(&database).await;
    stop(sender, workers).await;

    let sent = provider.sent.lock().unwrap().clone();
    assert_eq!(sent.values().max(), Some(&1));
    assert!(provider.failures.load(Ordering::SeqCst) > 0, "otherwise the test shows nothing");
    // What is denied was not sent; what is in review may have been.
    let succeeded = database.texts("SELECT reference FROM payments_intents WHERE state = 'succeeded'").await;
    assert!(succeeded.iter().all(|reference| sent.contains_key(reference)));
    let missing = database.texts("SELECT reference FROM payments_intents WHERE state <> 'needs_review'").await;
    assert_eq!(succeeded.len(), missing.len());
    check_effects(&database, COUNT).await;
}
