//! Reading of members: formatting must not make the response to an executed payment undecodable.

use std::borrow::Cow;

use payments_core::decimal;
use payments_core::json;
use rust_decimal::Decimal;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A member that a decision depends on.
///
/// Reading continues if it is missing or unreadable, so that the error or the refusal has the other members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Member<T> {
    /// The member was read.
    Known(T),
    /// The member is missing, `null` or empty.
    #[default]
    Missing,
    /// The member has another form.
    Unreadable,
}

impl<T> Member<T> {
    /// The value, if it was read.
    pub(crate) fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Missing | Self::Unreadable => None,
        }
    }

    /// Returns the value, or an error that names the member.
    pub(crate) fn required(self, path: &'static str) -> Result<T, json::DecodeError> {
        match self {
            Self::Known(value) => Ok(value),
            Self::Missing => Err(json::DecodeError::new(path, "is missing")),
            Self::Unreadable => Err(json::DecodeError::new(path, UNREADABLE)),
        }
    }
}

/// The problem with a member in another form.
pub(crate) const UNREADABLE: &str = "cannot be read";

impl<'de, T: for<'a> TryFrom<&'a str>> Deserialize<'de> for Member<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        match raw.as_bytes().first() {
            Some(b'"') => {
                let text: String = serde_json::from_str(raw).map_err(D::Error::custom)?;
                let value = || T::try_from(&text).map_or(Self::Unreadable, Self::Known);
                Ok(if text.is_empty() { Self::Missing } else { value() })
            }
            Some(b'n') => Ok(Self::Missing),
            Some(b'{' | b'[') => Ok(Self::Unreadable),
            // The reader replaces a number or boolean by its text, and records it.
            _ => Err(D::Error::custom("is not a string")),
        }
    }
}

/// Reads an optional member of any type: the text of a string, or the JSON of another value.
///
/// A missing, `null` or empty member is `None`.
pub(crate) fn any_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    let Some(raw) = Option::<&RawValue>::deserialize(deserializer)?.map(RawValue::get) else { return Ok(None) };
    let text = if raw.starts_with('"') {
        serde_json::from_str::<String>(raw).map_err(D::Error::custom)?.into()
    } else {
        Cow::Borrowed(raw)
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// Reads a whole number: `3` or `3.0`.
pub(crate) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    whole(json::decimal::deserialize(deserializer)?)
}

/// Reads an optional whole number. A missing, `null` or empty member is `None`.
pub(crate) fn optional_count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let Some(text) = any_value(deserializer)? else { return Ok(None) };
    whole(decimal::parse(&text).map_err(D::Error::custom)?).map(Some)
}

fn whole<E: Error>(number: Decimal) -> Result<u32, E> {
    let whole = number.fract().is_zero().then(|| u32::try_from(number).ok()).flatten();
    whole.ok_or_else(|| E::custom("is not a whole number from 0 to 4294967295"))
}
