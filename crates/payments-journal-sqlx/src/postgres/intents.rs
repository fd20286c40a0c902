//! Intents and their evidence.

use std::time::Duration;

use payments_journal::store::{Amendment, Entry, Inserted, Loaded};
use payments_journal::{Account, Fact, IntentId, IntentKey, IntentRow, Review, StoreError};
use sqlx::postgres::{PgConnection, PgRow};

use super::PostgresStore;
use super::error::{is_conflict, store_error};
use super::history::{self, history};
use super::rows::{Statement, bind_accounts, is_of_accounts, now, storable};
use super::settings::{self, settings};
use super::transaction::Transaction;
use crate::columns::{Columns as _, entry};
use crate::values::{json, millis, scheduled, signed, unreadable};

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
macro_rules! load {
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

pub(super) const LOAD: &str = load!(settings!());

/// For a change, which may be a claim: nothing is claimed in another history. A standby server cannot run it.
pub(super) const LOAD_AND_COMPARE: &str = load!(concat!(settings!(), ", ", history!()));

/// Updates the row, appends evidence, adds a change and pauses the account.
pub(super) const AMEND: &str = "\
    WITH intent AS ( \
        UPDATE payments_intents SET state = $3, reported = $4, status = $5, order_amount = $6, order_currency = $7, review = $8, \
            provider_id = $9, epoch = $10, lease_owner = $11, lease_until = $12, due_at = $13, tries = $14, problem = $15 \
        WHERE id = $1 \
    ), evidence AS ( \
        INSERT INTO payments_evidence (intent, sequence, at, fact, source) \
        SELECT $1, e.sequence, $2, e.fact, e.source \
        FROM unnest($16::bigint[], $17::text[], $18::text[]) AS e (sequence, fact, source) \
    ), change AS ( \
        INSERT INTO payments_changes (intent, from_state, to_state, status, order_amount, order_currency, review, at, next_try) \
        SELECT $1, $19::text, $4, $5, $6, $7, $8, $2, $2 WHERE $19::text <> $4 \
    ) \
    INSERT INTO payments_pauses (tenant, provider, account, since, until, problem) \
    SELECT $20::text, $21::text, $22::text, $23::bigint, $24::bigint, $25::text WHERE $20::text IS NOT NULL \
    ON CONFLICT (tenant, provider, account) \
    DO UPDATE SET since = excluded.since, until = excluded.until, problem = excluded.problem";

/// The due intents of the accounts, at most `$4`.
pub(super) const DUE: &str = concat!(
    "SELECT i.id FROM payments_intents AS i WHERE i.due_at <= ",
    now!(),
    " AND ",
    is_of_accounts!("i"),
    " ORDER BY i.due_at, i.id LIMIT $4"
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

async fn load_and_compare(
    store: &PostgresStore,
    connection: &mut PgConnection,
    id: IntentId,
) -> Result<Loaded, StoreError> {
    let rows = store.query(LOAD_AND_COMPARE).bind(id.number()).fetch_all(connection).await.map_err(store_error)?;
    let other_history = match rows.first() {
        Some(row) => {
            settings::check(store, row)?;
            history::other(row)?
        }
        None => None,
    };
    Ok(Loaded { other_history, ..loaded(&rows, id)? })
}

fn loaded(rows: &[PgRow], id: IntentId) -> Result<Loaded, StoreError> {
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

/// Changes an intent in a transaction, in four round trips: begin and lock, load, write, commit.
///
/// The lock comes first, in a statement of its own: a statement sees what was committed before it began.
pub(super) async fn amend<T: Send>(
    store: &PostgresStore,
    id: IntentId,
    decide: impl Fn(&Loaded) -> (Option<Amendment>, T) + Send + Sync,
) -> Result<T, StoreError> {
    // Not `FOR UPDATE`: an application that records an intent which supersedes this one does not have to wait.
    let lock = format!("SELECT FROM payments_intents WHERE id = {} FOR NO KEY UPDATE", id.number());
    let (lock, decide) = (&lock, &decide);
    repeated(|| async move {
        let mut transaction = Transaction::begin(store, lock).await?;
        match change(store, &mut transaction, id, decide).await {
            Ok((false, value)) => {
                transaction.roll_back().await;
                Ok(value)
            }
            result => transaction.end(result.map(|(_, value)| value)).await,
        }
    })
    .await
}

/// Returns true if something was written.
async fn change<T>(
    store: &PostgresStore,
    transaction: &mut Transaction,
    id: IntentId,
    decide: &(impl Fn(&Loaded) -> (Option<Amendment>, T) + Sync),
) -> Result<(bool, T), StoreError> {
    let loaded = load_and_compare(store, transaction.connection()?, id).await?;
    let (amendment, value) = decide(&loaded);
    if let Some(amendment) = &amendment {
        write(store, &loaded, amendment)?.execute(transaction.connection()?).await.map_err(store_error)?;
    }
    Ok((amendment.is_some(), value))
}

fn write(store: &PostgresStore, loaded: &Loaded, amendment: &Amendment) -> Result<Statement<'static>, StoreError> {
    let Amendment { head, facts, pause } = amendment;
    let Facts { sequences, facts, sources } = Facts::new(loaded, facts)?;
    let query = store
        .query(AMEND)
        .bind(loaded.id.number())
        .bind(millis(loaded.now))
        .bind(head.state.as_str())
        .bind(head.reported.as_str())
        .bind(head.status.as_ref().map(|status| json("status", status)).transpose()?)
        .bind(head.order_amount.map(|amount| amount.minor()))
        .bind(head.order_amount.map(|amount| amount.currency().to_string()))
        .bind(head.review.map(Review::code))
        .bind(head.provider_id.clone())
        .bind(signed("epoch", head.epoch)?)
        .bind(head.lease.map(|lease| format!("{:032x}", lease.owner)))
        .bind(head.lease.map(|lease| millis(lease.until)))
        .bind(head.due_at.map(scheduled))
        .bind(i64::from(head.tries))
        .bind(head.problem.as_deref().map(storable));
    let account = |part: fn(&Account) -> &String| pause.as_ref().map(|pause| part(&pause.account).clone());
    Ok(query
        .bind(sequences)
        .bind(facts)
        .bind(sources)
        .bind(loaded.head.reported.as_str())
        .bind(account(|account| &account.tenant))
        .bind(account(|account| &account.provider))
        .bind(account(|account| &account.name))
        .bind(pause.as_ref().map(|pause| millis(pause.since)))
        .bind(pause.as_ref().map(|pause| scheduled(pause.until)))
        .bind(pause.as_ref().map(|pause| storable(&pause.problem))))
}

/// New evidence, as one array per column.
#[derive(Default)]
struct Facts {
    sequences: Vec<i64>,
    facts: Vec<String>,
    sources: Vec<String>,
}

impl Facts {
    fn new(loaded: &Loaded, facts: &[(Fact, String)]) -> Result<Self, StoreError> {
        let mut columns = Self::default();
        for (sequence, (fact, source)) in (loaded.last_sequence() + 1..).zip(facts) {
            columns.sequences.push(signed("sequence", sequence)?);
            columns.facts.push(json("fact", fact)?);
            columns.sources.push(source.clone());
        }
        Ok(columns)
    }
}

/// Runs a transaction again if another one was in the way. A failed commit is not repeated: it may be committed all the same.
pub(super) async fn repeated<T, F: Future<Output = Result<T, StoreError>>>(
    run: impl Fn() -> F,
) -> Result<T, StoreError> {
    let mut tries = 1;
    loop {
        match run().await {
            Err(error) if is_conflict(&error) && tries < TRIES => {}
            result => return result,
        }
        // The other transaction takes the locks that it waited for. At once, this one would be in its way again.
        tokio::time::sleep(PAUSE * tries).await;
        tries += 1;
    }
}

const PAUSE: Duration = Duration::from_millis(20);

const TRIES: u32 = 5;

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
