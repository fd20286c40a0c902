//! The versions of the tables.

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Row as _};

use super::error::SqliteError;

/// All migrations: the first one leads to version 1.
///
/// They are plain SQL, for those who run migrations with a tool of their own. After each, insert its version into `payments_schema`.
pub const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/sqlite/0001_journal.sql"),
    include_str!("../../migrations/sqlite/0002_history.sql"),
    include_str!("../../migrations/sqlite/0003_settlement.sql"),
    include_str!("../../migrations/sqlite/0004_open.sql"),
];

const CREATE: &str = "CREATE TABLE IF NOT EXISTS payments_schema (\
     version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT";
const EXISTS: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'payments_schema')";
const VERSION: &str = "SELECT coalesce(max(version), 0) FROM payments_schema";
const INSERT: &str = "INSERT INTO payments_schema (version, applied_at) VALUES (?1, ?2)";

fn latest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Brings the tables to the latest version, in one transaction.
pub(super) async fn run(connection: &mut SqliteConnection, now: i64) -> Result<(), SqliteError> {
    // The second of two processes waits here, and finds nothing to do.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(CREATE).execute(&mut *transaction).await?;
    let found: i64 = sqlx::query(VERSION).fetch_one(&mut *transaction).await?.try_get(0)?;
    check_known(found)?;
    for (version, migration) in (1..).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await?;
        sqlx::query(INSERT).bind(version).bind(now).execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

/// Checks that the tables have the version that this code requires.
pub(super) async fn check(connection: &mut SqliteConnection) -> Result<(), SqliteError> {
    let exists: bool = sqlx::query(EXISTS).fetch_one(&mut *connection).await?.try_get(0)?;
    let found = if exists { sqlx::query(VERSION).fetch_one(connection).await?.try_get(0)? } else { 0 };
    check_known(found)?;
    if found < latest() {
        return Err(SqliteError::NotMigrated { found, required: latest() });
    }
    Ok(())
}

fn check_known(found: i64) -> Result<(), SqliteError> {
    if found > latest() { Err(SqliteError::TooNew { found, known: latest() }) } else { Ok(()) }
}
