//! Accounts that are paused.

use payments_core::time::OffsetDateTime;
use payments_journal::store::Pause;
use payments_journal::{Account, StoreError};
use sqlx::sqlite::SqliteConnection;

use super::error::store_error;
use super::guarded::Guarded;
use crate::columns::Columns as _;
use crate::values::{millis, scheduled};

pub(super) const ALL: &str = "\
    SELECT tenant, provider, account, since AS paused_since, until AS paused_until, problem AS pause_problem \
    FROM payments_pauses WHERE until > ?1 ORDER BY since";

pub(super) const BEGIN: &str = "\
    INSERT INTO payments_pauses (tenant, provider, account, since, until, problem) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
    ON CONFLICT (tenant, provider, account) \
    DO UPDATE SET since = excluded.since, until = excluded.until, problem = excluded.problem";

pub(super) const END: &str = "DELETE FROM payments_pauses WHERE tenant = ?1 AND provider = ?2 AND account = ?3";

/// What waited for the end of the pause is due now. A pending intent waited for it if it is due at that very time; else its time is
/// that of the next lookup. What somebody works on is due when the lease is over.
///
/// Without the index's name, SQLite would read all intents of the account.
pub(super) const WAKE: &str = "\
    UPDATE payments_intents INDEXED BY payments_intents_due SET due_at = ?4 \
    WHERE due_at > ?4 AND tenant = ?1 AND provider = ?2 AND account = ?3 \
        AND (lease_until IS NULL OR lease_until <= ?4) \
        AND (state IN ('intended', 'unknown') OR state = 'pending' AND due_at = ( \
            SELECT until FROM payments_pauses WHERE tenant = ?1 AND provider = ?2 AND account = ?3))";

pub(super) async fn all(connection: &mut SqliteConnection, now: OffsetDateTime) -> Result<Vec<Pause>, StoreError> {
    let rows = sqlx::query(ALL).bind(millis(now)).fetch_all(connection).await.map_err(store_error)?;
    rows.iter().filter_map(|row| row.pause().transpose()).collect()
}

pub(super) async fn begin(connection: &mut SqliteConnection, pause: &Pause) -> Result<(), StoreError> {
    let query = sqlx::query(BEGIN).bind(&pause.account.tenant).bind(&pause.account.provider).bind(&pause.account.name);
    let query = query.bind(millis(pause.since)).bind(scheduled(pause.until)).bind(&pause.problem);
    query.execute(connection).await.map_err(store_error)?;
    Ok(())
}

pub(super) async fn end(mut connection: Guarded, account: &Account, now: OffsetDateTime) -> Result<(), StoreError> {
    let mut transaction = connection.begin().await?;
    for statement in [WAKE, END] {
        let query = sqlx::query(statement).bind(&account.tenant).bind(&account.provider).bind(&account.name);
        query.bind(millis(now)).execute(&mut *transaction).await.map_err(store_error)?;
    }
    transaction.commit().await.map_err(store_error)?;
    connection.release();
    Ok(())
}
