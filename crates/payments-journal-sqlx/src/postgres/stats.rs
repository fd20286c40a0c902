//! Counts of what is open, in one statement.

use payments_journal::{Stats, StoreError};

use super::PostgresStore;
use super::rows::now;

/// A statement sees one state of the database.
pub(super) const READ: &str = crate::stats::stats!(now!(), "", "", "");

pub(super) async fn read(store: &PostgresStore) -> Result<Stats, StoreError> {
    crate::stats::read(&store.fetch(|| store.query(READ)).await?)
}
