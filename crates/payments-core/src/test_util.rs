//! For tests: a transport with scripted replies, and a clock that the test moves.

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

/// Answers from a script, in order, and remembers every request.
///
/// ```
/// use payments_core::test_util::{Reply, Script};
///
/// let script = Script::new([Reply::json(201, r#"{"status":"new"}"#), Reply::lost()]);
/// assert_eq!(script.requests().len(), 0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Script(Arc<Mutex<Scripted>>);

#[derive(Debug, Default)]
struct Scripted {
    replies: VecDeque<Reply>,
    requests: Vec<Request>,
}

impl Script {
    /// These replies, in this order. When they have run out, nothing connects any more.
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self(Arc::new(Mutex::new(Scripted { replies: replies.into_iter().collect(), requests: Vec::new() })))
    }

    /// One more reply at the end.
    pub fn push(&self, reply: Reply) {
        lock(&self.0).replies.push_back(reply);
    }

    /// Every request so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.0).requests.clone()
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let reply = {
            let mut script = lock(&self.0);
            script.requests.push(request);
            script.replies.pop_front()
        };
        match reply {
            Some(Reply(ReplyKind::Response(answer))) => Ok(answer),
            Some(Reply(ReplyKind::Failure(failure))) => Err(failure),
            Some(Reply(ReplyKind::Silence)) => std::future::pending().await,
            None => Err(TransportError::not_sent("the script has no more replies")),
        }
    }
}

/// One scripted reply.
#[derive(Debug)]
pub struct Reply(ReplyKind);

#[derive(Debug)]
enum ReplyKind {
    Response(Response),
    Failure(TransportError),
    Silence,
}

impl Reply {
    /// A JSON answer.
    #[must_use]
    pub fn json(status: u16, body: &str) -> Self {
        Self::new(status, body).header("content-type", "application/json")
    }

    /// An answer of no stated type.
    #[must_use]
    pub fn new(status: u16, body: impl AsRef<[u8]>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self(ReplyKind::Response(Response::new(status, HeaderMap::new(), body.as_ref().to_vec())))
    }

    /// With a header.
    #[must_use]
    pub fn header(self, name: &'static str, value: &'static str) -> Self {
        match self.0 {
            ReplyKind::Response(answer) => {
                let mut headers = answer.headers().clone();
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
                Self(ReplyKind::Response(Response::new(answer.status(), headers, answer.body().to_vec())))
            }
            other => Self(other),
        }
    }

    /// No connection.
    #[must_use]
    pub fn not_connected() -> Self {
        Self(ReplyKind::Failure(TransportError::not_sent("no connection could be made")))
    }

    /// The connection broke before an answer came: it may have been executed.
    #[must_use]
    pub fn lost() -> Self {
        Self(ReplyKind::Failure(TransportError::unknown("the connection broke before an answer came")))
    }

    /// The head of an answer came, and then the connection broke.
    #[must_use]
    pub fn cut_off(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let problem = "the body ends before its end";
        Self(ReplyKind::Failure(TransportError::unreadable(status, HeaderMap::new(), problem)))
    }

    /// Nothing, until the client gives up.
    #[must_use]
    pub fn silence() -> Self {
        Self(ReplyKind::Silence)
    }
}

/// A clock that stands still until the test, or a pause, moves it.
///
/// A pause (a back-off, a limit) moves it by its length and is over at once; a deadline of something under way only
/// ends when the clock is moved past it.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Manual>>);

#[derive(Debug)]
struct Manual {
    began: OffsetDateTime,
    elapsed: Duration,
    waiting: Vec<Waker>,
    slept: Vec<Duration>,
}

impl ManualClock {
    /// A clock that stands at this moment.
    #[must_use]
    pub fn at(now: OffsetDateTime) -> Self {
        let manual = Manual { began: now, elapsed: Duration::ZERO, waiting: Vec::new(), slept: Vec::new() };
        Self(Arc::new(Mutex::new(manual)))
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        let mut manual = lock(&self.0);
        manual.elapsed += by;
        let waiting = std::mem::take(&mut manual.waiting);
        drop(manual);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Every pause so far.
    #[must_use]
    pub fn slept(&self) -> Vec<Duration> {
        lock(&self.0).slept.clone()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        let manual = lock(&self.0);
        manual.began + manual.elapsed
    }

    fn monotonic(&self) -> Duration {
        lock(&self.0).elapsed
    }
}

impl Timer for ManualClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.clone();
        let until = self.monotonic() + duration;
        Box::pin(async move {
            lock(&clock.0).slept.push(duration);
            clock.advance(until.saturating_sub(clock.monotonic()));
        })
    }

    fn deadline(&self, duration: Duration) -> Sleep {
        Box::pin(Until { clock: self.clone(), until: self.monotonic() + duration })
    }
}

struct Until {
    clock: ManualClock,
    until: Duration,
}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut manual = lock(&self.clock.0);
        if manual.elapsed >= self.until {
            return Poll::Ready(());
        }
        manual.waiting.push(context.waker().clone());
        Poll::Pending
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
