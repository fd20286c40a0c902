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

/// tur.bo's own form of an error: an object whose `error` is `true`, with the words in `msg` (documented).
///
/// It says no more than that, so under a successful HTTP status one error is like another: a request that tur.bo did
/// not answer. Asking the same again is left to the caller.
fn parse_error(_: &Operation, response: &Response) -> Option<ProviderError> {
    let form: Form<'_> = json::decode_object(response.body()).ok()?;
    if form.error.get() != "true" {
        return None;
    }
    let message = form.msg.and_then(|msg| serde_json::from_str(msg.get()).ok());
    let by_itself = response.status().is_success();
    Some(ProviderError {
        kind: by_itself.then_some(ErrorKind::InvalidRequest),
        outcome: by_itself.then_some(Outcome::Refused),
        message,
        ..ProviderError::default()
    })
}

#[derive(Deserialize)]
struct Form<'a> {
    #[serde(borrow)]
    error: &'a RawValue,
    #[serde(borrow, default)]
    msg: Option<&'a RawValue>,
}
