//! What a worker may have to do, in one statement.

use payments_journal::store::{Agenda, Pause};
use payments_journal::{Account, IntentId, StoreError};

use super::PostgresStore;
use super::history::{self, history};
use super::rows::{bind_accounts, boolean, ids, is_of_accounts, now};
use crate::columns::{Columns as _, time};
use crate::values::unreadable;

/// Of the intents that are due, each worker takes its own sample of the longest overdue ones. Otherwise all workers would try to claim
/// the same ones, and all but one of them in vain. A row lock would not help: it ends with the statement, before the claims begin, and
/// it is a write, which an idle worker does not make.
pub(super) const READ: &str = concat!(
    "WITH clock AS MATERIALIZED (SELECT ",
    now!(),
    " AS now), due AS MATERIALIZED ( \
        SELECT i.id, i.due_at FROM payments_intents AS i WHERE i.due_at <= (SELECT now FROM clock) AND ",
    is_of_accounts!("i"),
    " ORDER BY i.due_at, i.id LIMIT (SELECT $5::bigint)) \
     SELECT (SELECT now FROM clock) AS now, \
        ARRAY(SELECT id FROM (SELECT id, due_at FROM due ORDER BY random() LIMIT (SELECT $4::bigint)) AS sample ORDER BY due_at, id) AS due, \
        EXISTS (SELECT 1 FROM payments_inbox AS m WHERE m.matched = 1 AND m.applied_at IS NULL AND ",
    is_of_accounts!("m"),
    ") AS has_messages, \
        EXISTS (SELECT 1 FROM payments_changes AS c \
            WHERE c.delivered_at IS NULL AND c.next_try <= (SELECT now FROM clock) AND NOT EXISTS ( \
                SELECT 1 FROM payments_changes AS earlier \
                WHERE earlier.intent = c.intent AND earlier.delivered_at IS NULL AND earlier.id < c.id)) AS has_changes, \
        (SELECT min(due_at) FROM payments_intents WHERE due_at > (SELECT now FROM clock)) AS next_due_at, \
        (SELECT json_agg(json_build_array(tenant, provider, account, since, until, problem) ORDER BY since)::text \
            FROM payments_pauses WHERE until > (SELECT now FROM clock)) AS pauses, ",
    history!()
);

/// How many times more intents are read than a worker asks for.
const SAMPLE_OF: i64 = 16;

pub(super) async fn read(store: &PostgresStore, accounts: &[Account], limit: u32) -> Result<Agenda, StoreError> {
    let limit = i64::from(limit);
    let rows = store.fetch(|| bind_accounts(store.query(READ), accounts).bind(limit).bind(limit * SAMPLE_OF)).await?;
    let row = rows.first().ok_or_else(|| unreadable("agenda", "no row"))?;
    let (now, next) = (row.time("now")?, row.optional_time("next_due_at")?);
    Ok(Agenda {
        due: ids(row, "due")?.into_iter().map(IntentId::new).collect(),
        has_messages: boolean(row, "has_messages")?,
        has_changes: boolean(row, "has_changes")?,
        pauses: pauses(row.optional_text("pauses")?)?,
        next_in: next.map(|next| (next - now).try_into().unwrap_or_default()),
        other_history: history::other(row)?,
    })
}

fn pauses(json: Option<&str>) -> Result<Vec<Pause>, StoreError> {
    let Some(json) = json else { return Ok(Vec::new()) };
    let pauses: Vec<(String, String, String, i64, i64, String)> =
        serde_json::from_str(json).map_err(|error| unreadable("pauses", &error))?;
    let pauses = pauses.into_iter().map(|(tenant, provider, name, since, until, problem)| {
        let account = Account { tenant, provider, name };
        Ok(Pause { account, since: time("since", since)?, until: time("until", until)?, problem })
    });
    pauses.collect()
}
