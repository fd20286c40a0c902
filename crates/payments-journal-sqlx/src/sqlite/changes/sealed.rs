//! A connection on which a hook cannot commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use payments_journal::StoreError;
use sqlx::sqlite::SqliteConnection;

use crate::sqlite::error::store_error;
use crate::sqlite::guarded::Guarded;

/// Returns the connection to the pool, as it was before.
pub(super) async fn open(mut connection: Guarded) -> Result<(), StoreError> {
    connection.connection().lock_handle().await.map_err(store_error)?.remove_commit_hook();
    connection.release();
    Ok(())
}

/// Turns each `COMMIT` on this connection into an error and a rollback, until the permission is granted.
pub(super) async fn forbid_commits(connection: &mut SqliteConnection) -> Result<Permission, StoreError> {
    let permission = Arc::new(AtomicBool::new(false));
    let granted = Arc::clone(&permission);
    let mut handle = connection.lock_handle().await.map_err(store_error)?;
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
