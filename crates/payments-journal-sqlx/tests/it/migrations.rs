//! Migrations: what is released is never changed, and a table that is locked does not hang a deployment.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use payments_journal_sqlx::postgres::PostgresError;
use payments_journal_sqlx::sqlite::SqliteError;
use payments_journal_sqlx::{PostgresStore, SqliteStore, postgres, sqlite};
use sha2::{Digest as _, Sha256};
use sqlx::ConnectOptions as _;

use crate::backend::{Backend as _, OnPostgres};
use crate::support::Database;

/// A database keeps what a migration made of it. A file that is changed later would only count for new databases.
#[test]
fn no_migration_was_changed() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let listed = std::fs::read_to_string(directory.join("checksums.txt")).unwrap();
    let listed = listed.lines().map(|line| line.split_once("  ").unwrap());
    let listed: BTreeMap<_, _> = listed.map(|(sum, file)| (file.to_owned(), sum.to_owned())).collect();

    let mut found = BTreeMap::new();
    for (database, migrations) in [("postgres", postgres::MIGRATIONS), ("sqlite", sqlite::MIGRATIONS)] {
        let mut files: Vec<_> =
            std::fs::read_dir(directory.join(database)).unwrap().map(|file| file.unwrap().path()).collect();
        // The others are statements.
        files.retain(|file| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with('0')));
        files.sort();
        let texts: Vec<String> = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
        assert_eq!(texts, migrations, "{database}: the code has these files, in this order");
        for (file, text) in files.iter().zip(&texts) {
            let name = file.file_name().unwrap().to_string_lossy();
            let sum = Sha256::digest(text.replace('\r', "")).iter().map(|byte| format!("{byte:02x}")).collect();
            found.insert(format!("{database}/{name}"), sum);
        }
    }

    assert_eq!(
        found, listed,
        "never change a migration that may have run: add another one, and its line to migrations/checksums.txt with sha256sum"
    );
}

const FIRST_VERSION: &str = include_str!("../data/postgres-0001.sql");

#[tokio::test]
async fn a_migration_waits_for_a_locked_table_up_to_the_lock_timeout_and_leaves_nothing() {
    let Some(database) = OnPostgres::of_dump(FIRST_VERSION).await else { return };
    let mut other = database.options.connect().await.unwrap();
    sqlx::raw_sql("BEGIN; INSERT INTO payments_rate_limits (credentials, expires_at) VALUES ('x', 1)")
        .execute(&mut other)
        .await
        .unwrap();
    sqlx::raw_sql("LOCK TABLE payments_intents IN ROW EXCLUSIVE MODE").execute(&mut other).await.unwrap();
    let store =
        PostgresStore::connect(database.options.clone()).await.unwrap().lock_timeout(Duration::from_millis(100));

    let error = store.migrate().await.unwrap_err();

    assert!(matches!(&error, PostgresError::Database(error) if error.to_string().contains("lock timeout")), "{error}");
    let version = "SELECT max(version)::text FROM payments_schema";
    assert_eq!(database.texts(version).await, ["1"]);
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    store.migrate().await.unwrap();
}

#[tokio::test]
async fn a_migration_of_a_locked_file_fails_after_the_busy_timeout() {
    let database = Database::new().await;
    let mut other = SqliteStore::options(database.path()).connect().await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let options = SqliteStore::options(database.path()).busy_timeout(Duration::from_millis(50));
    let store = SqliteStore::new(sqlx::sqlite::SqlitePoolOptions::new().connect_with(options).await.unwrap());

    let error = store.migrate().await.unwrap_err();

    assert!(matches!(&error, SqliteError::Database(error) if error.to_string().contains("locked")), "{error}");
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    store.migrate().await.unwrap();
}
