//! The database: the shop's tables and the journal's, in one file or server.
//!
//! One transaction writes to both, so the shop's tables cannot say anything else than the journal.

pub(crate) use kind::{Connection, Pool, Store, Transaction, begin};

use crate::clock::ShopClock;

/// A statement with its values: `query!("UPDATE … WHERE id = $1"; id)`.
macro_rules! query {
    ($sql:literal $(; $($value:expr),*)?) => { sqlx::query($sql)$($(.bind($value))*)? };
}

/// A statement that returns rows, with its values.
macro_rules! rows {
    ($sql:literal $(; $($value:expr),*)?) => { sqlx::query_as($sql)$($(.bind($value))*)? };
}

pub(crate) use {query, rows};

#[cfg(feature = "sqlite")]
mod kind {
    pub(crate) use payments::journal_sqlx::SqliteStore as Store;
    pub(crate) use sqlx::{SqliteConnection as Connection, SqlitePool as Pool, SqliteTransaction as Transaction};

    use crate::clock::ShopClock;

    pub(super) async fn open(file: &str, clock: &ShopClock) -> sqlx::Result<Store> {
        let pool = sqlx::sqlite::SqlitePoolOptions::new().connect_with(Store::options(file)).await?;
        Ok(Store::new(pool).clock(clock.clone()))
    }

    /// Begins a transaction that may write.
    pub(crate) async fn begin(store: &Store) -> sqlx::Result<Transaction<'static>> {
        store.pool().begin_with("BEGIN IMMEDIATE").await
    }
}

#[cfg(all(feature = "postgres", not(feature = "sqlite")))]
mod kind {
    pub(crate) use payments::journal_sqlx::PostgresStore as Store;
    pub(crate) use sqlx::{PgConnection as Connection, PgPool as Pool, PgTransaction as Transaction};

    use crate::clock::ShopClock;

    /// All times of the journal are the database's, whatever the shop's clock says.
    pub(super) async fn open(url: &str, _: &ShopClock) -> sqlx::Result<Store> {
        Ok(Store::new(Pool::connect(url).await?))
    }

    /// Begins a transaction that may write.
    pub(crate) async fn begin(store: &Store) -> sqlx::Result<Transaction<'static>> {
        store.pool().begin().await
    }
}

/// Opens the database, and creates the tables that are missing.
pub(crate) async fn open(database: &str, clock: &ShopClock) -> Result<Store, Box<dyn std::error::Error + Send + Sync>> {
    let store = kind::open(database, clock).await?;
    store.migrate().await?;
    for table in TABLES {
        sqlx::query(*table).execute(store.pool()).await?;
    }
    Ok(store)
}

/// Amounts are integers in the currency's smallest unit. Times are Unix milliseconds. States are the journal's.
const TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS orders (
        id TEXT PRIMARY KEY, customer TEXT NOT NULL, product TEXT NOT NULL, created_at BIGINT NOT NULL, shipped_at BIGINT)",
    // `next` is what the customer must do. `completing` is 1 once the card may be charged. `closed_at` is since when nobody can pay it.
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
