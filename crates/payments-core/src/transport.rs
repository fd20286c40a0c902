//! How a request leaves the process, and how far it got when it failed.

#[cfg(feature = "reqwest")]
pub mod reqwest;

use std::fmt;
use std::sync::Arc;

pub use async_trait::async_trait;
use http::{HeaderMap, StatusCode};

pub use crate::message::{Body, Request, Response};

/// Sends one request once.
///
/// Implement it to bring an HTTP stack of your own. Three things are asked of it: follow no redirect, repeat nothing,
/// and call a failure [`TransportError::not_sent`] only when it is certain that not one byte of the request left. It adds
/// `Host` and the body's length, and changes nothing else.
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
///
/// An `Arc` of one is one too, so that several clients can share it.
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends the request and reads the whole answer, up to the request's limit.
    ///
    /// # Errors
    ///
    /// Says how far it got.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Arc<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        T::send(self, request).await
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
    Head(Response),
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
        Self::of(Reached::Head(Response::new(status, headers, Vec::new())), problem)
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
