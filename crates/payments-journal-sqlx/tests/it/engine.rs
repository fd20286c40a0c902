//! The engine on SQLite.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use payments_core::gateway::{
    AcceptedPayout, Capabilities, PayOut, PayoutRequest, Recovery, RecoveryPlan, WriteOperation,
};
use payments_core::{Currency, Error, Money, PaymentStatus};
use payments_journal::{
    Account, Gateway, Intent, Journal, JournalError, JournalKey, JournalKeys, State, StoreError, Ticket,
};
use payments_journal_sqlx::SqliteStore;

use crate::support::Database;

/// A provider that accepts every payout.
#[derive(Clone, Default)]
struct Provider(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl PayOut for Provider {
    async fn pay_out(&self, request: &PayoutRequest) -> Result<AcceptedPayout, Error> {
        self.0.lock().unwrap().push(request.reference.clone());
        Ok(AcceptedPayout::new(None, PaymentStatus::Succeeded, request.amount))
    }
}

fn journal(store: &SqliteStore, provider: &Provider) -> Journal<SqliteStore> {
    const RECOVERY: &[RecoveryPlan] = &[RecoveryPlan::new(WriteOperation::PayOut, &[Recovery::Nothing], "")];
    let capabilities = Capabilities { provider: "acme", table: &[], recovery: RECOVERY, status_changes: &[] };
    let key = JournalKey::new("00112233445566778899aabbccddeeff").unwrap();
    Journal::builder(store.clone(), JournalKeys::new("1", key).unwrap())
        .gateway(Gateway::new(Account::at("acme"), &capabilities).pays_out(provider.clone()))
        .build()
        .unwrap()
}

fn payout(reference: &str) -> Intent {
    let amount = Money::from_minor(250_000, Currency::INR);
    Intent::new("acme", PayoutRequest::new(reference, amount, "C_1", "50100012345678", "HDFC0000001"))
}

/// SQLite uses the id of a row that was rolled back for the next one.
#[tokio::test]
async fn a_ticket_of_a_rolled_back_transaction_sends_no_other_intent() {
    let database = Database::new().await;
    let provider = Provider::default();
    let journal = journal(&database.store, &provider);
    let mut tickets: Vec<Ticket> = Vec::new();
    for (reference, commits) in [("W_1", false), ("W_2", true)] {
        let mut transaction = database.store.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
        tickets.push(journal.record(&mut transaction, &payout(reference)).await.unwrap().ticket());
        if commits {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
    }
    assert_eq!(tickets[0].intent(), tickets[1].intent(), "otherwise the test shows nothing");
    let error = journal.execute(tickets.remove(0)).await.unwrap_err();
    assert!(matches!(error, JournalError::Store(StoreError::NoSuchIntent(_))), "{error}");
    assert_eq!(journal.execute(tickets.remove(0)).await.unwrap().state, State::Succeeded);
    assert_eq!(*provider.0.lock().unwrap(), ["W_2"]);
}
