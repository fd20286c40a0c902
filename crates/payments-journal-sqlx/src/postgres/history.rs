//! The database's history: another one after a restore, and once another server has taken over.

use payments_core::time::OffsetDateTime;
use payments_journal::store::{Acknowledgement, OtherHistory};
use payments_journal::{IntentId, StoreError};
use sqlx::postgres::PgRow;

use super::PostgresStore;
use super::error::{PostgresError, store_error};
use super::rows::now;
use super::transaction::Transaction;
use crate::columns::{Columns as _, time};
use crate::values::{millis, unreadable};

/// The cluster, and its timeline. `pg_control_checkpoint` shows a new timeline only after the next checkpoint.
macro_rules! present {
    () => {
        "(SELECT system_identifier::text AS system_identifier, \
            substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline_id FROM pg_control_system())"
    };
}

/// The present history as one text.
macro_rules! present_history {
    () => {
        concat!(
            "(SELECT concat('system ', system_identifier, ', timeline ', timeline_id) FROM ",
            $crate::postgres::history::present!(),
            " AS present)"
        )
    };
}

/// The present history and the known one as columns, so that a statement which is needed anyway reads them.
macro_rules! history {
    () => {
        concat!(
            $crate::postgres::history::present_history!(),
            " AS present_history, \
             (SELECT concat('system ', system_identifier, ', timeline ', timeline_id) FROM payments_history \
                WHERE acknowledged_at IS NOT NULL ORDER BY id DESC LIMIT 1) AS known_history"
        )
    };
}
pub(super) use {history, present, present_history};

/// Compares the two histories in a row that has them as columns.
pub(super) fn other(row: &PgRow) -> Result<Option<OtherHistory>, StoreError> {
    let (found, known) = (row.text("present_history")?, row.optional_text("known_history")?);
    let known = known.unwrap_or("none");
    Ok((found != known).then(|| OtherHistory { found: found.to_owned(), known: known.to_owned() }))
}

/// One acknowledgement begins at a time.
const LOCK: &str = "SELECT pg_advisory_xact_lock(1885434480, 1)";

/// Goes on with the last acknowledgement if it is for the same history and time, and not complete. Otherwise, begins one.
pub(super) const BEGIN: &str = concat!(
    "WITH present AS MATERIALIZED ",
    present!(),
    ", last AS ( \
        SELECT * FROM payments_history ORDER BY id DESC LIMIT 1 \
    ), begun AS ( \
        SELECT last.id FROM last JOIN present USING (system_identifier, timeline_id) \
        WHERE last.acknowledged_at IS NULL AND last.lost_since = $1 \
    ), new AS ( \
        INSERT INTO payments_history (system_identifier, timeline_id, lost_since, began_at) \
        SELECT system_identifier, timeline_id, $1, ",
    now!(),
    " FROM present WHERE NOT EXISTS (SELECT 1 FROM begun) RETURNING id \
    ) \
    SELECT id, (SELECT coalesce(max(id), 0) FROM payments_intents) AS last \
    FROM (SELECT id FROM begun UNION ALL SELECT id FROM new) AS acknowledgement"
);

pub(super) const MAY_BE_LOST: &str = "\
    SELECT i.id FROM payments_intents AS i \
    WHERE i.id > $1 AND i.id <= $2 AND (i.state IN ('intended', 'sending', 'unknown') \
        OR i.state IN ('refused', 'abandoned', 'needs_review') \
            AND EXISTS (SELECT 1 FROM payments_evidence AS e WHERE e.intent = i.id AND e.at >= $3)) \
    ORDER BY i.id LIMIT $4";

/// Accepts a history if it is still the present one.
pub(super) const ACCEPT: &str = concat!(
    "UPDATE payments_history AS h SET acknowledged_at = coalesce(h.acknowledged_at, ",
    now!(),
    ") FROM ",
    present!(),
    " AS present WHERE h.id = $1 AND h.system_identifier = present.system_identifier \
        AND h.timeline_id = present.timeline_id RETURNING h.id"
);

pub(super) async fn begin(store: &PostgresStore, lost_since: OffsetDateTime) -> Result<Acknowledgement, StoreError> {
    let lost_since = millis(lost_since);
    let mut transaction = Transaction::begin(store, LOCK).await?;
    let query = store.query(BEGIN).bind(lost_since);
    let rows = query.fetch_all(transaction.connection()?).await.map_err(store_error);
    let begun = rows.and_then(|rows| {
        let row = rows.first().ok_or_else(|| unreadable("history", "no row"))?;
        let lost_since = time("lost_since", lost_since)?;
        Ok(Acknowledgement { id: row.integer("id")?, lost_since, last: row.intent("last")? })
    });
    transaction.end(begun).await
}

pub(super) async fn may_be_lost(
    store: &PostgresStore,
    acknowledgement: &Acknowledgement,
    after: Option<IntentId>,
    limit: u32,
) -> Result<Vec<IntentId>, StoreError> {
    let Acknowledgement { last, lost_since, .. } = acknowledgement;
    let after = after.map_or(i64::MIN, IntentId::number);
    let query = || {
        let query = store.query(MAY_BE_LOST).bind(after).bind(last.number());
        query.bind(millis(*lost_since)).bind(i64::from(limit))
    };
    store.fetch(query).await?.iter().map(|row| row.intent("id")).collect()
}

pub(super) async fn accept(store: &PostgresStore, acknowledgement: &Acknowledgement) -> Result<(), StoreError> {
    let mut transaction = Transaction::begin(store, "").await?;
    let query = store.query(ACCEPT).bind(acknowledgement.id);
    let rows = query.fetch_all(transaction.connection()?).await.map_err(store_error);
    let is_accepted =
        rows.and_then(|rows| if rows.is_empty() { Err(PostgresError::HistoryChanged.into()) } else { Ok(()) });
    transaction.end(is_accepted).await
}
