//! Transactions that set their own terms, and leave no broken connection in the pool.

use std::time::Duration;

use payments_journal::StoreError;
use sqlx::AssertSqlSafe;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, Postgres};

use super::error::{PostgresError, is_conflict, store_error};
use super::{PostgresStore, WeakSetting};

/// A transaction of the journal. Its connection is closed when it is dropped, unless it was committed or rolled back.
///
/// It is SQL, and not sqlx's, so that its begin shares a round trip with other statements.
pub(super) struct Transaction {
    connection: Guarded,
}

impl Transaction {
    /// Begins a transaction, and runs these statements in it, in one round trip.
    pub(super) async fn begin(store: &PostgresStore, statements: &str) -> Result<Self, StoreError> {
        let begin = format!("{}; {statements}", begin(store, IDLE));
        let mut tries = 0;
        loop {
            let mut connection = Guarded(Some(store.connection().await?));
            match sqlx::raw_sql(AssertSqlSafe(begin.clone())).execute(connection.get()?).await {
                Ok(_) => return Ok(Self { connection }),
                // A pooled connection whose server was restarted. Nothing was done on it.
                Err(error) if is_disconnected(&error) && tries < TRIES => tries += 1,
                Err(error) => {
                    connection.roll_back().await;
                    let is_standby = super::error::code(&error).as_deref() == Some(NO_WRITES_IN_RECOVERY);
                    return Err(if is_standby { PostgresError::ReadOnly(error).into() } else { store_error(error) });
                }
            }
        }
    }

    pub(super) fn connection(&mut self) -> Result<&mut PgConnection, StoreError> {
        self.connection.get()
    }

    /// Commits if the result is a success, and rolls back if it is an error.
    pub(super) async fn end<T>(self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        match result {
            Ok(value) => {
                self.commit().await?;
                Ok(value)
            }
            Err(error) => {
                self.roll_back().await;
                Err(error)
            }
        }
    }

    async fn commit(mut self) -> Result<(), StoreError> {
        let committed = sqlx::raw_sql("COMMIT").execute(self.connection.get()?).await;
        committed.map_err(|error| StoreError::from(PostgresError::Commit(error)))?;
        self.connection.release();
        Ok(())
    }

    pub(super) async fn roll_back(mut self) {
        self.connection.roll_back().await;
    }
}

/// True in a session whose single statements are transactions with the terms that [`begin`] sets. Only a timeout for locks may be missing,
/// which a statement can set itself.
macro_rules! terms {
    () => {
        "(current_setting('transaction_isolation') = 'read committed' AND current_setting('transaction_read_only') = 'off' \
            AND current_setting('statement_timeout') = '0' AND current_setting('synchronous_commit') IN ('on', 'remote_apply'))"
    };
}
pub(super) use terms;

/// The statements that begin a transaction with the terms that the journal requires, whatever the session's settings are.
///
/// A timeout for statements could end the wait for a standby server: the commit would then look like a success. A process that is
/// stopped in the middle of a transaction must not keep its locks.
pub(super) fn begin(store: &PostgresStore, idle: Duration) -> String {
    let synchronous_commit = if store.accepted.contains(&WeakSetting::SynchronousCommit) {
        ""
    } else {
        ", set_config('synchronous_commit', \
            CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)"
    };
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
         SELECT set_config('lock_timeout', '{}', true), set_config('statement_timeout', '0', true), \
            set_config('idle_in_transaction_session_timeout', '{}', true){synchronous_commit}",
        store.lock_timeout.as_millis(),
        idle.as_millis(),
    )
}

/// How long a transaction may wait for its own process. Nothing but SQL happens in a transaction, except for hooks.
pub(super) const IDLE: Duration = Duration::from_secs(10);

/// The server's answer to `READ WRITE` while it is a standby.
const NO_WRITES_IN_RECOVERY: &str = "0A000";

/// More than a pool has connections.
pub(super) const TRIES: u32 = 100;

pub(super) fn is_disconnected(error: &sqlx::Error) -> bool {
    // 57P01: an administrator ended the connection. What was sent on it afterwards was not executed.
    matches!(error, sqlx::Error::Io(_)) || super::error::code(error).as_deref() == Some("57P01")
}

/// Runs a transaction again if another one was in the way. A failed commit is not repeated: it may be committed all the same.
pub(super) async fn repeated<T, F: Future<Output = Result<T, StoreError>>>(
    run: impl Fn() -> F,
) -> Result<T, StoreError> {
    let mut tries = 1;
    loop {
        match run().await {
            Err(error) if is_conflict(&error) && tries < CONFLICTS => {}
            result => return result,
        }
        // The other transaction takes the locks that it waited for. At once, this one would be in its way again.
        tokio::time::sleep(PAUSE * tries).await;
        tries += 1;
    }
}

const PAUSE: Duration = Duration::from_millis(20);

const CONFLICTS: u32 = 5;

/// The error of a statement without a response: it waits for a table, or its commit for a standby server.
pub(super) fn timed_out() -> sqlx::Error {
    let problem = "the database did not respond in time: perhaps another transaction has locked a table of the journal";
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, problem))
}

/// True if nothing more can be done on the connection. 25P02: somebody has left a failed transaction on it.
pub(super) fn is_unusable(error: &sqlx::Error) -> bool {
    is_disconnected(error) || super::error::code(error).as_deref() == Some("25P02")
}

/// A connection that is closed when it is dropped, unless it was [released](Guarded::release).
pub(super) struct Guarded(pub(super) Option<PoolConnection<Postgres>>);

impl Guarded {
    pub(super) fn get(&mut self) -> Result<&mut PgConnection, StoreError> {
        self.0.as_deref_mut().ok_or_else(|| store_error(sqlx::Error::PoolClosed))
    }

    /// Returns the connection to the pool, after its transaction was committed or rolled back.
    pub(super) fn release(&mut self) {
        drop(self.0.take());
    }

    async fn roll_back(&mut self) {
        let Ok(connection) = self.get() else { return };
        if sqlx::raw_sql("ROLLBACK").execute(connection).await.is_ok() {
            self.release();
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.0 {
            connection.close_on_drop();
        }
    }
}
