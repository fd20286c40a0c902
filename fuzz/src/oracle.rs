//! A second reading of what came, that shares nothing with the crates' own models.

use std::collections::HashMap;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// Whether it is JSON, and an object.
pub(crate) fn is_object(body: &[u8]) -> bool {
    let first = body.iter().find(|byte| !b" \t\r\n".contains(byte));
    let text = std::str::from_utf8(body).ok().filter(|_| first == Some(&b'{'));
    text.is_some_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

/// The text of an object's member, as it is written.
pub(crate) fn member(body: &[u8], name: &str) -> Option<String> {
    let body = std::str::from_utf8(body).ok()?;
    let members: HashMap<String, Box<RawValue>> = serde_json::from_str(body).ok()?;
    members.get(name).map(|raw| raw.get().to_owned())
}

/// The same of an object within.
pub(crate) fn member_of(body: &[u8], outer: &str, name: &str) -> Option<String> {
    member(member(body, outer)?.as_bytes(), name)
}

/// What a JSON text says, or a number's text; nothing for `null`.
pub(crate) fn text(raw: &str) -> Option<String> {
    match raw {
        "null" => None,
        raw if raw.starts_with('"') => Some(serde_json::from_str(raw).expect("the member was JSON")),
        raw => Some(raw.to_owned()),
    }
}

/// A plain decimal in the one shortest way of writing it, or nothing for anything else.
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

/// Holds an amount against the member that it was read from.
#[track_caller]
pub(crate) fn same_amount(raw: Option<String>, amount: &str) {
    let raw = raw.expect("an amount was read, so one was there");
    let said = text(&raw).and_then(|text| shortest(&text));
    assert_eq!(said, shortest(amount), "{raw} was read as {amount}");
}

/// Holds a text against the member that it was read from.
#[track_caller]
pub(crate) fn same_text(raw: Option<String>, value: &str) {
    assert_eq!(raw.as_deref().and_then(text).as_deref(), Some(value));
}

/// Whether a card's number can be read in a text: by itself, and not as a part of some longer number.
pub(crate) fn shows_card(text: &str, number: &str) -> bool {
    let digit = |c: char| c.is_ascii_digit() || ('\u{ff10}'..='\u{ff19}').contains(&c);
    text.match_indices(number)
        .any(|(at, _)| !text[..at].ends_with(digit) && !text[at + number.len()..].starts_with(digit))
}
