//! A journal in a `PostgreSQL` database, for any number of processes and machines.

mod agenda;
mod amend;
mod changes;
mod error;
mod history;
mod inbox;
mod intents;
mod listen;
mod migrate;
mod pauses;
#[cfg(test)]
mod plans;
mod rate_limit;
mod rows;
mod settings;
mod settlement;
mod stats;
mod transaction;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use payments_core::time::OffsetDateTime;
use payments_journal::store::{
    Acknowledgement, Agenda, Amendment, Delivery, Inserted, Loaded, Matched, Pause, Received, StuckChange,
};
use payments_journal::{Account, Hook, InboxId, IntentId, IntentKey, IntentRow, Message, Stats, Store, StoreError};
use sqlx::AssertSqlSafe;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow, Postgres};
use tokio::time::timeout;

pub use error::PostgresError;
pub use intents::INSERT_INTENT;
pub use migrate::MIGRATIONS;
pub use rate_limit::PostgresRateLimit;
pub use settings::WeakSetting;

use error::store_error;
use rows::Statement;
use transaction::{TRIES, Transaction, is_unusable};

/// Keeps a journal in a `PostgreSQL` database, version 13 or later.
///
/// Each clone uses the same connections. All times are the database's, so the clocks of the machines do not have to agree.
///
/// Each transaction of the store has its own terms: READ COMMITTED, `synchronous_commit = on` (or `remote_apply`, if the session has
/// it), a timeout for locks, and none for statements. The store relies on no state of a session between transactions. It needs the
/// fewest round trips in sessions that have these terms by default, as those of a new server do.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pool: PgPool,
    hook_timeout: Duration,
    lock_timeout: Duration,
    accepted: Vec<WeakSetting>,
    is_pooled: bool,
    /// Set once the tables have been found to have the right version.
    migrated: Arc<OnceLock<()>>,
}

impl PostgresStore {
    /// Connects to a database, with a pool of its own.
    ///
    /// # Errors
    ///
    /// Returns an error if the database cannot be reached.
    pub async fn connect(options: PgConnectOptions) -> Result<Self, PostgresError> {
        // The store itself replaces a connection that was lost.
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).test_before_acquire(false);
        Ok(Self::new(pool.connect_with(options).await?))
    }

    /// Uses the application's own pool, so that an intent is recorded in the application's transaction.
    ///
    /// A worker uses up to as many connections at once as it has calls in progress, and one for hooks.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self {
            pool,
            hook_timeout: HOOK_TIMEOUT,
            lock_timeout: LOCK_TIMEOUT,
            accepted: Vec::new(),
            is_pooled: false,
            migrated: Arc::default(),
        }
    }

    /// Sets how long a hook may run; 5 seconds by default. Then its transaction is ended, also in the middle of a statement.
    #[must_use]
    pub fn hook_timeout(self, timeout: Duration) -> Self {
        Self { hook_timeout: timeout, ..self }
    }

    /// Sets how long a statement of the journal waits for a lock, such as that of an intent; 10 seconds by default.
    #[must_use]
    pub fn lock_timeout(self, timeout: Duration) -> Self {
        Self { lock_timeout: timeout, ..self }
    }

    /// Accepts a setting that can lose what was committed. The journal can then send a payment twice.
    #[must_use]
    pub fn accept(mut self, setting: WeakSetting) -> Self {
        self.accepted.push(setting);
        self
    }

    /// Works behind a pooler that assigns a server connection to each transaction, such as `PgBouncer` in transaction mode.
    ///
    /// The store then uses unnamed statements, which the database parses each time, and reads in transactions, too. It cannot keep a hook
    /// from writing after the hook itself has ended the journal's transaction.
    #[must_use]
    pub fn behind_pooler(self) -> Self {
        Self { is_pooled: true, ..self }
    }

    /// Creates the journal's tables, or brings them to the latest version, in one transaction.
    ///
    /// The tables are created in the first schema of the connection's `search_path`. Several processes may call it at once. It does
    /// nothing if the tables have the latest version.
    ///
    /// # Errors
    ///
    /// Returns [`PostgresError::TooNew`] if a newer version of this crate has migrated the database, and an error of the database if the
    /// role may not create tables.
    pub async fn migrate(&self) -> Result<(), PostgresError> {
        let begin = format!("{}; {}", transaction::begin(self, transaction::IDLE), migrate::LOCK);
        let mut transaction = self.pool.begin_with(AssertSqlSafe(begin)).await?;
        migrate::run(&mut transaction).await?;
        transaction.commit().await.map_err(PostgresError::Commit)
    }

    /// The connections.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A connection to a database whose tables have the right version.
    async fn connection(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        let mut connection = self.pool.acquire().await.map_err(store_error)?;
        self.check_tables(&mut connection).await?;
        Ok(connection)
    }

    /// Checks the tables until they have been found to have the right version.
    async fn check_tables(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        // Nobody waits for the check of another: behind a pooler, whoever began first may get a connection last.
        if self.migrated.get().is_none() {
            migrate::check(connection).await?;
            self.migrated.get_or_init(|| ());
        }
        Ok(())
    }

    fn query<'q>(&self, statement: &'static str) -> Statement<'q> {
        sqlx::query(statement).persistent(!self.is_pooled)
    }

    /// Reads with one statement, which sees one state of the database.
    async fn fetch<'q>(&self, statement: impl Fn() -> Statement<'q>) -> Result<Vec<PgRow>, StoreError> {
        if self.is_pooled {
            let mut transaction = Transaction::begin(self, "").await?;
            let rows = statement().fetch_all(transaction.connection()?).await;
            return transaction.end(rows.map_err(store_error)).await;
        }
        self.read(statement).await.map(|(_, rows)| rows)
    }

    /// Reads with one statement, and also returns its connection.
    async fn read<'q>(
        &self,
        statement: impl Fn() -> Statement<'q>,
    ) -> Result<(PoolConnection<Postgres>, Vec<PgRow>), StoreError> {
        let (mut tries, mut has_waited) = (0, false);
        loop {
            let mut connection = self.connection().await?;
            let Ok(read) = timeout(self.lock_timeout, statement().fetch_all(&mut *connection)).await else {
                connection.close_on_drop();
                if has_waited {
                    return Err(store_error(transaction::timed_out()));
                }
                // After a process was stopped, its time may be over although the response is there.
                has_waited = true;
                continue;
            };
            match read {
                Ok(rows) => return Ok((connection, rows)),
                // A pooled connection whose server was restarted, or on which somebody has left a failed transaction. Reading again is
                // harmless.
                Err(error) if is_unusable(&error) && tries < TRIES => {
                    connection.close_on_drop();
                    tries += 1;
                }
                Err(error) => return Err(store_error(error)),
            }
        }
    }
}

const HOOK_TIMEOUT: Duration = Duration::from_secs(5);

const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

const CONNECTIONS: u32 = 16;

impl Store for PostgresStore {
    type Connection = PgConnection;

    async fn record(&self, connection: &mut PgConnection, row: &IntentRow) -> Result<Inserted, StoreError> {
        self.check_tables(connection).await?;
        intents::record(self, connection, row).await
    }

    async fn find(&self, key: &IntentKey) -> Result<Option<IntentId>, StoreError> {
        intents::find(self, key).await
    }

    async fn load(&self, id: IntentId) -> Result<Loaded, StoreError> {
        intents::load(self, id).await
    }

    async fn amend<T: Send>(
        &self,
        id: IntentId,
        decide: impl Fn(&Loaded) -> (Option<Amendment>, T) + Send + Sync,
    ) -> Result<T, StoreError> {
        amend::amend(self, id, decide).await
    }

    async fn due(&self, accounts: &[Account], limit: u32) -> Result<Vec<IntentId>, StoreError> {
        intents::due(self, accounts, limit).await
    }

    async fn agenda(&self, accounts: &[Account], limit: u32) -> Result<Agenda, StoreError> {
        agenda::read(self, accounts, limit).await
    }

    async fn in_review(&self, after: Option<IntentId>, limit: u32) -> Result<Vec<IntentId>, StoreError> {
        intents::in_review(self, after, limit).await
    }

    async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        pauses::all(self).await
    }

    async fn resume(&self, account: &Account) -> Result<(), StoreError> {
        pauses::end(self, account).await
    }

    async fn deliver(
        &self,
        hook: &dyn Hook<PgConnection>,
        backoff: &(dyn Fn(u32) -> Duration + Send + Sync),
    ) -> Result<Delivery, StoreError> {
        changes::deliver(self, hook, backoff).await
    }

    async fn stuck_changes(&self, limit: u32) -> Result<Vec<StuckChange>, StoreError> {
        changes::stuck(self, limit).await
    }

    async fn stats(&self) -> Result<Stats, StoreError> {
        stats::read(self).await
    }

    async fn receive(&self, message: &Message) -> Result<Received, StoreError> {
        inbox::receive(self, message).await
    }

    async fn matches(
        &self,
        accounts: &[Account],
        after: Option<InboxId>,
        limit: u32,
    ) -> Result<Vec<Matched>, StoreError> {
        inbox::matches(self, accounts, after, limit).await
    }

    async fn matches_of(&self, accounts: &[Account], id: InboxId) -> Result<Option<Matched>, StoreError> {
        inbox::matches_of(self, accounts, id).await
    }

    async fn applied(&self, id: InboxId) -> Result<(), StoreError> {
        inbox::applied(self, id).await
    }

    async fn begin_acknowledgement(&self, lost_since: OffsetDateTime) -> Result<Acknowledgement, StoreError> {
        history::begin(self, lost_since).await
    }

    async fn may_be_lost(
        &self,
        acknowledgement: &Acknowledgement,
        after: Option<IntentId>,
        limit: u32,
    ) -> Result<Vec<IntentId>, StoreError> {
        history::may_be_lost(self, acknowledgement, after, limit).await
    }

    async fn accept_history(&self, acknowledgement: &Acknowledgement) -> Result<(), StoreError> {
        history::accept(self, acknowledgement).await
    }
}
