//! What goes wrong, as data.

use std::fmt;
use std::str::FromStr;

/// One way in which an exchange can end badly.
///
/// In the table's order. What the sandbox does is said in its own text form, behind the operation's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Fault {
    /// Nothing does: what every other line is held against.
    None,
    /// The request never gets as far as the provider.
    Before(Obstacle),
    /// The sandbox's doing.
    There(Phase, &'static str),
}

/// What is in the way of a connection, so that nothing can have been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Obstacle {
    /// The name does not resolve.
    Unresolvable,
    /// Nobody listens there.
    Refused,
    /// The certificate is nobody's whom the client trusts.
    Untrusted,
    /// The server says nothing to the handshake, until the connect timeout.
    SilentHandshake,
    /// The proxy does not connect it: its answer to `CONNECT`, or nothing.
    Proxy(&'static str),
}

/// Where in an exchange, as the sandbox's faults name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Phase {
    Accept,
    Idle,
    FirstByte,
    Head,
    Body,
    BeforeCommit,
    AfterCommit,
    Query,
}

impl Fault {
    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let before = OBSTACLES.iter().map(|obstacle| Self::Before(*obstacle));
        let at = |phase, effects: &'static [&'static str]| effects.iter().map(move |effect| Self::There(phase, effect));
        std::iter::once(Self::None)
            .chain(before)
            .chain(at(Phase::Accept, &["fin", "rst", "stall", "tls-alert"]))
            .chain(at(Phase::Idle, &["fin", "rst", "eof"]))
            .chain(at(Phase::FirstByte, ENDS))
            .chain(at(Phase::Head, ENDS))
            .chain(at(Phase::Body, ENDS))
            .chain(at(Phase::BeforeCommit, LOSSES))
            .chain(at(Phase::BeforeCommit, DONE_LATER))
            .chain(at(Phase::AfterCommit, LOSSES))
            .chain(at(Phase::Query, LOSSES))
    }

    /// Whether it can happen to a call that only asks, or to one that does something.
    pub(super) fn happens_to(self, reads: bool) -> bool {
        match self {
            Self::There(Phase::BeforeCommit | Phase::AfterCommit, _) => !reads,
            Self::There(Phase::Query, _) => reads,
            Self::There(..) | Self::None | Self::Before(_) => true,
        }
    }

    /// Whether it can happen on a connection of this kind.
    pub(super) fn happens_on(self, reused: bool, tls: bool) -> bool {
        match self {
            Self::None => true,
            Self::Before(Obstacle::Refused) => !reused,
            // Names other than this machine's are https only, and a proxy is asked to connect for https alone.
            Self::Before(_) => !reused && tls,
            Self::There(_, "tls-alert") => !reused && tls,
            Self::There(Phase::Accept, _) => !reused,
            Self::There(Phase::Idle, effect) => reused && (tls || effect != "eof"),
            Self::There(_, "eof") => tls,
            Self::There(..) => true,
        }
    }

    /// Whether it proves that nothing was sent, as long as it lasts.
    pub(super) fn is_provable(self, tls: bool) -> bool {
        match self {
            Self::None => false,
            Self::Before(_) => true,
            // Before a handshake there is nothing to send on; silence there ends with the attempt's time, like any other.
            Self::There(Phase::Accept, effect) => tls && effect != "stall",
            Self::There(..) => false,
        }
    }

    /// Whether a connection is hit and not a call, so that the fault names the provider alone.
    pub(super) fn hits_connection(self) -> bool {
        matches!(self, Self::There(Phase::Accept | Phase::Idle | Phase::FirstByte, _))
    }

    /// Whether the connection is closed before the call, behind an earlier answer.
    pub(super) fn closes_idle(self) -> bool {
        matches!(self, Self::There(Phase::Idle, _))
    }

    /// Whether the provider does what was asked after it has lost the answer.
    pub(super) fn is_done_later(self) -> bool {
        matches!(self, Self::There(Phase::BeforeCommit, effect) if DONE_LATER.contains(&effect))
    }
}

/// Faults after the commit that have no twin without one, on the same wire: there must be none.
#[must_use]
pub fn unpaired() -> Vec<String> {
    let there = |phase: Phase| Fault::all().filter(move |fault| matches!(fault, Fault::There(at, _) if *at == phase));
    let effect = |fault: &Fault| match fault {
        Fault::There(_, effect) => *effect,
        Fault::None | Fault::Before(_) => "",
    };
    let without: Vec<&str> = there(Phase::BeforeCommit).map(|fault| effect(&fault)).collect();
    there(Phase::AfterCommit).filter(|fault| !without.contains(&effect(fault))).map(|fault| fault.to_string()).collect()
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Idle => "idle",
            Self::FirstByte => "first-byte",
            Self::Head => "head",
            Self::Body => "body",
            Self::BeforeCommit => "before-commit",
            Self::AfterCommit => "after-commit",
            Self::Query => "query",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.pad("none"),
            Self::Before(Obstacle::Unresolvable) => f.pad("unresolvable"),
            Self::Before(Obstacle::Refused) => f.pad("refused"),
            Self::Before(Obstacle::Untrusted) => f.pad("untrusted"),
            Self::Before(Obstacle::SilentHandshake) => f.pad("silent-handshake"),
            Self::Before(Obstacle::Proxy(response)) => f.pad(&format!("proxy={response}")),
            Self::There(phase, effect) => f.pad(&format!("@{} {effect}", phase.name())),
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::all().find(|fault| fault.to_string() == text).ok_or_else(|| format!("`{text}` is no fault of the matrix"))
    }
}

const OBSTACLES: &[Obstacle] = &[
    Obstacle::Unresolvable,
    Obstacle::Refused,
    Obstacle::Untrusted,
    Obstacle::SilentHandshake,
    Obstacle::Proxy("407"),
    Obstacle::Proxy("502"),
    Obstacle::Proxy("fin"),
];

/// How a connection ends.
const ENDS: &[&str] = &["fin", "rst", "stall", "eof"];

/// How an answer is lost: each of these looks the same on the wire whether or not anything was done.
///
/// None is the provider's own word. Where a document shows no form for errors, any JSON object under a refusing status is
/// that, so of those there are only statuses here that refuse nothing.
const LOSSES: &[&str] = &[
    "fin",
    "rst",
    "stall",
    "eof",
    "mid-status",
    "mid-headers",
    "truncate",
    "truncate=0",
    "bad-chunk",
    "continue",
    "slow",
    "endless",
    "garbage",
    "encoding=gzip",
    "html=200",
    "html=403",
    "html=404",
    "html=502",
    "html=504",
    "json=500",
    "json=503",
    "redirect=301",
    "redirect=302",
    "redirect=303",
    "redirect=307",
    "redirect=308",
];

/// Lost, and done all the same once the client has given up: as a closed connection, and as silence.
const DONE_LATER: &[&str] = &["late-commit=90s", "delay=90s"];
