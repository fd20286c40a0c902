use payments_core::json;
use payments_core::provider::{Operation, ProviderSpec};
use payments_core::transport::Response;
use payments_core::{ErrorKind, Outcome, ProviderError};
use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) static SPEC: ProviderSpec = ProviderSpec {
    provider: "turbo-link",
    agent: concat!("turbo-link/", env!("CARGO_PKG_VERSION")),
    parse_error,
    errors_in_2xx: true,
    throttled_is_refused: false,
    idempotency: None,
};

/// Reads an error response: an object whose `error` is `true`, with a description in `msg` (*documented*).
///
/// The format has no error codes. So every error under HTTP 2xx is an invalid request (*inferred*) and is not retried.
fn parse_error(_: &Operation, response: &Response) -> Option<ProviderError> {
    let wire: WireError<'_> = json::decode_object(response.body()).ok()?;
    if wire.error.get() != "true" {
        return None;
    }
    let message = wire.msg.and_then(|msg| serde_json::from_str(msg.get()).ok());
    let is_2xx = response.status().is_success();
    Some(ProviderError {
        kind: is_2xx.then_some(ErrorKind::InvalidRequest),
        outcome: is_2xx.then_some(Outcome::Refused),
        message,
        ..ProviderError::default()
    })
}

#[derive(Deserialize)]
struct WireError<'a> {
    #[serde(borrow)]
    error: &'a RawValue,
    #[serde(borrow, default)]
    msg: Option<&'a RawValue>,
}
