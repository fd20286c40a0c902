use payments_core::json::{self, ProviderMessage, RawJson};
use payments_core::provider::{Operation, ProviderSpec};
use payments_core::transport::Response;
use payments_core::{ErrorKind, Outcome, ProviderError};
use serde::Deserialize;

pub(crate) static SPEC: ProviderSpec =
    ProviderSpec::new("turbo-link", concat!("turbo-link/", env!("CARGO_PKG_VERSION")), parse_error)
        .with_errors_in_2xx();

/// Reads an error response: an object whose `error` is `true`, with a description in `msg` (*documented*).
///
/// The format has no error codes. So every error under HTTP 2xx is an invalid request (*inferred*) and is not retried.
fn parse_error(_: &Operation, response: &Response) -> Option<ProviderError> {
    let wire = json::read::<WireError>(response.body()).ok()?.value;
    if wire.error.as_str() != "true" {
        return None;
    }
    let is_2xx = response.status().is_success();
    Some(ProviderError {
        kind: is_2xx.then_some(ErrorKind::InvalidRequest),
        outcome: is_2xx.then_some(Outcome::Refused),
        message: wire.msg,
        ..ProviderError::default()
    })
}

#[derive(Deserialize)]
struct WireError {
    error: RawJson,
    #[serde(default)]
    msg: Option<String>,
}

impl ProviderMessage for WireError {
    const DECIDING: &'static [&'static str] = &["error"];
}
