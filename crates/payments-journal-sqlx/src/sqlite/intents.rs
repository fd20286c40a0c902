//! Intents and their evidence.

use payments_core::time::OffsetDateTime;
use payments_journal::store::{Amendment, Inserted, Loaded};
use payments_journal::{Account, Column, Fact, IntentId, IntentKey, IntentRow, StoreError};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::error::store_error;
use super::open::{check_settings, settings};
use super::pauses;
use super::writer::Writer;
use crate::columns::{Columns as _, entry};
use crate::values::{json, millis, scheduled, signed};

/// The public `INSERT` of an intent, for applications that use another library than sqlx.
///
/// [`IntentRow::columns`] returns its parameters, in this order. `docs/journal/schema.md` explains each.
pub const INSERT_INTENT: &str = include_str!("../../migrations/sqlite/insert_intent.sql");

const INSERT_NEW: &str =
    concat!(include_str!("../../migrations/sqlite/insert_intent.sql"), "ON CONFLICT DO NOTHING RETURNING id");

pub(super) const FIND: &str = "SELECT id FROM payments_intents \
     WHERE tenant = ?1 AND provider = ?2 AND account = ?3 AND operation = ?4 AND reference = ?5";

/// One row per piece of evidence, so that one statement sees one state of the database.
macro_rules! load {
    ($($settings:expr),*) => {
        concat!(
            "SELECT i.*, p.since AS paused_since, p.until AS paused_until, p.problem AS pause_problem, \
               e.sequence, e.at, e.fact, e.source",
            $(", ", $settings,)*
            " FROM payments_intents AS i \
            LEFT JOIN payments_pauses AS p ON p.tenant = i.tenant AND p.provider = i.provider AND p.account = i.account \
                AND p.until > ?2 \
            LEFT JOIN payments_evidence AS e ON e.intent = i.id \
            WHERE i.id = ?1 ORDER BY e.sequence"
        )
    };
}

/// Appends evidence, updates the row and adds a change.
macro_rules! amend {
    () => {
        "INSERT INTO payments_evidence (intent, sequence, at, fact, source) \
        SELECT ?1, value ->> 0, ?2, value ->> 1, value ->> 2 FROM json_each(?3); \
        UPDATE payments_intents SET state = ?4, reported = ?5, status = ?6, review = ?7, provider_id = ?8, epoch = ?9, \
            lease_owner = ?10, lease_until = ?11, due_at = ?12, tries = ?13, problem = ?14, \
            order_amount = ?16, order_currency = ?17 \
        WHERE id = ?1; \
        INSERT INTO payments_changes \
            (intent, from_state, to_state, status, review, at, next_try, order_amount, order_currency) \
        SELECT ?1, ?15, ?5, ?6, ?7, ?2, ?2, ?16, ?17 WHERE ?15 <> ?5"
    };
}

pub(super) const LOAD: &str = load!(settings!());

/// Each round trip to SQLite is a message to another thread and back, so a change of an intent makes two. Its connection was checked.
pub(super) const BEGIN_AND_LOAD: &str = concat!("BEGIN IMMEDIATE; ", load!());
pub(super) const AMEND_AND_COMMIT: &str = concat!(amend!(), "; COMMIT");

/// The due intents of the accounts in `?2`, at the time `?1`, at most `?3`.
macro_rules! due_ids {
    () => {
        "SELECT id FROM payments_intents \
         WHERE due_at <= ?1 AND EXISTS (SELECT 1 FROM json_each(?2) \
            WHERE value ->> 0 = tenant AND value ->> 1 = provider AND value ->> 2 = account) \
         ORDER BY due_at, id LIMIT ?3"
    };
}
pub(super) use due_ids;

pub(super) const DUE: &str = due_ids!();

pub(super) const IN_REVIEW: &str =
    "SELECT id FROM payments_intents WHERE state = 'needs_review' AND id > ?1 ORDER BY id LIMIT ?2";

pub(super) async fn record(
    connection: &mut SqliteConnection,
    row: &IntentRow,
    now: OffsetDateTime,
) -> Result<Inserted, StoreError> {
    let insert = row.columns().into_iter().fold(sqlx::query(INSERT_NEW), |insert, column| match column {
        Column::Integer(number) => insert.bind(number),
        Column::Text(text) => insert.bind(text),
        Column::Blob(bytes) => insert.bind(bytes),
    });
    // All rows: after the first one only, an error of the commit would be lost.
    let inserted = insert.fetch_all(&mut *connection).await.map_err(store_error)?;
    if let Some(row) = inserted.first() {
        return Ok(Inserted::New(row.intent("id")?));
    }
    match find(connection, &row.key).await? {
        Some(id) => Ok(Inserted::Existing(Box::new(load(connection, id, now).await?))),
        None => Ok(Inserted::ReferenceTaken),
    }
}

pub(super) async fn find(connection: &mut SqliteConnection, key: &IntentKey) -> Result<Option<IntentId>, StoreError> {
    let Account { tenant, provider, name } = &key.account;
    let found = sqlx::query(FIND)
        .bind(tenant)
        .bind(provider)
        .bind(name)
        .bind(&key.operation)
        .bind(&key.reference)
        .fetch_optional(connection)
        .await
        .map_err(store_error)?;
    found.map(|row| row.intent("id")).transpose()
}

pub(super) async fn load(
    connection: &mut SqliteConnection,
    id: IntentId,
    now: OffsetDateTime,
) -> Result<Loaded, StoreError> {
    let query = sqlx::query(LOAD).bind(id.number()).bind(millis(now));
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    if let Some(first) = rows.first() {
        check_settings(first)?;
    }
    loaded(&rows, id, now)
}

fn loaded(rows: &[SqliteRow], id: IntentId, now: OffsetDateTime) -> Result<Loaded, StoreError> {
    let first = rows.first().ok_or(StoreError::NoSuchIntent(id))?;
    let mut evidence = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(sequence) = row.optional_integer("sequence")? {
            evidence.push(entry(sequence, row.integer("at")?, row.text("fact")?, row.string("source")?)?);
        }
    }
    let (row, head, pause) = (first.intent_row()?, first.head()?, first.pause()?);
    Ok(Loaded { id, row, head, evidence, pause, other_history: None, now })
}

/// Changes an intent in a transaction. It is SQL, and not sqlx's, so that its ends share a round trip with the statements between
/// them. If anything fails, the connection is closed, which rolls back.
pub(super) async fn amend<T>(
    mut writer: Writer<'_>,
    id: IntentId,
    now: impl Fn() -> OffsetDateTime,
    decide: impl Fn(&Loaded) -> (Option<Amendment>, T),
) -> Result<T, StoreError> {
    let query = sqlx::query(BEGIN_AND_LOAD).bind(id.number()).bind(millis(now()));
    let rows = query.fetch_all(writer.connection()).await.map_err(store_error)?;
    // The time of the lock: the wait for it may have been long.
    let loaded = loaded(&rows, id, now())?;
    let (amendment, value) = decide(&loaded);
    match amendment {
        None => {
            sqlx::query("ROLLBACK").execute(writer.connection()).await.map_err(store_error)?;
        }
        Some(amendment) => {
            if let Some(pause) = &amendment.pause {
                pauses::begin(writer.connection(), pause).await?;
            }
            write(writer.connection(), &loaded, &amendment).await?;
        }
    }
    writer.release();
    Ok(value)
}

/// Writes the change, and commits.
async fn write(connection: &mut SqliteConnection, loaded: &Loaded, amendment: &Amendment) -> Result<(), StoreError> {
    let head = &amendment.head;
    sqlx::query(AMEND_AND_COMMIT)
        .bind(loaded.id.number())
        .bind(millis(loaded.now))
        .bind(facts(loaded, &amendment.facts)?)
        .bind(head.state.as_str())
        .bind(head.reported.as_str())
        .bind(head.status.as_ref().map(|status| json("status", status)).transpose()?)
        .bind(head.review.map(payments_journal::Review::code))
        .bind(&head.provider_id)
        .bind(signed("epoch", head.epoch)?)
        .bind(head.lease.map(|lease| format!("{:032x}", lease.owner)))
        .bind(head.lease.map(|lease| millis(lease.until)))
        .bind(head.due_at.map(scheduled))
        .bind(i64::from(head.tries))
        .bind(&head.problem)
        .bind(loaded.head.reported.as_str())
        .bind(head.order_amount.map(|amount| amount.minor()))
        .bind(head.order_amount.map(|amount| amount.currency().to_string()))
        .execute(connection)
        .await
        .map_err(store_error)?;
    Ok(())
}

/// The new evidence as a JSON array of arrays: position, fact, source.
fn facts(loaded: &Loaded, facts: &[(Fact, String)]) -> Result<String, StoreError> {
    let mut rows = Vec::with_capacity(facts.len());
    for (sequence, (fact, source)) in (loaded.last_sequence() + 1..).zip(facts) {
        rows.push((signed("sequence", sequence)?, json("fact", fact)?, source));
    }
    json("fact", &rows)
}

pub(super) async fn due(
    connection: &mut SqliteConnection,
    accounts: &[Account],
    now: OffsetDateTime,
    limit: u32,
) -> Result<Vec<IntentId>, StoreError> {
    let query = sqlx::query(DUE).bind(millis(now)).bind(names(accounts)?).bind(i64::from(limit));
    ids(&query.fetch_all(connection).await.map_err(store_error)?)
}

/// The accounts as a JSON array of arrays: tenant, provider, name.
pub(super) fn names(accounts: &[Account]) -> Result<String, StoreError> {
    let accounts: Vec<_> = accounts.iter().map(|account| [&account.tenant, &account.provider, &account.name]).collect();
    json("account", &accounts)
}

pub(super) async fn in_review(
    connection: &mut SqliteConnection,
    after: Option<IntentId>,
    limit: u32,
) -> Result<Vec<IntentId>, StoreError> {
    let after = after.map_or(i64::MIN, IntentId::number);
    let query = sqlx::query(IN_REVIEW).bind(after).bind(i64::from(limit));
    ids(&query.fetch_all(connection).await.map_err(store_error)?)
}

fn ids(rows: &[SqliteRow]) -> Result<Vec<IntentId>, StoreError> {
    rows.iter().map(|row| row.intent("id")).collect()
}
