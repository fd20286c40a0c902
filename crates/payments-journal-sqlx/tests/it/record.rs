//! Intents in the application's own transaction.

use payments_core::time::ext::NumericalDuration as _;
use payments_journal::store::{Head, Inserted};
use payments_journal::{IntentId, Store as _, StoreError};

use crate::support::{Database, key, now, row};

#[tokio::test]
async fn an_intent_is_loaded_as_it_was_recorded() {
    let database = Database::new().await;
    let mut first = row("order-1");
    first.by_ticket = true;
    let first_id = database.record_row(&first).await;
    let mut second = row("order-2");
    (second.amount, second.expires_at, second.due_at) = (None, None, None);
    second.supersedes = Some(first_id);
    let second_id = database.record_row(&second).await;

    for (id, row) in [(first_id, first), (second_id, second)] {
        let loaded = database.store.load(id).await.unwrap();
        assert_eq!(loaded.head, Head { due_at: row.due_at, ..Head::default() });
        assert_eq!(loaded.row, row);
        assert_eq!((loaded.id, loaded.evidence, loaded.pause), (id, Vec::new(), None));
        assert!((now() - loaded.now).abs() < 10.seconds());
        assert_eq!(database.store.find(&row.key).await.unwrap(), Some(id));
    }
    assert_eq!(database.store.find(&key("order-3")).await.unwrap(), None);
}

#[tokio::test]
async fn an_intent_is_stored_with_the_applications_transaction_or_not_at_all() {
    let database = Database::new().await;
    let store = &database.store;
    sqlx::query("CREATE TABLE withdrawals (reference TEXT)").execute(store.pool()).await.unwrap();

    let mut transaction = store.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
    sqlx::query("INSERT INTO withdrawals VALUES ('order-1')").execute(&mut *transaction).await.unwrap();
    let Inserted::New(id) = store.record(&mut transaction, &row("order-1")).await.unwrap() else { panic!() };
    assert!(matches!(store.load(id).await, Err(StoreError::NoSuchIntent(missing)) if missing == id));
    transaction.rollback().await.unwrap();

    assert_eq!(store.find(&key("order-1")).await.unwrap(), None);
    assert!(matches!(store.amend(id, |_| (None, ())).await, Err(StoreError::NoSuchIntent(_))));
}

#[tokio::test]
async fn a_repeated_key_finds_the_recorded_intent() {
    let database = Database::new().await;
    let id = database.record("order-1").await;
    let mut other = row("order-1");
    other.mac = vec![9; 32];

    let mut transaction = database.store.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
    let inserted = database.store.record(&mut transaction, &other).await.unwrap();

    let Inserted::Existing(loaded) = inserted else { panic!("{inserted:?}") };
    assert_eq!((loaded.id, loaded.row.mac), (id, vec![1; 32]));
}

#[tokio::test]
async fn an_intent_that_supersedes_none_is_rejected() {
    let database = Database::new().await;
    let mut row = row("order-1");
    row.supersedes = Some(IntentId::new(1_000));
    let mut transaction = database.store.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();

    let error = database.store.record(&mut transaction, &row).await.unwrap_err();

    assert!(matches!(error, StoreError::Rejected(_)), "{error:?}");
    assert!(error.to_string().contains("FOREIGN KEY"), "{error}");
}
