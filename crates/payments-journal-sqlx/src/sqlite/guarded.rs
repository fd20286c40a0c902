//! Transactions that leave no broken connection in the pool.

use payments_journal::StoreError;
use sqlx::Connection as _;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteTransaction};

use super::error::store_error;

/// A connection that is closed when it is dropped, unless it was [released](Guarded::release).
///
/// If a `COMMIT` fails because the disk is full, SQLite rolls back by itself. sqlx takes the transaction for open all the same,
/// and begins none on this connection from then on. A hook can end the transaction, or be dropped in the middle. In each case, the
/// connection must serve nobody else.
pub(super) struct Guarded {
    connection: PoolConnection<Sqlite>,
    is_released: bool,
}

impl Guarded {
    pub(super) fn new(connection: PoolConnection<Sqlite>) -> Self {
        Self { connection, is_released: false }
    }

    /// Begins a transaction that writes.
    pub(super) async fn begin(&mut self) -> Result<SqliteTransaction<'_>, StoreError> {
        self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)
    }

    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Returns the connection to the pool, after its transaction was committed or rolled back.
    pub(super) fn release(mut self) {
        self.is_released = true;
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if !self.is_released {
            self.connection.close_on_drop();
        }
    }
}
