//! The sandbox without sockets as the SDK's transport. Only the core's traits are shared, nothing else.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use payments_core::clock::{Sleep, Timer};
use payments_core::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};

use crate::offline::{Offline, WireAnswer, WireEnd, WireRequest, Wires};

impl Offline {
    /// What an SDK's client sends with and waits with: `client.transport(t.clone()).timer(t).clock(offline.clock())`.
    ///
    /// Whatever awaits its calls belongs into [`run`](Offline::run).
    #[must_use]
    pub fn transport(&self) -> OfflineTransport {
        OfflineTransport(Arc::clone(self.wires()))
    }
}

/// Reaches the providers of an [`Offline`] sandbox, and reports each failure as a transport over sockets would.
#[derive(Clone)]
pub struct OfflineTransport(Arc<Wires>);

impl fmt::Debug for OfflineTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfflineTransport").finish_non_exhaustive()
    }
}

#[async_trait]
impl Transport for OfflineTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let outgoing = WireRequest {
            method: request.method().as_str().to_owned(),
            url: request.url().to_owned(),
            headers: request.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
            body: request.body().as_ref().to_vec(),
        };
        match Arc::clone(&self.0).send(outgoing).await {
            WireEnd::Whole(response) if response.body.len() > request.body_limit() => {
                let (status, headers, _) = taken_apart(response)?;
                Err(TransportError::unreadable(status, headers, "the body is longer than the limit"))
            }
            WireEnd::Whole(response) => {
                let (status, headers, body) = taken_apart(response)?;
                Ok(Response::new(status, headers, body))
            }
            WireEnd::CutOff(response) => {
                let (status, headers, _) = taken_apart(response)?;
                Err(TransportError::unreadable(status, headers, "the body ends before its end"))
            }
            // However far it got: over a socket, a connection that was accepted is not provably unused.
            WireEnd::Closed(_) => Err(TransportError::unknown("the connection broke before an answer came")),
            WireEnd::NoConnection => Err(TransportError::not_sent("no connection could be made")),
        }
    }
}

impl Timer for OfflineTransport {
    /// A wait on the sandbox's clock, which [`Offline::run`] moves.
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(self.0.clock().sleep(duration))
    }
}

#[expect(clippy::result_large_err, reason = "it is what the transport fails with")]
fn taken_apart(response: WireAnswer) -> Result<(StatusCode, HeaderMap, Vec<u8>), TransportError> {
    let unreadable = || TransportError::unknown("the answer's head cannot be read");
    let status = StatusCode::from_u16(response.status).map_err(|_| unreadable())?;
    let mut headers = HeaderMap::with_capacity(response.headers.len());
    for (name, value) in response.headers {
        let name = HeaderName::try_from(name).map_err(|_| unreadable())?;
        headers.append(name, HeaderValue::try_from(value).map_err(|_| unreadable())?);
    }
    Ok((status, headers, response.body))
}
