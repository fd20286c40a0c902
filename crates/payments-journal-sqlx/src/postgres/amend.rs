//! Changes of an intent: at once in one statement, or under a lock.

use payments_journal::store::{Amendment, Loaded};
use payments_journal::{Account, Fact, IntentId, Review, StoreError};
use sqlx::postgres::{PgConnection, PgRow};
use tokio::time::timeout;

use super::PostgresStore;
use super::error::{PostgresError, is_rolled_back, store_error};
use super::history::{self, history, present_history};
use super::intents::{load_with, loaded};
use super::rows::{Statement, boolean, now, storable};
use super::settings::{self, settings};
use super::transaction::{Guarded, IDLE, Transaction, repeated, terms, timed_out};
use crate::columns::Columns as _;
use crate::values::{json, millis, scheduled, signed, unreadable};

/// For a change, which may be a claim: nothing is claimed in another history. A standby server cannot run it.
///
/// `xmin` is the row's version: each change of an intent writes its row. `began` is when the statement's transaction began.
pub(super) const LOAD_AND_COMPARE: &str = load_with!(concat!(
    settings!(),
    ", ",
    history!(),
    ", ",
    terms!(),
    " AS has_terms, i.xmin::text AS row_version, now()::text AS began"
));

/// Updates the row, appends evidence, adds a change and pauses the account, if the row still has the version that was loaded. Each
/// change writes the row, so its version is that of the evidence, too.
///
/// With `$27`, it must be a transaction of its own, with the journal's terms. So it began later than the one that loaded the row: a pool
/// may hand out a connection on which somebody has left a transaction open. The server must be in the history that was loaded. The
/// time limit `$27` holds for a process that was stopped meanwhile. The statement waits for no other change: `SKIP LOCKED`.
pub(super) const AMEND: &str = concat!(
    "WITH terms AS MATERIALIZED ( \
        SELECT set_config('lock_timeout', $28, true) AS lock_timeout, \
            set_config('synchronous_commit', current_setting('synchronous_commit'), true) AS synchronous_commit, \
            $27::bigint IS NULL OR ",
    now!(),
    " <= $27 AND now()::text <> $29 AND ",
    terms!(),
    " AND ",
    present_history!(),
    " = $30 AS may_write \
    ), current AS MATERIALIZED ( \
        SELECT i.id FROM payments_intents AS i CROSS JOIN terms \
        WHERE i.id = $1 AND i.xmin::text = $26 AND terms.may_write \
            AND terms.lock_timeout IS NOT NULL AND terms.synchronous_commit IS NOT NULL \
        FOR NO KEY UPDATE OF i SKIP LOCKED \
    ), intent AS ( \
        UPDATE payments_intents AS i SET state = $3, reported = $4, status = $5, order_amount = $6, order_currency = $7, review = $8, \
            provider_id = $9, epoch = $10, lease_owner = $11, lease_until = $12, due_at = $13, tries = $14, problem = $15 \
        FROM current WHERE i.id = current.id \
        RETURNING i.id \
    ), evidence AS ( \
        INSERT INTO payments_evidence (intent, sequence, at, fact, source) \
        SELECT intent.id, e.sequence, $2, e.fact, e.source \
        FROM intent CROSS JOIN unnest($16::bigint[], $17::text[], $18::text[]) AS e (sequence, fact, source) \
    ), change AS ( \
        INSERT INTO payments_changes (intent, from_state, to_state, status, order_amount, order_currency, review, at, next_try) \
        SELECT intent.id, $19::text, $4, $5, $6, $7, $8, $2, $2 FROM intent WHERE $19::text <> $4 \
    ), pause AS ( \
        INSERT INTO payments_pauses (tenant, provider, account, since, until, problem) \
        SELECT $20::text, $21::text, $22::text, $23::bigint, $24::bigint, $25::text FROM intent WHERE $20::text IS NOT NULL \
        ON CONFLICT (tenant, provider, account) \
        DO UPDATE SET since = excluded.since, until = excluded.until, problem = excluded.problem \
    ) \
    SELECT id FROM intent"
);

/// Changes an intent.
pub(super) async fn amend<T: Send>(
    store: &PostgresStore,
    id: IntentId,
    decide: impl Fn(&Loaded) -> (Option<Amendment>, T) + Send + Sync,
) -> Result<T, StoreError> {
    let decide = &decide;
    repeated(|| async move {
        match at_once(store, id, decide).await? {
            Some(value) => Ok(value),
            None => under_lock(store, id, decide).await,
        }
    })
    .await
}

/// Changes an intent in two round trips: load, and write in a statement that is a transaction of its own.
///
/// Returns `None` if nothing was written: the intent has changed meanwhile or is locked, or a transaction of this session must set its
/// terms first. No lock waits for this process, so it may be stopped at any time.
async fn at_once<T>(
    store: &PostgresStore,
    id: IntentId,
    decide: &(impl Fn(&Loaded) -> (Option<Amendment>, T) + Sync),
) -> Result<Option<T>, StoreError> {
    if store.is_pooled {
        // The next statement may be executed in another session, on another server.
        return Ok(None);
    }
    let (connection, rows) = store.read(|| store.query(LOAD_AND_COMPARE).bind(id.number())).await?;
    // Without a row, the transaction tells a standby server from an intent that does not exist.
    let has_terms = rows.first().map(|row| boolean(row, "has_terms")).transpose()?;
    if has_terms != Some(true) {
        return Ok(None);
    }
    let current = Current::of(store, &rows, id)?;
    let (amendment, value) = decide(&current.loaded);
    let Some(amendment) = amendment else { return Ok(Some(value)) };
    let latest = millis(current.loaded.now + IDLE);
    let write = write(store, &current, &amendment, Some(latest))?;
    let mut connection = Guarded(Some(connection));
    // The statement's own timeout begins once it has its tables, and a commit may wait for a standby server.
    let written = timeout(store.lock_timeout + IDLE, write.execute(connection.get()?)).await;
    let Ok(written) = written else { return Err(PostgresError::Commit(timed_out()).into()) };
    connection.release();
    match written {
        Ok(written) => Ok((written.rows_affected() > 0).then_some(value)),
        Err(error) if is_rolled_back(&error) => Err(store_error(error)),
        Err(error) => Err(PostgresError::Commit(error).into()),
    }
}

/// Changes an intent in four round trips: begin and lock, load, write, commit.
///
/// The lock comes first, in a statement of its own: a statement sees what was committed before it began.
async fn under_lock<T>(
    store: &PostgresStore,
    id: IntentId,
    decide: &(impl Fn(&Loaded) -> (Option<Amendment>, T) + Sync),
) -> Result<T, StoreError> {
    // Not `FOR UPDATE`: an application that records an intent which supersedes this one does not have to wait.
    let lock = format!("SELECT FROM payments_intents WHERE id = {} FOR NO KEY UPDATE", id.number());
    let mut transaction = Transaction::begin(store, &lock).await?;
    match change(store, transaction.connection()?, id, decide).await {
        Ok((false, value)) => {
            transaction.roll_back().await;
            Ok(value)
        }
        result => transaction.end(result.map(|(_, value)| value)).await,
    }
}

/// Returns true if something was written.
async fn change<T>(
    store: &PostgresStore,
    connection: &mut PgConnection,
    id: IntentId,
    decide: &(impl Fn(&Loaded) -> (Option<Amendment>, T) + Sync),
) -> Result<(bool, T), StoreError> {
    let load = store.query(LOAD_AND_COMPARE).bind(id.number());
    let rows = load.fetch_all(&mut *connection).await.map_err(store_error)?;
    let current = Current::of(store, &rows, id)?;
    let (amendment, value) = decide(&current.loaded);
    if let Some(amendment) = &amendment {
        let written = write(store, &current, amendment, None)?.execute(connection).await.map_err(store_error)?;
        if written.rows_affected() == 0 {
            return Err(unreadable("id", "the intent has changed in spite of its lock"));
        }
    }
    Ok((amendment.is_some(), value))
}

/// An intent, and what must still be true when it is changed.
struct Current {
    loaded: Loaded,
    row_version: String,
    /// When the transaction began that has loaded it.
    began: String,
    history: String,
}

impl Current {
    fn of(store: &PostgresStore, rows: &[PgRow], id: IntentId) -> Result<Self, StoreError> {
        let row = rows.first().ok_or(StoreError::NoSuchIntent(id))?;
        settings::check(store, row)?;
        let loaded = Loaded { other_history: history::other(row)?, ..loaded(rows, id)? };
        let (row_version, began) = (row.string("row_version")?, row.string("began")?);
        Ok(Self { loaded, row_version, began, history: row.string("present_history")? })
    }
}

/// The statement. With a time in Unix milliseconds, it must be a transaction of its own, and writes nothing later.
fn write(
    store: &PostgresStore,
    Current { loaded, row_version, began, history }: &Current,
    Amendment { head, facts, pause }: &Amendment,
    latest: Option<i64>,
) -> Result<Statement<'static>, StoreError> {
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
        .bind(pause.as_ref().map(|pause| storable(&pause.problem)))
        .bind(row_version.clone())
        .bind(latest)
        .bind(store.lock_timeout.as_millis().to_string())
        .bind(began.clone())
        .bind(history.clone()))
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
