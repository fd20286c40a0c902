//! Changes of state, delivered to a hook in its own transaction.

mod sealed;

use std::time::Duration;

use payments_core::time::OffsetDateTime;
use payments_journal::store::{Delivery, StuckChange};
use payments_journal::{ChangeId, Hook, StoreError, run_hook};
use sqlx::postgres::PgConnection;

use super::PostgresStore;
use super::error::store_error;
use super::rows::{now, storable};
use super::transaction::{Guarded, Transaction};
use crate::columns::{Columns as _, Unreadable, due_change};
use crate::values::unreadable;

use sealed::{Ended, Sealed};

macro_rules! change_columns {
    () => {
        "SELECT c.id, c.intent, c.from_state, c.to_state, c.status, c.order_amount, c.order_currency, c.review, c.at, \
            c.failures, c.problem, c.next_try, \
            i.tenant, i.provider, i.account, i.operation, i.reference, i.amount, i.currency \
         FROM payments_changes AS c JOIN payments_intents AS i ON i.id = c.intent "
    };
}

/// Locks the first change that is due, and that nobody else delivers. A change waits for the earlier ones of its intent, also while
/// somebody delivers them.
pub(super) const NEXT: &str = concat!(
    change_columns!(),
    "WHERE c.delivered_at IS NULL AND c.next_try <= ",
    now!(),
    " AND NOT EXISTS ( \
        SELECT 1 FROM payments_changes AS earlier \
        WHERE earlier.intent = c.intent AND earlier.delivered_at IS NULL AND earlier.id < c.id) \
     ORDER BY c.next_try, c.id LIMIT 1 FOR NO KEY UPDATE OF c SKIP LOCKED"
);

/// The next try is in `$3` milliseconds.
pub(super) const FAILED: &str = concat!(
    "UPDATE payments_changes SET failures = failures + 1, problem = $2, next_try = least(",
    now!(),
    " + $3, 100000000000000) WHERE id = $1 AND delivered_at IS NULL RETURNING next_try"
);

pub(super) const STUCK: &str =
    concat!(change_columns!(), "WHERE c.delivered_at IS NULL AND c.failures > 0 ORDER BY c.id LIMIT $1");

pub(super) async fn deliver(
    store: &PostgresStore,
    hook: &dyn Hook<PgConnection>,
    backoff: &(dyn Fn(u32) -> Duration + Send + Sync),
) -> Result<Delivery, StoreError> {
    let mut connection = Guarded(Some(store.connection().await?));
    match attempt(store, &mut connection, hook, backoff).await? {
        Attempt::Ended(delivery) => {
            connection.release();
            Ok(delivery)
        }
        Attempt::Lost { due, transaction, problem } => {
            // A pool may have one connection only. A statement of the hook may still run.
            drop(connection);
            store.fetch(|| store.query(sealed::STOP).bind(transaction.clone())).await?;
            let wait = backoff(due.failures.saturating_add(1));
            let mut transaction = Transaction::begin(store, "").await?;
            let stored = failed(store, transaction.connection()?, due.id, &problem, wait).await;
            Ok(stuck_again(due, problem, transaction.end(stored).await?))
        }
    }
}

enum Attempt {
    /// The transaction is committed.
    Ended(Delivery),
    /// The transaction with this number is lost, and nothing of it is left.
    Lost { due: StuckChange, transaction: String, problem: String },
}

async fn attempt(
    store: &PostgresStore,
    connection: &mut Guarded,
    hook: &dyn Hook<PgConnection>,
    backoff: &(dyn Fn(u32) -> Duration + Send + Sync),
) -> Result<Attempt, StoreError> {
    let mut sealed = Sealed::begin(store, connection).await?;
    let rows = store.query(NEXT).fetch_all(sealed.connection()).await.map_err(store_error)?;
    let due = match rows.first().map(due_change).transpose()? {
        None => {
            sealed.end().await?;
            return Ok(Attempt::Ended(Delivery::Nothing));
        }
        Some(Ok(due)) => due,
        Some(Err(Unreadable { id, intent, failures, what, problem })) => {
            let wait = backoff(failures.saturating_add(1));
            failed(store, sealed.connection(), id, &problem, wait).await?;
            sealed.end().await?;
            return Ok(Attempt::Ended(Delivery::Unreadable { intent, what, problem }));
        }
    };
    let transaction = sealed.mark(due.id).await?;

    let result = tokio::time::timeout(store.hook_timeout, run_hook(hook, sealed.connection(), &due.change)).await;

    let ended = match result {
        Ok(Ok(())) => sealed.commit(due.id).await?,
        Ok(Err(problem)) => sealed.undo(problem).await?,
        Err(_) => Ended::Lost(format!("the hook took longer than {:?}", store.hook_timeout)),
    };
    match ended {
        Ended::Committed => Ok(Attempt::Ended(Delivery::Delivered(due.change))),
        // The change is still locked, so that nobody else tries it before the failure is stored.
        Ended::Undone(mut sealed, problem) => {
            let wait = backoff(due.failures.saturating_add(1));
            let next_try = failed(store, sealed.connection(), due.id, &problem, wait).await?;
            sealed.end().await?;
            Ok(Attempt::Ended(stuck_again(due, problem, next_try)))
        }
        Ended::Lost(problem) => Ok(Attempt::Lost { due, transaction, problem }),
    }
}

/// Without a time, somebody else has delivered the change meanwhile.
fn stuck_again(due: StuckChange, problem: String, next_try: Option<OffsetDateTime>) -> Delivery {
    let (failures, next_try) = (due.failures.saturating_add(1), next_try.unwrap_or(due.next_try));
    Delivery::Failed(StuckChange { failures, problem, next_try, ..due })
}

/// Stores a failure, so that other changes come first. Returns the time of the next try.
async fn failed(
    store: &PostgresStore,
    connection: &mut PgConnection,
    id: ChangeId,
    problem: &str,
    wait: Duration,
) -> Result<Option<OffsetDateTime>, StoreError> {
    let wait = i64::try_from(wait.as_millis()).map_err(|error| unreadable("next_try", &error))?;
    let query = store.query(FAILED).bind(id.number()).bind(storable(problem)).bind(wait);
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    rows.first().map(|row| row.time("next_try")).transpose()
}

pub(super) async fn stuck(store: &PostgresStore, limit: u32) -> Result<Vec<StuckChange>, StoreError> {
    let rows = store.fetch(|| store.query(STUCK).bind(i64::from(limit))).await?;
    // One that cannot be read hides no other.
    Ok(rows.iter().filter_map(|row| row.change().ok()).collect())
}
