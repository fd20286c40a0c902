use payments_core::http::StatusCode;
use payments_core::json::{self, DecodeError, ProviderMessage};
use payments_core::transport::Response;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The envelope around the data of every response.
///
/// - For an error: `err.response().and_then(Envelope::of)`. The most important members are also available as
///   [`Error::stated_status`] and [`Error::message`].
/// - For a success: [`Call::send_with_response`](crate::Call::send_with_response) returns the response.
///
/// [`Error::stated_status`]: crate::Error::stated_status
/// [`Error::message`]: crate::Error::message
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Envelope {
    /// The result of the request as an HTTP status (`statusCode`). It can differ from the HTTP status of the response.
    #[serde(serialize_with = "as_number")]
    pub status_code: Option<StatusCode>,
    /// Whether the request succeeded (`success`).
    pub success: Option<bool>,
    /// The result in one word (`status`). `OK` is the only documented value.
    pub status: Option<String>,
    /// The result in prose (`message`).
    pub message: Option<String>,
    /// When the response was created (`timestamp`).
    pub timestamp: Option<Timestamp>,
}

impl Envelope {
    /// Decodes a response's envelope; `None` if the body is not a JSON object, or if `success` or `statusCode` occurs
    /// twice.
    ///
    /// No error format is documented. A member that is missing or has another type is `None`; a number in place of a
    /// text is kept as text.
    #[must_use]
    pub fn of(response: &Response) -> Option<Self> {
        LenientEnvelope::of(response).map(|envelope| Self {
            status_code: envelope.status_code.value(),
            success: envelope.success.value(),
            status: envelope.status,
            message: envelope.message,
            timestamp: envelope.timestamp,
        })
    }
}

/// A time as Turbo Transactions wrote it: `2025-08-26T07:52:23.243989861Z`.
///
/// The text is kept and parsed only on request, so that an unexpected date format cannot make a successful response
/// undecodable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(Box<str>);

impl Timestamp {
    /// The text as received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses the time, exact to the nanosecond; `None` if it is not in the documented format (RFC 3339).
    #[must_use]
    pub fn moment(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::parse(&self.0, &Rfc3339).ok()
    }
}

/// The envelope of a response that must be a success. `D` is its data.
///
/// Recognised errors are handled before this is decoded. What remains are successes, and envelopes that are neither:
/// for example a `statusCode` that is not an HTTP status, or a member that occurs twice.
#[derive(Deserialize)]
pub(crate) struct SuccessEnvelope<D> {
    success: bool,
    #[serde(rename = "statusCode")]
    status_code: u16,
    #[serde(default)]
    timestamp: Option<Timestamp>,
    // Decoded so that an unexpected shape is recorded. `Envelope` has the values.
    #[serde(default, rename = "status")]
    _status: Option<String>,
    #[serde(default, rename = "message")]
    _message: Option<String>,
    data: json::Object<D>,
}

impl<D> SuccessEnvelope<D> {
    /// Returns the data, if both `success` and `statusCode` state success.
    pub(crate) fn into_data(self) -> Result<(D, Option<Timestamp>), DecodeError> {
        if !self.success {
            return Err(DecodeError::new("success", "is not `true`"));
        }
        if !(200..300).contains(&self.status_code) {
            return Err(DecodeError::new("statusCode", "is not a status from 200 to 299"));
        }
        Ok((self.data.0, self.timestamp))
    }
}

/// An envelope of any kind. `success` and `statusCode` can have any type, because an outcome depends on them.
#[derive(Deserialize)]
pub(crate) struct LenientEnvelope {
    #[serde(default, rename = "statusCode", deserialize_with = "status_code")]
    pub(crate) status_code: Member<StatusCode>,
    #[serde(default, deserialize_with = "boolean")]
    pub(crate) success: Member<bool>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    timestamp: Option<Timestamp>,
}

impl ProviderMessage for LenientEnvelope {
    const DECIDING: &'static [&'static str] = &["success", "statusCode"];
}

impl LenientEnvelope {
    /// Returns `None` if the body is not a JSON object, or if `success` or `statusCode` occurs twice.
    pub(crate) fn of(response: &Response) -> Option<Self> {
        json::read(response.body()).ok().map(|read| read.value)
    }
}

/// A member that can have any type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Member<T> {
    /// Missing or `null`.
    #[default]
    Missing,
    /// Of the documented type.
    Valid(T),
    /// Of another type.
    Malformed,
}

impl<T> Member<T> {
    pub(crate) fn value(self) -> Option<T> {
        match self {
            Self::Valid(value) => Some(value),
            Self::Missing | Self::Malformed => None,
        }
    }
}

fn status_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Member<StatusCode>, D::Error> {
    member(deserializer, |raw| StatusCode::from_u16(raw.parse().ok()?).ok())
}

fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Member<bool>, D::Error> {
    member(deserializer, |raw| raw.parse().ok())
}

fn member<'de, D: Deserializer<'de>, T>(deserializer: D, decode: fn(&str) -> Option<T>) -> Result<Member<T>, D::Error> {
    Ok(match <&RawValue>::deserialize(deserializer)?.get() {
        "null" => Member::Missing,
        raw => decode(raw).map_or(Member::Malformed, Member::Valid),
    })
}

fn as_number<S: serde::Serializer>(code: &Option<StatusCode>, serializer: S) -> Result<S::Ok, S::Error> {
    code.map(|code| code.as_u16()).serialize(serializer)
}
