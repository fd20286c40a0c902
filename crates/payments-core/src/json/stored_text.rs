//! The stored form of a JSON value as it was received.
//!
//! It is a JSON string that holds the value's text, because a database may rewrite an embedded value: reorder its members,
//! or convert its numbers to floats.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::value::RawValue;

use super::RawJson;
use super::tolerant::clean;
use crate::redact::mask_card_numbers;

/// For `#[serde(with = "json::raw_text")]`: stores the text of a JSON value.
///
/// Numbers that could be card numbers are masked, and security codes are redacted, as by [`RawJson::masked`].
pub mod raw_text {
    use serde::{Deserializer, Serializer};

    use super::{RawJson, load, stored_text};

    /// Writes the text.
    ///
    /// # Errors
    ///
    /// Returns the serializer's errors.
    pub fn serialize<S: Serializer>(raw: &RawJson, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&stored_text(raw.as_str()))
    }

    /// Loads the text.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is not a string that holds JSON.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RawJson, D::Error> {
        crate::text::deserialize(deserializer, load)
    }
}

/// For `#[serde(with = "json::raw_text_option")]`: like [`raw_text`](mod@raw_text), with `null` for `None`.
pub mod raw_text_option {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{RawJson, stored_text};

    /// Writes the text, or `null`.
    ///
    /// # Errors
    ///
    /// Returns the serializer's errors.
    pub fn serialize<S: Serializer>(raw: &Option<RawJson>, serializer: S) -> Result<S::Ok, S::Error> {
        raw.as_ref().map(|raw| stored_text(raw.as_str())).serialize(serializer)
    }

    /// Loads the text; `null` is `None`.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is neither `null` nor a string that holds JSON.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RawJson>, D::Error> {
        #[derive(Deserialize)]
        struct Text(#[serde(with = "super::raw_text")] RawJson);
        Ok(Option::<Text>::deserialize(deserializer)?.map(|text| text.0))
    }
}

fn load(text: &str) -> Result<RawJson, &'static str> {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => Ok(RawJson(text.into())),
        Err(_) => Err("the text is not JSON"),
    }
}

/// Masks a text that could not be read. An object or a list is masked like a stored value: it may hold a security code.
pub(crate) fn mask_unreadable(text: &str) -> String {
    let is_nested = text.starts_with(['{', '[']) && serde_json::from_str::<&RawValue>(text).is_ok();
    if is_nested { stored_text(text).into_owned() } else { mask_card_numbers(text) }
}

/// Masks the strings and numbers of a JSON text one by one, and redacts security codes, so that the text stays JSON.
pub(super) fn stored_text(json: &str) -> Cow<'_, str> {
    let mut stored = String::new();
    let (mut copied, mut at) = (0, 0);
    while at < json.len() {
        let end = at + token_length(&json[at..]);
        let token = &json[at..end];
        at = end;
        let text = match token.as_bytes()[0] {
            b'"' => string(token),
            b'-' | b'0'..=b'9' => Cow::Borrowed(token),
            _ => continue,
        };
        if is_security_code(&text)
            && let Some(code) = member_value(json, end)
        {
            at = code.end;
            if !matches!(&json[code.clone()], "null" | REDACTED) {
                stored.push_str(&json[copied..code.start]);
                stored.push_str(REDACTED);
                copied = code.end;
            }
            continue;
        }
        let masked = mask_card_numbers(&text);
        if masked != text {
            stored.push_str(&json[copied..end - token.len()]);
            stored.push_str(&serde_json::Value::String(masked).to_string());
            copied = end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    stored.push_str(&json[copied..]);
    Cow::Owned(stored)
}

/// The text of a JSON string. Half of a surrogate pair, which no text can hold, is replaced: it must hide nothing.
fn string(token: &str) -> Cow<'_, str> {
    let text =
        serde_json::from_str(token).or_else(|_| serde_json::from_str(&clean(token.as_bytes()).text).map(Cow::Owned));
    text.unwrap_or(Cow::Borrowed(token))
}

/// Where the value of a member is, if the member's name ends at this offset.
fn member_value(json: &str, end_of_name: usize) -> Option<Range<usize>> {
    let value = json[end_of_name..].trim_ascii_start().strip_prefix(':')?.trim_ascii_start();
    let start = json.len() - value.len();
    let value: &RawValue = serde_json::Deserializer::from_str(value).into_iter().next()?.ok()?;
    Some(start..start + value.get().len())
}

/// The length of the string, number or other character at the start of a JSON text.
fn token_length(json: &str) -> usize {
    let length = match json.as_bytes()[0] {
        b'"' => {
            let mut is_escaped = false;
            let end = json[1..].bytes().position(|byte| {
                let is_end = byte == b'"' && !is_escaped;
                is_escaped = byte == b'\\' && !is_escaped;
                is_end
            });
            end.map(|end| end + 2)
        }
        b'-' | b'0'..=b'9' => {
            json.bytes().position(|byte| !matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9'))
        }
        _ => Some(1),
    };
    length.unwrap_or(json.len())
}

/// True for the usual names of a card's security code, in any spelling.
fn is_security_code(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    SECURITY_CODES.contains(&letters.collect::<String>().as_str())
}

const SECURITY_CODES: &[&str] = &["cvc", "cvc2", "cvv", "cvv2", "securitycode", "cardsecuritycode", "securitykey"];
/// The JSON text in place of a security code, whatever form the code has.
const REDACTED: &str = "\"[redacted]\"";
