//! What a database must be before the journal uses it.

use std::error::Error as _;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use payments_journal::{Store as _, StoreError};
use payments_journal_sqlx::SqliteStore;
use payments_journal_sqlx::sqlite::SqliteError;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::support::{Database, append, child, child_database, claimed, key, row};

async fn pool(options: SqliteConnectOptions) -> SqlitePool {
    SqlitePoolOptions::new().max_connections(2).connect_with(options).await.unwrap()
}

/// The error below a [`StoreError::Rejected`] in words.
#[track_caller]
fn problem(result: Result<impl std::fmt::Debug, StoreError>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, StoreError::Rejected(_)), "{error:?}");
    error.source().and_then(|error| error.downcast_ref::<SqliteError>()).unwrap().to_string()
}

#[tokio::test]
async fn settings_that_lose_commits_are_refused_by_name() {
    let database = Database::new().await;
    let id = database.record("order-1").await;
    let right = || SqliteStore::options(database.path());
    let path = database.path().with_file_name("rollback.db");
    let rollback = SqliteStore::options(&path).journal_mode(SqliteJournalMode::Delete);

    for (options, expected) in [
        (
            right().synchronous(SqliteSynchronous::Normal),
            "`synchronous` is 1, and the journal requires 2 (FULL) or 3 (EXTRA)",
        ),
        (right().synchronous(SqliteSynchronous::Off), "`synchronous` is 0,"),
        (rollback, "`journal_mode` is delete, and the journal requires wal"),
        (SqliteConnectOptions::new(), "`journal_mode` is memory,"),
    ] {
        let store = SqliteStore::new(pool(options).await);
        assert!(store.migrate().await.unwrap_err().to_string().contains(expected));
        assert!(problem(store.load(id).await).contains(expected));
        assert!(problem(store.amend(id, |_| (None, ())).await).contains(expected));
        let mut transaction = store.pool().begin().await.unwrap();
        let problem = problem(store.record(&mut transaction, &row("order-2")).await);
        assert!(problem.contains(expected), "{problem}");
        transaction.commit().await.unwrap();
    }

    assert_eq!(database.store.find(&key("order-2")).await.unwrap(), None);
    let extra = SqliteStore::new(pool(right().synchronous(SqliteSynchronous::Extra)).await);
    assert_eq!(extra.load(id).await.unwrap().id, id);
}

#[tokio::test]
async fn a_setting_that_is_changed_later_is_found() {
    let database = Database::new().await;
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(SqliteStore::options(database.path())).await;
    let store = SqliteStore::new(pool.unwrap());
    let id = database.record("order-1").await;
    store.load(id).await.unwrap();

    sqlx::raw_sql("PRAGMA synchronous = NORMAL").execute(store.pool()).await.unwrap();

    assert!(problem(store.amend(id, |_| (None, ())).await).contains("`synchronous` is 1"));
}

#[tokio::test]
async fn nobody_changes_the_settings_of_the_connection_that_changes_intents() {
    let database = Database::new().await;
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(SqliteStore::options(database.path())).await;
    let store = SqliteStore::new(pool.unwrap());
    let id = database.record("order-1").await;
    store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ())).await.unwrap();

    sqlx::raw_sql("PRAGMA synchronous = OFF").execute(store.pool()).await.unwrap();
    let options = SqliteConnectOptions::new().filename(database.path()).busy_timeout(Duration::ZERO);
    let mut other = options.connect().await.unwrap();
    let leave_wal = sqlx::raw_sql("PRAGMA journal_mode = DELETE").execute(&mut other).await;

    assert!(leave_wal.unwrap_err().to_string().contains("locked"));
    assert!(problem(store.load(id).await).contains("`synchronous` is 0"));
    store.amend(id, |_| (None, ())).await.unwrap();
}

#[tokio::test]
async fn a_closed_pool_changes_no_intent() {
    let database = Database::new().await;
    let id = database.record("order-1").await;
    database.store.amend(id, |_| (None, ())).await.unwrap();

    database.store.pool().close().await;

    let error = database.store.amend(id, |_| (None, ())).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn a_database_in_memory_is_refused() {
    let error = SqliteStore::open(":memory:").await.unwrap_err();

    assert!(error.to_string().contains("`journal_mode` is memory"), "{error}");
}

#[tokio::test]
async fn tables_of_another_version_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let open = || SqliteStore::open(directory.path().join("journal.db"));
    let store = open().await.unwrap();
    let missing = problem(store.find(&key("order-1")).await);
    assert!(missing.contains("is at version 0 of the journal's tables, and 2 is required"), "{missing}");

    store.migrate().await.unwrap();
    store.migrate().await.unwrap();
    store.find(&key("order-1")).await.unwrap();
    sqlx::raw_sql("INSERT INTO payments_schema VALUES (99, 0)").execute(store.pool()).await.unwrap();

    let newer = open().await.unwrap();
    let expected = "is at version 99 of the journal's tables, and this code knows 2 only";
    assert!(newer.migrate().await.unwrap_err().to_string().contains(expected));
    assert!(problem(newer.find(&key("order-1")).await).contains(expected));
}

#[tokio::test]
async fn a_read_before_the_write_of_another_transaction_is_explained() {
    let database = Database::new().await;
    let mut transaction = database.store.pool().begin().await.unwrap();
    sqlx::query("SELECT count(*) FROM payments_intents").fetch_one(&mut *transaction).await.unwrap();
    database.record("order-1").await;

    let result = database.store.record(&mut transaction, &row("order-2")).await;

    let problem = problem(result);
    assert!(problem.contains("begin it with `BEGIN IMMEDIATE`"), "{problem}");
}

fn spawn(test: &str, database: &Path) -> Child {
    child(test, database).stdout(std::process::Stdio::null()).spawn().unwrap()
}

#[tokio::test]
async fn processes_that_start_at_once_migrate_once() {
    if let Some(path) = child_database() {
        let store = SqliteStore::open(path).await.unwrap();
        return store.migrate().await.unwrap();
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let children: Vec<_> = (0..6).map(|_| spawn("open::processes_that_start_at_once_migrate_once", &path)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }

    let store = SqliteStore::open(&path).await.unwrap();
    let versions: i64 =
        sqlx::query_scalar("SELECT count(*) FROM payments_schema").fetch_one(store.pool()).await.unwrap();
    assert_eq!(versions, 2);
    assert_eq!(store.find(&key("order-1")).await.unwrap(), None);
}

#[tokio::test]
async fn a_process_that_dies_in_a_transaction_leaves_nothing() {
    if let Some(path) = child_database() {
        let store = SqliteStore::open(path).await.unwrap();
        let id = store.find(&key("order-1")).await.unwrap().unwrap();
        let amended = store.amend(id, |loaded| (Some(append(loaded, [claimed(1)])), ()));
        amended.await.unwrap();
        let mut connection =
            SqliteStore::options(store.pool().connect_options().get_filename()).connect().await.unwrap();
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
        store.record(&mut connection, &row("order-2")).await.unwrap();
        let statement = "INSERT INTO payments_evidence SELECT intent, 2, at, fact, 'other' FROM payments_evidence";
        sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
        std::process::abort();
    }
    let database = Database::new().await;
    let id = database.record("order-1").await;

    let mut child = spawn("open::a_process_that_dies_in_a_transaction_leaves_nothing", &database.path());
    assert!(!child.wait().unwrap().success());

    assert_eq!(database.store.load(id).await.unwrap().evidence.len(), 1);
    assert_eq!(database.store.find(&key("order-2")).await.unwrap(), None);
}
