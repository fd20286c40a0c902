//! Intents in the application's own transaction.

use payments_core::time::ext::NumericalDuration as _;
use payments_journal::store::{Head, Inserted};
use payments_journal::{IntentId, Store as _, StoreError};

use crate::backend::{Backend, on_both};
use crate::support::{key, now, row};

on_both! {
    an_intent_is_loaded_as_it_was_recorded,
    an_intent_is_stored_with_the_applications_transaction_or_not_at_all,
    a_repeated_key_finds_the_recorded_intent,
    an_intent_that_supersedes_none_is_rejected,
}

async fn an_intent_is_loaded_as_it_was_recorded(database: impl Backend) {
    let mut first = row("order-1");
    first.by_ticket = true;
    let first_id = database.record_row(&first).await;
    let mut second = row("order-2");
    (second.amount, second.expires_at, second.due_at) = (None, None, None);
    second.supersedes = Some(first_id);
    let second_id = database.record_row(&second).await;

    for (id, row) in [(first_id, first), (second_id, second)] {
        let loaded = database.store().load(id).await.unwrap();
        assert_eq!(loaded.head, Head { due_at: row.due_at, ..Head::default() });
        assert_eq!(loaded.row, row);
        assert_eq!((loaded.id, loaded.evidence, loaded.pause), (id, Vec::new(), None));
        assert!((now() - loaded.now).abs() < 10.seconds());
        assert_eq!(database.store().find(&row.key).await.unwrap(), Some(id));
    }
    assert_eq!(database.store().find(&key("order-3")).await.unwrap(), None);
}

async fn an_intent_is_stored_with_the_applications_transaction_or_not_at_all<B: Backend>(database: B) {
    let store = database.store();
    database.sql("CREATE TABLE withdrawals (reference TEXT)").await.unwrap();

    let mut transaction = database.begin().await;
    B::run(&mut transaction, "INSERT INTO withdrawals VALUES ('order-1')").await.unwrap();
    let Inserted::New(id) = store.record(&mut transaction, &row("order-1")).await.unwrap() else { panic!() };
    assert!(matches!(store.load(id).await, Err(StoreError::NoSuchIntent(missing)) if missing == id));
    transaction.rollback().await.unwrap();

    assert_eq!(B::texts(&database, "SELECT reference FROM withdrawals").await, Vec::<String>::new());
    assert_eq!(store.find(&key("order-1")).await.unwrap(), None);
    assert!(matches!(store.amend(id, |_| (None, ())).await, Err(StoreError::NoSuchIntent(_))));
}

async fn a_repeated_key_finds_the_recorded_intent(database: impl Backend) {
    let id = database.record("order-1").await;
    let mut other = row("order-1");
    other.mac = vec![9; 32];

    let mut transaction = database.begin().await;
    let inserted = database.store().record(&mut transaction, &other).await.unwrap();

    let Inserted::Existing(loaded) = inserted else { panic!("{inserted:?}") };
    assert_eq!((loaded.id, loaded.row.mac), (id, vec![1; 32]));
}

async fn an_intent_that_supersedes_none_is_rejected<B: Backend>(database: B) {
    let mut row = row("order-1");
    row.supersedes = Some(IntentId::new(1_000));
    let mut transaction = database.begin().await;

    let error = database.store().record(&mut transaction, &row).await.unwrap_err();

    assert!(matches!(error, StoreError::Rejected(_)), "{error:?}");
    assert!(error.to_string().contains(B::FOREIGN_KEY), "{error}");
}
