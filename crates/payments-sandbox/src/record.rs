//! What happened, as records: who did what, what caused it, and what the other side was told.

mod content;
pub(crate) mod filter;
pub(crate) mod index;
pub(crate) mod log;
mod mask;
mod needles;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use content::Content;
pub(crate) use mask::{MASKED, MASKED_AND_ENCODED, Mask, is_masked};

/// One thing that happened: a request, a fault, a response, a ledger entry, a message, an action or a note.
///
/// It displays as its line of the [timeline](crate::Sandbox::timeline).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// The position, from 1.
    pub number: u64,
    /// When it happened, as time on the sandbox's clock since its start.
    pub at: Duration,
    /// The kind.
    pub kind: RecordKind,
    /// Who acted.
    pub party: Party,
    /// The provider's name: `turbopay`.
    pub provider: Option<&'static str>,
    /// The operation, as faults name it: `withdraw`.
    pub operation: Option<&'static str>,
    /// The merchant's reference.
    pub reference: Option<String>,
    /// The order's id in the control API's paths. Set in records of its status and of its pages.
    pub id: Option<String>,
    /// The number of the request that it belongs to.
    pub request: Option<u64>,
    /// The number of the [`Delivery`](crate::Delivery) that it belongs to.
    pub delivery: Option<usize>,
    /// The number of the record that caused it; `None` if a test, a bank or the clock caused it.
    pub cause: Option<u64>,
    /// The fault that occurred: `@after-commit fin`.
    pub fault: Option<String>,
    /// The number of the [`Entry`](crate::Entry) in the ledger.
    pub entry: Option<usize>,
    /// True for a ledger entry that [moved or reserved money](crate::Entry::moves_money).
    pub moves_money: bool,
    /// The description, in one line.
    pub text: String,
    /// How many bytes the other side was sent, and how the connection ended.
    pub told: Option<Told>,
    /// The change of an order's status.
    pub status: Option<StatusChange>,
    /// The headers and the body, if [contents are recorded](crate::Builder::record_contents).
    pub content: Option<Arc<Content>>,
    /// True if the timeline has a line of it.
    pub(crate) in_timeline: bool,
}

/// The kind of a [`Record`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordKind {
    /// A request to a provider's API.
    Request,
    /// A request to a provider's page, or to an unknown address.
    Page,
    /// A fault occurred.
    Fault,
    /// The provider's response, as the provider made it. A fault may change it before it is sent.
    Response,
    /// What the client was sent.
    Told,
    /// A ledger entry.
    Ledger,
    /// An order was created, or its status changed.
    Status,
    /// A message to the merchant is due.
    Message,
    /// A message was sent, with the merchant's response.
    Attempt,
    /// An action of a bank, a customer, the back office or a test.
    Action,
    /// A client followed a redirect away from its provider.
    Redirect,
    /// What the client under test or its test says.
    Note,
}

/// A change of an order's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct StatusChange {
    /// The status before, in the provider's words; `None` if the order was created.
    pub from: Option<&'static str>,
    /// The status, in the provider's words.
    pub to: &'static str,
}

/// Who acted in a [`Record`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Party {
    /// The client under test, or its browser.
    Client,
    /// A provider.
    Provider,
    /// The merchant's server, which receives messages.
    Merchant,
    /// A bank, a customer, the back office, or the test.
    World,
}

/// What the other side of a connection was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Told {
    /// The number of bytes, including the head.
    pub bytes: u64,
    /// The number of bytes of the whole response; `None` if there is no whole response.
    pub of: Option<u64>,
    /// The HTTP status of the whole response.
    pub status: Option<u16>,
    /// The end.
    pub end: ToldEnd,
}

/// How sending ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ToldEnd {
    /// Everything was sent.
    Whole,
    /// A FIN followed the bytes.
    Fin,
    /// A FIN without the TLS `close_notify` followed the bytes.
    Eof,
    /// A fatal TLS alert.
    Alert,
    /// A reset followed the bytes.
    Rst,
    /// Nothing followed the bytes, and the connection stayed open.
    Stall,
    /// The client had closed the connection.
    Gone,
}

impl RecordKind {
    const ALL: &[(&'static str, Self)] = &[
        ("request", Self::Request),
        ("page", Self::Page),
        ("fault", Self::Fault),
        ("response", Self::Response),
        ("told", Self::Told),
        ("ledger", Self::Ledger),
        ("status", Self::Status),
        ("message", Self::Message),
        ("attempt", Self::Attempt),
        ("action", Self::Action),
        ("redirect", Self::Redirect),
        ("note", Self::Note),
    ];

    /// Returns the name in the control API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    /// Returns the names of all kinds.
    pub(crate) fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|(name, _)| *name).collect()
    }

    fn party(self) -> Party {
        match self {
            Self::Request | Self::Page | Self::Redirect | Self::Note => Party::Client,
            Self::Fault | Self::Response | Self::Told | Self::Ledger | Self::Status | Self::Message => Party::Provider,
            Self::Attempt => Party::Merchant,
            Self::Action => Party::World,
        }
    }
}

impl Party {
    /// Returns the name in the control API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Provider => "provider",
            Self::Merchant => "merchant",
            Self::World => "world",
        }
    }
}

impl ToldEnd {
    /// Returns the name in the control API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Fin => "fin",
            Self::Eof => "eof",
            Self::Alert => "alert",
            Self::Rst => "rst",
            Self::Stall => "stall",
            Self::Gone => "gone",
        }
    }
}

impl Record {
    /// Creates a record with a line in the timeline. The log adds the number and the time.
    pub(crate) fn new(kind: RecordKind, text: impl fmt::Display) -> Self {
        let text = text.to_string();
        // A merchant's reference may contain any character. A line feed must not start a new line here.
        let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let text = if is_plain { text } else { text.replace(char::is_control, "\u{fffd}") };
        Self {
            number: 0,
            at: Duration::ZERO,
            kind,
            party: kind.party(),
            provider: None,
            operation: None,
            reference: None,
            id: None,
            request: None,
            delivery: None,
            cause: None,
            fault: None,
            entry: None,
            moves_money: false,
            text,
            told: None,
            status: None,
            content: None,
            in_timeline: true,
        }
    }

    /// Leaves the record out of the timeline.
    pub(crate) fn outside_the_timeline(mut self) -> Self {
        self.in_timeline = false;
        self
    }

    pub(crate) fn of(mut self, provider: &'static str, operation: Option<&'static str>) -> Self {
        (self.provider, self.operation) = (Some(provider), operation);
        self
    }

    pub(crate) fn about(mut self, reference: Option<&str>) -> Self {
        self.reference = reference.map(str::to_owned);
        self
    }

    pub(crate) fn request(mut self, number: u64) -> Self {
        self.request = Some(number);
        self
    }

    pub(crate) fn delivery(mut self, number: usize) -> Self {
        self.delivery = Some(number);
        self
    }

    pub(crate) fn caused_by(mut self, record: Option<u64>) -> Self {
        self.cause = record;
        self
    }

    pub(crate) fn fault(mut self, fault: impl fmt::Display) -> Self {
        self.fault = Some(fault.to_string());
        self
    }

    pub(crate) fn told(mut self, told: Told) -> Self {
        self.told = Some(told);
        self
    }

    pub(crate) fn id(mut self, id: Option<String>) -> Self {
        self.id = id;
        self
    }

    pub(crate) fn changed(mut self, from: Option<&'static str>, to: &'static str) -> Self {
        self.status = Some(StatusChange { from, to });
        self
    }

    pub(crate) fn content(mut self, content: Option<Arc<Content>>) -> Self {
        self.content = content;
        self
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10}.{:03} s  {}", self.at.as_secs(), self.at.subsec_millis(), self.text)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.end, self.of) {
            (ToldEnd::Whole, _) => write!(f, "sent {} bytes", self.bytes),
            (end, Some(of)) => write!(f, "sent {} of {of} bytes, then {}", self.bytes, end.as_str()),
            (end, None) => write!(f, "sent {} bytes, then {}", self.bytes, end.as_str()),
        }
    }
}
