//! The judge: the sandbox's ledger against what the journal and the merchant's own tables say.

use std::fmt;

use payments_journal::{CallResult, Fact, State};

use super::job::{Effect, Outcome};
use super::scenario::{MayReview, Scenario};

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Violation {
    ExecutedTwice(usize),
    /// Recorded and committed, but not executed, and nobody is told.
    Lost(State),
    /// The journal denies an execution.
    Denied(State),
    /// The journal reports an execution that the ledger does not have.
    Invented(State),
    /// A person must look at it, although the provider offers a proof.
    NeedlessReview(String),
    /// The intent does not come to rest.
    Unresolved(State),
    /// The merchant's effects are not exactly one per change, in order.
    Effects(Vec<Effect>),
    /// What a late response said is not in the evidence.
    LateResultLost,
    /// The order exists more or less than once.
    Orders(u32),
    /// A process failed.
    Failed(String),
}

/// Returns the violations of a run.
///
/// `paused` is the point at which a process was stopped past its lease.
pub(super) fn violations(
    scenario: &Scenario,
    executions: usize,
    outcome: &Result<Outcome, String>,
    paused: Option<&str>,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    if executions > 1 {
        violations.push(Violation::ExecutedTwice(executions));
    }
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(problem) => {
            violations.push(Violation::Failed(problem.clone()));
            return violations;
        }
    };
    let (state, is_executed) = (outcome.state, executions > 0);
    if !outcome.rests {
        violations.push(Violation::Unresolved(state));
    }
    let violation = match state {
        State::Failed | State::Refused | State::Abandoned if is_executed => Some(Violation::Denied(state)),
        // The card or the callback was in the memory of a process that died before it sent the request.
        State::Abandoned if scenario.by_ticket => None,
        // The intent was given to a person before a process said that it had sent nothing.
        State::Abandoned if outcome.evidence.iter().any(|fact| matches!(fact, Fact::GaveUp(_))) => None,
        // In these runs no provider refuses anything, and nobody cancels.
        State::Failed | State::Refused | State::Abandoned => Some(Violation::Lost(state)),
        State::Pending | State::Succeeded | State::Reversed if !is_executed => Some(Violation::Invented(state)),
        State::NeedsReview => {
            let may_review = match scenario.review {
                MayReview::Never => false,
                MayReview::IfNotExecuted => !is_executed,
                MayReview::IfNotAccepted => !is_executed || !was_accepted(&outcome.evidence),
                MayReview::Always => true,
            };
            let reason = outcome.review.map_or_else(String::new, |review| review.to_string());
            (!may_review).then_some(Violation::NeedlessReview(reason))
        }
        _ => None,
    };
    violations.extend(violation);
    if !is_chain(&outcome.effects, state) {
        violations.push(Violation::Effects(outcome.effects.clone()));
    }
    if paused.is_some_and(|point| LATE.contains(&point)) && !has_late_result(&outcome.evidence) {
        violations.push(Violation::LateResultLost);
    }
    if outcome.orders != 1 {
        violations.push(Violation::Orders(outcome.orders));
    }
    violations
}

/// True if the result of the first call is in the evidence. Its process was paused, so another one went on before that.
fn has_late_result(evidence: &[Fact]) -> bool {
    let claimed = evidence.iter().find_map(|fact| match fact {
        Fact::Claimed { attempt, .. } => Some(*attempt),
        _ => None,
    });
    evidence.iter().any(|fact| matches!(fact, Fact::Ended { attempt, .. } if Some(*attempt) == claimed))
}

/// True if the response was stored.
fn was_accepted(evidence: &[Fact]) -> bool {
    evidence.iter().any(|fact| matches!(fact, Fact::Ended { result: CallResult::Accepted(_), .. }))
}

/// True if each effect begins where the one before ended, from `intended` to the last state.
fn is_chain(effects: &[Effect], last: State) -> bool {
    let reached = effects.iter().try_fold(State::Intended, |reached, effect| {
        (effect.before == reached && effect.after != reached).then_some(effect.after)
    });
    reached == Some(last)
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExecutedTwice(times) => write!(f, "executed {times} times"),
            Self::Lost(state) => write!(f, "`{state}`, although nothing refused it and nobody cancelled it"),
            Self::Denied(state) => write!(f, "`{state}`, but the ledger has an execution"),
            Self::Invented(state) => write!(f, "`{state}`, but the ledger has no execution"),
            Self::NeedlessReview(reason) => write!(f, "needs a review, although the provider offers a proof: {reason}"),
            Self::Unresolved(state) => write!(f, "`{state}` for seconds"),
            Self::Effects(effects) => {
                f.write_str("the merchant's effects are not one per change, in order:")?;
                effects.iter().try_for_each(|effect| write!(f, " {}->{}", effect.before, effect.after))
            }
            Self::LateResultLost => f.write_str("the result of the paused call is not in the evidence"),
            Self::Orders(orders) => write!(f, "the merchant has {orders} orders"),
            Self::Failed(problem) => write!(f, "a process failed: {problem}"),
        }
    }
}

/// The points between a request and the storing of its result.
const LATE: &[&str] = &["before POST", "after POST"];
