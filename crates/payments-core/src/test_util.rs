//! Test doubles: a transport with scripted replies, a clock that the test controls, and errors.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use time::OffsetDateTime;

use crate::clock::{Clock, Sleep, Timer};
use crate::transport::{Request, Response, Transport, TransportError};
use crate::{Error, ErrorKind, Outcome};

/// A transport that returns scripted replies in order and records every request.
///
/// ```
/// use payments_core::test_util::{Reply, Script};
///
/// let script = Script::new([Reply::json(201, r#"{"status":"new"}"#), Reply::lost()]);
/// assert_eq!(script.requests().len(), 0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Script(Arc<Mutex<ScriptState>>);

#[derive(Debug, Default)]
struct ScriptState {
    replies: VecDeque<Reply>,
    requests: Vec<Request>,
}

impl Script {
    /// Creates a transport with these replies. After the last one, every request fails as not sent.
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self(Arc::new(Mutex::new(ScriptState { replies: replies.into_iter().collect(), requests: Vec::new() })))
    }

    /// Adds a reply at the end.
    pub fn push(&self, reply: Reply) {
        lock(&self.0).replies.push_back(reply);
    }

    /// Returns all requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.0).requests.clone()
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let reply = {
            let mut state = lock(&self.0);
            state.requests.push(request);
            state.replies.pop_front()
        };
        match reply {
            Some(Reply(ReplyKind::Response(response))) => Ok(response),
            Some(Reply(ReplyKind::Failure(error))) => Err(error),
            Some(Reply(ReplyKind::Silence)) => std::future::pending().await,
            None => Err(TransportError::not_sent("the script has no more replies")),
        }
    }
}

/// A scripted reply.
#[derive(Debug)]
pub struct Reply(ReplyKind);

#[derive(Debug)]
enum ReplyKind {
    Response(Response),
    Failure(TransportError),
    Silence,
}

impl Reply {
    /// Creates a response with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: &str) -> Self {
        Self::new(status, body).header("content-type", "application/json")
    }

    /// Creates a response without a content type.
    #[must_use]
    pub fn new(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self(ReplyKind::Response(Response::new(status_code(status), HeaderMap::new(), body.as_ref().to_vec())))
    }

    /// Adds a header to a response.
    #[must_use]
    pub fn header(self, name: &'static str, value: &'static str) -> Self {
        match self.0 {
            ReplyKind::Response(response) => {
                let mut headers = response.headers().clone();
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
                Self(ReplyKind::Response(Response::new(response.status(), headers, response.body().to_vec())))
            }
            other => Self(other),
        }
    }

    /// Creates a failure to connect: the request is not sent.
    #[must_use]
    pub fn not_connected() -> Self {
        Self(ReplyKind::Failure(TransportError::not_sent("no connection could be established")))
    }

    /// Creates a connection that breaks before a response arrives: the request may have been executed.
    #[must_use]
    pub fn lost() -> Self {
        Self(ReplyKind::Failure(TransportError::unknown("the connection broke before a response arrived")))
    }

    /// Creates a response whose connection breaks after the headers.
    #[must_use]
    pub fn cut_off(status: u16) -> Self {
        let problem = "the response body is incomplete";
        Self(ReplyKind::Failure(TransportError::unreadable(status_code(status), HeaderMap::new(), problem)))
    }

    /// Creates a connection on which no response arrives until the client's timeout.
    #[must_use]
    pub fn silence() -> Self {
        Self(ReplyKind::Silence)
    }
}

/// A clock and timer that the test controls.
///
/// A pause, such as a backoff, moves the clock forward by its length and ends at once. A timeout of an operation in
/// progress ends only when the test moves the clock past it.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<ClockState>>);

#[derive(Debug)]
struct ClockState {
    start: OffsetDateTime,
    elapsed: Duration,
    waiting: Vec<Waker>,
    slept: Vec<Duration>,
}

impl ManualClock {
    /// Creates a clock that shows this time.
    #[must_use]
    pub fn at(now: OffsetDateTime) -> Self {
        let state = ClockState { start: now, elapsed: Duration::ZERO, waiting: Vec::new(), slept: Vec::new() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let mut state = lock(&self.0);
        state.elapsed += by;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Returns the lengths of all pauses so far.
    #[must_use]
    pub fn slept(&self) -> Vec<Duration> {
        lock(&self.0).slept.clone()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        let state = lock(&self.0);
        state.start + state.elapsed
    }

    fn monotonic(&self) -> Duration {
        lock(&self.0).elapsed
    }
}

impl Timer for ManualClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.clone();
        let end = self.monotonic() + duration;
        Box::pin(async move {
            lock(&clock.0).slept.push(duration);
            clock.advance(end.saturating_sub(clock.monotonic()));
        })
    }

    fn deadline(&self, duration: Duration) -> Sleep {
        Box::pin(Deadline { clock: self.clone(), end: self.monotonic() + duration })
    }
}

/// A future that ends when the clock has reached `end`.
struct Deadline {
    clock: ManualClock,
    end: Duration,
}

impl Future for Deadline {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.clock.0);
        if state.elapsed >= self.end {
            return Poll::Ready(());
        }
        state.waiting.push(context.waker().clone());
        Poll::Pending
    }
}

/// Creates an error of any kind and outcome, to test how your code handles it.
///
/// It counts as the error of a call that moves money. For an error with the provider's code or message, see
/// [`Error::from_provider`].
///
/// ```
/// use payments_core::test_util::error;
/// use payments_core::{Error, ErrorKind, Outcome};
///
/// fn may_release_funds(err: &Error) -> bool {
///     err.outcome() != Outcome::Unknown
/// }
///
/// assert!(may_release_funds(&error(ErrorKind::Declined, Outcome::Refused)));
/// assert!(!may_release_funds(&error(ErrorKind::Timeout, Outcome::Unknown)));
/// ```
#[must_use]
pub fn error(kind: ErrorKind, outcome: Outcome) -> Error {
    Error::new(kind, outcome, "an error of `test_util`")
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
