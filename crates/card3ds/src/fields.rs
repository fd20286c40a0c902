//! Reading of optional members: formatting must not make the response to an executed payment undecodable.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use payments_core::decimal;
use payments_core::json;
use rust_decimal::Decimal;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Reads an optional member of any type: the text of a string, or the JSON of another value.
///
/// A missing, `null` or empty member is `None`.
pub(crate) fn any_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    raw(deserializer)?.map_or(Ok(None), unquoted)
}

/// Reads an optional string. A number in its place is kept as written.
pub(crate) fn string_or_number<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let Some(raw) = raw(deserializer)? else { return Ok(None) };
    if raw.starts_with(['{', '[', 't', 'f']) {
        return Err(D::Error::custom("is neither a string nor a number"));
    }
    let text = unquoted::<D::Error>(raw)?;
    text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
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

fn raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de str>, D::Error> {
    Ok(Option::<&RawValue>::deserialize(deserializer)?.map(RawValue::get))
}

/// Returns the text of a JSON string, and any other JSON as it is. An empty string is `None`.
fn unquoted<E: Error>(raw: &str) -> Result<Option<Cow<'_, str>>, E> {
    let text = if raw.starts_with('"') {
        serde_json::from_str::<String>(raw).map_err(E::custom)?.into()
    } else {
        Cow::Borrowed(raw)
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn whole<E: Error>(number: Decimal) -> Result<u32, E> {
    let whole = number.fract().is_zero().then(|| u32::try_from(number).ok()).flatten();
    whole.ok_or_else(|| E::custom("is not a whole number from 0 to 4294967295"))
}
