//! The built-in transport: `reqwest` on tokio, configured not to redirect, retry or decompress.

mod builder;
mod failure;

use std::sync::Arc;
#[cfg(feature = "blocking")]
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;

use super::{Request, Response, Transport, TransportError};
use crate::clock::{Sleep, Timer};
use crate::runtime;

pub use builder::ReqwestTransportBuilder;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
pub use reqwest::{Certificate, Identity};
pub use reqwest::{Proxy, dns};

/// An HTTP/1.1 transport with a connection pool.
///
/// It does not follow redirects, retry or decompress, and does not use a proxy from the environment by default. TLS is
/// rustls with the `rustls` feature, whatever other crates in the build enable.
///
/// ```no_run
/// use payments_core::transport::reqwest::ReqwestTransport;
///
/// let transport = ReqwestTransport::builder()
///     .connect_timeout(std::time::Duration::from_secs(2))
///     .local_address("192.0.2.10".parse()?)
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ReqwestTransport {
    http: reqwest::Client,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: ReqwestTransportBuilder,
    /// Why the platform's root certificates could not be loaded.
    no_platform_roots: Option<Arc<reqwest::Error>>,
    /// The connections of blocking calls.
    ///
    /// A connection is driven by the runtime that opened it. A blocking call must not wait for a runtime that stands
    /// still in the meantime.
    #[cfg(feature = "blocking")]
    blocking: OnceLock<reqwest::Client>,
}

impl ReqwestTransport {
    /// Creates a builder with the defaults.
    ///
    /// Connecting may take 5 s, an idle connection is kept for 4 s, TLS is version 1.2 or later, and no proxy is used.
    #[must_use]
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder::default()
    }

    fn new(
        http: reqwest::Client,
        settings: ReqwestTransportBuilder,
        no_platform_roots: Option<reqwest::Error>,
    ) -> Self {
        let shared = Shared {
            settings,
            no_platform_roots: no_platform_roots.map(Arc::new),
            #[cfg(feature = "blocking")]
            blocking: OnceLock::new(),
        };
        Self { http, shared: Arc::new(shared) }
    }

    /// The client whose connections the current runtime drives.
    #[cfg(feature = "blocking")]
    fn client(&self) -> Result<&reqwest::Client, TransportError> {
        if !runtime::is_blocking() {
            return Ok(&self.http);
        }
        if let Some(client) = self.shared.blocking.get() {
            return Ok(client);
        }
        let client = self.shared.settings.client().map_err(|err| {
            TransportError::configuration("the HTTP transport could not be set up").caused_by(err.without_url())
        })?;
        Ok(self.shared.blocking.get_or_init(|| client))
    }

    #[cfg(not(feature = "blocking"))]
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as with the feature")]
    fn client(&self) -> Result<&reqwest::Client, TransportError> {
        Ok(&self.http)
    }

    fn check_scheme(&self, is_https: bool) -> Result<(), TransportError> {
        if !is_https || !self.shared.settings.trusts_no_root() {
            return Ok(());
        }
        let problem = "no `https` server can be verified, because there are no root certificates: install them, for \
                       example with the package `ca-certificates`, name their file in `SSL_CERT_FILE`, or set \
                       `root_certificates_only`";
        let error = TransportError::configuration(problem);
        Err(match &self.shared.no_platform_roots {
            Some(err) => error.caused_by(Arc::clone(err)),
            None => error,
        })
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        runtime::check_async().map_err(TransportError::configuration)?;
        let Request { method, url, headers, body, body_limit, .. } = request;
        let url: reqwest::Url = url.parse().map_err(|_| TransportError::not_sent("the request's URL is invalid"))?;
        self.check_scheme(url.scheme() == "https")?;
        let mut outgoing = reqwest::Request::new(method, url);
        *outgoing.headers_mut() = headers;
        if !body.is_empty() {
            *outgoing.body_mut() = Some(bytes::Bytes::from_owner(body).into());
        }
        let mut incoming = self.client()?.execute(outgoing).await.map_err(TransportError::from_reqwest)?;
        let status = incoming.status();
        let headers = std::mem::take(incoming.headers_mut());
        match read_body(&mut incoming, body_limit).await {
            Ok(Some(body)) => Ok(Response::new(status, headers, body)),
            Ok(None) => Err(TransportError::too_long(status, headers)),
            Err(err) => Err(TransportError::from_reqwest_body(status, headers, err)),
        }
    }

    fn connect_timeout(&self) -> Duration {
        self.shared.settings.connect_timeout
    }

    fn check_base_url(&self, base_url: &str) -> Result<(), TransportError> {
        self.check_scheme(base_url.starts_with("https://"))
    }
}

/// Reads the body; `None` if it exceeds the limit.
async fn read_body(incoming: &mut reqwest::Response, limit: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let announced = incoming.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    if announced > limit {
        return Ok(None);
    }
    let mut body = Vec::with_capacity(announced);
    while let Some(chunk) = incoming.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// The timer of the tokio runtime.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioTimer;

impl Timer for TokioTimer {
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }

    fn check(&self) -> Result<(), &'static str> {
        runtime::check_async()
    }
}
