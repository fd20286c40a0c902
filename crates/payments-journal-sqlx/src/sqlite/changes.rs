//! Changes of state, delivered to a hook in its own transaction.

mod sealed;

use std::time::Duration;

use payments_core::time::OffsetDateTime;
use payments_journal::store::{Delivery, StuckChange};
use payments_journal::{Change, ChangeId, Hook, StoreError, run_hook};
use sqlx::sqlite::SqliteConnection;

use super::SqliteStore;
use super::error::store_error;
use super::guarded::Guarded;
use crate::columns::{Columns as _, Unreadable, due_change};
use crate::values::{millis, scheduled};

/// The first change that is due. A change waits for the earlier ones of its intent.
pub(super) const NEXT: &str = "\
    SELECT c.*, i.tenant, i.provider, i.account, i.operation, i.reference, i.amount, i.currency \
    FROM payments_changes AS c JOIN payments_intents AS i ON i.id = c.intent \
    WHERE c.delivered_at IS NULL AND c.next_try <= ?1 AND NOT EXISTS ( \
        SELECT 1 FROM payments_changes AS earlier \
        WHERE earlier.intent = c.intent AND earlier.delivered_at IS NULL AND earlier.id < c.id) \
    ORDER BY c.next_try, c.id LIMIT 1";

pub(super) const DELIVERED: &str = "UPDATE payments_changes SET delivered_at = ?2 WHERE id = ?1";

pub(super) const FAILED: &str = "\
    UPDATE payments_changes SET failures = failures + 1, problem = ?2, next_try = ?3 \
    WHERE id = ?1 AND delivered_at IS NULL";

pub(super) const STUCK: &str = "\
    SELECT c.*, i.tenant, i.provider, i.account, i.operation, i.reference, i.amount, i.currency \
    FROM payments_changes AS c JOIN payments_intents AS i ON i.id = c.intent \
    WHERE c.delivered_at IS NULL AND c.failures > 0 ORDER BY c.id LIMIT ?1";

pub(super) async fn deliver(
    store: &SqliteStore,
    hook: &dyn Hook<SqliteConnection>,
    backoff: &(dyn Fn(u32) -> Duration + Send + Sync),
) -> Result<Delivery, StoreError> {
    // An idle worker reads, and takes no lock.
    if next(&mut *store.connection().await?, store.now()).await?.is_none() {
        return Ok(Delivery::Nothing);
    }
    let _turn = store.turn().await;
    match attempt(store, hook).await? {
        Attempt::Nothing => Ok(Delivery::Nothing),
        Attempt::Delivered(change) => Ok(Delivery::Delivered(change)),
        Attempt::Failed(due, problem) => {
            let failures = due.failures.saturating_add(1);
            let next_try = store.now() + backoff(failures);
            failed(store, due.id, &problem, next_try).await?;
            Ok(Delivery::Failed(StuckChange { failures, problem, next_try, ..due }))
        }
        Attempt::Unreadable(Unreadable { id, intent, failures, what, problem }) => {
            let next_try = store.now() + backoff(failures.saturating_add(1));
            failed(store, id, &problem, next_try).await?;
            Ok(Delivery::Unreadable { intent, what, problem })
        }
    }
}

/// Stores a failure, so that other changes come first.
async fn failed(store: &SqliteStore, id: ChangeId, problem: &str, next_try: OffsetDateTime) -> Result<(), StoreError> {
    let query = sqlx::query(FAILED).bind(id.number()).bind(problem).bind(scheduled(next_try));
    query.execute(&mut *store.connection().await?).await.map_err(store_error)?;
    Ok(())
}

enum Attempt {
    Nothing,
    Delivered(Change),
    Failed(StuckChange, String),
    Unreadable(Unreadable),
}

async fn attempt(store: &SqliteStore, hook: &dyn Hook<SqliteConnection>) -> Result<Attempt, StoreError> {
    let mut connection = Guarded::new(store.connection().await?);
    let mut transaction = connection.begin().await?;
    let due = match next(&mut transaction, store.now()).await? {
        Some(Ok(due)) => due,
        other => {
            transaction.rollback().await.map_err(store_error)?;
            connection.release();
            return Ok(other.and_then(Result::err).map_or(Attempt::Nothing, Attempt::Unreadable));
        }
    };
    // First the mark, then the hook: whatever a hook does to the transaction, its effect cannot be committed without the mark.
    let query = sqlx::query(DELIVERED).bind(due.id.number()).bind(millis(store.now()));
    query.execute(&mut *transaction).await.map_err(store_error)?;
    let permission = sealed::forbid_commits(&mut transaction).await?;
    sqlx::query(SAVEPOINT).execute(&mut *transaction).await.map_err(store_error)?;

    let result = tokio::time::timeout(store.hook_timeout, run_hook(hook, &mut transaction, &due.change)).await;

    if sqlx::query(RELEASE).execute(&mut *transaction).await.is_err() {
        // The connection is closed, with everything that is not committed.
        let why = "the hook ended the journal's transaction, so its effect was rolled back";
        return Ok(Attempt::Failed(due, why.to_owned()));
    }
    let problem = match result {
        Ok(Ok(())) => {
            permission.grant();
            if let Err(error) = transaction.commit().await {
                // A deferred constraint that the hook's effect violates. It would hold up every hook.
                return Ok(Attempt::Failed(due, format!("the commit failed: {error}")));
            }
            sealed::open(connection).await?;
            return Ok(Attempt::Delivered(due.change));
        }
        Ok(Err(problem)) => problem,
        Err(_) => format!("the hook took longer than {:?}", store.hook_timeout),
    };
    transaction.rollback().await.map_err(store_error)?;
    sealed::open(connection).await?;
    Ok(Attempt::Failed(due, problem))
}

/// Exists as long as the transaction is the journal's own.
const SAVEPOINT: &str = "SAVEPOINT payments_hook";
const RELEASE: &str = "RELEASE payments_hook";

async fn next(
    connection: &mut SqliteConnection,
    now: OffsetDateTime,
) -> Result<Option<Result<StuckChange, Unreadable>>, StoreError> {
    let row = sqlx::query(NEXT).bind(millis(now)).fetch_optional(connection).await.map_err(store_error)?;
    row.map(|row| due_change(&row)).transpose()
}

pub(super) async fn stuck(connection: &mut SqliteConnection, limit: u32) -> Result<Vec<StuckChange>, StoreError> {
    let rows = sqlx::query(STUCK).bind(i64::from(limit)).fetch_all(connection).await.map_err(store_error)?;
    // One that cannot be read hides no other.
    Ok(rows.iter().filter_map(|row| row.change().ok()).collect())
}
