//! JSON as payment APIs need it: numbers as text, and errors that name a path but never quote a value.

mod item;
mod number;
mod object;
mod read;
mod stored_text;
mod text_map;
mod tolerant;

use std::borrow::Cow;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

pub use item::UnreadableItem;
pub use number::{JsonNumber, amount, currency, decimal, decimal_option, integer, integer_option};
pub use object::Object;
pub use read::{decode, decode_object, expect_equal, none_if_empty};
pub(crate) use stored_text::mask_unreadable;
pub use stored_text::{raw_text, raw_text_option};
pub use text_map::text_map;
pub use tolerant::{ProviderMessage, Read, UnreadableMember, UnreadableMembers, read};

/// A JSON value as it was received, decoded only on request.
///
/// It may contain anything, so `Debug` shows only its length. Clones share the text. It can be deserialized from JSON
/// text, but not from a reader or from a `serde_json::Value`.
#[derive(Clone, PartialEq, Eq)]
pub struct RawJson(Arc<str>);

impl RawJson {
    /// The text, byte for byte.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the value as it is stored: numbers that could be card numbers are masked, and security codes are redacted.
    #[must_use]
    pub fn masked(&self) -> Self {
        Self(stored_text::stored_text(self.as_str()).into())
    }

    /// Decodes the value.
    ///
    /// # Errors
    ///
    /// Returns an error if the value has another shape than `T`.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        read::value(self.as_str())
    }

    /// Decodes the value if it is an object.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is not an object or has another shape than `T`.
    pub fn decode_object<'a, T: Deserialize<'a>>(&'a self) -> Result<T, DecodeError> {
        read::object(self.as_str())
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.0).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(<&RawValue>::deserialize(deserializer)?.get().into()))
    }
}

impl std::fmt::Debug for RawJson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawJson([{} bytes])", self.as_str().len())
    }
}

/// A body that could not be decoded: the path and the problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    path: String,
    problem: Cow<'static, str>,
    is_json: bool,
    facts: Option<Box<Facts>>,
}

/// What could be read of a message that cannot be used: it may be about an operation that was executed.
#[derive(Clone, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "provider crates build it")]
pub struct Facts {
    /// The provider's id of the object.
    pub object_id: Option<String>,
    /// The status, as the provider writes it.
    pub status: Option<String>,
    /// The amount, as the provider writes it.
    pub amount: Option<String>,
}

impl std::fmt::Debug for Facts {
    /// Shows which members could be read, but not their values, because an id may be private.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { object_id, status, amount } = self;
        let shown = [("object_id", object_id), ("status", status), ("amount", amount)];
        f.debug_list().entries(shown.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name)).finish()
    }
}

impl DecodeError {
    /// Creates an error about a member of a decoded response: the member's path and what is wrong with it.
    pub fn new(path: impl Into<String>, problem: impl Into<Cow<'static, str>>) -> Self {
        Self { path: path.into(), problem: problem.into(), is_json: true, facts: None }
    }

    fn not_json(problem: impl Into<Cow<'static, str>>) -> Self {
        Self { path: ROOT.to_owned(), problem: problem.into(), is_json: false, facts: None }
    }

    /// Prepends the path of the part that was decoded: `data[3]`.
    #[must_use]
    pub fn within(mut self, path: &str) -> Self {
        self.path = match self.path.as_str() {
            ROOT => path.to_owned(),
            inner => format!("{path}.{inner}"),
        };
        self
    }

    /// Adds what could be read of the message.
    #[must_use]
    pub fn with_facts(mut self, facts: Facts) -> Self {
        self.facts = Some(Box::new(facts));
        self
    }

    /// What could be read of the message, if its type names such members.
    #[must_use]
    pub fn facts(&self) -> Option<&Facts> {
        self.facts.as_deref()
    }

    /// The path to the member, such as `items[3].amount`; `.` is the whole body.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The problem with the member.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// True if the body is JSON of another shape. The next response would most likely have the same shape.
    pub(crate) fn is_json(&self) -> bool {
        self.is_json
    }
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path == ROOT { f.write_str(&self.problem) } else { write!(f, "{}: {}", self.path, self.problem) }
    }
}

impl std::error::Error for DecodeError {}

/// The path of the whole body.
const ROOT: &str = ".";
