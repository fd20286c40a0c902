//! Evidence in words, for the person who looks at an intent.

use std::fmt;

use super::{CallResult, Decision, Fact, Observation, Protection};

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claimed { protection, .. } => write!(f, "claimed, to be sent {protection}"),
            Self::Ended { result, .. } => write!(f, "the call ended: {result}"),
            Self::LeaseExpired { .. } => f.write_str("the lease expired before the end of the call was stored"),
            Self::Found { seen, .. } => write!(f, "a lookup found the order: {seen}"),
            Self::NotFound => f.write_str("a lookup did not find the order"),
            Self::Event(seen) => write!(f, "a verified webhook reported: {seen}"),
            Self::GaveUp(review) => write!(f, "needs review: {review}"),
            Self::Decided(decision) => write!(f, "a person decided: {decision}"),
            Self::Abandoned => f.write_str("abandoned: no request was executed, and none will be sent"),
            Self::Restored { lost_since } => {
                write!(f, "the database was restored, and lacks what happened since {lost_since}")
            }
        }
    }
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "without protection against a second execution",
            Self::Key => "under an idempotency key",
            Self::Reference => "under a reference that the provider accepts once",
        })
    }
}

impl fmt::Display for CallResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted(seen) => write!(f, "accepted, {seen}"),
            Self::NotSent => f.write_str("the request was not sent"),
            Self::AccountRefused => f.write_str("the provider refused the account's credentials or settings"),
            Self::Refused => f.write_str("the provider refused the request"),
            Self::Unknown => f.write_str("the request may have been executed"),
        }
    }
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finality = |is_final: &bool| if *is_final { "final" } else { "not final" };
        match self {
            Self::Status { status, is_final } => write!(f, "{status} ({})", finality(is_final)),
            Self::OtherAmount { status, is_final, amount } => write!(f, "{status} ({}), {amount}", finality(is_final)),
            Self::Contradicts => f.write_str("it differs from the intent"),
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Done => "it was executed",
            Self::NotDone => "it was not executed",
        })
    }
}

#[cfg(test)]
mod tests {
    use payments_core::PaymentStatus;

    use super::super::AttemptId;
    use super::*;
    use crate::review::Review;

    #[test]
    fn a_fact_reads_as_a_sentence() {
        let attempt = AttemptId::new(7);
        let status = Observation::Status { status: PaymentStatus::Processing, is_final: false };
        for (fact, words) in [
            (Fact::Claimed { attempt, protection: Protection::Key }, "claimed, to be sent under an idempotency key"),
            (
                Fact::Ended { attempt, result: CallResult::Accepted(status.clone()) },
                "the call ended: accepted, processing (not final)",
            ),
            (
                Fact::Ended { attempt, result: CallResult::Unknown },
                "the call ended: the request may have been executed",
            ),
            (Fact::Event(status), "a verified webhook reported: processing (not final)"),
            (
                Fact::GaveUp(Review::NotFound),
                "needs review: the request may have been executed, but the provider does not find the order",
            ),
            (Fact::Decided(Decision::NotDone), "a person decided: it was not executed"),
        ] {
            assert_eq!(fact.to_string(), words);
        }
    }
}
