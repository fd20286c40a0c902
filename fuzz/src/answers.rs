//! Answers to every operation of every provider, under every status.
//!
//! An input is three bytes that choose the operation, the status and the headers, and then the body.

pub(crate) mod card3ds;
pub(crate) mod turbo_link;
pub(crate) mod turbo_txn;
pub(crate) mod turbopay;
pub(crate) mod turratech;

use std::fmt::Debug;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::{Effect, Error, ErrorKind, Outcome};

use crate::oracle;

/// An answer that a call gets.
pub(crate) struct Case<'a> {
    /// Which operation, from 0.
    pub(crate) operation: usize,
    pub(crate) status: u16,
    headers: u8,
    pub(crate) body: &'a [u8],
}

impl<'a> Case<'a> {
    /// Reads an input; nothing where it is too short to choose.
    pub(crate) fn of(data: &'a [u8], operations: u8) -> Option<Self> {
        let [operation, status, headers, body @ ..] = data else { return None };
        let status = usize::from(status.wrapping_sub(FIRST_STATUS)) % STATUSES.len();
        Some(Self {
            operation: usize::from(operation.wrapping_sub(FIRST_OPERATION) % operations),
            status: STATUSES[status],
            headers: headers.wrapping_sub(FIRST_HEADERS) % HEADERS,
            body,
        })
    }

    /// A transport that gives this answer once.
    pub(crate) fn script(&self) -> Script {
        let reply = Reply::new(self.status, self.body);
        Script::new([match self.headers {
            0 => reply.header("content-type", "application/json"),
            1 => reply.header("content-type", "text/html; charset=utf-8").header("x-request-id", "req-1"),
            2 => reply.header("content-type", "application/json").header("content-encoding", "gzip"),
            _ => reply.header("retry-after", "3").header("x-ratelimit-remaining", "0"),
        }])
    }

    fn is_encoded(&self) -> bool {
        self.headers == 2
    }

    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What is true of a call and its provider.
pub(crate) struct Rules {
    pub(crate) effect: Effect,
    /// The provider says errors under "200 OK" too.
    pub(crate) errors_in_2xx: bool,
    /// The provider documents that what it answers 429 was not done.
    pub(crate) throttled_is_refused: bool,
    /// What no error may print.
    pub(crate) secrets: &'static [&'static str],
    /// The card that a request holds, where one does: its number may be printed as a part of a longer one.
    pub(crate) card: Option<&'static str>,
}

/// Makes the call, and holds what comes of it against the rules of what an answer proves.
#[track_caller]
pub(crate) fn settle<T: Debug>(
    case: &Case<'_>,
    rules: &Rules,
    script: &Script,
    call: impl Future<Output = Result<T, Error>>,
) -> Option<T> {
    let result = now(call);
    assert_eq!(script.requests().len(), 1, "one attempt, no more and no less");
    match result {
        Ok(value) => {
            assert!(case.is_success() && !case.is_encoded(), "a success under {}", case.status);
            let _ = format!("{value:?} {value:#?}");
            Some(value)
        }
        Err(error) => {
            check(case, rules, &error);
            None
        }
    }
}

#[track_caller]
fn check(case: &Case<'_>, rules: &Rules, error: &Error) {
    let outcome = error.outcome();
    assert_ne!(outcome, Outcome::NotSent, "it was sent: {error}");
    assert_eq!(
        error.may_have_moved_money(),
        rules.effect == Effect::MoveMoney && outcome == Outcome::Unknown,
        "{outcome:?} of {:?}",
        rules.effect
    );
    if outcome == Outcome::Refused {
        assert!(may_refuse(case, rules), "refused by {} with {} bytes", case.status, case.body.len());
        assert!(oracle::is_object(case.body) && !case.is_encoded(), "refused in nobody's form");
    }
    if (300..400).contains(&case.status) && !case.is_encoded() {
        assert_eq!((error.kind(), outcome), (ErrorKind::Configuration, Outcome::Unknown));
    }
    assert_eq!(error.status().map(|status| status.as_u16()), Some(case.status));

    let line = error.to_string();
    assert!(!line.chars().any(|c| c.is_control()), "{line:?} is one line");
    let mut said = format!("{line}\n{error:?}\n{error:#?}\n{:?}", error.field_errors());
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        said += &format!("{inner}\n{inner:?}\n");
        source = inner.source();
    }
    for secret in rules.secrets {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
    assert!(rules.card.is_none_or(|number| !oracle::shows_card(&said, number)), "a card's number in {said}");
}

/// Whether an answer of this status can be a refusal at all, whatever its words.
fn may_refuse(case: &Case<'_>, rules: &Rules) -> bool {
    match case.status {
        200..300 => rules.errors_in_2xx,
        400..=405 | 413 | 415 | 422 => true,
        409 => false,
        429 => rules.throttled_is_refused,
        _ => false,
    }
}

/// What is answered from a script is there at once.
#[track_caller]
pub(crate) fn now<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a scripted answer is waited for"),
    }
}

pub(crate) fn clock() -> ManualClock {
    ManualClock::at(time::macros::datetime!(2026-01-02 03:04:05 UTC))
}

/// Builds a provider's client that gets its answers from a script, one for each call.
macro_rules! over {
    ($builder:expr, $script:expr) => {
        $builder
            .transport($script.clone())
            .clock($crate::answers::clock())
            .timer($crate::answers::clock())
            .retry(payments_core::RetryPolicy::none())
            .build()
            .expect("a client")
    };
}
pub(crate) use over;

/// The choices of a provider with so many operations.
pub(crate) const fn choices(operations: u8) -> [(u8, u8); 3] {
    [(FIRST_OPERATION, operations), (FIRST_STATUS, 24), (FIRST_HEADERS, HEADERS)]
}

/// Letters and digits, so that the corpus can be read.
const FIRST_OPERATION: u8 = b'a';
const FIRST_STATUS: u8 = b'A';
const FIRST_HEADERS: u8 = b'0';
const HEADERS: u8 = 4;

/// Each that the rules speak of, and neighbours of theirs.
const STATUSES: [u16; 24] = [
    200, 201, 204, 299, 301, 302, 304, 400, 401, 402, 403, 404, 405, 408, 409, 413, 415, 418, 422, 429, 500, 502, 504,
    599,
];
