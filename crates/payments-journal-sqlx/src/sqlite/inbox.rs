//! Messages of providers.

use payments_core::time::OffsetDateTime;
use payments_journal::store::{KEEP_HINTS, Matched, Received};
use payments_journal::{Account, InboxId, IntentId, Message, StoreError};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::error::store_error;
use super::intents::names;
use crate::columns::Columns;
use crate::values::{json, millis};

/// Deletes old hints about nothing that is recorded: anyone can send them. Some at a time, so that no call takes long.
pub(super) const FORGET: &str = "\
    DELETE FROM payments_inbox WHERE id IN ( \
        SELECT id FROM payments_inbox WHERE matched = 0 AND report = '' AND received_at <= ?1 \
        ORDER BY received_at LIMIT 100)";

/// A message that matches no intent waits: the intent's `INSERT`, or the `UPDATE` of its provider's id, sets `matched`.
pub(super) const RECEIVE: &str = "\
    INSERT INTO payments_inbox \
        (tenant, provider, account, source, reference, object_id, operations, report, received_at, matched) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, \
        EXISTS (SELECT 1 FROM payments_intents AS i \
            WHERE i.tenant = ?1 AND i.provider = ?2 AND i.account = ?3 \
                AND i.operation IN (SELECT value FROM json_each(?7)) AND i.reference = ?5) \
        OR EXISTS (SELECT 1 FROM payments_intents AS i \
            WHERE i.provider_id = ?6 AND i.provider = ?2 AND i.tenant = ?1 AND i.account = ?3)) \
    ON CONFLICT (tenant, provider, account, source) DO NOTHING RETURNING id";

pub(super) const FIND: &str =
    "SELECT id FROM payments_inbox WHERE tenant = ?1 AND provider = ?2 AND account = ?3 AND source = ?4";

/// Messages of the accounts in `?1`, with the intents that match now, as a JSON array of ids.
macro_rules! matches_of {
    ($messages:literal) => {
        concat!(
            "SELECT * FROM ( \
                SELECT m.*, ( \
                    SELECT json_group_array(id) FROM ( \
                        SELECT i.id FROM payments_intents AS i \
                        WHERE i.tenant = m.tenant AND i.provider = m.provider AND i.account = m.account \
                            AND i.operation IN (SELECT value FROM json_each(m.operations)) AND i.reference = m.reference \
                        UNION \
                        SELECT i.id FROM payments_intents AS i \
                        WHERE i.provider_id = m.object_id \
                            AND i.provider = m.provider AND i.tenant = m.tenant AND i.account = m.account \
                    ) \
                ) AS intents \
                FROM payments_inbox AS m ",
            $messages,
            " AND EXISTS (SELECT 1 FROM json_each(?1) \
                WHERE value ->> 0 = m.tenant AND value ->> 1 = m.provider AND value ->> 2 = m.account) \
            ) WHERE intents <> '[]'"
        )
    };
}

/// Without the index's name, SQLite would read the applied messages after the id, too.
pub(super) const MATCHES: &str = concat!(
    matches_of!("INDEXED BY payments_inbox_open WHERE m.matched = 1 AND m.applied_at IS NULL AND m.id > ?2"),
    " ORDER BY id LIMIT ?3"
);
/// Also if it was applied: a hint that is received again is applied again.
pub(super) const MATCHES_OF: &str = matches_of!("WHERE m.id = ?2");

pub(super) const APPLIED: &str = "UPDATE payments_inbox SET applied_at = ?2 WHERE id = ?1 AND applied_at IS NULL";

pub(super) async fn receive(connection: &mut SqliteConnection, message: &Message) -> Result<Received, StoreError> {
    let account = &message.account;
    if message.is_hint() {
        let old = millis(message.received_at - KEEP_HINTS);
        sqlx::query(FORGET).bind(old).execute(&mut *connection).await.map_err(store_error)?;
    }
    let inserted = sqlx::query(RECEIVE)
        .bind(&account.tenant)
        .bind(&account.provider)
        .bind(&account.name)
        .bind(&message.source)
        .bind(&message.reference)
        .bind(&message.object_id)
        .bind(json("operations", &message.operations)?)
        .bind(&message.report)
        .bind(millis(message.received_at))
        .fetch_all(&mut *connection)
        .await
        .map_err(store_error)?;
    if let Some(row) = inserted.first() {
        return Ok(Received::New(InboxId::new(row.integer("id")?)));
    }
    let query = sqlx::query(FIND).bind(&account.tenant).bind(&account.provider).bind(&account.name);
    let row = query.bind(&message.source).fetch_one(connection).await.map_err(store_error)?;
    Ok(Received::Repeated(InboxId::new(row.integer("id")?)))
}

pub(super) async fn matches(
    connection: &mut SqliteConnection,
    accounts: &[Account],
    after: Option<InboxId>,
    limit: u32,
) -> Result<Vec<Matched>, StoreError> {
    let after = after.map_or(i64::MIN, InboxId::number);
    let query = sqlx::query(MATCHES).bind(names(accounts)?).bind(after).bind(i64::from(limit));
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(matched).collect()
}

pub(super) async fn matches_of(
    connection: &mut SqliteConnection,
    accounts: &[Account],
    id: InboxId,
) -> Result<Option<Matched>, StoreError> {
    let query = sqlx::query(MATCHES_OF).bind(names(accounts)?).bind(id.number());
    let row = query.fetch_optional(connection).await.map_err(store_error)?;
    row.as_ref().map(matched).transpose()
}

fn matched(row: &SqliteRow) -> Result<Matched, StoreError> {
    let intents: Vec<i64> = row.json("intents")?;
    let intents = intents.into_iter().map(IntentId::new).collect();
    Ok(Matched { id: InboxId::new(row.integer("id")?), message: row.message(), intents })
}

pub(super) async fn applied(
    connection: &mut SqliteConnection,
    id: InboxId,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query(APPLIED).bind(id.number()).bind(millis(now)).execute(connection).await.map_err(store_error)?;
    Ok(())
}
