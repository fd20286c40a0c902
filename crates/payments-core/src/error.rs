use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::json::{DecodeError, Facts, UnreadableItem};
use crate::message::Response;
use crate::redact::redacted_line;
use crate::{Effect, IdempotencyKey, MoneyError, Outcome, ValidationError};

/// The error of a call, including whether the operation may have been executed.
///
/// Check [`Error::outcome`] first: it says whether money may have moved. [`Error::kind`] says what went wrong, and the
/// other methods return what the provider reported.
///
/// `Display` prints one line without URL, body, API key or card number. `Debug` adds details, with the same redaction.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    /// Empty before a call is made.
    provider: &'static str,
    /// Empty before a call is made.
    operation: &'static str,
    kind: ErrorKind,
    outcome: Outcome,
    effect: Effect,
    /// This crate's description of the failure.
    problem: String,
    provider_error: ProviderError,
    decode_error: Option<DecodeError>,
    validation_error: Option<ValidationError>,
    response: Option<Response>,
    retry_after: Option<Duration>,
    attempts: u32,
    idempotency_key: Option<IdempotencyKey>,
    earlier_attempt: Option<Error>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
    /// True if another attempt would most likely end in the same way.
    is_repeatable: bool,
}

impl Error {
    /// Creates an error for an invalid configuration. Its outcome is `NotSent`.
    pub fn configuration(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, Outcome::NotSent, problem)
    }

    /// Creates an error for an unsupported operation. Its outcome is `NotSent`.
    pub fn unsupported(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, Outcome::NotSent, problem)
    }

    /// Creates an error from a successful response, such as a declined payment. For provider crates.
    pub fn from_provider(
        provider: &'static str,
        kind: ErrorKind,
        outcome: Outcome,
        problem: &str,
        error: ProviderError,
    ) -> Self {
        let mut new = Self::new(kind, outcome, redacted_line(problem)).with_provider_error(error);
        new.0.provider = provider;
        new
    }

    /// Creates an error for a field of a request that a provider does not support. Its outcome is `NotSent`.
    ///
    /// `rule` is the end of a sentence that starts with the field.
    pub fn unsupported_field(provider: &'static str, field: &'static str, rule: impl Into<String>) -> Self {
        let mut error = Self::from(ValidationError::new(field, rule.into()));
        (error.0.kind, error.0.provider) = (ErrorKind::Unsupported, provider);
        error
    }

    /// Adds the idempotency key of the call whose response the error is about, for provider crates.
    #[must_use]
    pub fn under_key(mut self, key: IdempotencyKey) -> Self {
        self.0.idempotency_key = Some(key.used());
        self
    }

    /// The kind of failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether the operation may have been executed.
    ///
    /// A read-only call executes nothing: its outcome says only whether the provider responded.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Returns true if the call moves money and its outcome is unknown.
    ///
    /// Look the order up before you send anything again.
    #[must_use]
    pub fn may_have_moved_money(&self) -> bool {
        self.0.effect == Effect::MoveMoney && self.0.outcome == Outcome::Unknown
    }

    /// The provider's name, which is the name of its crate; empty before a call is made.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        self.0.provider
    }

    /// The operation's name, which is the name of the client's method; empty before a call is made.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// The provider's error code, if it has error codes.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.provider_error.code.as_deref()
    }

    /// The provider's code for why the payment was declined.
    #[must_use]
    pub fn decline_code(&self) -> Option<&str> {
        self.0.provider_error.decline_code.as_deref()
    }

    /// The provider's error message, with the call's secrets redacted.
    ///
    /// The message may contain a card number. To print it, print the error instead: `Display` masks card numbers.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.provider_error.message.as_deref()
    }

    /// The field or parameter that the error is about.
    ///
    /// An error of local validation has the name in this SDK, an error of the provider has the provider's name.
    #[must_use]
    pub fn param(&self) -> Option<&str> {
        let local = self.0.validation_error.as_ref().map(ValidationError::field);
        local.or(self.0.provider_error.param.as_deref())
    }

    /// The provider's errors about single fields.
    #[must_use]
    pub fn field_errors(&self) -> &[FieldError] {
        &self.0.provider_error.fields
    }

    /// The merchant's next step, if the provider documents one for this error.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        self.0.provider_error.advice
    }

    /// The provider's id of the object in question, if the response contains it.
    #[must_use]
    pub fn object_id(&self) -> Option<&str> {
        let read = self.facts().and_then(|facts| facts.object_id.as_deref());
        self.0.provider_error.object_id.as_deref().or(read)
    }

    /// The status that the provider reported, as it writes it, if the response could not be used otherwise.
    #[must_use]
    pub fn reported_status(&self) -> Option<&str> {
        self.facts()?.status.as_deref()
    }

    /// The amount that the provider reported, as it writes it, if the response could not be used otherwise.
    #[must_use]
    pub fn reported_amount(&self) -> Option<&str> {
        self.facts()?.amount.as_deref()
    }

    /// What could be read of a response that is malformed or contradicts the request.
    fn facts(&self) -> Option<&Facts> {
        self.0.decode_error.as_ref()?.facts()
    }

    /// The HTTP status of the response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.response.as_ref().map(Response::status)
    }

    /// The status that the response body states, if the provider states one besides the HTTP status.
    #[must_use]
    pub fn stated_status(&self) -> Option<StatusCode> {
        self.0.provider_error.status
    }

    /// The request id that the provider, or the network in front of it, assigned.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.response.as_ref().and_then(Response::request_id)
    }

    /// The response, as far as it was received.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        self.0.response.as_ref()
    }

    /// The path at which the response could not be decoded, such as `items[3].amount`.
    #[must_use]
    pub fn json_path(&self) -> Option<&str> {
        self.0.decode_error.as_ref().map(DecodeError::path)
    }

    /// The time to wait before the next request.
    ///
    /// It comes from the `Retry-After` header or from the client's own rate limit.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The number of attempts; 0 if nothing was sent, or if the error was created from a successful response.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The idempotency key of the call, with its creation time.
    ///
    /// Within the key's lifetime, the same call can be sent again under it without being executed twice.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&IdempotencyKey> {
        self.0.idempotency_key.as_ref()
    }

    /// The first attempt that may have been executed, if a later attempt failed as well.
    #[must_use]
    pub fn earlier(&self) -> Option<&Error> {
        self.0.earlier_attempt.as_ref()
    }
}

/// The kind of failure.
///
/// It is stored in snake case, such as `invalid_request`. A text that this version does not know is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request is invalid, according to local validation or to the provider.
    InvalidRequest,
    /// The API key is missing or wrong.
    Authentication,
    /// The API key does not permit this operation, or not from this IP address.
    Permission,
    /// The provider does not know the object, at least not yet.
    NotFound,
    /// The request conflicts with another, most often an earlier request for the same order.
    Conflict,
    /// The provider, the bank or the issuer declined the payment.
    Declined,
    /// The payment is not final: it may still succeed or fail.
    NotFinal,
    /// The rate limit does not allow the request.
    Throttled,
    /// The provider failed to process the request.
    ProviderFailure,
    /// No response arrived before the timeout.
    Timeout,
    /// The caller dropped the call before it ended. Only observers and traces see this kind.
    Cancelled,
    /// The connection could not be established, or it broke.
    Connection,
    /// The response cannot be decoded, or it contradicts the request.
    MalformedResponse,
    /// The client, the base URL or the merchant's account is configured wrongly.
    Configuration,
    /// The provider, or this API key, does not support the operation.
    Unsupported,
}

impl ErrorKind {
    /// The kind in words, as printed in errors.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid request",
            Self::Authentication => "authentication failed",
            Self::Permission => "permission denied",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::Declined => "declined",
            Self::NotFinal => "not final",
            Self::Throttled => "throttled",
            Self::ProviderFailure => "provider failure",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Connection => "connection failed",
            Self::MalformedResponse => "malformed response",
            Self::Configuration => "configuration",
            Self::Unsupported => "unsupported",
        }
    }
}

/// A provider's error response in common terms, as the provider's crate parsed it.
///
/// A later version may have more fields. So build it with `..ProviderError::default()`, and match it with `..`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProviderError {
    /// The kind, if the response states it more precisely than the HTTP status.
    pub kind: Option<ErrorKind>,
    /// The status that the response body states, if any. The error is classified as if it were the HTTP status.
    pub status: Option<StatusCode>,
    /// The outcome, if it differs from what the status implies.
    ///
    /// Set `Unknown` if the error may be about an earlier request for the same order.
    pub outcome: Option<Outcome>,
    /// The provider's error code.
    pub code: Option<String>,
    /// The provider's code for why the payment was declined.
    pub decline_code: Option<String>,
    /// The provider's error message.
    pub message: Option<String>,
    /// The parameter that the error is about.
    pub param: Option<String>,
    /// The errors about single fields.
    pub fields: Vec<FieldError>,
    /// The provider's id of the object that the error is about.
    pub object_id: Option<String>,
    /// The merchant's next step, if the provider documents one.
    pub advice: Option<&'static str>,
    /// True if the response settles earlier attempts under the same idempotency key.
    ///
    /// Set it only if the response is about the request that the key belongs to.
    pub settles_key: bool,
}

impl fmt::Debug for ProviderError {
    /// Masks card numbers in the provider's texts, because a provider may quote what it received.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderError")
            .field("code", &self.code.as_deref().map(redacted_line))
            .field("decline_code", &self.decline_code.as_deref().map(redacted_line))
            .field("message", &self.message.as_deref().map(redacted_line))
            .field("param", &self.param.as_deref().map(redacted_line))
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}

/// A provider's error about one field.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// The provider's name of the field.
    pub field: String,
    /// The provider's message.
    pub message: String,
}

impl FieldError {
    /// Creates an error from a field and the provider's message about it.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl fmt::Debug for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", redacted_line(&self.field), redacted_line(&self.message))
    }
}

/// An attempt before the last one that may have been executed.
#[derive(Debug, Default)]
pub(crate) enum UnresolvedAttempt {
    /// No such attempt: none was made, or each one provably had no effect.
    #[default]
    None,
    /// An attempt of an earlier call, which may have used the idempotency key.
    OfEarlierCall,
    /// The first such attempt of this call.
    Of(Error),
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, outcome: Outcome, problem: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            provider: "",
            operation: "",
            kind,
            outcome,
            // The safe assumption until the call is known.
            effect: Effect::MoveMoney,
            problem: problem.into(),
            provider_error: ProviderError::default(),
            decode_error: None,
            validation_error: None,
            response: None,
            retry_after: None,
            attempts: 0,
            idempotency_key: None,
            earlier_attempt: None,
            source: None,
            is_repeatable: false,
        }))
    }

    pub(crate) fn with_provider_error(mut self, error: ProviderError) -> Self {
        self.0.provider_error = error;
        self
    }

    pub(crate) fn with_response(mut self, response: Response) -> Self {
        self.0.response = Some(response);
        self
    }

    pub(crate) fn with_decode_error(mut self, error: DecodeError) -> Self {
        self.0.decode_error = Some(error);
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_source(mut self, source: Option<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = source.map(Arc::from);
        self
    }

    /// Sets the call that failed.
    pub(crate) fn with_call(mut self, provider: &'static str, operation: &'static str, effect: Effect) -> Self {
        (self.0.provider, self.0.operation, self.0.effect) = (provider, operation, effect);
        self
    }

    /// Turns an error that occurred before a call was sent into the error of the call. See [`Call::not_sent`].
    ///
    /// [`Call::not_sent`]: crate::Call::not_sent
    pub(crate) fn before_call(
        mut self,
        provider: &'static str,
        operation: &'static str,
        effect: Effect,
        key: Option<&IdempotencyKey>,
    ) -> Self {
        if !self.0.operation.is_empty() {
            let separator = if self.0.problem.is_empty() { "" } else { ": " };
            self.0.problem = format!("`{}` failed first{separator}{}", self.0.operation, self.0.problem);
        }
        let may_have_been_used = key.is_some_and(IdempotencyKey::may_have_been_used);
        self.0.outcome = if may_have_been_used { Outcome::Unknown } else { Outcome::NotSent };
        (self.0.attempts, self.0.idempotency_key, self.0.earlier_attempt) = (0, key.cloned(), None);
        self.with_call(provider, operation, effect)
    }

    /// Redacts secrets from the provider's texts, because some providers quote a rejected key.
    pub(crate) fn redact(mut self, secrets: &[&str]) -> Self {
        let ProviderError { code, decline_code, message, param, fields, .. } = &mut self.0.provider_error;
        let texts = [code, decline_code, message, param].into_iter().flatten();
        let texts = texts.chain(fields.iter_mut().flat_map(|field| [&mut field.field, &mut field.message]));
        for text in texts {
            for secret in secrets {
                if text.contains(secret) {
                    *text = text.replace(secret, "[redacted]");
                }
            }
        }
        self
    }

    /// Settles the outcome of the call over all its attempts.
    pub(crate) fn settle(mut self, attempts: u32, key: Option<IdempotencyKey>, unresolved: UnresolvedAttempt) -> Self {
        self.0.attempts = attempts;
        self.0.idempotency_key = key;
        if self.0.provider_error.settles_key {
            return self;
        }
        match unresolved {
            UnresolvedAttempt::None => {}
            UnresolvedAttempt::OfEarlierCall => self.0.outcome = Outcome::Unknown,
            UnresolvedAttempt::Of(attempt) => {
                self.0.outcome = Outcome::Unknown;
                self.0.earlier_attempt = Some(attempt);
            }
        }
        self
    }

    pub(crate) fn repeatable(mut self) -> Self {
        self.0.is_repeatable = true;
        self
    }

    /// Returns true if another attempt would most likely end in the same way: the response was valid JSON with unexpected
    /// content, for example.
    pub(crate) fn is_repeatable(&self) -> bool {
        self.0.is_repeatable || self.0.decode_error.as_ref().is_some_and(DecodeError::is_json)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if !inner.provider.is_empty() {
            f.write_str(inner.provider)?;
            let space = if inner.operation.is_empty() { "" } else { " " };
            write!(f, "{space}{}: ", inner.operation)?;
        }
        f.write_str(inner.kind.as_str())?;
        if let Some(status) = self.status() {
            match self.stated_status().filter(|stated| *stated != status) {
                Some(stated) => write!(f, " (HTTP {}, stated status {})", status.as_u16(), stated.as_u16())?,
                None => write!(f, " (HTTP {})", status.as_u16())?,
            }
        }
        if !inner.problem.is_empty() {
            write!(f, ": {}", inner.problem)?;
        }
        if let Some(error) = &inner.decode_error {
            write!(f, ": {error}")?;
        }
        if let Some(message) = &inner.provider_error.message {
            write!(f, ": {}", redacted_line(message).trim_end_matches('.'))?;
        }
        for (index, field) in inner.provider_error.fields.iter().take(FIELD_ERRORS_IN_A_LINE).enumerate() {
            let separator = if index == 0 { ":" } else { ";" };
            let message = redacted_line(&field.message);
            write!(f, "{separator} `{}` {}", redacted_line(&field.field), message.trim_end_matches('.'))?;
        }
        if let Some(advice) = inner.provider_error.advice {
            write!(f, " ({advice})")?;
        }
        if inner.effect != Effect::Read && inner.outcome == Outcome::Unknown {
            f.write_str("; it may have been executed")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    /// Shows the `Display` line and the fields that are set, with the same redaction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &inner.kind).field("outcome", &inner.outcome).field("message", &self.to_string());
        if inner.attempts > 0 {
            debug.field("attempts", &inner.attempts);
        }
        if inner.provider_error != ProviderError::default() {
            debug.field("provider_error", &inner.provider_error);
        }
        if let Some(response) = &inner.response {
            debug.field("response", response);
        }
        if let Some(key) = &inner.idempotency_key {
            debug.field("idempotency_key", key);
        }
        if let Some(earlier) = &inner.earlier_attempt {
            debug.field("earlier", earlier);
        }
        if let Some(source) = &inner.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl From<ValidationError> for Error {
    fn from(invalid: ValidationError) -> Self {
        let mut error = Self::new(ErrorKind::InvalidRequest, Outcome::NotSent, invalid.to_string());
        error.0.validation_error = Some(invalid);
        error
    }
}

impl From<UnreadableItem> for Error {
    /// Lets code that cannot do without an item of a list end with `?`.
    fn from(item: UnreadableItem) -> Self {
        let mut error = Self::new(ErrorKind::MalformedResponse, Outcome::Unknown, "an item of the list cannot be read");
        error.0.effect = Effect::Read;
        error.0.provider_error.object_id = item.id;
        error.with_decode_error(item.error)
    }
}

impl From<MoneyError> for Error {
    fn from(error: MoneyError) -> Self {
        ValidationError::new("amount", error.to_string()).into()
    }
}

#[cfg(feature = "random-keys")]
impl From<crate::NoRandomness> for Error {
    fn from(error: crate::NoRandomness) -> Self {
        Self::configuration(error.to_string())
    }
}

/// The number of field errors that the line of an error shows. `Error::field_errors` has all of them.
const FIELD_ERRORS_IN_A_LINE: usize = 3;
