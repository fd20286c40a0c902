use std::time::Duration;

use payments_core::json::{self, RawJson};
use payments_core::provider::{IdempotencyPolicy, Operation, ProviderSpec};
use payments_core::transport::Response;
use payments_core::{Error, ErrorKind, Outcome, ProviderError, open_enum};
use serde::Deserialize;

pub(crate) static SPEC: ProviderSpec = ProviderSpec {
    provider: "turratech",
    agent: concat!("turratech/", env!("CARGO_PKG_VERSION")),
    parse_error,
    errors_in_2xx: false,
    throttled_is_refused: true,
    idempotency: Some(IdempotencyPolicy { header: "idempotency-key", lifetime: KEY_LIFETIME }),
};

/// Documented: after it, the same key makes a new request.
const KEY_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

open_enum! {
    /// TurraTech's own word for what kind of error it is.
    ///
    /// [`Error::kind`] says the same in the words of all providers, and [`Error::outcome`] what matters more.
    pub enum ErrorType {
        /// Something went wrong at TurraTech. Rare (documented).
        Connection = "api_error",
        /// The API key is wrong, or may not do this.
        Authentication = "authentication_error",
        /// The card cannot be charged: [`Error::code`] and [`Error::decline_code`] say why.
        Card = "card_error",
        /// A parameter does not fit: [`Error::param`] says which.
        InvalidRequest = "invalid_request_error",
        /// Too many requests too quickly.
        RateLimit = "rate_limit_error",
        /// Found before anything was sent, by this crate's own checks (documented as "client-side").
        Validation = "validation_error",
    }
}

impl ErrorType {
    /// The type of an error, where it has one.
    ///
    /// It is what TurraTech's answer says, or [`ErrorType::Validation`] for what was found here.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        match error.response() {
            Some(response) if !response.status().is_success() => words_of(response).map(|words| words.r#type),
            Some(_) => None,
            None => (error.kind() == ErrorKind::InvalidRequest).then_some(Self::Validation),
        }
    }
}

/// TurraTech's own form of an error: an object `error` with a `type`. Anything else is somebody else's page.
fn parse_error(_: &Operation, response: &Response) -> Option<ProviderError> {
    let words = words_of(response)?;
    let status = response.status().as_u16();
    let is_about_the_key = words.speaks_of_the_key();
    let (kind, outcome) = match (&words.r#type, status) {
        // The same key with another request, or one still under way: what was sent under it first may have been done.
        _ if response.status().is_client_error() && is_about_the_key => {
            (Some(ErrorKind::Conflict), Some(Outcome::Unknown))
        }
        // It failed inside TurraTech, whatever the status says: that is no refusal.
        (ErrorType::Connection, 400..=407 | 410..=428) => (Some(ErrorKind::ProviderFailure), Some(Outcome::Unknown)),
        (ErrorType::Card, 400 | 402) => (Some(ErrorKind::Declined), None),
        _ => (None, None),
    };
    Some(ProviderError {
        kind,
        outcome,
        settles_key: outcome.is_none() && answers_the_keyed_request(status, &words.r#type),
        code: words.code,
        decline_code: words.decline_code,
        message: words.message,
        param: words.param,
        ..ProviderError::default()
    })
}

/// Whether an error proves that what was sent before under the same key was not done.
///
/// TurraTech answers a key that it knows with the response to the first request under it (inferred: the document
/// says only that a request can be retried safely). So an error settles the key only where the request itself must have
/// been tried for it: a card that was declined.
///
/// All the others may be said by whoever stands before that, and so say nothing of what an earlier sending did:
///
/// * 400 and 404: parameters are looked at, and addresses and accounts found, before a key is looked up (inferred:
///   the document does not say in which order). Another version of the API, another path or another account meanwhile
///   gives them for a request whose first sending was done.
/// * 401: the key was revoked or exchanged meanwhile; nobody looked at the request.
/// * 403: permissions were taken away meanwhile; the same.
/// * 409: the documented "conflicts with another request" may be the very request whose answer was lost, still under
///   way.
/// * 429: turned away at the door, unread. This sending was not done; an earlier one may have been.
/// * 5xx: it may have failed after the money moved.
/// * 405, 408, 413, 415, 422 and the rest are not in the document: a router or a gateway says them.
///
/// The type has to say the same as the status: a 402 of any other type is no answer of the card's.
fn answers_the_keyed_request(status: u16, error_type: &ErrorType) -> bool {
    *error_type == ErrorType::Card && matches!(status, 400 | 402)
}

/// What an error says, where it has TurraTech's form.
fn words_of(response: &Response) -> Option<Words> {
    let envelope: Envelope = json::decode_object(response.body()).ok()?;
    envelope.error.decode_object().ok()
}

#[derive(Deserialize)]
struct Envelope {
    error: RawJson,
}

#[derive(Deserialize)]
struct Words {
    r#type: ErrorType,
    code: Option<String>,
    message: Option<String>,
    param: Option<String>,
    decline_code: Option<String>,
}

impl Words {
    /// The document has no words for a key that comes with another request. Whatever they are, they will name it.
    fn speaks_of_the_key(&self) -> bool {
        let said = [Some(self.r#type.as_str()), self.code.as_deref(), self.message.as_deref(), self.param.as_deref()];
        said.into_iter().flatten().any(|text| text.to_ascii_lowercase().contains("idempoten"))
    }
}
