//! What must be so, whatever went wrong on the way.

use std::fmt;

use payments_core::{Error, Outcome};

use super::cell::{Cell, Times};
use super::fault::Fault;
use super::operation::Guard;
use super::seen::Seen;

/// What both sides say of one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    /// The client's word; nothing for success.
    pub(super) outcome: Option<Outcome>,
    pub(super) may_have_moved_money: bool,
    /// How often the provider executed it: when the client said so, when nothing was under way any longer, and when an
    /// unknown outcome was resolved.
    pub(super) at_once: usize,
    pub(super) executions: usize,
    pub(super) in_the_end: usize,
    /// What the provider saw by the time that the client said so; what came over a connection that it had closed already
    /// counts, except through TLS, where there is no telling.
    pub(super) requests: usize,
    pub(super) astray: usize,
    pub(super) faults: usize,
    /// Nothing can have been sent, and the client can know.
    pub(super) provable: bool,
    /// It was closed as it was accepted, and not a byte came: the client may have seen it in time.
    pub(super) brought_nothing: bool,
    /// The first attempt went over a connection that was used before.
    pub(super) reused: bool,
    /// What an unknown outcome leaves was followed, and did not lead to the truth.
    pub(super) unresolved: bool,
    pub(super) resolved: bool,
}

/// Something that must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    Doubled(usize),
    FalseNotSent,
    FalseRefusal,
    /// A success, of which the ledger has another number of executions than one.
    FalseSuccess(usize),
    NotRecognised,
    Astray(usize),
    SentAgain(usize),
    /// A question that is said to have moved money, or did.
    QuestionThatActs,
    Unresolved,
    /// The fault never happened, so that the run shows nothing.
    NoFault,
    /// Nothing went wrong, and it failed all the same.
    FailedWithoutFault,
}

impl Facts {
    pub(super) fn new(cell: &Cell, result: &Result<(), Error>, seen: Seen, at_once: usize) -> Self {
        let Seen { requests, astray, faults, connections, heard_out, spoken_on } = seen;
        let attempts = u64::try_from(requests.max(1)).unwrap_or(u64::MAX);
        let requests = if cell.tls { requests } else { requests + spoken_on };
        // No connection that was closed at once has brought a byte. Whether the client can know is a race: what it has
        // written by the time that it sees the end may have gone nowhere, and it must not call that unsent.
        let brought_nothing = cell.is_heard_out() && heard_out > 0 && spoken_on == 0;
        // What was sent again and answered shows that it was recognised only where nothing else may be sent again.
        let shows = match cell.operation.guard {
            Guard::Client => true,
            Guard::Reads | Guard::Key => result.is_err(),
            Guard::PerhapsUsedKey => false,
        };
        Self {
            outcome: result.as_ref().err().map(Error::outcome),
            may_have_moved_money: result.as_ref().err().is_some_and(Error::may_have_moved_money),
            at_once,
            executions: at_once,
            in_the_end: at_once,
            requests,
            astray,
            faults,
            provable: cell.fault.is_provable(cell.tls) && shows,
            brought_nothing: brought_nothing && shows,
            reused: cell.reused && connections < attempts,
            unresolved: false,
            resolved: false,
        }
    }

    /// Said to be not sent, although the provider saw it.
    pub(super) fn is_false_not_sent(&self) -> bool {
        self.outcome == Some(Outcome::NotSent) && (self.requests > 0 || self.executions > 0)
    }

    /// Said to be not sent; or sent again, where that is safe for nothing else, until it was done.
    pub(super) fn is_recognised(&self) -> bool {
        self.provable && self.is_taken_for_unsent()
    }

    /// The same of a request that came back as it was, because its connection was closed at once.
    pub(super) fn is_handed_back(&self) -> bool {
        self.brought_nothing && self.is_taken_for_unsent()
    }

    fn is_taken_for_unsent(&self) -> bool {
        matches!(self.outcome, Some(Outcome::NotSent) | None)
    }

    /// Everything that is wrong with it.
    pub(super) fn judge(&self, cell: &Cell) -> Vec<Wrong> {
        let (guard, mut wrong) = (cell.operation.guard, Vec::new());
        if self.in_the_end > 1 {
            wrong.push(Wrong::Doubled(self.in_the_end));
        }
        if self.is_false_not_sent() {
            wrong.push(Wrong::FalseNotSent);
        }
        if self.outcome == Some(Outcome::Refused) && self.executions > 0 {
            wrong.push(Wrong::FalseRefusal);
        }
        if guard == Guard::Reads {
            if self.may_have_moved_money || self.in_the_end > 0 {
                wrong.push(Wrong::QuestionThatActs);
            }
        } else if self.outcome.is_none() && self.at_once != 1 {
            wrong.push(Wrong::FalseSuccess(self.at_once));
        }
        if self.provable && !self.is_recognised() {
            wrong.push(Wrong::NotRecognised);
        }
        if self.astray > 0 {
            wrong.push(Wrong::Astray(self.astray));
        }
        if guard == Guard::Client && self.requests > 1 {
            wrong.push(Wrong::SentAgain(self.requests));
        }
        if self.unresolved {
            wrong.push(Wrong::Unresolved);
        }
        match cell.fault {
            Fault::None if self.outcome.is_some() => wrong.push(Wrong::FailedWithoutFault),
            Fault::There(..) if self.faults == 0 => wrong.push(Wrong::NoFault),
            Fault::None | Fault::Before(_) | Fault::There(..) => {}
        }
        // What lasts cannot end in success where nothing gets through.
        if self.provable && self.outcome.is_none() && cell.times == Times::Always {
            wrong.push(Wrong::FalseSuccess(self.executions));
        }
        wrong
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Doubled(times) => write!(f, "executed {times} times"),
            Self::FalseNotSent => f.write_str("said not to have been sent, and the provider saw it"),
            Self::FalseRefusal => f.write_str("said to be refused, and it was done"),
            Self::FalseSuccess(times) => write!(f, "said to be done, and the ledger has {times} executions"),
            Self::NotRecognised => f.write_str("provably not sent, and not recognised"),
            Self::Astray(requests) => write!(f, "{requests} requests reached another host or path"),
            Self::SentAgain(requests) => write!(f, "sent {requests} times without the provider's protection"),
            Self::QuestionThatActs => f.write_str("a question that is said to have moved money"),
            Self::Unresolved => f.write_str("unknown, and what it left does not lead to the truth"),
            Self::NoFault => f.write_str("the fault never happened"),
            Self::FailedWithoutFault => f.write_str("failed, and nothing had gone wrong"),
        }
    }
}
