use std::time::Duration;

use payments_core::json::{self, ProviderMessage};
use payments_core::provider::{IdempotencyPolicy, Operation, ProviderSpec};
use payments_core::transport::Response;
use payments_core::{DuplicateWording, Error, ErrorKind, Outcome, ProviderError, open_enum};
use serde::Deserialize;

pub(crate) static SPEC: ProviderSpec =
    ProviderSpec::new("turratech", concat!("turratech/", env!("CARGO_PKG_VERSION")), parse_error)
        .with_idempotency(IdempotencyPolicy::new("idempotency-key", KEY_LIFETIME));

/// How long TurraTech stores an idempotency key (documented). After that, the same key starts a new request.
pub(crate) const KEY_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

open_enum! {
    /// TurraTech's `type` of an error.
    ///
    /// [`Error::kind`] classifies errors in the same way for all providers. [`Error::outcome`] says whether the request
    /// may have been executed; look at the outcome first.
    pub enum ErrorType {
        /// An error occurred inside TurraTech. Rare (documented).
        Api = "api_error",
        /// The API key is invalid or lacks the permission.
        Authentication = "authentication_error",
        /// The card cannot be charged. [`Error::code`] and [`Error::decline_code`] say why.
        Card = "card_error",
        /// A parameter is invalid. [`Error::param`] names it.
        InvalidRequest = "invalid_request_error",
        /// Too many requests were sent too quickly.
        RateLimit = "rate_limit_error",
        /// This crate rejected a parameter before anything was sent (documented as "client-side").
        Validation = "validation_error",
    }
}

impl ErrorType {
    /// Returns the type of an error, if it has one.
    ///
    /// The type comes from TurraTech's error response. For a parameter that this crate rejected, it is
    /// [`ErrorType::Validation`].
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        match error.response() {
            Some(response) if !response.status().is_success() => parse_body(response).map(|body| body.r#type),
            Some(_) => None,
            None => (error.kind() == ErrorKind::InvalidRequest).then_some(Self::Validation),
        }
    }
}

/// Reads an error response in the documented form: an object `error` with a `type`.
fn parse_error(_: &Operation, response: &Response) -> Option<ProviderError> {
    let body = parse_body(response)?;
    let status = response.status().as_u16();
    let (kind, outcome) = match (&body.r#type, status) {
        // Another request used the key, or is still in progress under it. That request may have been executed.
        _ if response.status().is_client_error() && ABOUT_THE_KEY.occurs_in(response.body()) => {
            (Some(ErrorKind::Conflict), Some(Outcome::Unknown))
        }
        // The request failed inside TurraTech, so the status does not prove that it was not executed.
        (ErrorType::Api, 400..=407 | 410..=428) => (Some(ErrorKind::ProviderFailure), Some(Outcome::Unknown)),
        (ErrorType::Card, 400 | 402) => (Some(ErrorKind::Declined), None),
        _ => (None, None),
    };
    Some(ProviderError {
        kind,
        outcome,
        settles_key: outcome.is_none() && settles_earlier_requests(status, &body.r#type),
        code: body.code,
        decline_code: body.decline_code,
        message: body.message,
        param: body.param,
        ..ProviderError::default()
    })
}

/// Returns true if an error proves that no earlier request under the same key was executed.
///
/// TurraTech returns the first response again for a known key (inferred: the document says only that a request can be
/// retried safely). So only an error about the payment itself settles the key: a declined card. The type must agree with
/// the status: a 402 with another type settles nothing.
///
/// Every other error may occur before TurraTech looks up the key, and leaves an earlier request open:
///
/// | status | why it settles nothing |
/// |---|---|
/// | 400, 404 | Parameters, paths and accounts may be checked before the key is looked up (inferred: the document gives no order). A changed API version, path or account causes these errors even if the first request was executed. |
/// | 401, 403 | The API key was revoked or lost its permission in the meantime. |
/// | 409 | The documented "conflicts with another request" may be about the lost request, which is still in progress. |
/// | 429 | The document does not say that a throttled request is not executed. |
/// | 5xx | The request may have failed after the money moved. |
/// | 405, 408, 413, 415, 422, others | Not in the document, so a router or a gateway may have sent them. |
fn settles_earlier_requests(status: u16, error_type: &ErrorType) -> bool {
    *error_type == ErrorType::Card && matches!(status, 400 | 402)
}

/// Reads the `error` object of a response; `None` if the response has another form.
///
/// The form is proved by the `type`, which must be a text. The other members only describe the error.
fn parse_body(response: &Response) -> Option<ErrorBody> {
    let read = json::read::<ErrorEnvelope>(response.body()).ok()?;
    (!read.unreadable.concerns("error.type")).then_some(read.value.error.0)
}

#[derive(Deserialize)]
struct ErrorEnvelope {
    error: json::Object<ErrorBody>,
}

impl ProviderMessage for ErrorEnvelope {
    const DECIDING: &'static [&'static str] = &["error.type"];
}

#[derive(Deserialize)]
struct ErrorBody {
    r#type: ErrorType,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    param: Option<String>,
    #[serde(default)]
    decline_code: Option<String>,
}

/// What an error about the idempotency key contains.
///
/// The document does not say what TurraTech returns for a key that another request has used. Any such error will most
/// likely contain this word (inferred).
const ABOUT_THE_KEY: DuplicateWording = DuplicateWording { words: &["idempoten"], negations: &[] };
