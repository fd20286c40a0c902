//! What to do next about an intent: a pure function of what the evidence proves.

use payments_core::gateway::Recovery;

use crate::evidence::Protection;
use crate::review::Review;
use crate::rules::Rules;
use crate::state::{Assessment, State};

/// What time and knowledge permit. The engine computes it from its clock and the intent's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Limits {
    /// True while the provider certainly remembers the key of the first attempt that may have been sent.
    pub key_is_valid: bool,
    /// True if there is a client that looks orders up, and what it needs is known: the reference, or the provider's id.
    pub can_look_up: bool,
    /// True once the last request is too old to be still in flight.
    pub request_is_old: bool,
    /// How often the order must not be found before lookups stop. The engine adds the lookups of a request that was not old yet.
    pub lookups: usize,
    /// The most attempts under a reference that is accepted once.
    pub attempts: usize,
    /// True if the merchant wants a request sent again under a reference that is accepted once.
    pub may_resend_taken_once: bool,
    /// True if a message of the provider hints at an order that lookups had not found.
    pub is_hinted: bool,
}

/// The next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Next {
    /// Claim an attempt with this protection, and send it.
    Send(Protection),
    /// Look the order up.
    LookUp,
    /// Give up: a person must look at it.
    Review(Review),
    /// Nothing to do now: wait for a response, a webhook, a lease or a person.
    Wait,
}

/// Returns the next step.
#[must_use]
pub fn next(rules: &Rules, assessment: &Assessment, limits: &Limits) -> Next {
    let can_look_up = rules.strategies.iter().any(is_lookup) && limits.can_look_up;
    // An accepted order can also be looked up where that is no way to resolve an unknown outcome: its id is known.
    let look_up_or = |otherwise| if limits.can_look_up { Next::LookUp } else { otherwise };
    match assessment.state {
        State::Intended => Next::Send(rules.protection()),
        State::Unknown if assessment.ask_again => look_up_or(Next::Review(Review::StatusOrder)),
        State::Unknown => resolve(rules, assessment, limits, can_look_up),
        State::Pending => look_up_or(Next::Wait),
        // A process that had been stopped may have sent the request after the last lookup. Nothing is sent any more.
        State::NeedsReview if assessment.was_sent_late && can_look_up && !is_given_up(assessment, limits) => {
            Next::LookUp
        }
        State::NeedsReview if assessment.review == Some(Review::NotFound) && can_look_up && limits.is_hinted => {
            Next::LookUp
        }
        State::Sending
        | State::Succeeded
        | State::Failed
        | State::Reversed
        | State::Refused
        | State::NeedsReview
        | State::Abandoned => Next::Wait,
    }
}

/// Returns true if an attempt with this protection may be claimed.
///
/// Checked again in the transaction that stores the claim, against the evidence of that moment.
#[must_use]
pub fn may_claim(assessment: &Assessment, protection: Protection) -> bool {
    match assessment.state {
        State::Intended => true,
        // Only the provider's own protection makes a second request safe, and only one is sent at a time.
        State::Unknown => protection != Protection::None && !assessment.ask_again && assessment.open.is_empty(),
        _ => false,
    }
}

/// Returns true if a request may have been sent in a time whose evidence a restore has lost, and nothing shows how it ended.
///
/// `before` is what the evidence proves that was stored before that time, and `now` what all evidence proves. What the journal sends
/// no more after `before` was not sent in the lost time either. What was stored after that time may be about another request.
#[must_use]
pub fn may_be_lost(before: &Assessment, now: &Assessment) -> bool {
    let was_open = matches!(before.state, State::Intended | State::Sending | State::Unknown);
    // The provider itself has reported what became of the order.
    let is_reported = matches!(now.state, State::Pending | State::Succeeded | State::Failed | State::Reversed);
    was_open && !is_reported
}

fn is_lookup(strategy: &Recovery) -> bool {
    matches!(strategy, Recovery::LookupByReference | Recovery::LookupById)
}

/// True if no lookup can find the order any more.
fn is_given_up(assessment: &Assessment, limits: &Limits) -> bool {
    limits.request_is_old && assessment.not_found >= limits.lookups
}

/// Returns the next step about an unknown outcome: the first strategy that can still help.
fn resolve(rules: &Rules, assessment: &Assessment, limits: &Limits, can_look_up: bool) -> Next {
    let mut review = Review::NothingToAsk;
    for strategy in rules.strategies {
        match strategy {
            Recovery::SameKey { .. } if limits.key_is_valid => return Next::Send(Protection::Key),
            Recovery::SameKey { .. } => review = Review::KeyExpired,
            lookup if is_lookup(lookup) => {
                if !can_look_up {
                    review = Review::NoId;
                } else if !is_given_up(assessment, limits) {
                    return Next::LookUp;
                } else {
                    review = Review::NotFound;
                }
            }
            Recovery::TakenOnce if !limits.may_resend_taken_once => {}
            Recovery::TakenOnce if assessment.attempts >= limits.attempts => {
                review = Review::NotFound;
            }
            Recovery::TakenOnce if !limits.request_is_old => return Next::Wait,
            // The provider offers a lookup, and this process cannot make it.
            Recovery::TakenOnce if review == Review::NoId => {}
            Recovery::TakenOnce => return Next::Send(Protection::Reference),
            // Nothing. Nor is a payment started again: after a crash the customer may already have its page.
            _ => {}
        }
    }
    Next::Review(review)
}
