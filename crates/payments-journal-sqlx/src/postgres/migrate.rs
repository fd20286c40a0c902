//! The versions of the tables.

use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::error::PostgresError;
use super::rows::now;

/// All migrations: the first one leads to version 1.
///
/// They are plain SQL, for those who run migrations with a tool of their own. After each, insert its version into `payments_schema`.
pub const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/postgres/0001_journal.sql"),
    include_str!("../../migrations/postgres/0002_history.sql"),
    include_str!("../../migrations/postgres/0003_settlement.sql"),
    include_str!("../../migrations/postgres/0004_open.sql"),
];

/// The lock that migrations take for the rest of their transaction.
pub(super) const LOCK: &str = "SELECT pg_advisory_xact_lock(1885434480, 0)";

const CREATE: &str =
    "CREATE TABLE IF NOT EXISTS payments_schema (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)";
const EXISTS: &str = "SELECT to_regclass('payments_schema') IS NOT NULL";
const VERSION: &str = "SELECT coalesce(max(version), 0) FROM payments_schema";
const INSERT: &str = concat!("INSERT INTO payments_schema (version, applied_at) VALUES ($1, ", now!(), ")");

fn latest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Brings the tables to the latest version, in a transaction that has the lock.
pub(super) async fn run(connection: &mut PgConnection) -> Result<(), PostgresError> {
    // The second of two processes has waited for the lock, and finds nothing to do.
    let exists: bool = sqlx::raw_sql(EXISTS).fetch_one(&mut *connection).await?.try_get(0)?;
    if !exists {
        sqlx::raw_sql(CREATE).execute(&mut *connection).await?;
    }
    let found: i64 = sqlx::raw_sql(VERSION).fetch_one(&mut *connection).await?.try_get(0)?;
    check_known(found)?;
    for (version, migration) in (1_i64..).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        sqlx::raw_sql(*migration).execute(&mut *connection).await?;
        sqlx::query(INSERT).persistent(false).bind(version).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Checks that the tables have the version that this code requires.
pub(super) async fn check(connection: &mut PgConnection) -> Result<(), PostgresError> {
    let exists: bool = sqlx::raw_sql(EXISTS).fetch_one(&mut *connection).await?.try_get(0)?;
    let found = if exists { sqlx::raw_sql(VERSION).fetch_one(connection).await?.try_get(0)? } else { 0 };
    check_known(found)?;
    if found < latest() {
        return Err(PostgresError::NotMigrated { found, required: latest() });
    }
    Ok(())
}

fn check_known(found: i64) -> Result<(), PostgresError> {
    if found > latest() { Err(PostgresError::TooNew { found, known: latest() }) } else { Ok(()) }
}
