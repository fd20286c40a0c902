//! Intents of the past, and what is in the tables.

use std::sync::LazyLock;
use std::time::Duration;

use payments_core::PaymentStatus;
use payments_core::time::OffsetDateTime;
use payments_journal::{CallResult, Fact, Observation, State};

use crate::backend::Backend;
use crate::support::claimed;

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// The same time in all tests, so that two statements cover the same period.
pub(crate) fn now() -> OffsetDateTime {
    static NOW: LazyLock<OffsetDateTime> = LazyLock::new(crate::support::now);
    *NOW
}

/// Moves intents to a state that they have had since this time, and gives those that the provider accepted its id.
pub(crate) async fn settle<B: Backend>(database: &B, condition: &str, state: State, since: OffsetDateTime) {
    let status = if state == State::Failed { PaymentStatus::Failed } else { PaymentStatus::Succeeded };
    let (claim, _) = claimed(1);
    let Fact::Claimed { attempt, .. } = claim else { return };
    let is_accepted = matches!(state, State::Succeeded | State::Failed | State::Reversed | State::Pending);
    let seen = CallResult::Accepted(Observation::Status { status, is_final: state != State::Pending });
    let result = match state {
        State::Refused => CallResult::Refused,
        _ if is_accepted => seen,
        _ => CallResult::Unknown,
    };
    let claim = serde_json::to_string(&claim).unwrap();
    let ended = serde_json::to_string(&Fact::Ended { attempt, result }).unwrap();
    let id = if is_accepted { "'id-' || reference" } else { "NULL" };
    let at = since.unix_timestamp() * 1000;
    let evidence = |sequence: u32, at: i64, fact: &str| {
        format!(
            "INSERT INTO payments_evidence (intent, sequence, at, fact, source) \
             SELECT id, {sequence}, {at}, '{fact}', 'test:{sequence}' FROM payments_intents WHERE {condition};"
        )
    };
    let statements = [
        evidence(1, at - 1000, &claim),
        evidence(2, at, &ended),
        format!(
            "UPDATE payments_intents SET state = '{state}', reported = '{state}', provider_id = {id}, due_at = NULL, epoch = 1 \
             WHERE {condition}"
        ),
    ];
    database.sql(&statements.concat()).await.unwrap();
}

pub(crate) async fn is_empty<B: Backend>(database: &B, table: &str) -> bool {
    database.texts(&format!("SELECT 'row' FROM {table} LIMIT 1")).await.is_empty()
}
