use std::fmt;

use payments_core::time::OffsetDateTime;
use payments_core::{Money, PaymentStatus};

use super::line::Movement;
use crate::intent::{Account, IntentId};
use crate::state::State;

macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident = $stored:literal;)*) => {
        /// What is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum FindingKind {
            $($(#[$meta])* $name,)*
        }

        impl FindingKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The kind's stored name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $stored,)*
                }
            }
        }
    };
}

kinds! {
    /// The line has another amount or currency than the intent.
    AmountDiffers = "amount_differs";
    /// The line says something else than the intent's state.
    StatusDiffers = "status_differs";
    /// The intent was executed, and no line is about it, although the statement covers it.
    Missing = "missing";
    /// The line moved money, and no intent explains it.
    Orphan = "orphan";
    /// A second line moved money for the same order.
    Duplicate = "duplicate";
    /// The statement has a line that cannot be read.
    Unreadable = "unreadable";
}

impl FindingKind {
    /// Returns the kind with this stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The store's id of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingId(i64);

impl FindingId {
    /// Creates an id from the store's number.
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The store's number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A difference between the journal and a statement.
///
/// There is one finding per kind and subject, however often it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Finding {
    /// The store's id.
    pub id: FindingId,
    /// The account.
    pub account: Account,
    /// The name of the statement's source.
    pub source: String,
    /// What is wrong.
    pub kind: FindingKind,
    /// The intent, if one is concerned.
    pub intent: Option<IntentId>,
    /// Which way the money goes.
    pub movement: Movement,
    /// The provider's id of the order.
    pub object_id: Option<String>,
    /// The merchant's reference.
    pub reference: Option<String>,
    /// The amount that the journal expects.
    pub expected: Option<Money>,
    /// The amount of the line.
    pub reported: Option<Money>,
    /// The intent's state when it was compared.
    pub state: Option<State>,
    /// The status of the line.
    pub status: Option<PaymentStatus>,
    /// The time of the line; for a missing one, when the journal learned that the order exists. For an unreadable line without a time,
    /// the start of the period.
    pub time: Option<OffsetDateTime>,
    /// Why a line cannot be read.
    pub problem: Option<String>,
    /// When it was found first.
    pub first_seen: OffsetDateTime,
    /// When it was found last.
    pub last_seen: OffsetDateTime,
    /// When a later run no longer found it; `None` while it is open.
    pub resolved_at: Option<OffsetDateTime>,
    /// Who accepted it, and when.
    pub accepted: Option<Acceptance>,
}

/// A person has looked at a finding, and it needs nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Acceptance {
    /// When.
    pub at: OffsetDateTime,
    /// Who.
    pub by: String,
}

impl Finding {
    /// True if it still needs somebody: it is neither resolved nor accepted.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.resolved_at.is_none() && self.accepted.is_none()
    }

    /// What a person can do.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match (self.kind, self.state) {
            (FindingKind::StatusDiffers, Some(State::NeedsReview)) => {
                "check that the line is about this intent, and decide with `Journal::decide`; name the statement in `by`"
            }
            (FindingKind::StatusDiffers, Some(State::Unknown | State::Sending)) => {
                "the worker finds out, or the intent needs a review: decide then; name the statement in `by`"
            }
            (FindingKind::StatusDiffers, Some(State::Intended)) => {
                "the provider has an order with this reference, and the intent is still to be sent: cancel it before a worker sends it"
            }
            (FindingKind::StatusDiffers, Some(State::Pending)) => {
                "check that webhooks arrive: the journal asks for this status no more"
            }
            (FindingKind::StatusDiffers, _) => {
                "ask the provider for the status of the order, and correct your own tables"
            }
            (FindingKind::AmountDiffers, _) => {
                "ask the provider why the amount differs, and book the provider's amount"
            }
            (FindingKind::Missing, _) => "ask the provider whether it executed the order, and when it is booked",
            (FindingKind::Orphan, _) => {
                "find out who moved the money: another program, a dashboard, or a journal that was restored"
            }
            (FindingKind::Duplicate, _) => "find out which request created the second order, and return the money",
            (FindingKind::Unreadable, _) => "look at the line at the source: it was compared with nothing",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, movement, kind, .. } = self;
        write!(f, "{account} {movement} {kind}")?;
        if let Some(reference) = &self.reference {
            write!(f, " `{reference}`")?;
        }
        if let Some(id) = &self.object_id {
            write!(f, " ({id})")?;
        }
        match (self.expected, self.reported) {
            (Some(expected), Some(reported)) if expected != reported => {
                write!(f, ", expected {expected}, reported {reported}")?;
            }
            (Some(amount), _) | (None, Some(amount)) => write!(f, ", {amount}")?,
            (None, None) => {}
        }
        if let Some(state) = self.state {
            write!(f, ", journal: {state}")?;
        }
        if let Some(status) = &self.status {
            write!(f, ", statement: {status}")?;
        }
        self.problem.as_ref().map_or(Ok(()), |problem| write!(f, ", {problem}"))
    }
}
