//! A connection on which a hook cannot commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use payments_journal::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqliteConnection};

use crate::sqlite::error::unavailable;

/// A connection that is closed when it is dropped, unless it was [opened](Sealed::open) again.
///
/// A hook can end the transaction, or be dropped in the middle. The connection must not serve anyone else then.
pub(super) struct Sealed(PoolConnection<Sqlite>, bool);

impl Sealed {
    pub(super) fn new(connection: PoolConnection<Sqlite>) -> Self {
        Self(connection, true)
    }

    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.0
    }

    /// Returns the connection to the pool, as it was before.
    pub(super) async fn open(mut self) -> Result<(), StoreError> {
        self.0.lock_handle().await.map_err(unavailable)?.remove_commit_hook();
        self.1 = false;
        Ok(())
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        if self.1 {
            self.0.close_on_drop();
        }
    }
}

/// Turns each `COMMIT` on this connection into an error and a rollback, until the permission is granted.
pub(super) async fn forbid_commits(connection: &mut SqliteConnection) -> Result<Permission, StoreError> {
    let permission = Arc::new(AtomicBool::new(false));
    let granted = Arc::clone(&permission);
    let mut handle = connection.lock_handle().await.map_err(unavailable)?;
    handle.set_commit_hook(move || granted.load(Ordering::Acquire));
    Ok(Permission(permission))
}

/// The permission to commit.
pub(super) struct Permission(Arc<AtomicBool>);

impl Permission {
    pub(super) fn grant(&self) {
        self.0.store(true, Ordering::Release);
    }
}
