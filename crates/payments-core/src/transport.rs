//! The transport that sends requests, and its errors.

#[cfg(feature = "reqwest")]
pub mod reqwest;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use async_trait::async_trait;
use http::{HeaderMap, StatusCode};

pub use crate::message::{Body, Request, Response};

/// An HTTP stack that sends each request once.
///
/// Implement this trait to use your own HTTP stack. An implementation must:
///
/// - not follow redirects,
/// - not retry,
/// - return [`TransportError::not_sent`] only if it is certain that no byte of the request left the process,
/// - add only the `Host` and `Content-Length` headers, and change nothing else.
///
/// `Arc<T>` implements `Transport` too, so that several clients can share one.
///
/// ```
/// use payments_core::transport::{Response, Request, Transport, TransportError, async_trait};
///
/// #[derive(Debug)]
/// struct Offline;
///
/// #[async_trait]
/// impl Transport for Offline {
///     async fn send(&self, request: Request) -> Result<Response, TransportError> {
///         let _ = (request.method(), request.url(), request.headers(), request.body().as_ref());
///         Err(TransportError::not_sent("there is no network here"))
///     }
/// }
/// ```
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends the request and reads the whole response, up to the request's [body limit](Request::body_limit).
    ///
    /// # Errors
    ///
    /// Returns an error that says how far the request got.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;

    /// Returns how long connecting may take; zero if the transport sets no such limit.
    ///
    /// A write is started only if more time than this remains: an attempt that is cut off while it connects could not be
    /// distinguished from one whose response was lost.
    fn connect_timeout(&self) -> Duration {
        Duration::ZERO
    }

    /// Checks that the transport can send to a client's base URL. Called when the client is built.
    ///
    /// # Errors
    ///
    /// Returns an error if no request to this URL could be sent, for example because `https` is not set up.
    fn check_base_url(&self, base_url: &str) -> Result<(), TransportError> {
        let _ = base_url;
        Ok(())
    }
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Arc<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        T::send(self, request).await
    }

    fn connect_timeout(&self) -> Duration {
        T::connect_timeout(self)
    }

    fn check_base_url(&self, base_url: &str) -> Result<(), TransportError> {
        T::check_base_url(self, base_url)
    }
}

/// The error of a request without a complete response. It says how far the request got.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct TransportError {
    pub(crate) reached: Reached,
    pub(crate) cause: Cause,
    pub(crate) problem: &'static str,
    #[source]
    pub(crate) source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TransportError {
    /// Creates an error for a request of which provably no byte left this process.
    #[must_use]
    pub fn not_sent(problem: &'static str) -> Self {
        Self::new(Reached::NotSent, problem)
    }

    /// Creates an error for a request that a wrong setting keeps from being sent.
    ///
    /// Provably no byte of it left this process, and it is not sent again.
    #[must_use]
    pub fn configuration(problem: &'static str) -> Self {
        Self { cause: Cause::Configuration, ..Self::new(Reached::NotSent, problem) }
    }

    /// Creates an error for a request that may have been sent. Use it whenever you are not certain.
    #[must_use]
    pub fn unknown(problem: &'static str) -> Self {
        Self::new(Reached::Unknown, problem)
    }

    /// Creates an error for a response whose status and headers arrived, but not the whole body.
    #[must_use]
    pub fn unreadable(status: StatusCode, headers: HeaderMap, problem: &'static str) -> Self {
        Self::new(Reached::head(status, headers), problem)
    }

    /// Creates an error for a response whose body exceeds the request's [body limit](Request::body_limit).
    #[must_use]
    pub fn too_long(status: StatusCode, headers: HeaderMap) -> Self {
        let problem = "the response body exceeds the size limit";
        Self { cause: Cause::TooLong, ..Self::new(Reached::head(status, headers), problem) }
    }

    /// Marks the error as a timeout.
    #[must_use]
    pub fn timed_out(mut self) -> Self {
        if self.cause == Cause::Other {
            self.cause = Cause::TimedOut;
        }
        self
    }

    /// Sets the underlying error. It must not contain a URL, a header value or a body.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    fn new(reached: Reached, problem: &'static str) -> Self {
        Self { reached, cause: Cause::Other, problem, source: None }
    }
}

/// Why a request failed, as far as the error's kind depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    TimedOut,
    TooLong,
    Configuration,
    Other,
}

/// The progress of a request before it failed.
#[derive(Debug)]
pub(crate) enum Reached {
    /// No byte of the request left the process.
    NotSent,
    /// The request may have been sent.
    Unknown,
    /// The status and headers of a response arrived.
    Head(Box<Response>),
}

impl Reached {
    fn head(status: StatusCode, headers: HeaderMap) -> Self {
        Self::Head(Box::new(Response::new(status, headers, Vec::new())))
    }
}
