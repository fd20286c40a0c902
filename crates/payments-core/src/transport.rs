//! How a request leaves the process, and how far it got when it failed.

#[cfg(feature = "reqwest")]
pub mod reqwest;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use async_trait::async_trait;
use http::{HeaderMap, Method, StatusCode};
use zeroize::Zeroizing;

/// Sends one request once.
///
/// Implement it to bring an HTTP stack of your own. Three things are asked of it: follow no redirect, repeat nothing,
/// and call a failure [`TransportError::not_sent`] only when it is certain that not one byte of the request left. It adds
/// `Host` and the body's length, and changes nothing else.
///
/// ```
/// use payments_core::transport::{Answer, Request, Transport, TransportError, async_trait};
///
/// #[derive(Debug)]
/// struct Offline;
///
/// #[async_trait]
/// impl Transport for Offline {
///     async fn send(&self, request: Request) -> Result<Answer, TransportError> {
///         let _ = (request.method(), request.url(), request.headers(), request.body().as_ref());
///         Err(TransportError::not_sent("there is no network here"))
///     }
/// }
/// ```
///
/// An `Arc` of one is one too, so that several clients can share it.
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends the request and reads the whole answer, up to the request's limit.
    ///
    /// # Errors
    ///
    /// Says how far it got.
    async fn send(&self, request: Request) -> Result<Answer, TransportError>;
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Arc<T> {
    async fn send(&self, request: Request) -> Result<Answer, TransportError> {
        T::send(self, request).await
    }
}

/// One HTTP request, with its deadline and the limit for its answer.
///
/// `Debug` shows neither header values nor the body: they hold keys and card numbers.
#[derive(Clone)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) timeout: Duration,
    pub(crate) body_limit: usize,
}

impl Request {
    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The whole URL, already percent-encoded: it must go out as it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The headers, credentials included.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body; empty where there is none.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// How long this attempt may take. The executor enforces it too; a transport need not.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How many bytes of body to read at most: give up beyond, keeping status and headers.
    #[must_use]
    pub fn body_limit(&self) -> usize {
        self.body_limit
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

/// A request's body: shared by its attempts, and wiped when the last of them is gone.
#[derive(Clone, Default)]
pub struct Body(Arc<Zeroizing<Vec<u8>>>);

impl Body {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Zeroizing::new(bytes)))
    }

    /// True where there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.0.len())
    }
}

/// One HTTP answer, whole or as far as it came.
///
/// `Debug` shows neither header values nor the body.
#[derive(Clone)]
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    /// An answer as it came.
    #[must_use]
    pub fn new(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { status, headers, body }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The raw body; empty where it could not be read.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The first of `request-id`, `x-request-id` and `cf-ray` that the answer has.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        ["request-id", "x-request-id", "cf-ray"].iter().find_map(|name| self.header(name))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status.as_u16())
            .field("request_id", &self.request_id())
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .finish_non_exhaustive()
    }
}

/// Why there is no answer, or none that can be read: and how far the request got.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct TransportError {
    pub(crate) reached: Reached,
    pub(crate) timed_out: bool,
    pub(crate) problem: &'static str,
    #[source]
    pub(crate) source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// How far a request got.
#[derive(Debug)]
pub(crate) enum Reached {
    NotSent,
    Unknown,
    Head(Answer),
}

impl TransportError {
    /// Not one byte of the request left this process, provably.
    #[must_use]
    pub fn not_sent(problem: &'static str) -> Self {
        Self::of(Reached::NotSent, problem)
    }

    /// It may have left: whatever is not certain belongs here.
    #[must_use]
    pub fn unknown(problem: &'static str) -> Self {
        Self::of(Reached::Unknown, problem)
    }

    /// The head of an answer came, but its body could not be read.
    #[must_use]
    pub fn unreadable(status: StatusCode, headers: HeaderMap, problem: &'static str) -> Self {
        Self::of(Reached::Head(Answer::new(status, headers, Vec::new())), problem)
    }

    /// It failed because time was up.
    #[must_use]
    pub fn timed_out(mut self) -> Self {
        self.timed_out = true;
        self
    }

    /// What was underneath. It must hold no URL, header or body.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    fn of(reached: Reached, problem: &'static str) -> Self {
        Self { reached, timed_out: false, problem, source: None }
    }
}
