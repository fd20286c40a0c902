use payments_core::http::StatusCode;
use payments_core::json::{self, DecodeError, RawJson};
use payments_core::transport::Response;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
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
    /// Decodes a response's envelope; `None` if the body is not a JSON object or has a member twice.
    ///
    /// No error format is documented. A member that is missing or has another type is `None`.
    #[must_use]
    pub fn of(response: &Response) -> Option<Self> {
        LenientEnvelope::of(response).map(|envelope| Self {
            status_code: envelope.status_code.value(),
            success: envelope.success.value(),
            status: envelope.status.value(),
            message: envelope.message.value(),
            timestamp: envelope.timestamp.value().map(|text| Timestamp(text.into())),
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

/// The envelope of a response that must be a success.
///
/// Recognised errors are handled before this is decoded. What remains are successes, and envelopes that are neither:
/// for example a `statusCode` that is not an HTTP status, or a member that occurs twice.
#[derive(Deserialize)]
pub(crate) struct SuccessEnvelope {
    success: bool,
    #[serde(rename = "statusCode")]
    status_code: u16,
    #[serde(default)]
    timestamp: Option<Timestamp>,
    data: RawJson,
}

impl SuccessEnvelope {
    /// Decodes the data, if both `success` and `statusCode` state success.
    pub(crate) fn into_data<T: DeserializeOwned>(self) -> Result<(T, Option<Timestamp>), DecodeError> {
        if !self.success {
            return Err(DecodeError::new("success", "is not `true`"));
        }
        if !(200..300).contains(&self.status_code) {
            return Err(DecodeError::new("statusCode", "is not a status from 200 to 299"));
        }
        let data = self.data.decode_object().map_err(|problem| problem.within("data"))?;
        Ok((data, self.timestamp))
    }
}

/// An envelope whose members are decoded one by one, because each can have any type.
pub(crate) struct LenientEnvelope {
    pub(crate) status_code: Member<StatusCode>,
    pub(crate) success: Member<bool>,
    pub(crate) message: Member<String>,
    status: Member<String>,
    timestamp: Member<String>,
}

/// A member that can have any type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Member<T> {
    /// Missing or `null`.
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

impl LenientEnvelope {
    /// Returns `None` if the body is not a JSON object or has a member twice.
    pub(crate) fn of(response: &Response) -> Option<Self> {
        let wire: WireEnvelope<'_> = json::decode_object(response.body()).ok()?;
        Some(Self {
            status_code: member(wire.status_code, |raw| StatusCode::from_u16(raw.parse().ok()?).ok()),
            success: member(wire.success, |raw| raw.parse().ok()),
            message: member(wire.message, string),
            status: member(wire.status, string),
            timestamp: member(wire.timestamp, string),
        })
    }
}

fn member<T>(raw: Option<&RawValue>, decode: fn(&str) -> Option<T>) -> Member<T> {
    match raw {
        None => Member::Missing,
        Some(raw) => decode(raw.get()).map_or(Member::Malformed, Member::Valid),
    }
}

fn string(raw: &str) -> Option<String> {
    serde_json::from_str(raw).ok()
}

fn as_number<S: serde::Serializer>(code: &Option<StatusCode>, serializer: S) -> Result<S::Ok, S::Error> {
    code.map(|code| code.as_u16()).serialize(serializer)
}

#[derive(Deserialize)]
struct WireEnvelope<'a> {
    #[serde(borrow, default, rename = "statusCode")]
    status_code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    success: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    status: Option<&'a RawValue>,
    #[serde(borrow, default)]
    timestamp: Option<&'a RawValue>,
}
