//! Settings under which a commit is not lost.

use payments_journal::StoreError;
use sqlx::postgres::PgRow;

use super::PostgresStore;
use super::error::PostgresError;
use crate::columns::Columns as _;

/// A setting that can lose what was committed: after a crash of the server, or when a standby server takes over.
///
/// The journal could then send a payment twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WeakSetting {
    /// `fsync = off`: a crash of the machine can lose commits, and destroy the database.
    Fsync,
    /// `full_page_writes = off`: a crash of the machine can destroy the database.
    FullPageWrites,
    /// `synchronous_commit = off` or `local`. With `off`, a crash of the server can lose commits. With `local`, so can a standby server
    /// that takes over.
    SynchronousCommit,
}

/// The settings as columns, so that a statement which is needed anyway reads them.
macro_rules! settings {
    () => {
        "current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes, \
         current_setting('synchronous_commit') AS synchronous_commit"
    };
}
pub(super) use settings;

/// Checks the settings in a row that has them as columns.
pub(super) fn check(store: &PostgresStore, row: &PgRow) -> Result<(), StoreError> {
    for (setting, name, required) in [
        (WeakSetting::Fsync, "fsync", "on"),
        (WeakSetting::FullPageWrites, "full_page_writes", "on"),
        (WeakSetting::SynchronousCommit, "synchronous_commit", "on, remote_write or remote_apply"),
    ] {
        let found = row.text(name)?;
        if matches!(found, "off" | "local") && !store.accepted.contains(&setting) {
            return Err(PostgresError::Setting { name, found: found.to_owned(), required }.into());
        }
    }
    Ok(())
}
