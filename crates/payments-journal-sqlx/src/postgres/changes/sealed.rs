//! A transaction that a hook cannot commit, and outside of which it can write nothing.
//!
//! - The change is marked before the hook runs. A deferred trigger fails each `COMMIT` of a mark that the journal has not granted.
//! - The session is read-only by default, and only the journal's transaction writes. So a hook that ends the transaction writes nothing
//!   afterwards. Behind a pooler of transactions there is no such session, and the hook is trusted in this.
//! - A savepoint shows whether the transaction is still the journal's own.

use payments_journal::{ChangeId, StoreError};
use sqlx::postgres::{PgConnection, PgTransaction};
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use crate::postgres::PostgresStore;
use crate::postgres::error::{PostgresError, code, store_error};
use crate::postgres::rows::now;
use crate::postgres::transaction::{Guarded, IDLE, begin};

/// It is a transaction of sqlx, so that a transaction which the hook begins is a savepoint in it.
pub(super) struct Sealed<'a> {
    transaction: PgTransaction<'a>,
    is_read_only: bool,
}

/// How the hook's part of a transaction ended.
pub(super) enum Ended<'a> {
    Committed,
    /// The effect and the mark are undone, and the change is still locked.
    Undone(Sealed<'a>, String),
    /// The transaction is over, and nothing of it is left.
    Lost(String),
}

impl<'a> Sealed<'a> {
    pub(super) async fn begin(store: &PostgresStore, connection: &'a mut Guarded) -> Result<Self, StoreError> {
        let is_read_only = !store.is_pooled;
        let seal = if is_read_only { "BEGIN; SET default_transaction_read_only = on; COMMIT; " } else { "" };
        let statement = format!("{seal}{}", begin(store, store.hook_timeout + IDLE));
        let transaction = connection.get()?.begin_with(AssertSqlSafe(statement)).await.map_err(store_error)?;
        Ok(Self { transaction, is_read_only })
    }

    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    async fn run(&mut self, statements: String) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut *self.transaction).await.map(drop)
    }

    /// Marks the change as delivered, and returns the transaction's number. What the hook does after this can be undone with the mark.
    pub(super) async fn mark(&mut self, id: ChangeId) -> Result<String, StoreError> {
        let statements = format!(
            "SAVEPOINT payments_hook; UPDATE payments_changes SET delivered_at = {} WHERE id = {}; \
             SELECT pg_current_xact_id()::xid::text",
            now!(),
            id.number(),
        );
        let rows = sqlx::raw_sql(AssertSqlSafe(statements)).fetch_all(&mut *self.transaction).await;
        let rows = rows.map_err(store_error)?;
        Ok(rows.last().map(|row| row.try_get(0)).transpose().map_err(store_error)?.unwrap_or_default())
    }

    /// Commits the effect of a hook that has succeeded.
    pub(super) async fn commit(mut self, id: ChangeId) -> Result<Ended<'a>, StoreError> {
        let statements = format!(
            "RELEASE SAVEPOINT payments_hook; SELECT set_config('payments_journal.delivered', '{}', true); {}",
            id.number(),
            self.unseal(),
        );
        match self.run(statements).await {
            Ok(()) => {}
            Err(error) if is_failed(&error) => return self.undo(SWALLOWED.to_owned()).await,
            Err(error) if is_ended(&error) => return Ok(Ended::Lost(ENDED.to_owned())),
            Err(error) => return Err(store_error(error)),
        }
        match self.transaction.commit().await {
            Ok(()) => Ok(Ended::Committed),
            // A deferred constraint that the hook's effect violates. It would hold up every hook.
            Err(error) if is_rolled_back(&error) => Ok(Ended::Lost(format!("the commit failed: {error}"))),
            Err(error) => Err(PostgresError::Commit(error).into()),
        }
    }

    /// Undoes the effect of a hook that has failed, and the mark.
    pub(super) async fn undo(mut self, problem: String) -> Result<Ended<'a>, StoreError> {
        match self.run("ROLLBACK TO SAVEPOINT payments_hook".to_owned()).await {
            Ok(()) => Ok(Ended::Undone(self, problem)),
            Err(error) if is_ended(&error) => Ok(Ended::Lost(ENDED.to_owned())),
            Err(error) => Err(store_error(error)),
        }
    }

    /// Commits what the journal itself has written.
    pub(super) async fn end(mut self) -> Result<(), StoreError> {
        self.run(self.unseal().to_owned()).await.map_err(store_error)?;
        self.transaction.commit().await.map_err(|error| PostgresError::Commit(error).into())
    }

    /// The session's own default, in force once the transaction is committed.
    fn unseal(&self) -> &'static str {
        if self.is_read_only { "RESET default_transaction_read_only" } else { "" }
    }
}

/// Ends the session that still executes this very transaction.
pub(in crate::postgres) const STOP: &str =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_xid::text = $1";

const ENDED: &str = "the hook ended the journal's transaction, so its effect was rolled back";
const SWALLOWED: &str = "a statement of the hook failed, and the hook did not return the error";

/// The transaction is not the journal's own any more: it has no such savepoint, or there is no transaction.
fn is_ended(error: &sqlx::Error) -> bool {
    matches!(code(error).as_deref(), Some("3B001" | "25P01"))
}

/// A statement of the transaction has failed.
fn is_failed(error: &sqlx::Error) -> bool {
    code(error).as_deref() == Some("25P02")
}

/// True if the server itself refused the commit. If the connection was lost, or the server stopped, it may be committed.
fn is_rolled_back(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| !["08", "53", "57", "58", "XX"].contains(&code.get(..2).unwrap_or_default()))
}
