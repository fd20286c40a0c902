//! The transport of our own: `reqwest` on tokio, set up so that what it does is known.

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

/// HTTP/1.1 over a pool of connections, without redirects, retries, decompression or a proxy from the environment.
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
}

impl ReqwestTransport {
    /// Starts from the defaults: 5 s to connect, idle connections kept for 4 s, no proxy, TLS 1.2 or later.
    #[must_use]
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder {
            connect_timeout: CONNECT_TIMEOUT,
            idle: IDLE,
            proxy: ProxyChoice::None,
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            roots: Vec::new(),
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            identity: None,
        }
    }
}

/// Sets up a [`ReqwestTransport`].
#[derive(Debug)]
pub struct ReqwestTransportBuilder {
    connect_timeout: Duration,
    idle: Duration,
    proxy: ProxyChoice,
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    roots: Vec<Certificate>,
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    identity: Option<Identity>,
}

#[derive(Debug)]
enum ProxyChoice {
    None,
    Given(Box<Proxy>),
    FromEnv,
}

impl ReqwestTransportBuilder {
    /// How long name resolution, TCP and TLS may take together. A connection that is not made in this time is a
    /// request that was not sent, so keep it below the timeout of an attempt.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long an idle connection is kept for the next call. Zero keeps none.
    ///
    /// Longer than the provider's own limit means calls whose outcome is unknown for no good reason.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle = timeout;
        self
    }

    /// Sends everything through this proxy.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = ProxyChoice::Given(Box::new(proxy));
        self
    }

    /// Sends everything through the proxy that the environment names (`HTTPS_PROXY` and the like).
    #[must_use]
    pub fn proxy_from_env(mut self) -> Self {
        self.proxy = ProxyChoice::FromEnv;
        self
    }

    /// Trusts one more root certificate.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[must_use]
    pub fn root_certificate(mut self, certificate: Certificate) -> Self {
        self.roots.push(certificate);
        self
    }

    /// Shows this certificate to servers that ask for one.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Builds it.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up: no root certificates on this machine, a broken identity.
    pub fn build(self) -> Result<ReqwestTransport, Error> {
        let mut http = reqwest::Client::builder()
            .http1_only()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            // By name: another crate in the build may have switched a codec on.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(self.idle)
            .pool_max_idle_per_host(if self.idle.is_zero() { 0 } else { usize::MAX })
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
        Ok(ReqwestTransport { http })
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let Request { method, url, headers, body, body_limit, .. } = request;
        let url = url.parse().map_err(|_| TransportError::not_sent("the request's address could not be read"))?;
        let mut outgoing = reqwest::Request::new(method, url);
        *outgoing.headers_mut() = headers;
        if !body.is_empty() {
            *outgoing.body_mut() = Some(bytes::Bytes::from_owner(body).into());
        }
        let mut incoming = self.http.execute(outgoing).await.map_err(of_sending)?;
        let status = incoming.status();
        let headers = std::mem::take(incoming.headers_mut());
        match read(&mut incoming, body_limit).await {
            Ok(body) => Ok(Response::new(status, headers, body)),
            Err(unreadable) => Err(unreadable.of(status, headers)),
        }
    }
}

async fn read(incoming: &mut reqwest::Response, limit: usize) -> Result<Vec<u8>, Unreadable> {
    let announced = incoming.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    if announced > limit {
        return Err(Unreadable::TooLong);
    }
    let mut body = Vec::with_capacity(announced);
    while let Some(chunk) = incoming.chunk().await.map_err(Unreadable::Broken)? {
        if body.len() + chunk.len() > limit {
            return Err(Unreadable::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

enum Unreadable {
    TooLong,
    Broken(reqwest::Error),
}

impl Unreadable {
    fn of(self, status: http::StatusCode, headers: HeaderMap) -> TransportError {
        match self {
            Self::TooLong => TransportError::unreadable(status, headers, "the body is longer than the limit"),
            Self::Broken(err) => {
                TransportError::unreadable(status, headers, "the body ends before its end").caused_by(err.without_url())
            }
        }
    }
}

/// Sorts a failure of `reqwest` by what it proves. The burden of proof is on "not sent".
fn of_sending(err: reqwest::Error) -> TransportError {
    let timed_out = err.is_timeout();
    let error = if err.is_builder() {
        TransportError::not_sent("the request could not be built")
    } else if err.is_connect() {
        TransportError::not_sent("no connection could be made")
    } else if handed_back(&err) {
        TransportError::not_sent("the connection closed before the request was written")
    } else if timed_out {
        TransportError::unknown("no answer in time")
    } else {
        TransportError::unknown("the connection broke before an answer came")
    };
    let error = error.caused_by(err.without_url());
    if timed_out { error.timed_out() } else { error }
}

/// True when the HTTP stack gave the request back without having written any of it.
fn handed_back(err: &reqwest::Error) -> bool {
    let mut source = std::error::Error::source(err);
    while let Some(err) = source {
        if err.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled) {
            return true;
        }
        source = err.source();
    }
    false
}

/// Waits on tokio's timer.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioTimer;

impl Timer for TokioTimer {
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A handshake takes well under a second; what has not connected in five is better tried again.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an idle connection is kept for the next call.
///
/// Longer saves handshakes; but a server that closes an idle connection just as we write on it leaves us not knowing
/// whether it read the request. Common servers wait five seconds or more, so we let go first.
const IDLE: Duration = Duration::from_secs(4);
