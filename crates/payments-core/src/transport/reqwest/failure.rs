//! What an error of reqwest proves about the request.

use http::{HeaderMap, StatusCode};

use crate::transport::TransportError;

impl TransportError {
    /// Classifies an error of sending, for a transport of your own on reqwest.
    ///
    /// **This is the riskiest code of the crate.** A request that is wrongly classified as not sent is paid twice. So only
    /// three kinds of error count as not sent, and everything else is unknown:
    ///
    /// | the error | because |
    /// |---|---|
    /// | [`is_builder`](reqwest::Error::is_builder) | there was no request yet |
    /// | [`is_connect`](reqwest::Error::is_connect): DNS, TCP, TLS, a proxy's tunnel | only the connector returns it, and the request is written later |
    /// | [`hyper::Error::is_canceled`] among the sources | the connection returned the request before it wrote any byte |
    ///
    /// This holds for one request on one connection. So the client must neither redirect nor retry: an error of the
    /// second request, such as a refused connection, would hide that the first one was sent. No error shows that it is
    /// the second one. HTTP/2 is not tested. Build the client at least like this:
    ///
    /// ```
    /// use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
    ///
    /// #[derive(Debug)]
    /// struct OwnTransport(reqwest::Client);
    ///
    /// impl OwnTransport {
    ///     fn new() -> Result<Self, reqwest::Error> {
    ///         let http = reqwest::Client::builder()
    ///             .redirect(reqwest::redirect::Policy::none())
    ///             .retry(reqwest::retry::never())
    ///             .http1_only()
    ///             .no_gzip()
    ///             .no_brotli()
    ///             .no_zstd()
    ///             .no_deflate()
    ///             .no_proxy()
    ///             // Shorter than the timeout of an attempt: a timeout of connecting is not sent, any other is unknown.
    ///             .connect_timeout(std::time::Duration::from_secs(5))
    ///             // Shorter than the server's, which could otherwise close the connection while it is written to.
    ///             .pool_idle_timeout(std::time::Duration::from_secs(4));
    ///         Ok(Self(http.build()?))
    ///     }
    /// }
    ///
    /// #[async_trait]
    /// impl Transport for OwnTransport {
    ///     async fn send(&self, request: Request) -> Result<Response, TransportError> {
    ///         let url = request.url().parse().map_err(|_| TransportError::not_sent("the request's URL is invalid"))?;
    ///         let mut outgoing = reqwest::Request::new(request.method().clone(), url);
    ///         *outgoing.headers_mut() = request.headers().clone();
    ///         if !request.body().is_empty() {
    ///             *outgoing.body_mut() = Some(request.body().as_ref().to_vec().into());
    ///         }
    ///         let mut incoming = self.0.execute(outgoing).await.map_err(TransportError::from_reqwest)?;
    ///         let (status, headers) = (incoming.status(), incoming.headers().clone());
    ///         let mut body = Vec::new();
    ///         loop {
    ///             match incoming.chunk().await {
    ///                 Ok(Some(chunk)) if body.len() + chunk.len() > request.body_limit() => {
    ///                     return Err(TransportError::too_long(status, headers));
    ///                 }
    ///                 Ok(Some(chunk)) => body.extend_from_slice(&chunk),
    ///                 Ok(None) => return Ok(Response::new(status, headers, body)),
    ///                 Err(err) => return Err(TransportError::from_reqwest_body(status, headers, err)),
    ///             }
    ///         }
    ///     }
    ///
    ///     fn connect_timeout(&self) -> std::time::Duration {
    ///         std::time::Duration::from_secs(5)
    ///     }
    /// }
    /// # let _ = OwnTransport::new();
    /// ```
    #[must_use]
    pub fn from_reqwest(err: reqwest::Error) -> Self {
        let timed_out = err.is_timeout();
        let error = if err.is_builder() {
            Self::not_sent("the request could not be built")
        } else if err.is_connect() {
            Self::not_sent("no connection could be established")
        } else if was_not_written(&err) {
            Self::not_sent("the connection closed before the request was written")
        } else if timed_out {
            Self::unknown("no response before the timeout")
        } else {
            Self::unknown("the connection broke before a response arrived")
        };
        let error = error.caused_by(err.without_url());
        if timed_out { error.timed_out() } else { error }
    }

    /// Classifies an error of reading a response's body with reqwest.
    ///
    /// The request was sent, so this is never "not sent", whatever the status is.
    #[must_use]
    pub fn from_reqwest_body(status: StatusCode, headers: HeaderMap, err: reqwest::Error) -> Self {
        let timed_out = err.is_timeout();
        let error = Self::unreadable(status, headers, "the response body is incomplete").caused_by(err.without_url());
        if timed_out { error.timed_out() } else { error }
    }
}

/// Returns true if the HTTP stack returned the request without writing any byte of it.
fn was_not_written(err: &reqwest::Error) -> bool {
    let mut source = std::error::Error::source(err);
    while let Some(err) = source {
        if err.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled) {
            return true;
        }
        source = err.source();
    }
    false
}
