//! Clients: the SDK as it is, and two that others write, which the matrix must catch.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use payments_core::transport::reqwest::{Certificate, Proxy, ReqwestTransport};
use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use payments_core::{Error, RetryPolicy};
use payments_sandbox::Clock;

/// A client: what it sends its requests with, and whether the SDK's own retries are on.
#[derive(Clone, Copy)]
pub struct Rig {
    name: &'static str,
    pub(super) transport: Make,
    pub(super) retry: RetryPolicy,
}

/// Makes what sends.
type Make = fn(&Wiring) -> Result<Arc<dyn Transport>, Error>;

/// How a client is connected.
#[derive(Debug, Clone)]
pub struct Wiring {
    /// The root to trust, in PEM.
    pub(super) certificate: Option<String>,
    pub(super) proxy: Option<String>,
    pub(super) connect_timeout: Duration,
    pub(super) clock: Clock,
}

impl Rig {
    /// The SDK with its own transport and its own retries.
    #[must_use]
    pub fn sdk() -> Self {
        Self::new("the SDK", |wiring| Ok(Arc::new(wiring.transport()?)))
    }

    /// The SDK over another transport.
    #[must_use]
    pub fn new(name: &'static str, transport: fn(&Wiring) -> Result<Arc<dyn Transport>, Error>) -> Self {
        Self { name, transport, retry: RetryPolicy::default() }
    }

    /// The same requests, sent without keys by rules that are none of the SDK's.
    pub(super) fn controls() -> [Self; 2] {
        [
            Self {
                retry: RetryPolicy::none(),
                ..Self::new("retries everything on any error", |wiring| {
                    let http = wiring.plain(reqwest::redirect::Policy::default())?;
                    Ok(Arc::new(Naive { http, clock: wiring.clock.clone() }))
                })
            },
            Self {
                retry: RetryPolicy::none(),
                ..Self::new("retries once on a closed connection", |wiring| {
                    Ok(Arc::new(OnceMore { http: wiring.plain(reqwest::redirect::Policy::none())? }))
                })
            },
        ]
    }
}

impl Wiring {
    /// The SDK's own transport, connected so.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up.
    pub fn transport(&self) -> Result<ReqwestTransport, Error> {
        let mut builder = ReqwestTransport::builder().connect_timeout(self.connect_timeout);
        if let Some(pem) = &self.certificate {
            builder = builder.root_certificate(Certificate::from_pem(pem.as_bytes()).map_err(set_up)?);
        }
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(Proxy::all(proxy).map_err(set_up)?);
        }
        builder.build()
    }

    /// A client of reqwest's as most write it.
    fn plain(&self, redirects: reqwest::redirect::Policy) -> Result<reqwest::Client, Error> {
        let mut builder = reqwest::Client::builder().no_proxy().redirect(redirects);
        if let Some(pem) = &self.certificate {
            builder = builder.tls_certs_merge([Certificate::from_pem(pem.as_bytes()).map_err(set_up)?]);
        }
        builder.build().map_err(set_up)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn set_up(err: reqwest::Error) -> Error {
    Error::configuration(err.to_string())
}

/// Sends again after whatever is not a success, and takes what fails for not done.
#[derive(Debug)]
struct Naive {
    http: reqwest::Client,
    clock: Clock,
}

#[async_trait]
impl Transport for Naive {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut last = None;
        for _ in 0..3 {
            let given_up = self.clock.sleep(PATIENCE);
            let answered = tokio::select! {
                answered = send(&self.http, &request) => answered.ok(),
                () = given_up => None,
            };
            match answered {
                Some(response) if response.status().is_success() => return Ok(response),
                other => last = other,
            }
        }
        last.ok_or_else(|| TransportError::not_sent("it failed"))
    }
}

/// Sends again, once, when the connection was closed before an answer came: for they say that it was idle.
#[derive(Debug)]
struct OnceMore {
    http: reqwest::Client,
}

#[async_trait]
impl Transport for OnceMore {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let answered = match send(&self.http, &request).await {
            Err(err) if is_closed(&err) => send(&self.http, &request).await,
            other => other,
        };
        answered.map_err(|err| TransportError::unknown("it failed").caused_by(err.without_url()))
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

/// The request as the SDK made it, but without a key.
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

impl fmt::Display for Rig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for Rig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rig").field(&self.name).finish()
    }
}

/// On the sandbox's clock.
const PATIENCE: Duration = Duration::from_secs(10);

const CLOSED: &[std::io::ErrorKind] = &[
    std::io::ErrorKind::ConnectionReset,
    std::io::ErrorKind::ConnectionAborted,
    std::io::ErrorKind::BrokenPipe,
    std::io::ErrorKind::UnexpectedEof,
];
