//! `ureq` as a transport.

use turbopay::payments_core::http;
use turbopay::payments_core::transport::{Response, Request, Transport, TransportError, async_trait};

#[derive(Debug)]
pub(crate) struct Ureq(ureq::Agent);

impl Ureq {
    pub(crate) fn new() -> Self {
        let config = ureq::Agent::config_builder()
            // An error's body is the provider's word, and a redirect's is nobody's.
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // A connection that is kept may be closed just as the next request is written.
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

        let response = self.0.run(outgoing).map_err(how_far)?;
        let (head, body) = response.into_parts();
        let limit = u64::try_from(request.body_limit()).unwrap_or(u64::MAX);
        match body.into_with_config().limit(limit).read_to_vec() {
            Ok(body) => Ok(Response::new(head.status, head.headers, body)),
            Err(_) => Err(TransportError::unreadable(head.status, head.headers, "the body cannot be read")),
        }
    }
}

/// Only what fails before there is a connection was provably not sent.
fn how_far(err: ureq::Error) -> TransportError {
    use ureq::Timeout::{Connect, Resolve};
    match err {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => TransportError::not_sent("there is no connection"),
        ureq::Error::Io(err) if err.kind() == std::io::ErrorKind::ConnectionRefused => {
            TransportError::not_sent("the connection was refused")
        }
        ureq::Error::Timeout(Connect | Resolve) => TransportError::not_sent("nobody connected in time").timed_out(),
        ureq::Error::Timeout(_) => TransportError::unknown("nobody answered in time").timed_out(),
        _ => TransportError::unknown("the exchange failed"),
    }
}
