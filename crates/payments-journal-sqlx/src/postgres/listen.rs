use std::convert::Infallible;
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgListener};

use super::{PostgresError, PostgresStore};

impl PostgresStore {
    /// Tells the processes that [listen](Self::listen) to look for work once this transaction is committed.
    ///
    /// `PostgreSQL` lets transactions that notify commit one after the other, so leave it out where many are recorded at once.
    ///
    /// # Errors
    ///
    /// Returns an error of the database.
    pub async fn notify(&self, connection: &mut PgConnection) -> Result<(), PostgresError> {
        let notify = sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).persistent(!self.is_pooled);
        Ok(notify.execute(connection).await.map(drop)?)
    }

    /// Calls `wake` whenever a transaction with [`notify`](Self::notify) is committed, until the future is dropped.
    ///
    /// It is a wake-up only: without it, workers find the same within
    /// [`poll_interval`](payments_journal::Settings::poll_interval). It uses one connection of the pool, and connects again when that is
    /// lost. Through `PgBouncer` in transaction mode nothing arrives, so give this store a pool with a direct connection.
    ///
    /// ```
    /// use payments_journal::Journal;
    /// use payments_journal_sqlx::PostgresStore;
    ///
    /// /// Starts to wake the worker of this process.
    /// fn listen(journal: Journal<PostgresStore>) {
    ///     tokio::spawn(async move { journal.store().listen(|| journal.wake()).await });
    /// }
    /// ```
    pub async fn listen(&self, wake: impl Fn() + Send + Sync) -> Infallible {
        loop {
            // What is wrong with the connection is reported where the worker uses it.
            let _ = self.listen_once(&wake).await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Listens on one connection until it fails.
    async fn listen_once(&self, wake: impl Fn()) -> Result<Infallible, sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        loop {
            // What was committed before this process listened, or while the connection was lost, sent nothing to it.
            wake();
            listener.try_recv().await?;
        }
    }
}

const CHANNEL: &str = "payments_journal";

const PAUSE: Duration = Duration::from_secs(1);
