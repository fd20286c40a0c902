//! The database: the shop's tables and the journal's, in one file or server.
//!
//! One transaction writes to both, so the shop's tables cannot say anything else than the journal.

use crate::clock::ShopClock;

#[cfg(feature = "sqlite")]
mod kind {
    pub(crate) use payments::journal_sqlx::SqliteStore as Store;
    pub(crate) use sqlx::SqliteConnection as Connection;
    pub(crate) use sqlx::sqlite::{Sqlite as Database, SqlitePool as Pool};

    pub(super) async fn open(file: &str) -> Result<Store, Box<dyn std::error::Error>> {
        let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(8).connect_with(Store::options(file)).await?;
        Ok(Store::new(pool))
    }

    /// Begins a transaction that may write.
    pub(crate) async fn begin(store: &Store) -> sqlx::Result<sqlx::Transaction<'static, Database>> {
        store.pool().begin_with("BEGIN IMMEDIATE").await
    }

    pub(super) fn with_clock(store: Store, clock: &crate::clock::ShopClock) -> Store {
        store.clock(clock.clone())
    }
}

#[cfg(all(feature = "postgres", not(feature = "sqlite")))]
mod kind {
    pub(crate) use payments::journal_sqlx::PostgresStore as Store;
    pub(crate) use sqlx::PgConnection as Connection;
    pub(crate) use sqlx::postgres::{PgPool as Pool, Postgres as Database};

    pub(super) async fn open(url: &str) -> Result<Store, Box<dyn std::error::Error>> {
        Ok(Store::new(sqlx::postgres::PgPoolOptions::new().max_connections(8).connect(url).await?))
    }

    /// Begins a transaction that may write.
    pub(crate) async fn begin(store: &Store) -> sqlx::Result<sqlx::Transaction<'static, Database>> {
        store.pool().begin().await
    }

    /// All times of the journal are the database's.
    pub(super) fn with_clock(store: Store, _: &crate::clock::ShopClock) -> Store {
        store
    }
}

pub(crate) use kind::{Connection, Pool, Store, begin};

/// Opens the database, and creates the tables that are missing.
pub(crate) async fn open(database: &str, clock: &ShopClock) -> Result<Store, Box<dyn std::error::Error>> {
    let store = kind::with_clock(kind::open(database).await?, clock);
    store.migrate().await?;
    for table in TABLES {
        sqlx::query(*table).execute(store.pool()).await?;
    }
    Ok(store)
}

/// Amounts are integers in the currency's smallest unit. Times are Unix milliseconds.
const TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS orders (
        id TEXT PRIMARY KEY, customer TEXT NOT NULL, product TEXT NOT NULL, created_at BIGINT NOT NULL,
        shipped_at BIGINT)",
    // The states are the journal's. `next` is what the customer must do. `completing` is 1 once the card may be charged.
    // `closed_at` says since when nobody can pay it any more.
    "CREATE TABLE IF NOT EXISTS payments (
        reference TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders (id), method TEXT NOT NULL,
        currency TEXT NOT NULL, amount BIGINT NOT NULL, state TEXT NOT NULL, problem TEXT, provider_id TEXT, next TEXT,
        completing BIGINT NOT NULL DEFAULT 0, closed_at BIGINT, created_at BIGINT NOT NULL)",
    // An order has one payment at a time: a second click or tab cannot start another one.
    "CREATE UNIQUE INDEX IF NOT EXISTS one_live_payment ON payments (order_id) WHERE closed_at IS NULL",
    "CREATE TABLE IF NOT EXISTS refunds (
        reference TEXT PRIMARY KEY, payment TEXT NOT NULL REFERENCES payments (reference), currency TEXT NOT NULL,
        amount BIGINT NOT NULL, state TEXT NOT NULL, created_at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS payouts (
        reference TEXT PRIMARY KEY, customer TEXT NOT NULL, account TEXT NOT NULL, bank TEXT NOT NULL,
        currency TEXT NOT NULL, amount BIGINT NOT NULL, state TEXT NOT NULL, created_at BIGINT NOT NULL)",
    // What the shop believes that the providers executed. `about` is the payment or payout.
    "CREATE TABLE IF NOT EXISTS bookings (
        about TEXT NOT NULL, reference TEXT NOT NULL, kind TEXT NOT NULL, amount BIGINT NOT NULL, currency TEXT NOT NULL,
        at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS history (order_id TEXT NOT NULL, at BIGINT NOT NULL, text TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS saved_cards (id TEXT PRIMARY KEY, customer TEXT NOT NULL, label TEXT NOT NULL)",
];
