//! A transport with a point before and after each request.

use std::time::Duration;

use payments_core::transport::reqwest::ReqwestTransport;
use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};

use super::points::Points;

/// The SDK's transport. After the second point the provider has executed the request, and nobody has read its response.
#[derive(Debug)]
pub(super) struct WatchedTransport {
    inner: ReqwestTransport,
    points: Points,
}

impl WatchedTransport {
    pub(super) fn new(points: Points) -> Result<Self, payments_core::Error> {
        Ok(Self { inner: ReqwestTransport::builder().connect_timeout(CONNECT_TIMEOUT).build()?, points })
    }
}

#[async_trait]
impl Transport for WatchedTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let method = request.method().clone();
        self.points.pass(format!("before {method}"));
        let response = self.inner.send(request).await;
        self.points.pass(format!("after {method}"));
        response
    }

    fn connect_timeout(&self) -> Duration {
        self.inner.connect_timeout()
    }
}

/// Must be shorter than the timeout of a call.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(50);
