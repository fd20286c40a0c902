//! Reads JSON independently of the SDKs, to compare with what they read.

use std::collections::HashMap;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// Returns true if the body is a JSON object.
pub(crate) fn is_object(body: &[u8]) -> bool {
    let first = body.iter().find(|byte| !b" \t\r\n".contains(byte));
    let text = std::str::from_utf8(body).ok().filter(|_| first == Some(&b'{'));
    text.is_some_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

/// The raw JSON of an object's member.
pub(crate) fn member(body: &[u8], name: &str) -> Option<String> {
    let body = std::str::from_utf8(body).ok()?;
    let members: HashMap<String, Box<RawValue>> = serde_json::from_str(body).ok()?;
    members.get(name).map(|raw| raw.get().to_owned())
}

/// The raw JSON of a member of an inner object.
pub(crate) fn member_of(body: &[u8], outer: &str, name: &str) -> Option<String> {
    member(member(body, outer)?.as_bytes(), name)
}

/// The content of a JSON string, or the text of a number. `None` for `null`.
pub(crate) fn text(raw: &str) -> Option<String> {
    match raw {
        "null" => None,
        raw if raw.starts_with('"') => Some(serde_json::from_str(raw).expect("the member was JSON")),
        raw => Some(raw.to_owned()),
    }
}

/// The canonical form of a plain decimal, or `None` if the text is not one.
pub(crate) fn shortest(text: &str) -> Option<String> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let sign = if whole.is_empty() && fraction.is_empty() { "" } else { sign };
    Some(format!("{sign}{whole}.{fraction}"))
}

/// Compares an amount with the member from which it was read.
#[track_caller]
pub(crate) fn same_amount(raw: Option<String>, amount: &str) {
    let raw = raw.expect("an amount was read, so one was there");
    let said = text(&raw).and_then(|text| shortest(&text));
    assert_eq!(said, shortest(amount), "{raw} was read as {amount}");
}

/// Compares a text with the member from which it was read.
#[track_caller]
pub(crate) fn same_text(raw: Option<String>, value: &str) {
    assert_eq!(raw.as_deref().and_then(text).as_deref(), Some(value));
}

/// Returns true if a text contains a card number, other than as part of a longer number.
pub(crate) fn shows_card(text: &str, number: &str) -> bool {
    let digit = |c: char| c.is_ascii_digit() || ('\u{ff10}'..='\u{ff19}').contains(&c);
    text.match_indices(number)
        .any(|(at, _)| !text[..at].ends_with(digit) && !text[at + number.len()..].starts_with(digit))
}
