//! Connections that keep what they have committed.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{Connection as _, Row as _};

use super::error::SqliteError;

/// The settings of the connection as columns, so that a statement which is needed anyway reads them.
macro_rules! settings {
    () => {
        "(SELECT journal_mode FROM pragma_journal_mode) AS journal_mode, \
         (SELECT synchronous FROM pragma_synchronous) AS synchronous, \
         (SELECT fullfsync FROM pragma_fullfsync) AS fullfsync"
    };
}
pub(super) use settings;

/// How long a statement waits for the one write lock of the database.
///
/// Longer than a hook may hold it.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// One writes, the others read.
const CONNECTIONS: u32 = 8;

/// How often a new database is switched to WAL while another process does the same.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);

pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    if cfg!(target_os = "macos") { options.pragma("fullfsync", "ON") } else { options }
}

pub(super) async fn open(path: &Path) -> Result<SqlitePool, SqliteError> {
    let options = options(path);
    // SQLite does not wait for the lock that the switch to WAL needs.
    let mut tries = 0;
    let mut first = loop {
        match SqliteConnection::connect_with(&options).await {
            Err(error) if is_busy(&error) && tries < TRIES => tries += 1,
            result => break result?,
        }
        tokio::time::sleep(PAUSE).await;
    };
    check(&mut first).await?;
    first.close().await?;
    let pool = SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        // A file does not disconnect.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None);
    Ok(pool.connect_with(options).await?)
}

/// `SQLITE_BUSY` and its variants.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.and_then(|code| code.parse::<i32>().ok()).is_some_and(|code| code & 0xff == 5)
}

/// Checks that a commit on this connection survives a loss of power.
pub(super) async fn check(connection: &mut SqliteConnection) -> Result<(), SqliteError> {
    check_settings(&sqlx::query(concat!("SELECT ", settings!())).fetch_one(connection).await?)
}

/// The same, for a row that has the [`settings`] as columns.
pub(super) fn check_settings(row: &SqliteRow) -> Result<(), SqliteError> {
    let journal_mode: &str = row.try_get("journal_mode")?;
    if journal_mode != "wal" {
        return Err(SqliteError::Setting { name: "journal_mode", found: journal_mode.to_owned(), required: "wal" });
    }
    let synchronous: i64 = row.try_get("synchronous")?;
    if synchronous < 2 {
        let found = synchronous.to_string();
        return Err(SqliteError::Setting { name: "synchronous", found, required: "2 (FULL) or 3 (EXTRA)" });
    }
    let fullfsync: i64 = row.try_get("fullfsync")?;
    if cfg!(target_os = "macos") && fullfsync == 0 {
        return Err(SqliteError::Setting { name: "fullfsync", found: fullfsync.to_string(), required: "1 (ON)" });
    }
    Ok(())
}
