//! Removes keys, cookies, card numbers and security codes from what is recorded.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::needles::Needles;
use crate::luhn;

/// The keys of all providers, and the rules for other secrets.
#[derive(Clone)]
pub(crate) struct Mask {
    keys: Needles,
    secret_names: Needles,
}

impl Default for Mask {
    fn default() -> Self {
        Self::new([])
    }
}

impl Mask {
    pub(crate) fn new(keys: impl IntoIterator<Item = String>) -> Self {
        let secret_names = SECRET_PARTS.iter().map(|part| (*part).to_owned());
        Self { keys: Needles::new(keys), secret_names: Needles::new(secret_names) }
    }

    /// Masks keys and card numbers in a text.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut without_keys = String::new();
        let mut rest = text;
        while let Some((at, length)) = self.keys.find(rest) {
            without_keys.push_str(&rest[..at]);
            without_keys.push_str(MASKED);
            rest = &rest[at + length..];
        }
        if without_keys.is_empty() {
            return mask_card_numbers(text);
        }
        without_keys.push_str(rest);
        Cow::Owned(mask_card_numbers(&without_keys).into_owned())
    }

    /// True if a member or a field of this name holds a secret or a card number: `cvv`, `security_key`, `card[number]`.
    fn is_secret(&self, name: &str) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let plain: Cow<'_, str> = match name.bytes().all(is_plain) {
            true => name.into(),
            false => name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect(),
        };
        self.secret_names.find(&plain).is_some() || SECRET_NAMES.contains(&&*plain)
    }

    /// Masks a path or a URL without its query.
    pub(super) fn path(&self, path: &str) -> String {
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        match self.text(&decoded) {
            Cow::Owned(masked) if masked != decoded => masked,
            _ => path.to_owned(),
        }
    }

    /// Masks the value of a header. Only headers that never hold a secret are kept.
    pub(super) fn header(&self, name: &str, value: &str) -> String {
        let is_plain = PLAIN_HEADERS.iter().any(|plain| name.eq_ignore_ascii_case(plain));
        if is_plain { self.text(value).into_owned() } else { MASKED.to_owned() }
    }

    /// Masks a body; `None` if it is neither JSON nor a form.
    pub(super) fn body(&self, body: &[u8], is_form: bool) -> Option<String> {
        let text = std::str::from_utf8(body).ok()?;
        if is_form {
            return Some(self.form(text));
        }
        let json: &RawValue = serde_json::from_str(text).ok()?;
        matches!(json.get().as_bytes().first(), Some(b'{' | b'[')).then(|| {
            let mut masked = String::with_capacity(text.len());
            self.json(json.get(), 0, &mut masked);
            masked
        })
    }

    /// Masks a query or a form. What is not masked stays as it was encoded.
    pub(super) fn form(&self, text: &str) -> String {
        let pairs = text.split('&').map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
            let (plain_name, plain_value) = (decode(name), decode(value));
            let masked_value = if self.is_secret(&plain_name) { MASKED.into() } else { self.text(&plain_value) };
            let masked_name = self.text(&plain_name);
            if masked_name == plain_name && (masked_value == plain_value || value.is_empty()) {
                return pair.to_owned();
            }
            let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            format!("{}={}", encode(&masked_name), encode(&masked_value))
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// Masks a valid JSON text. Numbers and the order of members stay as they are.
    fn json(&self, json: &str, depth: usize, out: &mut String) {
        let separator = |out: &mut String, index| {
            if index > 0 {
                out.push(',')
            }
        };
        match json.as_bytes().first() {
            Some(b'{' | b'[') if depth > MAX_DEPTH => out.push_str(&quoted(MASKED)),
            Some(b'{') => {
                let Members(members) = serde_json::from_str(json).unwrap_or_default();
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    separator(out, index);
                    out.push_str(&quoted(&self.text(name)));
                    out.push(':');
                    match value.get() {
                        "null" => out.push_str("null"),
                        _ if self.is_secret(name) => out.push_str(&quoted(MASKED)),
                        value => self.json(value, depth + 1, out),
                    }
                }
                out.push('}');
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    separator(out, index);
                    self.json(item.get(), depth + 1, out);
                }
                out.push(']');
            }
            // Without an escape, the text is as it is read.
            Some(b'"') if json.contains('\\') => match serde_json::from_str::<String>(json) {
                Ok(text) => out.push_str(&quoted(&self.text(&text))),
                // Half of a surrogate pair.
                Err(_) => out.push_str(&quoted(MASKED)),
            },
            Some(b'"') => out.push_str(&self.text(json)),
            // A number, `true`, `false` or `null`.
            _ => match self.text(json) {
                Cow::Borrowed(plain) => out.push_str(plain),
                Cow::Owned(masked) => out.push_str(&quoted(&masked)),
            },
        }
    }
}

/// The members of an object, in their order and also if a name occurs twice.
#[derive(Default)]
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Masks the digits between the first six and the last four of each card number.
fn mask_card_numbers(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let (mut rest, mut copied) = (text, 0);
    while let Some(start) = rest.bytes().position(|byte| byte.is_ascii_digit()) {
        let run = &rest[start..];
        let run = &run[..run_of_digits(run)];
        let at = text.len() - rest.len() + start;
        if run.len() >= MIN_DIGITS
            && let Some(run) = mask_run(run)
        {
            masked.push_str(&text[copied..at]);
            masked.push_str(&run);
            copied = at + run.len();
        }
        rest = &rest[start + run.len()..];
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[copied..]);
    Cow::Owned(masked)
}

/// Returns the length of digits with at most one space or dash between two of them.
fn run_of_digits(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = 0;
    while let Some(byte) = bytes.get(end) {
        let separates = matches!(byte, b' ' | b'-') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        if !byte.is_ascii_digit() && !separates {
            break;
        }
        end += 1;
    }
    end
}

/// Masks each card number in digits and separators; `None` if there is none. A card number ends where digits end, so a longer id has none.
fn mask_run(run: &str) -> Option<String> {
    let places: Vec<usize> = run.bytes().enumerate().filter(|(_, b)| b.is_ascii_digit()).map(|(at, _)| at).collect();
    let digits: String = run.chars().filter(char::is_ascii_digit).collect();
    let is_edge = |at: usize| at == 0 || at == places.len() || places[at] - places[at - 1] > 1;
    let mut bytes = run.as_bytes().to_vec();
    let mut from = 0;
    while from + MIN_DIGITS <= digits.len() {
        let mut ends = (from + MIN_DIGITS..=digits.len().min(from + MAX_DIGITS)).rev();
        let is_card_up_to = |to: &usize| is_edge(*to) && is_card(&digits[from..*to]);
        match ends.find(is_card_up_to).filter(|_| is_edge(from)) {
            Some(to) => {
                places[from + 6..to - 4].iter().for_each(|place| bytes[*place] = b'*');
                from = to;
            }
            None => from += 1,
        }
    }
    String::from_utf8(bytes).ok().filter(|masked| masked != run)
}

fn is_card(digits: &str) -> bool {
    matches!(digits.as_bytes().first(), Some(b'2'..=b'6' | b'9')) && luhn::is_card_number(digits)
}

pub(crate) const MASKED: &str = "[masked]";

/// Deeper values are masked as a whole.
const MAX_DEPTH: usize = 32;

const MIN_DIGITS: usize = 13;
const MAX_DIGITS: usize = 19;

const PLAIN_HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "expect",
    "host",
    "idempotency-key",
    "location",
    "order-id",
    "origin",
    "retry-after",
    "transfer-encoding",
    "user-agent",
];

/// Parts of names, without their case and separators.
const SECRET_PARTS: &[&str] = &[
    "apikey",
    "authorization",
    "cardnumber",
    "cookie",
    "cvc",
    "cvn",
    "cvv",
    "passw",
    "secret",
    "securitycode",
    "securitykey",
    "token",
];

const SECRET_NAMES: &[&str] = &["number", "otp", "pan", "pin"];
