use payments_core::http::StatusCode;
use payments_core::json::{self, DecodeError, RawJson};
use payments_core::transport::Response;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What Turbo Transactions wraps its answers in: what it says of the request, apart from the data.
///
/// Of an error: `err.response().and_then(Envelope::of)`; of a success, [`Call::send_with_response`](crate::Call::send_with_response)
/// keeps the answer. The status and the message of an error are also [`Error::stated_status`] and [`Error::message`].
///
/// [`Error::stated_status`]: crate::Error::stated_status
/// [`Error::message`]: crate::Error::message
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Envelope {
    /// `statusCode`: what became of the request, in HTTP's numbers. It can differ from the HTTP status.
    #[serde(serialize_with = "as_number")]
    pub status_code: Option<StatusCode>,
    /// `success`.
    pub success: Option<bool>,
    /// `status`: `OK` in the document, which names no other.
    pub status: Option<String>,
    /// `message`, in prose.
    pub message: Option<String>,
    /// `timestamp`: when it was answered.
    pub timestamp: Option<Timestamp>,
}

impl Envelope {
    /// Reads an answer's envelope, or nothing where the body is no JSON object.
    ///
    /// No form of an error is documented, so a member that is missing or of another type is none; the raw body has it.
    #[must_use]
    pub fn of(response: &Response) -> Option<Self> {
        Said::of(response).map(|said| Self {
            status_code: said.status_code.known(),
            success: said.success.known(),
            status: said.status.known(),
            message: said.message.known(),
            timestamp: said.timestamp.known().map(|text| Timestamp(text.into())),
        })
    }
}

/// A moment, as Turbo Transactions wrote it: `2025-08-26T07:52:23.243989861Z`.
///
/// It stays text, so that a transaction is not lost over the form of its date.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(Box<str>);

impl Timestamp {
    /// The text as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The moment, to the nanosecond; none where the text is not of the form that the document shows (RFC 3339).
    #[must_use]
    pub fn moment(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::parse(&self.0, &Rfc3339).ok()
    }
}

/// The envelope of a success, around its data: one that says so in both of its members.
///
/// What says that it is none has been taken for an error before this is decoded, unless it could not be read as one: a
/// number that is no status, a member that stands there twice.
pub(crate) struct Success<T> {
    pub(crate) timestamp: Option<Timestamp>,
    pub(crate) data: T,
}

impl<T: DeserializeOwned> Success<T> {
    pub(crate) fn read(response: &RawJson) -> Result<Self, DecodeError> {
        let wire: WireSuccess = response.decode_object()?;
        if !wire.success {
            return Err(DecodeError::new("success", "is not true"));
        }
        if !(200..300).contains(&wire.status_code) {
            return Err(DecodeError::new("statusCode", "is no success"));
        }
        let data = wire.data.decode_object().map_err(|problem| problem.within("data"))?;
        Ok(Self { timestamp: wire.timestamp, data })
    }
}

#[derive(Deserialize)]
struct WireSuccess {
    success: bool,
    #[serde(rename = "statusCode")]
    status_code: u16,
    #[serde(default)]
    timestamp: Option<Timestamp>,
    data: RawJson,
}

/// An envelope as it came, each member by itself.
pub(crate) struct Said {
    pub(crate) status_code: Member<StatusCode>,
    pub(crate) success: Member<bool>,
    pub(crate) message: Member<String>,
    status: Member<String>,
    timestamp: Member<String>,
}

/// A member that may be of any type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Member<T> {
    /// Not there, or `null`.
    Missing,
    /// Of the documented type.
    Known(T),
    /// Of another.
    Odd,
}

impl<T> Member<T> {
    pub(crate) fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Missing | Self::Odd => None,
        }
    }
}

impl Said {
    /// None where the body is no JSON object, or says a member twice.
    pub(crate) fn of(response: &Response) -> Option<Self> {
        let wire: Wire = json::decode_object(response.body()).ok()?;
        Some(Self {
            status_code: member(wire.status_code, |raw| StatusCode::from_u16(raw.parse().ok()?).ok()),
            success: member(wire.success, |raw| raw.parse().ok()),
            message: member(wire.message, text),
            status: member(wire.status, text),
            timestamp: member(wire.timestamp, text),
        })
    }
}

fn member<T>(raw: Option<&RawValue>, read: fn(&str) -> Option<T>) -> Member<T> {
    match raw {
        None => Member::Missing,
        Some(raw) => read(raw.get()).map_or(Member::Odd, Member::Known),
    }
}

fn text(raw: &str) -> Option<String> {
    serde_json::from_str(raw).ok()
}

fn as_number<S: serde::Serializer>(code: &Option<StatusCode>, serializer: S) -> Result<S::Ok, S::Error> {
    code.map(|code| code.as_u16()).serialize(serializer)
}

#[derive(Deserialize)]
struct Wire<'a> {
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
