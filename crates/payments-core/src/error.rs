use std::fmt;

use http::StatusCode;

use crate::json::DecodeError;
use crate::message::Response;
use crate::redact::redacted_line;
use crate::{Effect, IdempotencyKey, MoneyError, Outcome, ValidationError};

/// Why a call failed, and whether it may have been done all the same.
///
/// Start with [`Error::outcome`]: it answers the question that matters with money. [`Error::kind`] says what went
/// wrong; the rest is what the provider said. Printed, it is one line without URL, body, key or card number.
pub struct Error(Box<Inner>);

struct Inner {
    provider: &'static str,
    operation: &'static str,
    kind: ErrorKind,
    outcome: Outcome,
    effect: Effect,
    problem: String,
    provider_error: ProviderError,
    decode: Option<DecodeError>,
    invalid: Option<ValidationError>,
    response: Option<Response>,
    retry_after: Option<std::time::Duration>,
    attempts: u32,
    key: Option<IdempotencyKey>,
    earlier: Option<Error>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What went wrong, coarsely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request does not fit: found here, or said by the provider.
    InvalidRequest,
    /// The key is missing or wrong.
    Authentication,
    /// The key is right but may not do this, or not from this address.
    Permission,
    /// The provider knows no such thing, now.
    NotFound,
    /// It conflicts with something: most often, with an earlier sending of the same.
    Conflict,
    /// The provider, the bank or the issuer said no to the payment itself.
    Declined,
    /// The payment is not final: it may still succeed or fail.
    NotFinal,
    /// Too many requests.
    Throttled,
    /// The provider failed.
    ProviderFailure,
    /// No answer in time.
    Timeout,
    /// The connection could not be made, or broke.
    Connection,
    /// There was an answer, but it cannot be read, or it contradicts what was asked.
    MalformedResponse,
    /// The client, the base URL or the merchant's set-up is wrong.
    Configuration,
    /// This provider, or this key, has no such operation.
    Unsupported,
}

impl ErrorKind {
    /// The kind in words, as errors print it.
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
            Self::Connection => "connection failed",
            Self::MalformedResponse => "malformed response",
            Self::Configuration => "configuration",
            Self::Unsupported => "unsupported",
        }
    }
}

/// What a provider says is wrong with one field.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// The field, by the provider's name.
    pub field: String,
    /// The provider's words.
    pub message: String,
}

impl FieldError {
    /// A field and what is wrong with it.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// A provider's error answer, as its crate reads it: the documented form, in common terms.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProviderError {
    /// A kind better than the one the HTTP status says.
    pub kind: Option<ErrorKind>,
    /// The status that the provider's own envelope states, where it has one: the failure is classified by it as if it
    /// were the HTTP status.
    pub status: Option<StatusCode>,
    /// An outcome other than the one the status says: `Unknown` where the refusal may describe an earlier sending of
    /// the same thing.
    pub outcome: Option<Outcome>,
    /// The provider's code.
    pub code: Option<String>,
    /// Why a payment was declined.
    pub decline_code: Option<String>,
    /// The provider's words.
    pub message: Option<String>,
    /// The parameter that it is about.
    pub param: Option<String>,
    /// What is wrong with which field.
    pub fields: Vec<FieldError>,
    /// The provider's id of the object that the answer is about.
    pub object_id: Option<String>,
    /// What the merchant can do about it, where the provider's documents say so.
    pub advice: Option<&'static str>,
    /// The provider answered the keyed request itself, so that this settles an earlier attempt under the same key.
    pub settles_key: bool,
}

impl fmt::Debug for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", redacted_line(&self.field), redacted_line(&self.message))
    }
}

impl fmt::Debug for ProviderError {
    /// A provider may quote what it was sent, so its words are masked here as they are in a printed error.
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

impl Error {
    pub(crate) fn new(kind: ErrorKind, outcome: Outcome, problem: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            provider: "",
            operation: "",
            kind,
            outcome,
            effect: Effect::MoveMoney,
            problem: problem.into(),
            provider_error: ProviderError::default(),
            decode: None,
            invalid: None,
            response: None,
            retry_after: None,
            attempts: 0,
            key: None,
            earlier: None,
            source: None,
        }))
    }

    /// Something that is set up wrongly; nothing was sent.
    pub fn configuration(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, Outcome::NotSent, problem)
    }

    /// Something that this provider, or this key, cannot do; nothing was sent.
    pub fn unsupported(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, Outcome::NotSent, problem)
    }

    /// An error that a provider crate reads from a successful response, such as a payment that was declined.
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

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether it may have been done. For a call that only asks, it says whether the provider answered.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// True when the call moves money and its outcome is unknown: look the order up before sending anything again.
    #[must_use]
    pub fn may_have_moved_money(&self) -> bool {
        self.0.effect == Effect::MoveMoney && self.0.outcome == Outcome::Unknown
    }

    /// The provider, as its crate is called; empty before a call is made.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        self.0.provider
    }

    /// The operation, as the client's method for it is called; empty before a call is made.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// The provider's code, where it has codes.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.provider_error.code.as_deref()
    }

    /// Why the payment was declined, where the provider says so by code.
    #[must_use]
    pub fn decline_code(&self) -> Option<&str> {
        self.0.provider_error.decline_code.as_deref()
    }

    /// The provider's own words.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.provider_error.message.as_deref()
    }

    /// The field or parameter that it is about, by the provider's name.
    #[must_use]
    pub fn param(&self) -> Option<&str> {
        let own = self.0.invalid.as_ref().map(ValidationError::field);
        own.or(self.0.provider_error.param.as_deref())
    }

    /// What the provider says is wrong with which field.
    #[must_use]
    pub fn field_errors(&self) -> &[FieldError] {
        &self.0.provider_error.fields
    }

    /// What can be done about it, where the provider's documents say so.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        self.0.provider_error.advice
    }

    /// The provider's id of the object, where the error answer held one.
    #[must_use]
    pub fn object_id(&self) -> Option<&str> {
        self.0.provider_error.object_id.as_deref()
    }

    /// The HTTP status, once there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.response.as_ref().map(Response::status)
    }

    /// The status that the provider's own envelope states, where it has one beside the HTTP status.
    #[must_use]
    pub fn stated_status(&self) -> Option<StatusCode> {
        self.0.provider_error.status
    }

    /// The id under which the provider, or the network in front of it, knows the exchange.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.response.as_ref().and_then(Response::request_id)
    }

    /// The answer as it came, as far as it came.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        self.0.response.as_ref()
    }

    /// Where the answer could not be decoded, as a path such as `items[3].amount`.
    #[must_use]
    pub fn json_path(&self) -> Option<&str> {
        self.0.decode.as_ref().map(DecodeError::path)
    }

    /// How long the provider asks to wait, from `Retry-After`.
    #[must_use]
    pub fn retry_after(&self) -> Option<std::time::Duration> {
        self.0.retry_after
    }

    /// How many attempts were made.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The key that the call was sent under, and when first: with it the same call can be made again, within the
    /// key's lifetime, without being done twice.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&IdempotencyKey> {
        self.0.key.as_ref()
    }

    /// The attempt that left the outcome unknown, where a later one failed otherwise.
    #[must_use]
    pub fn earlier(&self) -> Option<&Error> {
        self.0.earlier.as_ref()
    }

    pub(crate) fn is_json_of_another_shape(&self) -> bool {
        self.0.decode.as_ref().is_some_and(DecodeError::is_json)
    }

    pub(crate) fn with_provider_error(mut self, error: ProviderError) -> Self {
        self.0.provider_error = error;
        self
    }

    /// Takes secrets out of what the provider said: some quote the key that they refuse.
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

    pub(crate) fn with_response(mut self, response: Response) -> Self {
        self.0.response = Some(response);
        self
    }

    pub(crate) fn with_decode(mut self, decode: DecodeError) -> Self {
        self.0.decode = Some(decode);
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<std::time::Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_source(mut self, source: Option<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = source;
        self
    }

    /// Puts down which call it was.
    pub(crate) fn of_call(mut self, provider: &'static str, operation: &'static str, effect: Effect) -> Self {
        (self.0.provider, self.0.operation, self.0.effect) = (provider, operation, effect);
        self
    }

    /// Settles the call's outcome over all its attempts.
    pub(crate) fn settle(mut self, attempts: u32, key: Option<IdempotencyKey>, unresolved: UnresolvedAttempt) -> Self {
        self.0.attempts = attempts;
        self.0.key = key;
        if self.0.provider_error.settles_key {
            return self;
        }
        match unresolved {
            UnresolvedAttempt::None => {}
            UnresolvedAttempt::OfEarlierCall => self.0.outcome = Outcome::Unknown,
            UnresolvedAttempt::Of(attempt) => {
                self.0.outcome = Outcome::Unknown;
                self.0.earlier = Some(attempt);
            }
        }
        self
    }
}

/// An attempt before the last one that may have been executed.
#[derive(Debug, Default)]
pub(crate) enum UnresolvedAttempt {
    /// There is none: no attempt was made, or each one provably had no effect.
    #[default]
    None,
    /// An earlier call may have used the idempotency key.
    OfEarlierCall,
    /// An attempt of this call: the first of them.
    Of(Error),
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
                Some(stated) => write!(f, " (HTTP {}, stating {})", status.as_u16(), stated.as_u16())?,
                None => write!(f, " (HTTP {})", status.as_u16())?,
            }
        }
        if !inner.problem.is_empty() {
            write!(f, ": {}", inner.problem)?;
        }
        if let Some(decode) = &inner.decode {
            write!(f, ": {decode}")?;
        }
        if let Some(message) = &inner.provider_error.message {
            write!(f, ": {}", redacted_line(message).trim_end_matches('.'))?;
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
    /// The line that is printed, and what else is known. Like that line, without body, key or card number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        let mut shown = f.debug_struct("Error");
        shown.field("kind", &inner.kind).field("outcome", &inner.outcome).field("message", &self.to_string());
        if inner.attempts > 0 {
            shown.field("attempts", &inner.attempts);
        }
        if inner.provider_error != ProviderError::default() {
            shown.field("provider_error", &inner.provider_error);
        }
        if let Some(response) = &inner.response {
            shown.field("response", response);
        }
        if let Some(key) = &inner.key {
            shown.field("idempotency_key", key);
        }
        if let Some(earlier) = &inner.earlier {
            shown.field("earlier", earlier);
        }
        if let Some(source) = &inner.source {
            shown.field("source", source);
        }
        shown.finish()
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
        error.0.invalid = Some(invalid);
        error
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
