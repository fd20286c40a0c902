use payments_core::provider::{Operation, ProviderSpec};
use payments_core::transport::Response;
use payments_core::{DuplicateWording, Effect, ErrorKind, Outcome, ProviderError};

use crate::envelope::{LenientEnvelope, Member};

pub(crate) static SPEC: ProviderSpec =
    ProviderSpec::new("turbo-txn", concat!("turbo-txn/", env!("CARGO_PKG_VERSION")), parse_error).with_errors_in_2xx();

/// Reads an error response.
///
/// No error format is documented. Under an HTTP error status, any JSON object is an error response. Under HTTP 2xx, an
/// error response is an envelope that states an error itself.
///
/// An envelope that contradicts itself, or whose `success` or `statusCode` is malformed, does not prove that a
/// transaction was refused: the outcome is unknown.
fn parse_error(operation: &Operation, response: &Response) -> Option<ProviderError> {
    let envelope = LenientEnvelope::of(response)?;
    let (http_status, stated_status) = (response.status(), envelope.status_code.clone().value());
    let states_error =
        envelope.success == Member::Valid(false) || stated_status.is_some_and(|status| !status.is_success());
    if http_status.is_success() && !states_error {
        return None;
    }
    let is_clear = !matches!(envelope.success, Member::Valid(true) | Member::Malformed)
        && envelope.status_code != Member::Malformed;
    let status = stated_status.unwrap_or(http_status);
    let is_refusal = status.is_client_error() && !matches!(status.as_u16(), 408 | 429);
    let moves_money = operation.effect == Effect::MoveMoney;

    let mut error = ProviderError { status: stated_status, message: envelope.message, ..ProviderError::default() };
    if !is_clear {
        error.outcome = Some(Outcome::Unknown);
    } else if moves_money && is_refusal && DUPLICATES.occurs_in(response.body()) {
        error.kind = Some(ErrorKind::Conflict);
        // Some transaction has the order id. It may be this one, from an earlier request.
        error.outcome = Some(Outcome::Unknown);
    }
    if matches!(status.as_u16(), 401 | 403) {
        error.advice = Some("find the client id and the secret key in Turbo Transactions' developer portal");
    }
    Some(error)
}

/// Words that suggest that the order id is already in use (*inferred*: no wording is documented).
///
/// All texts of the body are searched, because the member that would contain them is not documented either. There are no
/// negations: a rule that rejects a duplicate may be negated itself ("must not be a duplicate").
const DUPLICATES: DuplicateWording = DuplicateWording {
    words: &["already", "duplicate", "exists", "existing", "unique", "taken", "in use", "been used"],
    negations: &[],
};
