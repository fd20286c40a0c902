//! Changes in one statement: what happens between the statement that loads an intent and the one that changes it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context, Waker};
use std::time::Duration;

use payments_journal::store::Loaded;
use payments_journal::{IntentId, Store as _, StoreError};
use payments_journal_sqlx::PostgresStore;
use sqlx::Connection as _;

use super::{connect, run};
use crate::backend::{Backend as _, OnPostgres};
use crate::support::{append, claimed};

/// Lets a change load the intent, and then wait while `meanwhile` runs.
async fn change_around(store: PostgresStore, id: IntentId, meanwhile: impl Future<Output = ()>) -> usize {
    let (loaded, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let decided = Arc::new(AtomicUsize::new(0));
    let changing = tokio::spawn({
        let (loaded, go_on, decided) = (loaded.clone(), go_on.clone(), decided.clone());
        async move {
            let amend = |current: &Loaded| {
                if decided.fetch_add(1, Ordering::SeqCst) == 0 {
                    tokio::task::block_in_place(|| (loaded.wait(), go_on.wait()));
                }
                let number = u128::from(current.last_sequence()) + 1;
                (Some(append(current, [claimed(number)])), ())
            };
            store.amend(id, amend).await.unwrap();
        }
    });
    tokio::task::block_in_place(|| loaded.wait());
    meanwhile.await;
    tokio::task::block_in_place(|| go_on.wait());
    changing.await.unwrap();
    decided.load(Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_another_process_made_since_the_intent_was_loaded_is_seen() {
    let Some(database) = OnPostgres::new().await else { return };
    let id = database.record("order-1").await;
    let other = database.another().await;
    let change = async { other.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await.unwrap() };

    let decided = change_around(database.store.clone(), id, change).await;

    assert_eq!(decided, 2);
    assert_eq!(database.store.load(id).await.unwrap().evidence.len(), 2);
}

/// Functions that a session finds before those of the server, and what they return: a clock that is late at first, settings and the
/// server's timeline.
const OTHER_SERVER: &str = "CREATE SCHEMA other; \
    CREATE TABLE other.server AS SELECT INTERVAL '11 seconds' AS late, NULL::text AS statement_timeout, NULL::text AS file; \
    CREATE FUNCTION other.clock_timestamp() RETURNS TIMESTAMPTZ VOLATILE LANGUAGE sql AS \
        'SELECT pg_catalog.clock_timestamp() - late FROM other.server'; \
    CREATE FUNCTION other.current_setting(name TEXT) RETURNS TEXT VOLATILE LANGUAGE sql AS \
        'SELECT CASE name WHEN ''statement_timeout'' THEN coalesce(statement_timeout, pg_catalog.current_setting(name)) \
            ELSE pg_catalog.current_setting(name) END FROM other.server'; \
    CREATE FUNCTION other.pg_walfile_name(lsn PG_LSN) RETURNS TEXT VOLATILE LANGUAGE sql AS \
        'SELECT coalesce(file, pg_catalog.pg_walfile_name(lsn)) FROM other.server'";

/// Changes an intent, and this on the server while the process decides. Returns how often it decided.
async fn change_while(database: &OnPostgres, server: &'static str) -> usize {
    let id = database.record("order-1").await;
    database.sql(OTHER_SERVER).await.unwrap();
    let store =
        OnPostgres::store_of(&database.options.clone().options([("search_path", "other,pg_catalog,public")]), 1).await;
    let change = async { database.sql(server).await.unwrap() };

    let decided = change_around(store, id, change).await;

    assert_eq!(database.store.load(id).await.unwrap().evidence.len(), 1);
    decided
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_goes_on_under_the_same_conditions_decides_once() {
    let Some(database) = OnPostgres::new().await else { return };
    assert_eq!(change_while(&database, "SELECT 1").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_was_stopped_since_it_loaded_the_intent_loads_it_again() {
    let Some(database) = OnPostgres::new().await else { return };
    assert_eq!(change_while(&database, "UPDATE other.server SET late = '0'").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_whose_terms_have_changed_meanwhile_gets_a_transaction_with_those_of_the_journal() {
    let Some(database) = OnPostgres::new().await else { return };
    assert_eq!(change_while(&database, "UPDATE other.server SET statement_timeout = '1min'").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_another_history_is_noticed_after_the_intent_was_loaded() {
    let Some(database) = OnPostgres::new().await else { return };
    let another = "UPDATE other.server SET file = '000000020000000000000001'";
    assert_eq!(change_while(&database, another).await, 2);
}

async fn is_committed(database: &OnPostgres, id: IntentId) -> bool {
    !database.store.load(id).await.unwrap().evidence.is_empty()
}

#[tokio::test]
async fn a_change_on_a_connection_with_an_open_transaction_is_committed() {
    let Some(database) = OnPostgres::new().await else { return };
    let id = database.record("order-1").await;
    let store = database.another().await;
    sqlx::raw_sql("BEGIN").execute(store.pool()).await.unwrap();

    store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await.unwrap();

    assert!(is_committed(&database, id).await);
}

#[tokio::test]
async fn a_change_after_a_begin_that_was_cancelled_is_committed() {
    let Some(database) = OnPostgres::new().await else { return };
    let id = database.record("order-1").await;
    let store = database.another().await;
    store.load(id).await.unwrap();
    // Sends `BEGIN`, and does not wait for the response; again, if the response is there at once.
    loop {
        let mut connection = store.pool().acquire().await.unwrap();
        let mut begin = Box::pin(connection.begin());
        if begin.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            break;
        }
    }
    let idle = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'";
    let begun = async {
        while database.texts(&format!("SELECT count(*)::text FROM ({idle}) AS idle")).await != ["1"] {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), begun).await.expect("a transaction is left open");

    store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await.unwrap();

    assert!(is_committed(&database, id).await);
}

#[tokio::test]
async fn a_connection_with_a_failed_transaction_is_replaced() {
    let Some(database) = OnPostgres::new().await else { return };
    let id = database.record("order-1").await;
    let store = database.another().await;
    store.load(id).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT 1 / 0").execute(store.pool()).await.unwrap_err();

    store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await.unwrap();

    assert!(is_committed(&database, id).await);
}

#[tokio::test]
async fn a_table_that_is_locked_for_too_long_is_a_failure_that_passes() {
    let Some(database) = OnPostgres::new().await else { return };
    let id = database.record("order-1").await;
    let store = database.another().await.lock_timeout(Duration::from_secs(1));
    // `CREATE INDEX` allows to read, and `VACUUM FULL` does not.
    for (mode, expected) in [("ACCESS EXCLUSIVE", "has locked a table"), ("SHARE", "may be committed all the same")] {
        let mut other = connect(&database).await;
        run(&mut other, &format!("BEGIN; LOCK TABLE payments_intents IN {mode} MODE")).await;
        let result = store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await;
        run(&mut other, "ROLLBACK").await;
        let Err(StoreError::Unavailable(error)) = result else { panic!("{mode}: {result:?}") };
        assert!(error.to_string().contains(expected), "{mode}: {error}");
    }

    // The server goes on with the second one once it has its lock, and writes nothing: it is too late.
    store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await.unwrap();
    assert_eq!(database.store.load(id).await.unwrap().evidence.len(), 1);
}
