//! The built-in transport: `reqwest` on tokio, configured not to redirect, retry or decompress.

use std::time::Duration;

use async_trait::async_trait;
use http::HeaderMap;
use reqwest::redirect;

use super::{Request, Response, Transport, TransportError};
use crate::Error;
use crate::clock::{Sleep, Timer};

pub use reqwest::Proxy;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
pub use reqwest::{Certificate, Identity};

/// An HTTP/1.1 transport with a connection pool.
///
/// It does not follow redirects, retry or decompress, and does not use a proxy from the environment by default.
///
/// ```no_run
/// use payments_core::transport::reqwest::ReqwestTransport;
///
/// let transport = ReqwestTransport::builder().connect_timeout(std::time::Duration::from_secs(2)).build()?;
/// # Ok::<(), payments_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ReqwestTransport {
    http: reqwest::Client,
    connect_timeout: Duration,
}

impl ReqwestTransport {
    /// Creates a builder with the defaults.
    ///
    /// Connecting may take 5 s, an idle connection is kept for 4 s, TLS is version 1.2 or later, and no proxy is used.
    #[must_use]
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder {
            connect_timeout: CONNECT_TIMEOUT,
            idle_timeout: IDLE_TIMEOUT,
            proxy: ProxyChoice::None,
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            roots: Vec::new(),
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            identity: None,
        }
    }
}

/// A builder of a [`ReqwestTransport`].
#[derive(Debug)]
pub struct ReqwestTransportBuilder {
    connect_timeout: Duration,
    idle_timeout: Duration,
    proxy: ProxyChoice,
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    roots: Vec<Certificate>,
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    identity: Option<Identity>,
}

impl ReqwestTransportBuilder {
    /// Sets how long name resolution, TCP and TLS may take together. Default: 5 s.
    ///
    /// If connecting takes longer, the request counts as not sent. So keep this below the timeout of an attempt.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets how long an idle connection stays in the pool. Default: 4 s; zero disables reuse.
    ///
    /// Keep this below the provider's own idle timeout. Otherwise the provider may close a connection while a request
    /// is written to it, and the outcome of that call is unknown.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Sends all requests through this proxy.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = ProxyChoice::Given(Box::new(proxy));
        self
    }

    /// Sends all requests through the proxy that the environment names, for example in `HTTPS_PROXY`.
    #[must_use]
    pub fn proxy_from_env(mut self) -> Self {
        self.proxy = ProxyChoice::FromEnv;
        self
    }

    /// Adds a trusted root certificate.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[must_use]
    pub fn root_certificate(mut self, certificate: Certificate) -> Self {
        self.roots.push(certificate);
        self
    }

    /// Sets the client certificate for servers that request one.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Builds the transport.
    ///
    /// # Errors
    ///
    /// Returns an error if TLS cannot be set up, for example without root certificates or with an invalid identity.
    pub fn build(self) -> Result<ReqwestTransport, Error> {
        let mut http = reqwest::Client::builder()
            .http1_only()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            // Explicit, because another crate in the build may enable a codec's feature.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(self.idle_timeout)
            .pool_max_idle_per_host(if self.idle_timeout.is_zero() { 0 } else { usize::MAX })
            .tcp_nodelay(true);
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        {
            http = http.tls_version_min(reqwest::tls::Version::TLS_1_2);
            if !self.roots.is_empty() {
                http = http.tls_certs_merge(self.roots);
            }
            if let Some(identity) = self.identity {
                http = http.identity(identity);
            }
        }
        http = match self.proxy {
            ProxyChoice::None => http.no_proxy(),
            ProxyChoice::Given(proxy) => http.no_proxy().proxy(*proxy),
            ProxyChoice::FromEnv => http,
        };
        let http = http.build().map_err(|err| {
            Error::configuration("the HTTP transport could not be set up").with_source(Some(err.without_url().into()))
        })?;
        Ok(ReqwestTransport { http, connect_timeout: self.connect_timeout })
    }
}

#[derive(Debug)]
enum ProxyChoice {
    None,
    Given(Box<Proxy>),
    FromEnv,
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let Request { method, url, headers, body, body_limit, .. } = request;
        let url = url.parse().map_err(|_| TransportError::not_sent("the request's URL is invalid"))?;
        let mut outgoing = reqwest::Request::new(method, url);
        *outgoing.headers_mut() = headers;
        if !body.is_empty() {
            *outgoing.body_mut() = Some(bytes::Bytes::from_owner(body).into());
        }
        let mut incoming = self.http.execute(outgoing).await.map_err(send_error)?;
        let status = incoming.status();
        let headers = std::mem::take(incoming.headers_mut());
        match read_body(&mut incoming, body_limit).await {
            Ok(body) => Ok(Response::new(status, headers, body)),
            Err(error) => Err(error.with_head(status, headers)),
        }
    }

    fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }
}

async fn read_body(incoming: &mut reqwest::Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    let announced = incoming.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    if announced > limit {
        return Err(BodyError::TooLong);
    }
    let mut body = Vec::with_capacity(announced);
    while let Some(chunk) = incoming.chunk().await.map_err(BodyError::Broken)? {
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

enum BodyError {
    TooLong,
    Broken(reqwest::Error),
}

impl BodyError {
    fn with_head(self, status: http::StatusCode, headers: HeaderMap) -> TransportError {
        match self {
            Self::TooLong => TransportError::too_long(status, headers),
            Self::Broken(err) => TransportError::unreadable(status, headers, "the response body is incomplete")
                .caused_by(err.without_url()),
        }
    }
}

/// Converts an error of sending. Anything that does not prove "not sent" is unknown.
fn send_error(err: reqwest::Error) -> TransportError {
    let timed_out = err.is_timeout();
    let error = if err.is_builder() {
        TransportError::not_sent("the request could not be built")
    } else if err.is_connect() {
        TransportError::not_sent("no connection could be established")
    } else if was_not_written(&err) {
        TransportError::not_sent("the connection closed before the request was written")
    } else if timed_out {
        TransportError::unknown("no response before the timeout")
    } else {
        TransportError::unknown("the connection broke before a response arrived")
    };
    let error = error.caused_by(err.without_url());
    if timed_out { error.timed_out() } else { error }
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

/// The timer of the tokio runtime.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioTimer;

impl Timer for TokioTimer {
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The timeout for connecting.
///
/// Connecting normally takes well under a second. After five, another attempt is the better choice.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The time for which an idle connection stays in the pool.
///
/// Longer saves handshakes. But if the server closes an idle connection while we write to it, we cannot know whether it
/// read the request. Common servers wait at least five seconds, so we close first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);
