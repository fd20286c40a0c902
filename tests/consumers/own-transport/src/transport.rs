//! A transport over `ureq`.

use turbopay::payments_core::http;
use turbopay::payments_core::transport::{Request, Response, Transport, TransportError, async_trait};

#[derive(Debug)]
pub(crate) struct Ureq(ureq::Agent);

impl Ureq {
    pub(crate) fn new() -> Self {
        let config = ureq::Agent::config_builder()
            // The SDK needs the body of an error response, and must not follow redirects.
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // The server could close an idle connection while the next request is written.
            .max_idle_connections(0)
            .proxy(None);
        Self(config.build().into())
    }
}

#[async_trait]
impl Transport for Ureq {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut outgoing = http::Request::builder().method(request.method().clone()).uri(request.url());
        if let Some(headers) = outgoing.headers_mut() {
            headers.extend(request.headers().clone());
        }
        let outgoing = outgoing
            .body(request.body().as_ref())
            .map_err(|_| TransportError::not_sent("the request cannot be written"))?;
        let outgoing = self.0.configure_request(outgoing).timeout_global(Some(request.timeout())).build();

        let response = self.0.run(outgoing).map_err(transport_error)?;
        let (head, body) = response.into_parts();
        let limit = u64::try_from(request.body_limit()).unwrap_or(u64::MAX);
        match body.into_with_config().limit(limit).read_to_vec() {
            Ok(body) => Ok(Response::new(head.status, head.headers, body)),
            Err(_) => Err(TransportError::unreadable(head.status, head.headers, "the body cannot be read")),
        }
    }
}

/// Reports a request as not sent only if it failed before a connection existed.
fn transport_error(err: ureq::Error) -> TransportError {
    use ureq::Timeout::{Connect, Resolve};
    match err {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => {
            TransportError::not_sent("no connection was established")
        }
        ureq::Error::Io(err) if err.kind() == std::io::ErrorKind::ConnectionRefused => {
            TransportError::not_sent("the connection was refused")
        }
        ureq::Error::Timeout(Connect | Resolve) => {
            TransportError::not_sent("no connection was established in time").timed_out()
        }
        ureq::Error::Timeout(_) => TransportError::unknown("no response arrived in time").timed_out(),
        _ => TransportError::unknown("the exchange failed"),
    }
}
