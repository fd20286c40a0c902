//! Responses to every operation of every provider, with every status.
//!
//! An input is three bytes that select the operation, the status and the headers, followed by the body.

pub(crate) mod card3ds;
pub(crate) mod turbo_link;
pub(crate) mod turbo_txn;
pub(crate) mod turbopay;
pub(crate) mod turratech;

use std::fmt::Debug;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use payments_core::json::UnreadableItem;
use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::{Effect, Error, ErrorKind, Outcome};

use crate::oracle::{self, same_text};

/// The response to a call.
pub(crate) struct Case<'a> {
    /// The number of the operation, from 0.
    pub(crate) operation: usize,
    pub(crate) status: u16,
    headers: u8,
    pub(crate) body: &'a [u8],
}

impl<'a> Case<'a> {
    /// Reads an input. Returns `None` if it is too short.
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

    /// A transport that returns this response once.
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

/// The properties of a call and its provider.
pub(crate) struct Rules {
    pub(crate) effect: Effect,
    /// True if the provider also sends errors with a 2xx status.
    pub(crate) errors_in_2xx: bool,
    /// True if the provider documents 401 without a body.
    pub(crate) empty_401: bool,
    /// Secrets that no error may print.
    pub(crate) secrets: &'static [&'static str],
    /// The card number in the request, if there is one. Errors may print it only as part of a longer number.
    pub(crate) card: Option<&'static str>,
}

impl Rules {
    pub(crate) fn new(effect: Effect, secrets: &'static [&'static str]) -> Self {
        Self { effect, errors_in_2xx: false, empty_401: false, secrets, card: None }
    }
}

/// Makes the call, and checks the result against what a response can prove.
#[track_caller]
pub(crate) fn check_call<T: Debug>(
    case: &Case<'_>,
    rules: &Rules,
    script: &Script,
    call: impl Future<Output = Result<T, Error>>,
) -> Option<T> {
    let result = now(call);
    assert_eq!(script.requests().len(), 1, "exactly one attempt");
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
        let is_documented = rules.empty_401 && case.status == 401 && case.body.is_empty();
        let is_provider = oracle::is_object(case.body) && !case.is_encoded() || is_documented;
        assert!(is_provider, "refused by a body that is not the provider's");
    }
    if (300..400).contains(&case.status) && !case.is_encoded() {
        assert_eq!((error.kind(), outcome), (ErrorKind::Configuration, Outcome::Unknown));
    }
    assert_eq!(error.status().map(|status| status.as_u16()), Some(case.status));
    for said in [error.object_id(), error.reported_status()].into_iter().flatten() {
        assert!(oracle::says(case.body, said), "{said:?} is nowhere in the body");
    }
    if let Some(said) = error.reported_amount() {
        // An amount of another shape is kept as it was received.
        let body = oracle::clean(case.body, char::REPLACEMENT_CHARACTER);
        let kept = oracle::clean(said.as_bytes(), char::REPLACEMENT_CHARACTER);
        assert!(oracle::says(case.body, said) || body.contains(&kept), "{said:?} is nowhere in the body");
    }

    let line = error.to_string();
    assert!(!line.chars().any(|c| c.is_control()), "{line:?} has control characters");
    let mut shown = format!("{line}\n{error:?}\n{error:#?}\n{:?}", error.field_errors());
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        shown += &format!("{inner}\n{inner:?}\n");
        source = inner.source();
    }
    for secret in rules.secrets {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(rules.card.is_none_or(|number| !oracle::shows_card(&shown, number)), "a card number in {shown}");
}

/// An item that cannot be read is the list's, with the id that the list says.
#[track_caller]
pub(crate) fn check_item(body: &[u8], list: &str, index: usize, unreadable: &UnreadableItem) {
    assert_eq!(unreadable.index, index);
    let raw = oracle::clean(unreadable.raw.as_str().as_bytes(), char::REPLACEMENT_CHARACTER);
    assert_eq!(oracle::item(body, list, index), Some(raw));
    assert!(unreadable.error.path().starts_with(&format!("{list}[{index}]")), "{unreadable}");
    if let Some(id) = &unreadable.id {
        same_text(oracle::member_at(body, &[list, &format!("[{index}]"), "id"]), id);
    }
    let _ = format!("{unreadable} {unreadable:?}");
}

/// Returns true if a response with this status can be a refusal.
fn may_refuse(case: &Case<'_>, rules: &Rules) -> bool {
    match case.status {
        200..300 => rules.errors_in_2xx,
        400..=405 | 413 | 415 | 422 => true,
        _ => false,
    }
}

/// Polls once: a scripted response is ready immediately.
#[track_caller]
pub(crate) fn now<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a scripted response is not ready"),
    }
}

pub(crate) fn clock() -> ManualClock {
    ManualClock::at(time::macros::datetime!(2026-01-02 03:04:05 UTC))
}

/// Builds a client that gets its responses from a script.
macro_rules! build_client {
    ($builder:expr, $script:expr) => {
        $builder
            .transport($script.clone())
            .clock($crate::responses::clock())
            .timer($crate::responses::clock())
            .retry(payments_core::RetryPolicy::none())
            .build()
            .expect("a client")
    };
}
pub(crate) use build_client;

/// The selecting bytes for a provider with this many operations.
pub(crate) const fn choices(operations: u8) -> [(u8, u8); 3] {
    [(FIRST_OPERATION, operations), (FIRST_STATUS, 24), (FIRST_HEADERS, HEADERS)]
}

/// Letters and digits, so that the corpus is readable.
const FIRST_OPERATION: u8 = b'a';
const FIRST_STATUS: u8 = b'A';
const FIRST_HEADERS: u8 = b'0';
const HEADERS: u8 = 4;

/// Each status that the rules name, and its neighbours.
const STATUSES: [u16; 24] = [
    200, 201, 204, 299, 301, 302, 304, 400, 401, 402, 403, 404, 405, 408, 409, 413, 415, 418, 422, 429, 500, 502, 504,
    599,
];
