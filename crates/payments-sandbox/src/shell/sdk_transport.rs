//! The sandbox without sockets as the SDK's transport. It shares only the core's traits with the SDK.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use payments_core::clock::{Sleep, Timer};
use payments_core::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};

use super::offline::Offline;
use super::wire::{Network, WireEnd, WireRequest, WireResponse};

impl Offline {
    /// Returns a transport and timer for the SDK: `client.transport(t.clone()).timer(t).clock(offline.clock())`.
    ///
    /// Await the client's calls inside [`run`](Offline::run).
    #[must_use]
    pub fn transport(&self) -> OfflineTransport {
        OfflineTransport(Arc::clone(self.network()))
    }
}

/// The SDK's transport and timer for an [`Offline`] sandbox. It reports failures as a transport over sockets does.
#[derive(Clone)]
pub struct OfflineTransport(Arc<Network>);

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
                let (status, headers, _) = into_parts(response)?;
                Err(TransportError::too_long(status, headers))
            }
            WireEnd::Whole(response) => {
                let (status, headers, body) = into_parts(response)?;
                Ok(Response::new(status, headers, body))
            }
            WireEnd::CutOff(response) => {
                let (status, headers, _) = into_parts(response)?;
                Err(TransportError::unreadable(status, headers, "the response body is incomplete"))
            }
            // Regardless of the progress: over a socket, the client cannot prove that an accepted connection was
            // unused.
            WireEnd::Closed(_) => Err(TransportError::unknown("the connection broke before a response arrived")),
            WireEnd::NoConnection => Err(TransportError::not_sent("no connection could be established")),
        }
    }
}

impl Timer for OfflineTransport {
    /// Waits on the sandbox's clock, which [`Offline::run`] advances.
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(self.0.clock().sleep(duration))
    }
}

fn into_parts(response: WireResponse) -> Result<(StatusCode, HeaderMap, Vec<u8>), TransportError> {
    let unreadable = || TransportError::unknown("the response's head could not be parsed");
    let status = StatusCode::from_u16(response.status).map_err(|_| unreadable())?;
    let mut headers = HeaderMap::with_capacity(response.headers.len());
    for (name, value) in response.headers {
        let name = HeaderName::try_from(name).map_err(|_| unreadable())?;
        headers.append(name, HeaderValue::try_from(value).map_err(|_| unreadable())?);
    }
    Ok((status, headers, response.body))
}
