//! HTTP requests and responses as values.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::AsHeaderName;
use http::{HeaderMap, Method, StatusCode};
use zeroize::Zeroizing;

/// An HTTP request, with its timeout and the size limit for its response.
///
/// `Debug` shows neither header values nor the body, because they contain keys and card numbers.
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

    /// The full URL, already percent-encoded. Send it unchanged.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The headers, including credentials.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body; empty if the request has none.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The timeout of this attempt. The executor enforces it, so a transport need not.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The largest response body to read, in bytes. Beyond it, stop reading and report the status and headers.
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

/// A request's body. All attempts of a call share it, and it is wiped when the last of them is dropped.
#[derive(Clone, Default)]
pub struct Body(Option<Arc<Zeroizing<Vec<u8>>>>);

impl Body {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(Some(Arc::new(Zeroizing::new(bytes))))
    }

    /// True if there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_ref().is_empty()
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |bytes| bytes.as_slice())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.as_ref().len())
    }
}

/// An HTTP response, complete or as far as it was received.
///
/// `Debug` shows neither header values nor the body.
#[derive(Clone)]
pub struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Response {
    /// Creates a response from its parts.
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

    /// The raw body; empty if it could not be read.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The first of `request-id`, `x-request-id` and `cf-ray` that the response has.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        ["request-id", "x-request-id", "cf-ray"].iter().find_map(|name| self.header(*name))
    }

    pub(crate) fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status.as_u16())
            .field("request_id", &self.request_id())
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .finish_non_exhaustive()
    }
}
