//! What a worker may have to do, in one statement.

use payments_core::time::OffsetDateTime;
use payments_journal::store::Agenda;
use payments_journal::{Account, StoreError};
use sqlx::sqlite::SqliteConnection;

use super::error::store_error;
use super::intents::{due_ids, names};
use super::open::{check_settings, settings};
use crate::columns::Columns as _;
use crate::values::millis;

/// One row about everything, one per intent that is due, and one per pause.
pub(super) const READ: &str = concat!(
    "SELECT 0 AS kind, NULL AS id, ",
    "EXISTS (SELECT 1 FROM json_each(?2) AS a CROSS JOIN payments_inbox AS m \
        ON m.tenant = a.value ->> 0 AND m.provider = a.value ->> 1 AND m.account = a.value ->> 2 \
        WHERE m.matched = 1 AND m.applied_at IS NULL) AS has_messages, \
     EXISTS (SELECT 1 FROM payments_changes AS c \
        WHERE c.delivered_at IS NULL AND c.next_try <= ?1 AND NOT EXISTS ( \
            SELECT 1 FROM payments_changes AS earlier \
            WHERE earlier.intent = c.intent AND earlier.delivered_at IS NULL AND earlier.id < c.id)) AS has_changes, \
     (SELECT min(due_at) FROM payments_intents WHERE due_at > ?1) AS next_due_at, \
     NULL AS tenant, NULL AS provider, NULL AS account, \
     NULL AS paused_since, NULL AS paused_until, NULL AS pause_problem, ",
    settings!(),
    " UNION ALL SELECT 1, id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM (",
    due_ids!(),
    ") UNION ALL SELECT 2, NULL, NULL, NULL, NULL, tenant, provider, account, since, until, problem, NULL, NULL, NULL \
        FROM payments_pauses WHERE until > ?1"
);

pub(super) async fn read(
    connection: &mut SqliteConnection,
    accounts: &[Account],
    now: OffsetDateTime,
    limit: u32,
) -> Result<Agenda, StoreError> {
    let query = sqlx::query(READ).bind(millis(now)).bind(names(accounts)?).bind(i64::from(limit));
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    let mut agenda = Agenda {
        due: Vec::new(),
        has_messages: false,
        has_changes: false,
        pauses: Vec::new(),
        next_in: None,
        other_history: None,
    };
    for row in &rows {
        match row.integer("kind")? {
            0 => {
                check_settings(row)?;
                agenda.has_messages = row.flag("has_messages")?;
                agenda.has_changes = row.flag("has_changes")?;
                let next = row.optional_time("next_due_at")?;
                agenda.next_in = next.map(|next| (next - now).try_into().unwrap_or_default());
            }
            1 => agenda.due.push(row.intent("id")?),
            _ => agenda.pauses.extend(row.pause()?),
        }
    }
    agenda.pauses.sort_by_key(|pause| pause.since);
    Ok(agenda)
}
