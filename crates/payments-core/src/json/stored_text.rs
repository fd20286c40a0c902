//! The stored form of a JSON value as it was received.
//!
//! It is a JSON string that holds the value's text, because a database may rewrite an embedded value: reorder its members,
//! or convert its numbers to floats.

use std::borrow::Cow;

use super::RawJson;
use crate::redact::mask_card_numbers;

/// For `#[serde(with = "json::raw_text")]`: stores the text of a JSON value.
///
/// Numbers that could be card numbers are masked, and security codes are redacted.
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

/// Masks the strings and numbers of a JSON text one by one, so that the text stays JSON.
fn stored_text(json: &str) -> Cow<'_, str> {
    let mut stored = String::new();
    let (mut copied, mut at) = (0, 0);
    // The name of the member whose value comes next.
    let mut name = None;
    while at < json.len() {
        let end = at + token_length(&json[at..]);
        let token = &json[at..end];
        let text = match token.as_bytes()[0] {
            b'"' => serde_json::from_str::<Cow<'_, str>>(token).ok(),
            b'-' | b'0'..=b'9' => Some(Cow::Borrowed(token)),
            _ => None,
        };
        if let Some(text) = text {
            let is_name = json[end..].trim_ascii_start().starts_with(':');
            let masked = match name.take() {
                Some(name) if !is_name && is_security_code(name) => REDACTED.to_owned(),
                _ => mask_card_numbers(&text),
            };
            if masked != text {
                stored.push_str(&json[copied..at]);
                stored.push_str(&serde_json::Value::String(masked).to_string());
                copied = end;
            }
            name = is_name.then_some(token);
        } else if matches!(token, "{" | "[") {
            name = None;
        }
        at = end;
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    stored.push_str(&json[copied..]);
    Cow::Owned(stored)
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
const REDACTED: &str = "[redacted]";
