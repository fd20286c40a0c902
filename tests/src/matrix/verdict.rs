//! The invariants that every run must satisfy.

use std::fmt;

use payments_core::{Error, Outcome};

use super::cell::{Cell, Times};
use super::fault::{Fault, PlainResponse};
use super::observation::Observed;
use super::operation::Protection;

/// The facts about one call, from the client and from the sandbox.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    /// The outcome that the client reported; `None` for a success.
    pub(super) outcome: Option<Outcome>,
    pub(super) may_have_moved_money: bool,
    /// The number of executions when the client returned its result.
    pub(super) executions_at_response: usize,
    /// The number of executions when no request is in flight.
    pub(super) executions: usize,
    /// The number of executions after an unknown outcome was resolved.
    pub(super) final_executions: usize,
    /// The requests that the sandbox received before the client returned its result.
    ///
    /// Bytes received over a closed connection count as a request, except over TLS, where they may be the handshake's.
    pub(super) requests: usize,
    pub(super) misdirected: usize,
    pub(super) faults: usize,
    /// True if no request can have been sent, and the client can know it.
    pub(super) provably_unsent: bool,
    /// What the provider's response says plainly. No earlier attempt left anything open.
    pub(super) plain_response: Option<PlainResponse>,
    /// True if every connection was closed after it was accepted, before a byte was received.
    pub(super) closed_without_bytes: bool,
    /// True if the first attempt reused a connection.
    pub(super) reused: bool,
    /// True if the resolution of an unknown outcome disagreed with the ledger.
    pub(super) unresolved: bool,
    /// True if an unknown outcome was resolved, correctly or not.
    pub(super) resolved: bool,
}

/// A violation of an invariant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Violation {
    MultipleExecutions(usize),
    FalseNotSent,
    FalseRefusal,
    /// The provider plainly reported a success or a refusal, and the client reported something else.
    FalseUnknown,
    /// The client reported a success, but the ledger has this number of executions instead of one.
    FalseSuccess(usize),
    NotRecognised,
    Misdirected(usize),
    Resent(usize),
    /// A read-only call was reported to have moved money, or was executed in the ledger.
    ReadMovedMoney,
    Unresolved,
    /// The fault did not happen, so the run proves nothing.
    FaultDidNotHappen,
}

impl Facts {
    pub(super) fn new(
        cell: &Cell,
        result: &Result<(), Error>,
        observed: Observed,
        executions_at_response: usize,
    ) -> Self {
        let Observed { requests, misdirected, faults, connections, closed_at_accept, closed_with_bytes } = observed;
        let attempts = u64::try_from(requests.max(1)).unwrap_or(u64::MAX);
        let requests = if cell.tls { requests } else { requests + closed_with_bytes };
        // The client does not always know this: bytes that it wrote before it saw the close may have been discarded,
        // and it must not report such a request as not sent.
        let closed_without_bytes = cell.shows_received_bytes() && closed_at_accept > 0 && closed_with_bytes == 0;
        // A success after a resend shows that the client recognised an unsent request, but only if the client would
        // resend nothing else.
        let is_conclusive = match cell.operation.protection {
            Protection::NotResent => true,
            Protection::ReadOnly | Protection::UnusedKey => result.is_err(),
            Protection::PossiblyUsedKey => false,
        };
        Self {
            outcome: result.as_ref().err().map(Error::outcome),
            may_have_moved_money: result.as_ref().err().is_some_and(Error::may_have_moved_money),
            executions_at_response,
            executions: executions_at_response,
            final_executions: executions_at_response,
            requests,
            misdirected,
            faults,
            provably_unsent: cell.fault.proves_unsent(cell.tls) && is_conclusive,
            plain_response: cell.fault.plain_response(),
            closed_without_bytes: closed_without_bytes && is_conclusive,
            reused: cell.reused && connections < attempts,
            unresolved: false,
            resolved: false,
        }
    }

    /// Returns true if the client reported "not sent", but the sandbox received a request or executed one.
    pub(super) fn is_false_not_sent(&self) -> bool {
        self.outcome == Some(Outcome::NotSent) && (self.requests > 0 || self.executions > 0)
    }

    /// Returns true if the provider plainly reported a success or a refusal, and the client reported something else.
    pub(super) fn is_false_unknown(&self) -> bool {
        self.plain_response.is_some_and(|response| match response {
            PlainResponse::Success => self.outcome.is_some(),
            PlainResponse::Refusal => self.outcome != Some(Outcome::Refused),
        })
    }

    /// Returns true if the client treated a provably unsent request as not sent.
    pub(super) fn is_recognised(&self) -> bool {
        self.provably_unsent && self.is_treated_as_unsent()
    }

    /// Returns true if the client treated a request as not sent whose connection was closed before it received a byte.
    pub(super) fn is_returned_unsent(&self) -> bool {
        self.closed_without_bytes && self.is_treated_as_unsent()
    }

    /// Returns true if the client reported "not sent", or sent the request again until it succeeded.
    fn is_treated_as_unsent(&self) -> bool {
        matches!(self.outcome, Some(Outcome::NotSent) | None)
    }

    /// Returns every violation of this run.
    pub(super) fn violations(&self, cell: &Cell) -> Vec<Violation> {
        let (protection, mut violations) = (cell.operation.protection, Vec::new());
        if self.final_executions > 1 {
            violations.push(Violation::MultipleExecutions(self.final_executions));
        }
        if self.is_false_not_sent() {
            violations.push(Violation::FalseNotSent);
        }
        if self.is_false_unknown() {
            violations.push(Violation::FalseUnknown);
        }
        if self.outcome == Some(Outcome::Refused) && self.executions > 0 {
            violations.push(Violation::FalseRefusal);
        }
        if protection == Protection::ReadOnly {
            if self.may_have_moved_money || self.final_executions > 0 {
                violations.push(Violation::ReadMovedMoney);
            }
        } else if self.outcome.is_none() && self.executions_at_response != 1 {
            violations.push(Violation::FalseSuccess(self.executions_at_response));
        }
        if self.provably_unsent && !self.is_recognised() {
            violations.push(Violation::NotRecognised);
        }
        if self.misdirected > 0 {
            violations.push(Violation::Misdirected(self.misdirected));
        }
        if protection == Protection::NotResent && self.requests > 1 {
            violations.push(Violation::Resent(self.requests));
        }
        if self.unresolved {
            violations.push(Violation::Unresolved);
        }
        match cell.fault {
            Fault::Sandbox(..) if self.faults == 0 => violations.push(Violation::FaultDidNotHappen),
            Fault::None | Fault::Connect(_) | Fault::Sandbox(..) => {}
        }
        // A fault that always prevents sending cannot end in a success.
        if self.provably_unsent && self.outcome.is_none() && cell.times == Times::Always {
            violations.push(Violation::FalseSuccess(self.executions));
        }
        violations
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MultipleExecutions(times) => write!(f, "executed {times} times"),
            Self::FalseNotSent => f.write_str("reported as not sent, but the sandbox received the request"),
            Self::FalseRefusal => f.write_str("reported as refused, but the ledger has an execution"),
            Self::FalseUnknown => {
                f.write_str("the provider's response is plain, but the client reports something else")
            }
            Self::FalseSuccess(times) => write!(f, "reported as a success, but the ledger has {times} executions"),
            Self::NotRecognised => f.write_str("provably not sent, but not reported as not sent"),
            Self::Misdirected(requests) => write!(f, "{requests} requests reached another host or path"),
            Self::Resent(requests) => {
                write!(f, "sent {requests} times, although the provider does not prevent a second execution")
            }
            Self::ReadMovedMoney => f.write_str("a read-only call moved money, or is reported to have moved money"),
            Self::Unresolved => f.write_str("the resolution of the unknown outcome disagrees with the ledger"),
            Self::FaultDidNotHappen => f.write_str("the fault did not happen, so the run proves nothing"),
        }
    }
}
