//! The clients: the SDK, and two controls with common retry mistakes that the matrix must detect.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use payments_core::transport::reqwest::{Certificate, Proxy, ReqwestTransport};
use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use payments_core::{Error, RetryPolicy};
use payments_sandbox::Clock;

/// A client to test: a transport and a retry policy.
#[derive(Clone, Copy)]
pub struct TestClient {
    name: &'static str,
    pub(super) transport: TransportFactory,
    pub(super) retry: RetryPolicy,
}

type TransportFactory = fn(&ConnectionSettings) -> Result<Arc<dyn Transport>, Error>;

/// The connection settings of a client.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    /// The trusted root certificate, in PEM.
    pub(super) certificate: Option<String>,
    pub(super) proxy: Option<String>,
    pub(super) connect_timeout: Duration,
    pub(super) clock: Clock,
}

impl TestClient {
    /// Returns the SDK with its own transport and retry policy.
    #[must_use]
    pub fn sdk() -> Self {
        Self::new("the SDK", |settings| Ok(Arc::new(settings.transport()?)))
    }

    /// Creates a client with the SDK's retry policy and another transport.
    #[must_use]
    pub fn new(name: &'static str, transport: fn(&ConnectionSettings) -> Result<Arc<dyn Transport>, Error>) -> Self {
        Self { name, transport, retry: RetryPolicy::default() }
    }

    /// Returns the two controls. They send the SDK's requests without idempotency keys, under their own retry rules.
    pub(super) fn controls() -> [Self; 2] {
        [
            Self {
                retry: RetryPolicy::none(),
                ..Self::new("retries every request after any error", |settings| {
                    let http = settings.plain_client(reqwest::redirect::Policy::default())?;
                    Ok(Arc::new(RetriesEverything { http, clock: settings.clock.clone() }))
                })
            },
            Self {
                retry: RetryPolicy::none(),
                ..Self::new("retries once after a closed connection", |settings| {
                    let http = settings.plain_client(reqwest::redirect::Policy::none())?;
                    Ok(Arc::new(RetriesOnClose { http }))
                })
            },
        ]
    }
}

impl ConnectionSettings {
    /// Builds the SDK's own transport with these settings.
    ///
    /// # Errors
    ///
    /// Returns an error if TLS cannot be set up.
    pub fn transport(&self) -> Result<ReqwestTransport, Error> {
        let mut builder = ReqwestTransport::builder().connect_timeout(self.connect_timeout);
        if let Some(pem) = &self.certificate {
            builder = builder.root_certificate(Certificate::from_pem(pem.as_bytes()).map_err(configuration_error)?);
        }
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(Proxy::all(proxy).map_err(configuration_error)?);
        }
        builder.build()
    }

    /// Builds a `reqwest` client in the usual way.
    fn plain_client(&self, redirects: reqwest::redirect::Policy) -> Result<reqwest::Client, Error> {
        let mut builder = reqwest::Client::builder().no_proxy().redirect(redirects);
        if let Some(pem) = &self.certificate {
            builder = builder.tls_certs_merge([Certificate::from_pem(pem.as_bytes()).map_err(configuration_error)?]);
        }
        builder.build().map_err(configuration_error)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes the error by value")]
fn configuration_error(err: reqwest::Error) -> Error {
    Error::configuration(err.to_string())
}

/// Sends up to three times until a response is a success, and reports the last failure as not sent.
#[derive(Debug)]
struct RetriesEverything {
    http: reqwest::Client,
    clock: Clock,
}

#[async_trait]
impl Transport for RetriesEverything {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut last = None;
        for _ in 0..3 {
            let timeout = self.clock.sleep(TIMEOUT);
            let response = tokio::select! {
                result = send(&self.http, &request) => result.ok(),
                () = timeout => None,
            };
            match response {
                Some(response) if response.status().is_success() => return Ok(response),
                other => last = other,
            }
        }
        last.ok_or_else(|| TransportError::not_sent("all three attempts failed"))
    }
}

/// Sends again once if the connection is closed before the response, on the assumption that it was idle.
#[derive(Debug)]
struct RetriesOnClose {
    http: reqwest::Client,
}

#[async_trait]
impl Transport for RetriesOnClose {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let result = match send(&self.http, &request).await {
            Err(err) if is_closed(&err) => send(&self.http, &request).await,
            other => other,
        };
        result.map_err(|err| TransportError::unknown("the request failed").caused_by(err.without_url()))
    }
}

fn is_closed(err: &reqwest::Error) -> bool {
    let mut source = err.source();
    while let Some(err) = source {
        let closed =
            err.downcast_ref::<hyper::Error>().is_some_and(|err| err.is_incomplete_message() || err.is_closed())
                || err.downcast_ref::<std::io::Error>().is_some_and(|err| CLOSED.contains(&err.kind()));
        if closed {
            return true;
        }
        source = err.source();
    }
    false
}

/// Sends the SDK's request without its idempotency key.
async fn send(http: &reqwest::Client, request: &Request) -> reqwest::Result<Response> {
    let mut headers = request.headers().clone();
    headers.remove("idempotency-key");
    let outgoing = http.request(request.method().clone(), request.url()).headers(headers);
    let incoming = outgoing.body(request.body().as_ref().to_vec()).send().await?;
    let (status, headers) = (incoming.status(), incoming.headers().clone());
    let mut incoming = incoming;
    let mut body = Vec::new();
    while let Some(chunk) = incoming.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > request.body_limit() {
            break;
        }
    }
    Ok(Response::new(status, headers, body))
}

impl fmt::Display for TestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for TestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestClient").field(&self.name).finish()
    }
}

/// The timeout of an attempt, on the sandbox's clock.
const TIMEOUT: Duration = Duration::from_secs(10);

const CLOSED: &[std::io::ErrorKind] = &[
    std::io::ErrorKind::ConnectionReset,
    std::io::ErrorKind::ConnectionAborted,
    std::io::ErrorKind::BrokenPipe,
    std::io::ErrorKind::UnexpectedEof,
];
