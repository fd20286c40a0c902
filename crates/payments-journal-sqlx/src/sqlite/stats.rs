//! Counts of what is open, in one statement.

use payments_core::time::OffsetDateTime;
use payments_journal::{Stats, StoreError};
use sqlx::sqlite::SqliteConnection;

use super::error::store_error;
use crate::values::millis;

/// With the names of the indexes: without statistics, SQLite may read all intents instead.
pub(super) const READ: &str = crate::stats::stats!(
    "?1",
    " INDEXED BY payments_intents_due",
    " INDEXED BY payments_intents_in_review",
    " INDEXED BY payments_intents_waiting"
);

pub(super) async fn read(connection: &mut SqliteConnection, now: OffsetDateTime) -> Result<Stats, StoreError> {
    let rows = sqlx::query(READ).bind(millis(now)).fetch_all(connection).await.map_err(store_error)?;
    crate::stats::read(&rows)
}
