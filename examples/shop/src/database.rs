//! The database: the shop's tables and the journal's, in one file or server.
//!
//! One transaction writes to both, so the shop's tables cannot say anything else than the journal.

pub(crate) use kind::{BEGIN, Connection, Database, Pool, Store, Transaction};

use axum::BoxError;
use payments::payments_core::clock::ForwardClock;

/// Executes a statement with its values, and awaits it: `execute!(connection, "UPDATE … WHERE id = $1"; id)?`.
macro_rules! execute {
    ($connection:expr, $sql:expr; $($value:expr),*) => { sqlx::query($sql)$(.bind($value))*.execute($connection).await };
}

/// A statement that returns rows, with its values.
macro_rules! rows {
    ($sql:literal $(; $($value:expr),*)?) => { sqlx::query_as($sql)$($(.bind($value))*)? };
}

pub(crate) use {execute, rows};

#[cfg(feature = "sqlite")]
mod kind {
    pub(crate) use payments::journal_sqlx::SqliteStore as Store;
    pub(crate) use sqlx::{Sqlite as Database, SqliteConnection as Connection};
    pub(crate) use sqlx::{SqlitePool as Pool, SqliteTransaction as Transaction};

    /// Begins a transaction that may write.
    pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";

    pub(super) async fn open(file: &str, clock: &super::ForwardClock) -> sqlx::Result<Store> {
        Ok(Store::new(Pool::connect_with(Store::options(file)).await?).clock(clock.clone()))
    }
}

#[cfg(all(feature = "postgres", not(feature = "sqlite")))]
mod kind {
    pub(crate) use payments::journal_sqlx::PostgresStore as Store;
    pub(crate) use sqlx::{PgConnection as Connection, Postgres as Database};
    pub(crate) use sqlx::{PgPool as Pool, PgTransaction as Transaction};

    /// Begins a transaction that may write. A process that is stopped in it does not keep its locks.
    pub(crate) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '10s';
         SET LOCAL idle_in_transaction_session_timeout = '10s'";

    /// All times of the journal are the database's, whatever the shop's clock says.
    pub(super) async fn open(url: &str, _: &super::ForwardClock) -> sqlx::Result<Store> {
        Ok(Store::new(Pool::connect(url).await?))
    }
}

#[cfg(not(any(feature = "postgres", feature = "sqlite")))]
compile_error!("enable the feature `sqlite` or `postgres`");

/// Opens the database, and creates the tables that are missing.
pub(crate) async fn open(database: &str, clock: &ForwardClock) -> Result<Store, BoxError> {
    let store = kind::open(database, clock).await?;
    store.migrate().await?;
    sqlx::raw_sql(include_str!("../tables.sql")).execute(store.pool()).await?;
    Ok(store)
}
