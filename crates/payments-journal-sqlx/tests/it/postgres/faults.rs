//! Deadlocks, locks that are held, connections and commits that are lost.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use payments_core::time::ext::NumericalDuration as _;
use payments_journal::store::{Amendment, Loaded, Pause};
use payments_journal::{IntentId, Store as _, StoreError};
use payments_journal_sqlx::PostgresStore;
use sqlx::postgres::PgConnectOptions;

use super::{connect, run, wait_for_waiting};
use crate::backend::{Backend as _, OnPostgres};
use crate::support::{account, append, claimed, key, now, row};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_repeated_after_a_deadlock() {
    let Some(database) = OnPostgres::new().await else { return };
    let id = database.record("order-1").await;
    let mut other = connect(&database).await;
    run(&mut other, "SET deadlock_timeout = '1h'; BEGIN").await;
    run(
        &mut other,
        "INSERT INTO payments_pauses VALUES ('tenant', 'turbopay', 'main', 1767322245000, 1767322245000, '401')",
    )
    .await;
    static DECIDED: AtomicUsize = AtomicUsize::new(0);
    let store = database.store.clone();
    let amending = tokio::spawn(async move {
        let pause = Pause { account: account(), since: now(), until: now() + 5.minutes(), problem: "402".to_owned() };
        let amendment = |loaded: &Loaded| {
            DECIDED.fetch_add(1, Ordering::SeqCst);
            (Some(Amendment { pause: Some(pause.clone()), ..append(loaded, [claimed(1)]) }), ())
        };
        store.amend(id, amendment).await
    });
    wait_for_waiting(&database, 1).await;

    run(&mut other, &format!("UPDATE payments_intents SET due_at = due_at + 1 WHERE id = {id}; COMMIT")).await;
    amending.await.unwrap().unwrap();

    assert_eq!(DECIDED.load(Ordering::SeqCst), 2);
    let loaded = database.store.load(id).await.unwrap();
    assert_eq!((loaded.evidence.len(), loaded.pause.unwrap().problem), (1, "402".to_owned()));
}

#[tokio::test]
async fn a_lock_that_is_held_for_too_long_is_a_failure_that_passes() {
    let Some(database) = OnPostgres::new().await else { return };
    let id = database.record("order-1").await;
    // One connection: it must be as good as new afterwards.
    let store = database.another().await.lock_timeout(Duration::from_secs(1));
    let mut other = connect(&database).await;
    run(&mut other, &format!("BEGIN; SELECT 1 FROM payments_intents WHERE id = {id} FOR UPDATE")).await;

    let result = store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await;
    assert!(
        matches!(&result, Err(StoreError::Unavailable(error)) if error.to_string().contains("lock timeout")),
        "{result:?}"
    );
    run(&mut other, "COMMIT").await;

    store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await.unwrap();
    assert_eq!(store.load(id).await.unwrap().evidence.len(), 1);
}

/// Lets each commit of new evidence fail in this way.
async fn break_commits(database: &OnPostgres, how: &str) {
    let statements = format!(
        "CREATE FUNCTION fails() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN {how}; RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON payments_evidence DEFERRABLE INITIALLY DEFERRED \
            FOR EACH ROW EXECUTE FUNCTION fails()"
    );
    database.sql(&statements).await.unwrap();
}

/// A session whose changes are transactions of several statements.
fn with_a_statement_timeout(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().options([("statement_timeout", "1h")])
}

#[tokio::test]
async fn a_failed_commit_may_be_committed_and_is_not_repeated() {
    for how in ["PERFORM pg_terminate_backend(pg_backend_pid())", "RAISE SQLSTATE '40001'", "RAISE SQLSTATE '23514'"] {
        let Some(database) = OnPostgres::new().await else { return };
        let id = database.record("order-1").await;
        break_commits(&database, how).await;
        let store = OnPostgres::store_of(&with_a_statement_timeout(&database.options), 1).await;
        check_commit_is_uncertain(&store, id, how).await;
        database.sql("DROP TRIGGER fails ON payments_evidence").await.unwrap();
        store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await.unwrap();
        assert_eq!(store.load(id).await.unwrap().evidence.len(), 1);
    }
}

#[tokio::test]
async fn a_change_in_one_statement_may_be_committed_once_its_connection_is_lost() {
    for how in ["PERFORM pg_terminate_backend(pg_backend_pid())", "RAISE SQLSTATE '58030'"] {
        let Some(database) = OnPostgres::new().await else { return };
        let id = database.record("order-1").await;
        break_commits(&database, how).await;
        check_commit_is_uncertain(&database.another().await, id, how).await;
    }
}

async fn check_commit_is_uncertain(store: &PostgresStore, id: IntentId, how: &str) {
    let decided = AtomicUsize::new(0);
    let result = store.amend(id, |loaded| {
        decided.fetch_add(1, Ordering::SeqCst);
        (Some(append(loaded, [claimed(1)])), ())
    });

    let error = result.await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{how}: {error:?}");
    assert!(error.to_string().contains("may be committed all the same"), "{how}: {error}");
    assert_eq!(decided.load(Ordering::SeqCst), 1, "{how}");
}

#[tokio::test]
async fn a_change_in_one_statement_that_the_database_rejects_is_rolled_back() {
    let Some(database) = OnPostgres::new().await else { return };
    let id = database.record("order-1").await;
    let store = database.another().await;

    break_commits(&database, "RAISE SQLSTATE '23514'").await;
    let result = store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await;

    assert!(matches!(&result, Err(StoreError::Rejected(_))), "{result:?}");
    assert_eq!(store.load(id).await.unwrap().evidence, []);
}

#[tokio::test]
async fn connections_that_were_lost_in_the_pool_are_replaced() {
    let Some(database) = OnPostgres::new().await else { return };
    let id = database.record("order-1").await;
    let store = PostgresStore::connect(database.options.clone()).await.unwrap();
    let end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let mut admin = connect(&database).await;
    for number in 1..4 {
        tokio::join!(async { store.load(id).await.unwrap() }, async { store.load(id).await.unwrap() });
        run(&mut admin, end_all).await;

        store.amend(id, |loaded| (Some(append(loaded, [claimed(number)])), ())).await.unwrap();
        run(&mut admin, end_all).await;
        store.load(id).await.unwrap();
    }
}

#[tokio::test]
async fn a_transaction_of_a_process_that_is_stopped_keeps_no_lock() {
    let Some(database) = OnPostgres::new().await else { return };
    let id = database.record("order-1").await;
    // What a process has sent that is stopped in the middle of a change of several statements.
    let (mut stopped, mut watch) = (connect(&database).await, connect(&database).await);
    run(&mut watch, "CREATE TABLE idle (timeout TEXT)").await;
    let store = OnPostgres::store_of(&with_a_statement_timeout(&database.options), 1).await;
    let amend = store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ()));
    let on_change = "CREATE FUNCTION idle() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN \
            INSERT INTO idle VALUES (current_setting('idle_in_transaction_session_timeout')); RETURN NULL; END $$; \
        CREATE TRIGGER idle AFTER INSERT ON payments_evidence EXECUTE FUNCTION idle()";
    run(&mut watch, on_change).await;
    amend.await.unwrap();
    assert_eq!(database.texts("SELECT timeout FROM idle").await, ["10s"]);

    let begin = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '50ms'";
    run(&mut stopped, &format!("{begin}; SELECT 1 FROM payments_intents WHERE id = {id} FOR UPDATE")).await;
    database.store.amend(id, |loaded| (Some(append(loaded, [claimed(2)])), ())).await.unwrap();
}

#[tokio::test]
async fn a_serialization_failure_in_the_applications_transaction_says_what_to_do() {
    let Some(database) = OnPostgres::new().await else { return };
    let mut transaction = database.store.pool().begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
    OnPostgres::run(&mut transaction, "SELECT 1").await.unwrap();
    database.record("order-1").await;

    let error = database.store.record(&mut transaction, &row("order-1")).await.unwrap_err();

    assert!(error.to_string().contains("repeat the transaction from its beginning"), "{error}");
    assert!(database.store.find(&key("order-1")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_text_that_postgres_cannot_store_does_not_lose_a_result() {
    let Some(database) = OnPostgres::new().await else { return };
    let id = database.record("order-1").await;
    let amendment = |loaded: &Loaded| {
        let mut amendment = append(loaded, [claimed(1)]);
        amendment.head.problem = Some("a\0b".to_owned());
        (Some(amendment), ())
    };

    database.store.amend(id, amendment).await.unwrap();

    assert_eq!(database.store.load(id).await.unwrap().head.problem.as_deref(), Some("a\u{fffd}b"));
}
