use std::borrow::Cow;
use std::str::FromStr;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

use super::{DecodeError, ROOT};
use crate::redact::redacted_line;
use crate::text;

/// Decodes a whole body. An error names the path of the member that could not be read, and never quotes a value.
///
/// On failure the body is decoded a second time to find the path, because tracking the path costs as much as decoding.
///
/// # Errors
///
/// Returns an error if the body is not JSON or has another shape than `T`.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    value(utf8(body)?)
}

/// Decodes a whole body if it is an object. (Serde accepts an array of a struct's members for the struct as well.)
///
/// # Errors
///
/// Returns an error if the body is not JSON, is not an object, or has another shape than `T`.
pub fn decode_object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, DecodeError> {
    object(utf8(body)?)
}

/// Compares a member of a response with what was requested.
///
/// # Errors
///
/// Returns an error if the two differ: the response is then about something else.
pub fn expect_equal<T: PartialEq>(path: &'static str, received: &T, requested: &T) -> Result<(), DecodeError> {
    if received == requested { Ok(()) } else { Err(DecodeError::new(path, "differs from what was requested")) }
}

/// For `#[serde(default, deserialize_with = "json::none_if_empty")]`: parses a string; `None` if it is missing, `null`
/// or empty.
///
/// # Errors
///
/// Returns an error if the value is not a string or cannot be parsed.
pub fn none_if_empty<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    struct Text<T>(Option<T>);
    impl<'de, T: FromStr<Err: std::fmt::Display>> Deserialize<'de> for Text<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let parse = |text: &str| if text.is_empty() { Ok(None) } else { text.parse().map(Some) };
            text::deserialize(deserializer, parse).map(Self)
        }
    }
    Ok(Option::<Text<T>>::deserialize(deserializer)?.and_then(|text| text.0))
}

pub(super) fn value<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, DecodeError> {
    serde_json::from_str(body).map_err(|err| match err.classify() {
        serde_json::error::Category::Data => locate::<T>(body),
        serde_json::error::Category::Eof => DecodeError::not_json("the body ends before its JSON does"),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            DecodeError::not_json(format!("not JSON at line {} column {}", err.line(), err.column()))
        }
    })
}

pub(super) fn object<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, DecodeError> {
    if body.trim_ascii_start().starts_with('{') {
        return value(body);
    }
    value::<IgnoredAny>(body)?;
    Err(DecodeError::new(ROOT, "is not an object"))
}

/// Checks the whole body once, because checking each string separately costs more than decoding.
fn utf8(body: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(body).map_err(|err| {
        DecodeError::not_json(format!("not JSON, because it is not UTF-8 after byte {}", err.valid_up_to()))
    })
}

fn locate<'a, T: Deserialize<'a>>(body: &'a str) -> DecodeError {
    let mut deserializer = serde_json::Deserializer::from_str(body);
    match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Ok(_) => DecodeError::not_json("there is more after the JSON value"),
        Err(err) => {
            // Map keys are part of a path, and they may be anything.
            let path = redacted_line(&err.path().to_string());
            DecodeError::new(path, without_values(&err.inner().to_string()))
        }
    }
}

/// Removes the quoted value from serde's message, because it may be a card number. What was expected stays.
pub(super) fn without_values(message: &str) -> String {
    // serde_json ends its messages with the position, which the path replaces.
    let message = message.rfind(" at line ").map_or(message, |end| &message[..end]);
    let quotes_value = ["invalid type: ", "invalid value: ", "unknown variant ", "unknown field "];
    if !quotes_value.iter().any(|start| message.starts_with(start)) {
        return message.to_owned();
    }
    let found = message.split(['"', '`']).next().unwrap_or(message).trim_end();
    match message.rfind(", expected ") {
        Some(at) => format!("{}{}", found.split(", expected").next().unwrap_or(found), &message[at..]),
        None => found.to_owned(),
    }
}

/// Decodes a number's text, or the text inside a JSON string.
pub(super) fn unquoted(raw: &str) -> Option<Cow<'_, str>> {
    let Some(rest) = raw.strip_prefix('"') else { return Some(Cow::Borrowed(raw)) };
    // Without an escape, the text is what stands between the quotes.
    let is_plain = |text: &&str| !text.bytes().any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\'));
    match rest.strip_suffix('"').filter(is_plain) {
        Some(text) => Some(Cow::Borrowed(text)),
        None => serde_json::from_str(raw).ok(),
    }
}
