//! Removes keys, cookies, card numbers and security codes from what is recorded.

mod json;

use std::borrow::Cow;
use std::ops::Range;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
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

    /// True if a text has neither a key nor a card number.
    fn is_clean(&self, text: &str) -> bool {
        self.keys.find(text.as_bytes()).is_none() && matches!(mask_card_numbers(text), Cow::Borrowed(_))
    }

    /// Masks keys and card numbers in a text.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut without_keys = String::new();
        let mut rest = text;
        while let Some((at, length)) = self.keys.find(rest.as_bytes()) {
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
        // Most names are short, so nothing is allocated.
        let mut buffer = [0; 64];
        let mut longer = Vec::new();
        let letters = name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
        let plain = if name.len() <= buffer.len() {
            let length = buffer.iter_mut().zip(letters).map(|(place, letter)| *place = letter).count();
            &buffer[..length]
        } else {
            longer.extend(letters);
            &longer
        };
        self.secret_names.find(plain).is_some() || SECRET_NAMES.iter().any(|secret| secret.as_bytes() == plain)
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
    pub(super) fn header(&self, name: &str, value: &str) -> Cow<'static, str> {
        match PLAIN_HEADERS.iter().any(|plain| name.eq_ignore_ascii_case(plain)) {
            true if value == JSON => JSON.into(),
            true => self.text(value).into_owned().into(),
            false => MASKED.into(),
        }
    }

    /// Masks the name of a header, which is in lower case. Usual names are not copied.
    pub(super) fn name(&self, name: &str) -> Cow<'static, str> {
        match PLAIN_HEADERS.iter().chain(SECRET_HEADERS).find(|known| **known == name) {
            Some(known) => Cow::Borrowed(known),
            None => self.text(name).into_owned().into(),
        }
    }

    /// Masks a body; `None` if it is neither JSON nor a form.
    pub(super) fn body(&self, body: &[u8], is_form: bool) -> Option<String> {
        let text = std::str::from_utf8(body).ok()?;
        // Many a client that does not set the type sends JSON as a form, in which no field's name would tell a secret.
        if is_form && !text.trim_start().starts_with(['{', '[', '\u{feff}']) {
            return Some(self.form(text));
        }
        // The walk needs valid JSON, but checks nothing itself.
        let json: &RawValue = serde_json::from_str(text).ok()?;
        matches!(json.get().as_bytes().first(), Some(b'{' | b'[')).then(|| json::masked(json.get(), self))
    }

    /// Masks the value of a field, which may be JSON.
    fn field<'a>(&self, name: &str, value: &'a str) -> Cow<'a, str> {
        if self.is_secret(name) {
            return MASKED.into();
        }
        // White space goes from JSON, as it does from a body.
        let json = if value.starts_with(['{', '[']) { self.body(value.as_bytes(), false) } else { None };
        json.map_or_else(|| self.text(value), Cow::Owned)
    }

    /// Masks a query or a form. What is not masked stays as it was encoded.
    pub(super) fn form(&self, text: &str) -> String {
        let pairs = text.split('&').map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
            let (plain_name, plain_value) = (decode(name), decode(value));
            let masked_value = self.field(&plain_name, &plain_value);
            let masked_name = self.text(&plain_name);
            if masked_name == plain_name && (masked_value == plain_value || value.is_empty()) {
                return pair.to_owned();
            }
            let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            format!("{}={}", encode(&masked_name), encode(&masked_value))
        });
        pairs.collect::<Vec<_>>().join("&")
    }
}

/// Masks the digits between the first six and the last four of each card number.
fn mask_card_numbers(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let (mut from, mut copied) = (0, 0);
    while let Some(run) = long_run(text.as_bytes(), from) {
        from = run.end;
        if let Some(without_digits) = mask_run(&text[run.clone()]) {
            masked.push_str(&text[copied..run.start]);
            masked.push_str(&without_digits);
            copied = run.end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[copied..]);
    Cow::Owned(masked)
}

/// Finds the next digits that are long enough for a card number, with at most one space or dash between two of them.
fn long_run(text: &[u8], from: usize) -> Option<Range<usize>> {
    // Of two neighbours in such a run, one is a digit. So in steps that are shorter than a run, none is missed.
    let mut at = from;
    loop {
        let digit = at + text.get(at..at + 2)?.iter().position(u8::is_ascii_digit).unwrap_or(2);
        if digit == at + 2 {
            at += MIN_DIGITS - 1;
            continue;
        }
        let mut start = digit;
        while start > from && (text[start - 1].is_ascii_digit() || separates(text, start - 1) && start - 1 > from) {
            start -= 1;
        }
        let mut end = digit + 1;
        while text.get(end).is_some_and(u8::is_ascii_digit) || separates(text, end) {
            end += 1;
        }
        if end - start >= MIN_DIGITS {
            return Some(start..end);
        }
        at = end;
    }
}

/// True if there is a space or a dash between two digits.
fn separates(text: &[u8], at: usize) -> bool {
    matches!(text.get(at), Some(b' ' | b'-'))
        && at.checked_sub(1).is_some_and(|before| text[before].is_ascii_digit())
        && text.get(at + 1).is_some_and(u8::is_ascii_digit)
}

/// Masks each card number in digits and separators; `None` if there is none. A card number ends where digits end, so a longer id has none.
fn mask_run(run: &str) -> Option<String> {
    if run.len() <= MAX_DIGITS && run.bytes().all(|byte| byte.is_ascii_digit()) && !is_card(run) {
        return None;
    }
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

/// True if something in a recorded text is masked, as it is or encoded for a URL. A number may also look like a card number only.
pub(crate) fn is_masked(text: &str) -> bool {
    let mut stars = text.match_indices("**").chain(text.match_indices("%2A%2A"));
    text.contains(MASKED)
        || text.contains(MASKED_AND_ENCODED)
        || stars.any(|(at, _)| text[..at].ends_with(|before: char| before.is_ascii_digit()))
}

/// What stands in the place of a secret, in a text and in a form.
pub(crate) const MASKED: &str = "[masked]";
pub(crate) const MASKED_AND_ENCODED: &str = "%5Bmasked%5D";

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

/// The names of further headers that many requests have.
const SECRET_HEADERS: &[&str] = &[
    "authorization",
    "client-id",
    "cookie",
    "referer",
    "secret-key",
    "upgrade-insecure-requests",
    "x-api-key",
    "x-api-secret",
];

const JSON: &str = "application/json";

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

#[cfg(test)]
mod tests {
    use super::mask_card_numbers;

    #[test]
    fn a_card_number_is_found_at_every_place_of_a_text() {
        for card in ["4111111111111111", "4111 1111-1111 1111", "4222222222222"] {
            let masked = mask_card_numbers(card).into_owned();
            assert_ne!(masked, card);
            for (before, after) in (0..40).flat_map(|before| (0..15).map(move |after| (before, after))) {
                for filler in ["x", "1x", "- ", "12  ", "é"] {
                    let (before, after) = (filler.repeat(before) + "x", "x".to_owned() + &filler.repeat(after));
                    let text = format!("{before}{card}{after}{card}");
                    assert_eq!(mask_card_numbers(&text), format!("{before}{masked}{after}{masked}"), "{text}");
                }
            }
        }
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "411111111111111",
            "4111 1111  1111 1111",
            "4111111111111112",
            "4111-1111--1111-1111",
            "41111111111111110000",
        ] {
            assert_eq!(mask_card_numbers(text), text);
        }
    }
}
