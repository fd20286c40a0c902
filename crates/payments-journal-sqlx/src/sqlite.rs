//! A journal in one `SQLite` file.

mod agenda;
mod changes;
mod error;
mod guarded;
mod history;
mod inbox;
mod intents;
mod migrate;
mod open;
mod pauses;
#[cfg(test)]
mod plans;
mod rate_limit;
mod rows;
mod settlement;
mod stats;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use payments_core::clock::{Clock, SystemClock};
use payments_core::time::OffsetDateTime;
use payments_journal::store::{
    Acknowledgement, Agenda, Amendment, Delivery, Inserted, Loaded, Matched, Pause, Received, StuckChange,
};
use payments_journal::{Account, Hook, InboxId, IntentId, IntentKey, IntentRow, Message, Stats, Store, StoreError};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteConnection, SqlitePool};
use tokio::sync::{Mutex, MutexGuard, OnceCell};

pub use error::SqliteError;
pub use intents::INSERT_INTENT;
pub use migrate::MIGRATIONS;
pub use rate_limit::SqliteRateLimit;

use crate::values::{millis, whole_millis};

use error::store_error;
use guarded::Guarded;
use writer::{Turn, Writer};

/// Keeps a journal in a `SQLite` file.
///
/// Each clone uses the same connections.
///
/// `SQLite` has one writer at a time. Within a process, writers wait for each other in the order of their arrival; between
/// processes, up to the connection's `busy_timeout`. A hook holds the write lock while it runs.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    pool: SqlitePool,
    clock: Arc<dyn Clock>,
    hook_timeout: Duration,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// The turn to write. Without it, the writers of one process poll for the lock and may starve.
    turn: Mutex<Turn>,
    /// Set once the tables have been found to have the right version.
    migrated: OnceCell<()>,
}

impl SqliteStore {
    /// Opens a file, and creates it if it does not exist.
    ///
    /// The file must be on a local disk: network file systems do not lock reliably.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be opened, or cannot have the required settings, such as `:memory:`.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, SqliteError> {
        Ok(Self::new(open::open(path.as_ref()).await?))
    }

    /// Uses the application's own pool, so that an intent is recorded in the application's transaction.
    ///
    /// Create the pool with [`SqliteStore::options`]. The settings of each connection are checked before the journal uses it.
    ///
    /// With its first change, the store takes a connection out of the pool and keeps it. The pool may then open another one.
    #[must_use]
    pub fn new(pool: SqlitePool) -> Self {
        let clock = Arc::new(SystemClock::new());
        Self { pool, clock, hook_timeout: HOOK_TIMEOUT, shared: Arc::default() }
    }

    /// The settings that the journal requires: `journal_mode = WAL`, `synchronous = FULL`, and `fullfsync` on macOS.
    ///
    /// They also create the file, enforce foreign keys, and wait up to 10 seconds for the write lock.
    #[must_use]
    pub fn options(path: impl AsRef<Path>) -> SqliteConnectOptions {
        open::options(path.as_ref())
    }

    /// Replaces the system's clock.
    #[must_use]
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Sets how long a hook may run; 5 seconds by default.
    ///
    /// A hook holds the only write lock of the database, so it delays every other writer. Keep the timeout below the `busy_timeout` of
    /// all connections.
    #[must_use]
    pub fn hook_timeout(self, timeout: Duration) -> Self {
        Self { hook_timeout: timeout, ..self }
    }

    /// Creates the journal's tables, or brings them to the latest version, in one transaction.
    ///
    /// Several processes may call it at once. It does nothing if the tables have the latest version.
    ///
    /// # Errors
    ///
    /// Returns [`SqliteError::TooNew`] if a newer version of this crate has migrated the database, and [`SqliteError::Setting`] if a
    /// setting of the connection is wrong.
    pub async fn migrate(&self) -> Result<(), SqliteError> {
        let mut connection = Guarded::new(self.pool.acquire().await?);
        open::check(connection.connection()).await?;
        let _turn = self.turn().await;
        migrate::run(connection.connection(), millis(self.now())).await?;
        connection.release();
        Ok(())
    }

    /// The connections.
    #[must_use]
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    fn now(&self) -> OffsetDateTime {
        whole_millis(self.clock.now())
    }

    async fn turn(&self) -> MutexGuard<'_, Turn> {
        self.shared.turn.lock().await
    }

    /// A connection whose settings are still to be checked.
    async fn unchecked(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        let mut connection = self.pool.acquire().await.map_err(store_error)?;
        self.check_tables(&mut connection).await?;
        Ok(connection)
    }

    /// A connection that was checked.
    async fn connection(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        let mut connection = self.pool.acquire().await.map_err(store_error)?;
        self.check(&mut connection).await?;
        Ok(connection)
    }

    async fn check(&self, connection: &mut SqliteConnection) -> Result<(), SqliteError> {
        open::check(connection).await?;
        self.check_tables(connection).await
    }

    /// Checks the tables once. Before that, it checks the settings, because they may be why the tables are missing.
    async fn check_tables(&self, connection: &mut SqliteConnection) -> Result<(), SqliteError> {
        let check = async || {
            open::check(connection).await?;
            migrate::check(connection).await
        };
        self.shared.migrated.get_or_try_init(check).await.copied()
    }
}

/// Below [`open::BUSY_TIMEOUT`], so that other writers wait for a slow hook instead of failing.
const HOOK_TIMEOUT: Duration = Duration::from_secs(5);

impl Store for SqliteStore {
    type Connection = SqliteConnection;

    async fn record(&self, connection: &mut SqliteConnection, row: &IntentRow) -> Result<Inserted, StoreError> {
        self.check(connection).await?;
        intents::record(connection, row, self.now()).await
    }

    async fn find(&self, key: &IntentKey) -> Result<Option<IntentId>, StoreError> {
        intents::find(&mut *self.connection().await?, key).await
    }

    async fn load(&self, id: IntentId) -> Result<Loaded, StoreError> {
        intents::load(&mut *self.unchecked().await?, id, self.now()).await
    }

    async fn amend<T: Send>(
        &self,
        id: IntentId,
        decide: impl Fn(&Loaded) -> (Option<Amendment>, T) + Send + Sync,
    ) -> Result<T, StoreError> {
        let writer = Writer::new(self, self.turn().await).await?;
        intents::amend(writer, id, || self.now(), decide).await
    }

    async fn due(&self, accounts: &[Account], limit: u32) -> Result<Vec<IntentId>, StoreError> {
        intents::due(&mut *self.connection().await?, accounts, self.now(), limit).await
    }

    async fn agenda(&self, accounts: &[Account], limit: u32) -> Result<Agenda, StoreError> {
        agenda::read(&mut *self.unchecked().await?, accounts, self.now(), limit).await
    }

    async fn in_review(&self, after: Option<IntentId>, limit: u32) -> Result<Vec<IntentId>, StoreError> {
        intents::in_review(&mut *self.connection().await?, after, limit).await
    }

    async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        pauses::all(&mut *self.connection().await?, self.now()).await
    }

    async fn resume(&self, account: &Account) -> Result<(), StoreError> {
        let _turn = self.turn().await;
        pauses::end(Guarded::new(self.connection().await?), account, self.now()).await
    }

    async fn deliver(
        &self,
        hook: &dyn Hook<SqliteConnection>,
        backoff: &(dyn Fn(u32) -> Duration + Send + Sync),
    ) -> Result<Delivery, StoreError> {
        changes::deliver(self, hook, backoff).await
    }

    async fn stuck_changes(&self, limit: u32) -> Result<Vec<StuckChange>, StoreError> {
        changes::stuck(&mut *self.connection().await?, limit).await
    }

    async fn stats(&self) -> Result<Stats, StoreError> {
        stats::read(&mut *self.connection().await?, self.now()).await
    }

    async fn receive(&self, message: &Message) -> Result<Received, StoreError> {
        let _turn = self.turn().await;
        inbox::receive(&mut *self.connection().await?, message).await
    }

    async fn matches(
        &self,
        accounts: &[Account],
        after: Option<InboxId>,
        limit: u32,
    ) -> Result<Vec<Matched>, StoreError> {
        inbox::matches(&mut *self.connection().await?, accounts, after, limit).await
    }

    async fn matches_of(&self, accounts: &[Account], id: InboxId) -> Result<Option<Matched>, StoreError> {
        inbox::matches_of(&mut *self.connection().await?, accounts, id).await
    }

    async fn applied(&self, id: InboxId) -> Result<(), StoreError> {
        let _turn = self.turn().await;
        inbox::applied(&mut *self.connection().await?, id, self.now()).await
    }

    async fn begin_acknowledgement(&self, lost_since: OffsetDateTime) -> Result<Acknowledgement, StoreError> {
        let _turn = self.turn().await;
        history::begin(Guarded::new(self.connection().await?), lost_since, self.now()).await
    }

    async fn may_be_lost(
        &self,
        acknowledgement: &Acknowledgement,
        after: Option<IntentId>,
        limit: u32,
    ) -> Result<Vec<IntentId>, StoreError> {
        history::may_be_lost(&mut *self.connection().await?, acknowledgement, after, limit).await
    }

    async fn accept_history(&self, acknowledgement: &Acknowledgement) -> Result<(), StoreError> {
        let _turn = self.turn().await;
        history::accept(&mut *self.connection().await?, acknowledgement, self.now()).await
    }
}
