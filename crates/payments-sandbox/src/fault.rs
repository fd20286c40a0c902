//! Faults and their text form: `turbopay.withdraw#1 @after-commit fin`.

mod imperfect;
mod parse;
mod schedule;

use std::fmt;
use std::time::Duration;

pub(crate) use imperfect::Imperfect;
pub(crate) use parse::choices;
pub(crate) use schedule::{CallNumber, ConnectionMoment, FaultPoint, FaultSchedule, ListedFault};

/// A fault: the calls that it affects, the phase of the exchange, the effect, and how often it occurs.
///
/// [The README](https://docs.rs/payments-sandbox#inject-a-fault) lists the phases, effects and operations.
///
/// ```
/// use payments_sandbox::Fault;
///
/// let fault: Fault = "turbopay.withdraw#1 @after-commit fin".parse()?;
/// assert_eq!(fault.to_string(), "turbopay.withdraw#1 @after-commit fin");
/// assert!("turbopay.withdraw @after-lunch fin".parse::<Fault>().is_err());
/// # Ok::<(), payments_sandbox::FaultError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub(crate) provider: String,
    /// `None` for any operation.
    pub(crate) operation: Option<String>,
    pub(crate) calls: Calls,
    pub(crate) order: Option<String>,
    pub(crate) percent: Option<u8>,
    pub(crate) phase: Phase,
    pub(crate) effect: FaultEffect,
    /// The most times that the fault occurs; `None` for no limit.
    pub(crate) budget: Option<u32>,
}

/// The calls of an operation, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calls {
    Any,
    Range(u64, u64),
}

impl Calls {
    /// The default limit: once, or unlimited within a range of several calls.
    fn budget(self) -> Option<u32> {
        match self {
            Self::Range(from, to) if from != to => None,
            Self::Any | Self::Range(..) => Some(1),
        }
    }
}

/// A phase of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Accept,
    /// The first byte of a request was received.
    FirstByte,
    /// The request's head was read.
    Head,
    /// Half of the request's body was read.
    Body,
    BeforeCommit,
    AfterCommit,
    MidBody,
    Query,
    /// The response was sent, and the connection waits for the next request.
    Idle,
    Webhook,
}

/// The effect of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FaultEffect {
    Fin,
    /// With TLS only: a FIN without `close_notify`.
    Eof,
    /// With TLS only: a fatal alert instead of a handshake.
    TlsAlert,
    Rst,
    Stall,
    Truncate(Option<usize>),
    MidStatus,
    MidHeaders,
    BadChunk,
    Continue,
    Endless,
    Garbage,
    /// A plain success after the commit and a plain refusal before it, imperfect elsewhere.
    Imperfect(Imperfect),
    Html(u16),
    Json(u16),
    Redirect(u16),
    Encoding(String),
    Slow,
    Delay(Duration),
    LateCommit(Duration),
    Duplicate,
    Reorder,
    Drop,
    Tamper,
    Hold,
}

impl Phase {
    const ALL: &[(&'static str, Self)] = &[
        ("accept", Self::Accept),
        ("first-byte", Self::FirstByte),
        ("head", Self::Head),
        ("body", Self::Body),
        ("before-commit", Self::BeforeCommit),
        ("after-commit", Self::AfterCommit),
        ("mid-body", Self::MidBody),
        ("query", Self::Query),
        ("idle", Self::Idle),
        ("webhook", Self::Webhook),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, phase)| *phase == self).map_or("", |(name, _)| name)
    }

    /// True if the operation is known in this phase. On an idle connection, it is known no longer.
    fn knows_operation(self) -> bool {
        !matches!(self, Self::Accept | Self::FirstByte | Self::Idle)
    }

    /// True if the merchant's reference is known in this phase.
    fn knows_order(self) -> bool {
        self.knows_operation() && !matches!(self, Self::Head | Self::Body)
    }

    /// True if the effect is possible in this phase.
    fn allows(self, effect: &FaultEffect) -> bool {
        use FaultEffect::{Delay, Drop, Duplicate, Eof, Fin, Hold, LateCommit, Reorder, Rst, Stall, Tamper, TlsAlert};
        let ends_connection = matches!(effect, Fin | Rst | Stall | Eof);
        let to_webhook = matches!(effect, Duplicate | Reorder | Drop | Tamper | Hold);
        match self {
            Self::Accept => matches!(effect, Fin | Rst | Stall | TlsAlert),
            Self::Idle => matches!(effect, Fin | Rst | Eof),
            Self::FirstByte | Self::Head | Self::Body | Self::MidBody => ends_connection,
            Self::Webhook => to_webhook || matches!(effect, Delay(_)),
            Self::BeforeCommit => !to_webhook && !matches!(effect, TlsAlert),
            Self::AfterCommit | Self::Query => !to_webhook && !matches!(effect, LateCommit(_) | TlsAlert),
        }
    }
}

impl Fault {
    /// True if the effect exists only with TLS.
    pub(crate) fn needs_tls(&self) -> bool {
        matches!(self.effect, FaultEffect::Eof | FaultEffect::TlsAlert)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.name())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.provider)?;
        if let Some(operation) = &self.operation {
            write!(f, ".{operation}")?;
        }
        match self.calls {
            Calls::Any => {}
            Calls::Range(from, to) if from == to => write!(f, "#{from}")?,
            Calls::Range(from, to) => write!(f, "#{from}-{to}")?,
        }
        if let Some(order) = &self.order {
            write!(f, " order={order}")?;
        }
        if let Some(percent) = self.percent {
            write!(f, " p={percent}%")?;
        }
        write!(f, " @{} {}", self.phase.name(), self.effect)?;
        match self.budget {
            budget if budget == self.calls.budget() => Ok(()),
            Some(times) => write!(f, " x{times}"),
            None => f.write_str(" x*"),
        }
    }
}

impl fmt::Display for FaultEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fin => f.write_str("fin"),
            Self::Eof => f.write_str("eof"),
            Self::TlsAlert => f.write_str("tls-alert"),
            Self::Rst => f.write_str("rst"),
            Self::Stall => f.write_str("stall"),
            Self::Truncate(None) => f.write_str("truncate"),
            Self::Truncate(Some(bytes)) => write!(f, "truncate={bytes}"),
            Self::MidStatus => f.write_str("mid-status"),
            Self::MidHeaders => f.write_str("mid-headers"),
            Self::BadChunk => f.write_str("bad-chunk"),
            Self::Continue => f.write_str("continue"),
            Self::Endless => f.write_str("endless"),
            Self::Garbage => f.write_str("garbage"),
            Self::Imperfect(kind) => write!(f, "imperfect={}", kind.name()),
            Self::Html(status) => write!(f, "html={status}"),
            Self::Json(status) => write!(f, "json={status}"),
            Self::Redirect(status) => write!(f, "redirect={status}"),
            Self::Encoding(name) => write!(f, "encoding={name}"),
            Self::Slow => f.write_str("slow"),
            Self::Delay(time) => write!(f, "delay={}", format_duration(*time)),
            Self::LateCommit(time) => write!(f, "late-commit={}", format_duration(*time)),
            Self::Duplicate => f.write_str("duplicate"),
            Self::Reorder => f.write_str("reorder"),
            Self::Drop => f.write_str("drop"),
            Self::Tamper => f.write_str("tamper"),
            Self::Hold => f.write_str("hold"),
        }
    }
}

/// Formats a duration as `2s`, or as `2500ms` if it is not a whole number of seconds.
fn format_duration(time: Duration) -> String {
    if time.subsec_millis() == 0 { format!("{}s", time.as_secs()) } else { format!("{}ms", time.as_millis()) }
}
