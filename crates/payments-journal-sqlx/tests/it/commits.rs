//! Commits that fail, as on a full disk: SQLite rolls back by itself.

use std::time::Duration;

use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::time::ext::NumericalDuration as _;
use payments_journal::store::{Amendment, Pause};
use payments_journal::{Store as _, StoreError};
use payments_journal_sqlx::{SqliteRateLimit, SqliteStore};
use sqlx::sqlite::SqlitePoolOptions;

use crate::support::{Database, account, append, claimed, now};

/// A store with one connection. Its next commits fail, until the disk is repaired.
async fn with_full_disk(database: &Database) -> SqliteStore {
    let pool = SqlitePoolOptions::new().max_connections(1);
    let store = SqliteStore::new(pool.connect_with(SqliteStore::options(database.path())).await.unwrap());
    store.find(&crate::support::key("order-1")).await.unwrap();
    let mut connection = store.pool().acquire().await.unwrap();
    connection.lock_handle().await.unwrap().set_commit_hook(|| false);
    drop(connection);
    store
}

async fn repair(store: &SqliteStore) {
    let mut connection = store.pool().acquire().await.unwrap();
    connection.lock_handle().await.unwrap().remove_commit_hook();
}

#[tokio::test]
async fn an_intent_can_be_changed_again_after_a_commit_failed() {
    let database = Database::new().await;
    let id = database.record("order-1").await;
    let store = with_full_disk(&database).await;
    let amend = || store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ()));

    assert!(matches!(amend().await, Err(StoreError::Unavailable(_))));
    assert!(store.load(id).await.unwrap().evidence.is_empty());
    repair(&store).await;

    amend().await.unwrap();
    assert_eq!(store.load(id).await.unwrap().evidence.len(), 1);
}

#[tokio::test]
async fn an_account_can_be_resumed_after_a_commit_failed() {
    let database = Database::new().await;
    let id = database.record("order-1").await;
    let pause = Pause { account: account(), since: now(), until: now() + 5.minutes(), problem: "401".to_owned() };
    let paused =
        database.store.amend(id, |loaded| (Some(Amendment { pause: Some(pause.clone()), ..append(loaded, []) }), ()));
    paused.await.unwrap();
    let store = with_full_disk(&database).await;

    assert!(matches!(store.resume(&account()).await, Err(StoreError::Unavailable(_))));
    assert_eq!(store.pauses().await.unwrap(), [pause]);
    repair(&store).await;

    store.resume(&account()).await.unwrap();
    assert_eq!(store.pauses().await.unwrap(), []);
}

#[tokio::test]
async fn calls_are_limited_again_after_a_commit_failed() {
    let database = Database::new().await;
    let store = with_full_disk(&database).await;
    let order =
        r#"{"order_id":"o-1","merchant_order_id":"order-1","status":"new","reason":"","amount":"500.00","utr":null}"#;
    let (clock, script) = (ManualClock::at(now()), Script::new([Reply::json(200, order)]));
    let client = turbopay::Client::builder(turbopay::ApiKey::new("key-1").unwrap())
        .transport(script.clone())
        .clock(clock.clone())
        .timer(clock.clone())
        .rate_limit(SqliteRateLimit::new(store, 3, Duration::from_secs(60)))
        .build()
        .unwrap();

    client.lookup(&"order-1".parse().unwrap()).send().await.unwrap();

    assert_eq!(clock.slept(), [Duration::from_millis(500)], "the first try failed");
}
