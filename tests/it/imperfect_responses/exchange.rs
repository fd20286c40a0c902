//! One call and the provider's response, or one webhook: what was read of it, in one form for all providers.

use std::fmt;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use payments_core::json::UnreadableMembers;
use payments_core::test_util::ManualClock;
use payments_core::time::OffsetDateTime;
use payments_core::webhook::VerifyError;
use payments_core::{Error, ErrorKind, Outcome};

/// A call or a webhook, with the document's sample.
pub(super) struct Exchange {
    /// The provider and the call.
    pub(super) name: &'static str,
    /// The HTTP status of the sample; 0 for a webhook.
    pub(super) status: u16,
    pub(super) sample: &'static str,
    /// The members that a decision depends on.
    pub(super) deciding: &'static [&'static str],
    /// The members that are compared with what was expected, and leave the message readable.
    pub(super) compared: &'static [&'static str],
    /// The members that may have any shape: kept as they come, or not read.
    pub(super) any_shape: &'static [&'static str],
    /// Makes the call, to which this is the response: a status and a body.
    pub(super) read: fn(u16, &[u8]) -> Reading,
}

impl Exchange {
    pub(super) fn read(&self, body: impl AsRef<[u8]>) -> Reading {
        (self.read)(self.status, body.as_ref())
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The result of an exchange.
#[derive(Debug)]
pub(super) enum Reading {
    Read(Box<Facts>),
    Failed(Box<Error>),
    /// A webhook or callback that was not read.
    Rejected(VerifyError),
}

/// What was read of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    /// The ids, and what the call was made for: a page, a secret.
    pub(super) identity: String,
    pub(super) status: String,
    /// Everything else that the cases look at.
    pub(super) details: String,
    /// True if each comparison with the order passes: `check`, `into_success`, the gateway.
    pub(super) passes: bool,
    pub(super) unreadable: UnreadableMembers,
}

impl Facts {
    pub(super) fn new(identity: impl fmt::Display, status: impl fmt::Display, unreadable: &UnreadableMembers) -> Self {
        let (identity, status) = (identity.to_string(), status.to_string());
        Self { identity, status, details: String::new(), passes: true, unreadable: unreadable.clone() }
    }

    pub(super) fn details(self, details: impl fmt::Display) -> Self {
        Self { details: details.to_string(), ..self }
    }

    pub(super) fn passes(self, passes: bool) -> Self {
        Self { passes, ..self }
    }
}

impl Reading {
    pub(super) fn of<T>(result: Result<T, Error>, facts: impl FnOnce(T) -> Facts) -> Self {
        match result {
            Ok(value) => Self::Read(Box::new(facts(value))),
            Err(err) => Self::Failed(Box::new(err)),
        }
    }

    pub(super) fn of_webhook<T>(result: Result<T, VerifyError>, facts: impl FnOnce(T) -> Facts) -> Self {
        match result {
            Ok(value) => Self::Read(Box::new(facts(value))),
            Err(err) => Self::Rejected(err),
        }
    }

    /// True if the message was read as this one, and each comparison passes.
    pub(super) fn confirms(&self, documented: &Facts) -> bool {
        matches!(self, Self::Read(facts)
            if facts.passes && facts.identity == documented.identity && facts.status == documented.status)
    }

    #[track_caller]
    pub(super) fn facts(self) -> Facts {
        match self {
            Self::Read(facts) => *facts,
            other => panic!("{other}"),
        }
    }
}

/// The right column of the table of cases.
impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(facts) => {
                let Facts { identity, status, details, passes, unreadable } = &**facts;
                write!(f, "{identity} {status}")?;
                if !details.is_empty() {
                    write!(f, ", {details}")?;
                }
                f.write_str(if *passes { ", passes" } else { ", does not pass" })?;
                let noted: Vec<&str> = unreadable.iter().map(|member| &*member.path).collect();
                if noted.is_empty() { Ok(()) } else { write!(f, ", noted: {}", noted.join(" ")) }
            }
            Self::Failed(err) => {
                write!(f, "{} {}", outcome(err.outcome()), kind(err.kind()))?;
                for (name, value) in [
                    ("at", err.json_path().or(err.param())),
                    ("id", err.object_id()),
                    ("status", err.reported_status()),
                    ("amount", err.reported_amount()),
                ] {
                    value.map_or(Ok(()), |value| write!(f, ", {name} {value}"))?;
                }
                err.message().map_or(Ok(()), |message| write!(f, ", says {message}"))
            }
            Self::Rejected(VerifyError::Unreadable(problem)) => write!(f, "unreadable at {}", problem.path()),
            Self::Rejected(err) => write!(f, "{err}"),
        }
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotSent => "not sent:",
        Outcome::Refused => "refused:",
        Outcome::Unknown => "unknown:",
    }
}

fn kind(kind: ErrorKind) -> String {
    let mut words = String::new();
    for letter in format!("{kind:?}").chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

pub(super) fn clock() -> ManualClock {
    // 2026-01-02 03:04:05 UTC.
    ManualClock::at(OffsetDateTime::from_unix_timestamp(1_767_323_045).unwrap())
}

/// Runs a future to completion. Nothing waits here: responses are scripted, and pauses move the clock.
pub(super) fn now<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = work.as_mut().poll(&mut context) {
            return value;
        }
    }
}
