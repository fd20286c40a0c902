//! Counts of what is open, as rows of both databases.

use payments_journal::store::Pause;
use payments_journal::{OpenChanges, OpenIntents, OpenMessages, State, Stats, StoreError};

use crate::columns::Columns;
use crate::values;

/// The columns of each row. The first row is about everything but intents and pauses; each other one is about a group of intents, or
/// a pause.
macro_rules! stats {
    ($now:expr, $due_index:expr, $review_index:expr, $waiting_index:expr) => {
        concat!(
            "SELECT CAST(0 AS BIGINT) AS kind, '' AS tenant, '' AS provider, '' AS account, '' AS operation, '' AS state, \
                0 AS count, ", $now, " AS since, 0 AS until, '' AS problem, \
                (SELECT count(*) FROM payments_changes WHERE delivered_at IS NULL) AS changes, \
                (SELECT count(*) FROM payments_changes WHERE delivered_at IS NULL AND failures > 0) AS stuck, \
                (SELECT min(at) FROM payments_changes WHERE delivered_at IS NULL) AS changes_since, \
                (SELECT count(*) FROM payments_inbox WHERE matched = 1 AND applied_at IS NULL) AS messages, \
                (SELECT min(received_at) FROM payments_inbox WHERE matched = 1 AND applied_at IS NULL) AS messages_since \
             UNION ALL SELECT 1, tenant, provider, account, operation, state, count(*), min(due_at), 0, '', 0, 0, 0, 0, 0 FROM ( \
                SELECT tenant, provider, account, operation, state, due_at FROM payments_intents", $due_index,
            " WHERE due_at IS NOT NULL \
                UNION ALL SELECT tenant, provider, account, operation, state, due_at FROM payments_intents", $review_index,
            " WHERE state = 'needs_review' AND due_at IS NULL \
                UNION ALL SELECT tenant, provider, account, operation, state, due_at FROM payments_intents", $waiting_index,
            " WHERE due_at IS NULL AND state IN ('intended', 'sending', 'pending', 'unknown')) AS open \
             GROUP BY tenant, provider, account, operation, state \
             UNION ALL SELECT 2, tenant, provider, account, '', '', 0, since, until, problem, 0, 0, 0, 0, 0 \
                FROM payments_pauses WHERE until > ", $now
        )
    };
}
pub(crate) use stats;

pub(crate) fn read(rows: &[impl Columns]) -> Result<Stats, StoreError> {
    let (mut all, mut intents, mut pauses, mut unreadable) = (None, Vec::new(), Vec::new(), 0);
    for row in rows {
        match row.integer("kind")? {
            0 => all = Some(row),
            1 => match State::from_name(row.text("state")?) {
                Some(state) => intents.push(OpenIntents {
                    account: row.account()?,
                    operation: row.string("operation")?,
                    state,
                    count: row.number("count")?,
                    due_at: row.optional_time("since")?,
                }),
                None => unreadable += row.number::<u64>("count")?,
            },
            _ => pauses.push(Pause {
                account: row.account()?,
                since: row.time("since")?,
                until: row.time("until")?,
                problem: row.string("problem")?,
            }),
        }
    }
    let all = all.ok_or_else(|| values::unreadable("stats", "no row"))?;
    let key = |open: &OpenIntents| (open.account.clone(), open.operation.clone(), open.state);
    intents.sort_by_key(key);
    pauses.sort_by_key(|pause| pause.since);
    Ok(Stats {
        at: all.time("since")?,
        intents,
        unreadable,
        changes: OpenChanges {
            count: all.number("changes")?,
            stuck: all.number("stuck")?,
            since: all.optional_time("changes_since")?,
        },
        messages: OpenMessages { count: all.number("messages")?, since: all.optional_time("messages_since")? },
        pauses,
    })
}
