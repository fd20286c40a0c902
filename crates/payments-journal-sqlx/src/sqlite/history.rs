//! Acknowledgements of a restore. A copied file looks like the original, so nothing notices it.

use payments_core::time::OffsetDateTime;
use payments_journal::store::Acknowledgement;
use payments_journal::{IntentId, StoreError};
use sqlx::sqlite::SqliteConnection;

use super::error::{SqliteError, store_error};
use super::guarded::Guarded;
use crate::columns::{Columns as _, time};
use crate::values::{millis, unreadable};

/// Goes on with the last acknowledgement if it is for the same time, and not complete. Otherwise, begins one.
pub(super) const BEGIN: &str = "\
    INSERT INTO payments_history (lost_since, began_at) \
    SELECT ?1, ?2 WHERE NOT EXISTS ( \
        SELECT 1 FROM (SELECT * FROM payments_history ORDER BY id DESC LIMIT 1) \
        WHERE acknowledged_at IS NULL AND lost_since = ?1)";

pub(super) const BEGUN: &str = "\
    SELECT (SELECT max(id) FROM payments_history) AS id, (SELECT coalesce(max(id), 0) FROM payments_intents) AS last";

pub(super) const MAY_BE_LOST: &str = "\
    SELECT i.id FROM payments_intents AS i \
    WHERE i.id > ?1 AND i.id <= ?2 AND (i.state IN ('intended', 'sending', 'unknown') \
        OR i.state IN ('refused', 'abandoned', 'needs_review') \
            AND EXISTS (SELECT 1 FROM payments_evidence AS e WHERE e.intent = i.id AND e.at >= ?3)) \
    ORDER BY i.id LIMIT ?4";

pub(super) const ACCEPT: &str = "UPDATE payments_history SET acknowledged_at = ?2 WHERE id = ?1";

pub(super) async fn begin(
    mut connection: Guarded,
    lost_since: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Acknowledgement, StoreError> {
    let lost_since = millis(lost_since);
    let mut transaction = connection.begin().await?;
    let query = sqlx::query(BEGIN).bind(lost_since).bind(millis(now));
    query.execute(&mut *transaction).await.map_err(store_error)?;
    let rows = sqlx::query(BEGUN).fetch_all(&mut *transaction).await.map_err(store_error)?;
    let row = rows.first().ok_or_else(|| unreadable("history", "no row"))?;
    let lost_since = time("lost_since", lost_since)?;
    let begun = Acknowledgement { id: row.integer("id")?, lost_since, last: row.intent("last")? };
    transaction.commit().await.map_err(store_error)?;
    connection.release();
    Ok(begun)
}

pub(super) async fn may_be_lost(
    connection: &mut SqliteConnection,
    acknowledgement: &Acknowledgement,
    after: Option<IntentId>,
    limit: u32,
) -> Result<Vec<IntentId>, StoreError> {
    let Acknowledgement { last, lost_since, .. } = acknowledgement;
    let query = sqlx::query(MAY_BE_LOST).bind(after.map_or(i64::MIN, IntentId::number)).bind(last.number());
    let query = query.bind(millis(*lost_since)).bind(i64::from(limit));
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(|row| row.intent("id")).collect()
}

pub(super) async fn accept(
    connection: &mut SqliteConnection,
    acknowledgement: &Acknowledgement,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let query = sqlx::query(ACCEPT).bind(acknowledgement.id).bind(millis(now));
    let accepted = query.execute(connection).await.map_err(store_error)?;
    if accepted.rows_affected() == 0 { Err(SqliteError::HistoryChanged.into()) } else { Ok(()) }
}
