//! What a line says about an intent: pure functions.

use std::time::Duration;

use payments_core::gateway::WriteOperation;
use payments_core::time::OffsetDateTime;
use payments_core::{Money, PaymentStatus};

use super::coverage::before;
use super::line::Line;
use crate::evidence::{CallResult, Decision, Fact};
use crate::rules::{Meaning, Rules};
use crate::state::State;
use crate::store::Loaded;

/// What is compared with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Compared {
    pub(crate) operation: WriteOperation,
    /// The amount that the order must have, if the operation has one.
    pub(crate) amount: Option<Money>,
    pub(crate) state: State,
    /// True if the journal looks at it again by itself.
    pub(crate) is_due: bool,
}

/// What the comparison shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing that differs.
    Agrees,
    /// Something differs, and the journal may find out by itself, or the statement may be older.
    Open,
    /// Something differs.
    Differs { amount: bool, status: bool },
}

/// Compares a line with an intent.
pub(crate) fn compare(line: &Line, intent: Compared) -> Verdict {
    let is_about_a_payment = is_about_a_payment(intent.operation);
    let has_amount = !is_about_a_payment || intent.operation == WriteOperation::Capture;
    let was_accepted = match intent.state {
        State::Succeeded => true,
        State::Pending | State::Reversed => !is_about_a_payment,
        _ => false,
    };
    let amounts = line.amount.zip(intent.amount).filter(|_| has_amount && was_accepted && line.moves_money());
    let amount = amounts.is_some_and(|(reported, expected)| reported != expected);
    let status = contradicts(line, intent);
    match (amount || status, intent.state) {
        (false, _) => Verdict::Agrees,
        // The journal asks for the status, and a webhook may be on its way.
        (true, State::Pending) if intent.is_due => Verdict::Open,
        (true, _) => Verdict::Differs { amount, status },
    }
}

/// Judges a difference by how long the intent has rested. If it did not change since `settled_at`, it was the same when the statement
/// was made.
pub(crate) fn judge(verdict: Verdict, state: State, changed_at: OffsetDateTime, settled_at: OffsetDateTime) -> Verdict {
    let wait = if matches!(state, State::Sending | State::Unknown) { UNRESOLVED } else { Duration::ZERO };
    match verdict {
        Verdict::Differs { .. } if changed_at > before(settled_at, wait) => Verdict::Open,
        verdict => verdict,
    }
}

/// How long an unknown outcome is left to the worker.
const UNRESOLVED: Duration = Duration::from_secs(24 * 3600);

/// The payment has its status from other causes, too: only a success is compared.
fn is_about_a_payment(operation: WriteOperation) -> bool {
    rules(operation).is_about_a_payment()
}

fn rules(operation: WriteOperation) -> Rules {
    Rules { strategies: &[], transitions: &[], operation }
}

fn contradicts(line: &Line, Compared { operation, state, .. }: Compared) -> bool {
    let rules = rules(operation);
    let status = rules.status(&line.status);
    let meaning = rules.meaning(&status, line.is_final);
    let is_unknown = matches!(status, PaymentStatus::Unknown(_));
    let is_negative = matches!(status, PaymentStatus::Failed | PaymentStatus::Cancelled | PaymentStatus::Expired);
    // The line shows that the order is in progress.
    let is_in_progress = meaning == Meaning::Pending && !is_unknown && !is_negative;
    if rules.is_about_a_payment() {
        return state == State::Succeeded && (meaning == Meaning::Failed || is_in_progress);
    }
    match (state, meaning) {
        (State::Succeeded | State::Reversed, Meaning::Failed) => true,
        // A refund is a movement of its own. A chargeback has no other trace.
        (State::Succeeded, Meaning::Reversed) => status == PaymentStatus::ChargedBack,
        (State::Failed, Meaning::Succeeded | Meaning::Reversed) => true,
        (State::Succeeded | State::Reversed | State::Failed, Meaning::Pending) => is_in_progress,
        (State::Succeeded | State::Reversed, _) | (State::Failed, Meaning::Failed) => false,
        // The journal says that there is no order.
        (State::Intended | State::Refused | State::Abandoned, Meaning::Failed) => false,
        (State::Intended | State::Refused | State::Abandoned, Meaning::Pending) => is_unknown || is_in_progress,
        (State::Intended | State::Refused | State::Abandoned, _) => true,
        (State::Pending, meaning) => meaning != Meaning::Pending,
        // The order exists, which the journal cannot know.
        (State::Sending | State::Unknown | State::NeedsReview, meaning) => meaning != Meaning::Pending || is_unknown,
    }
}

/// True if the journal says that money moved.
pub(crate) fn is_executed(state: State) -> bool {
    matches!(state, State::Succeeded | State::Reversed)
}

/// When the provider created the order at the earliest and at the latest, as far as the journal knows; `None` if nothing shows that the
/// order exists.
pub(crate) fn created_between(loaded: &Loaded) -> Option<(OffsetDateTime, OffsetDateTime)> {
    let mut claims = loaded.evidence.iter().filter(|entry| matches!(entry.evidence.fact, Fact::Claimed { .. }));
    let shows_order = |fact: &Fact| {
        matches!(
            fact,
            Fact::Ended { result: CallResult::Accepted(_), .. }
                | Fact::Found { .. }
                | Fact::Event(_)
                | Fact::Decided(Decision::Done)
        )
    };
    let known = loaded.evidence.iter().find(|entry| shows_order(&entry.evidence.fact))?;
    Some((claims.next()?.at, known.at))
}

#[cfg(test)]
mod tests;
