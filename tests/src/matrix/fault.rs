//! The faults, as data.

use std::fmt;
use std::str::FromStr;

/// A fault of one call. The order of the variants is the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Fault {
    /// No fault: the baseline.
    None,
    /// No connection to the provider is established.
    Connect(Obstacle),
    /// A fault that the sandbox injects: the phase, and the effect in the sandbox's syntax.
    Sandbox(Phase, &'static str),
}

/// An obstacle to a connection. It proves that nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Obstacle {
    /// The host name cannot be resolved.
    Unresolvable,
    /// The connection is refused.
    Refused,
    /// The client does not trust the server's certificate.
    Untrusted,
    /// The server does not respond to the TLS handshake before the connect timeout.
    SilentHandshake,
    /// The proxy responds to `CONNECT` with this status, or closes the connection (`fin`).
    Proxy(&'static str),
}

/// What a response says that leaves nothing open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlainResponse {
    Success,
    Refusal,
}

/// A phase of an exchange, as in the sandbox's syntax.
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
    /// Returns every fault.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let before = OBSTACLES.iter().map(|obstacle| Self::Connect(*obstacle));
        let in_phase =
            |phase, effects: &'static [&'static str]| effects.iter().map(move |effect| Self::Sandbox(phase, effect));
        std::iter::once(Self::None)
            .chain(before)
            .chain(in_phase(Phase::Accept, &["fin", "rst", "stall", "tls-alert"]))
            .chain(in_phase(Phase::Idle, &["fin", "rst", "eof"]))
            .chain(in_phase(Phase::FirstByte, ENDS))
            .chain(in_phase(Phase::Head, ENDS))
            .chain(in_phase(Phase::Body, ENDS))
            .chain(in_phase(Phase::BeforeCommit, LOSSES))
            .chain(in_phase(Phase::BeforeCommit, EXECUTED_LATER))
            .chain(in_phase(Phase::BeforeCommit, IMPERFECT))
            .chain(in_phase(Phase::AfterCommit, LOSSES))
            .chain(in_phase(Phase::AfterCommit, IMPERFECT))
            .chain(in_phase(Phase::Query, LOSSES))
            .chain(in_phase(Phase::Query, IMPERFECT))
    }

    /// Returns true if the fault can happen to a read-only call, or to a write.
    pub(super) fn applies_to(self, read_only: bool) -> bool {
        match self {
            Self::Sandbox(Phase::BeforeCommit | Phase::AfterCommit, _) => !read_only,
            Self::Sandbox(Phase::Query, _) => read_only,
            Self::Sandbox(..) | Self::None | Self::Connect(_) => true,
        }
    }

    /// Returns true if the fault can happen on this kind of connection.
    pub(super) fn applies_to_connection(self, reused: bool, tls: bool) -> bool {
        match self {
            Self::None => true,
            Self::Connect(Obstacle::Refused) => !reused,
            // The SDK accepts other host names over https only, and sends `CONNECT` for https only.
            Self::Connect(_) => !reused && tls,
            Self::Sandbox(_, "tls-alert") => !reused && tls,
            Self::Sandbox(Phase::Accept, _) => !reused,
            Self::Sandbox(Phase::Idle, effect) => reused && (tls || effect != "eof"),
            Self::Sandbox(_, "eof") => tls,
            Self::Sandbox(..) => true,
        }
    }

    /// Returns true if the fault proves that nothing was sent in the attempts that it hits.
    pub(super) fn proves_unsent(self, tls: bool) -> bool {
        match self {
            Self::None => false,
            Self::Connect(_) => true,
            // No request is sent before the handshake. A stall is different: it ends in an ordinary timeout.
            Self::Sandbox(Phase::Accept, effect) => tls && effect != "stall",
            Self::Sandbox(..) => false,
        }
    }

    /// Returns true if the fault affects a connection instead of a call. Its fault line then names only the provider.
    pub(super) fn affects_connection(self) -> bool {
        matches!(self, Self::Sandbox(Phase::Accept | Phase::Idle | Phase::FirstByte, _))
    }

    /// Returns true if the idle connection is closed before the call, after an earlier response.
    pub(super) fn closes_idle_connection(self) -> bool {
        matches!(self, Self::Sandbox(Phase::Idle, _))
    }

    /// Returns what the provider's response says plainly, although its body is imperfect.
    pub(super) fn plain_response(self) -> Option<PlainResponse> {
        match self {
            Self::None => Some(PlainResponse::Success),
            Self::Sandbox(phase, effect) if IMPERFECT.contains(&effect) => Some(match phase {
                Phase::BeforeCommit => PlainResponse::Refusal,
                _ => PlainResponse::Success,
            }),
            Self::Sandbox(..) | Self::Connect(_) => None,
        }
    }

    /// Returns true if the provider executes the request after the response was lost.
    pub(super) fn executes_later(self) -> bool {
        matches!(self, Self::Sandbox(Phase::BeforeCommit, effect) if EXECUTED_LATER.contains(&effect))
    }
}

/// Returns the faults after the commit that have no counterpart before the commit. There must be none.
#[must_use]
pub fn unpaired_faults() -> Vec<String> {
    let in_phase =
        |phase: Phase| Fault::all().filter(move |fault| matches!(fault, Fault::Sandbox(actual, _) if *actual == phase));
    let effect = |fault: &Fault| match fault {
        Fault::Sandbox(_, effect) => *effect,
        Fault::None | Fault::Connect(_) => "",
    };
    let before_commit: Vec<&str> = in_phase(Phase::BeforeCommit).map(|fault| effect(&fault)).collect();
    in_phase(Phase::AfterCommit)
        .filter(|fault| !before_commit.contains(&effect(fault)))
        .map(|fault| fault.to_string())
        .collect()
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
            Self::Connect(Obstacle::Unresolvable) => f.pad("unresolvable"),
            Self::Connect(Obstacle::Refused) => f.pad("refused"),
            Self::Connect(Obstacle::Untrusted) => f.pad("untrusted"),
            Self::Connect(Obstacle::SilentHandshake) => f.pad("silent-handshake"),
            Self::Connect(Obstacle::Proxy(response)) => f.pad(&format!("proxy={response}")),
            Self::Sandbox(phase, effect) => f.pad(&format!("@{} {effect}", phase.name())),
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::all().find(|fault| fault.to_string() == text).ok_or_else(|| format!("unknown fault `{text}`"))
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

/// The ways a connection can end.
const ENDS: &[&str] = &["fin", "rst", "stall", "eof"];

/// The ways a response can be lost. Each looks the same to the client, whether or not the request was executed.
///
/// None of them is an error response of the provider. A provider without a documented error format may send any JSON
/// object as one, so the `json` effects have only statuses that do not mean a refusal.
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

/// Imperfect bodies. The response to an executed request plainly reports a success, and the response to one that was not
/// executed plainly a refusal, so that guessing cannot pass.
const IMPERFECT: &[&str] = &[
    "imperfect=bom",
    "imperfect=bytes",
    "imperfect=surrogate",
    "imperfect=number",
    "imperfect=array",
    "imperfect=object",
    "imperfect=twice",
];

/// The request is executed after the client has given up: on a closed connection, or after a silence.
const EXECUTED_LATER: &[&str] = &["late-commit=90s", "delay=90s"];
