//! Intents and their evidence.

use payments_journal::store::{Entry, Inserted, Loaded};
use payments_journal::{Account, IntentId, IntentKey, IntentRow, StoreError};
use sqlx::postgres::{PgConnection, PgRow};

use super::PostgresStore;
use super::error::store_error;
use super::rows::{Statement, bind_accounts, is_of_accounts, now};
use super::settings::{self, settings};
use crate::columns::{Columns as _, entry};
use crate::values::{millis, unreadable};

/// The public `INSERT` of an intent, for applications that use another library than sqlx.
///
/// [`IntentRow::columns`] returns its parameters, in this order. `docs/journal/schema.md` explains each.
pub const INSERT_INTENT: &str = include_str!("../../migrations/postgres/insert_intent.sql");

const INSERT_NEW: &str = concat!(
    include_str!("../../migrations/postgres/insert_intent.sql"),
    "ON CONFLICT DO NOTHING RETURNING id, ",
    settings!()
);

pub(super) const FIND: &str = "SELECT id FROM payments_intents \
     WHERE tenant = $1 AND provider = $2 AND account = $3 AND operation = $4 AND reference = $5";

/// One row, so that one statement sees one state of the database. The columns are named, because PostgreSQL rejects a prepared
/// statement whose result has got another column.
macro_rules! load_with {
    ($settings:expr) => {
        concat!(
            "SELECT i.id, i.tenant, i.provider, i.account, i.operation, i.reference, i.amount, i.currency, i.version, i.key_id, i.mac, \
        i.parameters, i.by_ticket, i.recorded_at, i.expires_at, i.due_at, i.supersedes, i.state, i.reported, i.status, \
        i.order_amount, i.order_currency, i.review, i.provider_id, i.epoch, i.lease_owner, i.lease_until, i.tries, i.problem, \
        p.since AS paused_since, p.until AS paused_until, p.problem AS pause_problem, clock.now, \
        (SELECT json_agg(json_build_array(e.sequence, e.at, e.fact, e.source) ORDER BY e.sequence)::text \
            FROM payments_evidence AS e WHERE e.intent = i.id) AS evidence, ",
            $settings,
            " FROM payments_intents AS i CROSS JOIN (SELECT ",
            now!(),
            " AS now) AS clock LEFT JOIN payments_pauses AS p \
                ON p.tenant = i.tenant AND p.provider = i.provider AND p.account = i.account AND p.until > clock.now \
             WHERE i.id = $1"
        )
    };
}

pub(super) use load_with;

pub(super) const LOAD: &str = load_with!(settings!());

/// The due intents of the accounts, at most `$4`.
pub(super) const DUE: &str = concat!(
    "SELECT i.id FROM payments_intents AS i WHERE i.due_at <= ",
    now!(),
    " AND ",
    is_of_accounts!("i"),
    " ORDER BY i.due_at, i.id LIMIT (SELECT $4::bigint)"
);

pub(super) const IN_REVIEW: &str =
    "SELECT id FROM payments_intents WHERE state = 'needs_review' AND id > $1 ORDER BY id LIMIT $2";

pub(super) async fn record(
    store: &PostgresStore,
    connection: &mut PgConnection,
    row: &IntentRow,
) -> Result<Inserted, StoreError> {
    let IntentRow { key, amount, .. } = row;
    let insert = store
        .query(INSERT_NEW)
        .bind(&key.account.tenant)
        .bind(&key.account.provider)
        .bind(&key.account.name)
        .bind(&key.operation)
        .bind(&key.reference)
        .bind(amount.map(|amount| amount.minor()))
        .bind(amount.map(|amount| amount.currency().to_string()))
        .bind(i64::from(row.version))
        .bind(&row.key_id)
        .bind(&row.mac)
        .bind(&row.parameters)
        .bind(i64::from(row.by_ticket))
        .bind(millis(row.recorded_at))
        .bind(row.expires_at.map(millis))
        .bind(row.due_at.map(millis))
        .bind(row.supersedes.map(IntentId::number));
    let inserted = insert.fetch_all(&mut *connection).await.map_err(store_error)?;
    if let Some(row) = inserted.first() {
        settings::check(store, row)?;
        return Ok(Inserted::New(row.intent("id")?));
    }
    let found = find_by(store.query(FIND), &row.key).fetch_all(&mut *connection).await.map_err(store_error)?;
    match found.first() {
        Some(row) => Ok(Inserted::Existing(Box::new(load_in(store, connection, row.intent("id")?).await?))),
        None => Ok(Inserted::ReferenceTaken),
    }
}

pub(super) async fn find(store: &PostgresStore, key: &IntentKey) -> Result<Option<IntentId>, StoreError> {
    let rows = store.fetch(|| find_by(store.query(FIND), key)).await?;
    rows.first().map(|row| row.intent("id")).transpose()
}

fn find_by<'q>(query: Statement<'q>, key: &IntentKey) -> Statement<'q> {
    let Account { tenant, provider, name } = &key.account;
    let (operation, reference) = (key.operation.clone(), key.reference.clone());
    query.bind(tenant.clone()).bind(provider.clone()).bind(name.clone()).bind(operation).bind(reference)
}

pub(super) async fn load(store: &PostgresStore, id: IntentId) -> Result<Loaded, StoreError> {
    loaded(&store.fetch(|| store.query(LOAD).bind(id.number())).await?, id)
}

async fn load_in(store: &PostgresStore, connection: &mut PgConnection, id: IntentId) -> Result<Loaded, StoreError> {
    let rows = store.query(LOAD).bind(id.number()).fetch_all(connection).await.map_err(store_error)?;
    if let Some(row) = rows.first() {
        settings::check(store, row)?;
    }
    loaded(&rows, id)
}

pub(super) fn loaded(rows: &[PgRow], id: IntentId) -> Result<Loaded, StoreError> {
    let row = rows.first().ok_or(StoreError::NoSuchIntent(id))?;
    Ok(Loaded {
        id,
        evidence: evidence(row.optional_text("evidence")?)?,
        row: row.intent_row()?,
        head: row.head()?,
        pause: row.pause()?,
        other_history: None,
        now: row.time("now")?,
    })
}

fn evidence(json: Option<&str>) -> Result<Vec<Entry>, StoreError> {
    let Some(json) = json else { return Ok(Vec::new()) };
    let rows: Vec<(i64, i64, String, String)> =
        serde_json::from_str(json).map_err(|error| unreadable("evidence", &error))?;
    rows.into_iter().map(|(sequence, at, fact, source)| entry(sequence, at, &fact, source)).collect()
}

pub(super) async fn due(store: &PostgresStore, accounts: &[Account], limit: u32) -> Result<Vec<IntentId>, StoreError> {
    ids(&store.fetch(|| bind_accounts(store.query(DUE), accounts).bind(i64::from(limit))).await?)
}

pub(super) async fn in_review(
    store: &PostgresStore,
    after: Option<IntentId>,
    limit: u32,
) -> Result<Vec<IntentId>, StoreError> {
    let after = after.map_or(i64::MIN, IntentId::number);
    ids(&store.fetch(|| store.query(IN_REVIEW).bind(after).bind(i64::from(limit))).await?)
}

fn ids(rows: &[PgRow]) -> Result<Vec<IntentId>, StoreError> {
    rows.iter().map(|row| row.intent("id")).collect()
}
