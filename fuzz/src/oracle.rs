//! Reads JSON independently of the SDKs, to compare with what they read.

mod amount;
mod body;

use serde::de::IgnoredAny;

pub(crate) use amount::{ReportedMoney, check_agrees, never_passes, same_amount, same_reported, shortest};
pub(crate) use body::{clean, item, member, member_at, member_of, occurrences, says};

/// Returns true if the body is a JSON object, apart from a byte order mark and invalid Unicode.
pub(crate) fn is_object(body: &[u8]) -> bool {
    let text = clean(body, char::REPLACEMENT_CHARACTER);
    text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{')
        && serde_json::from_str::<IgnoredAny>(&text).is_ok()
}

/// The content of a JSON string, or the text of a number or boolean. `None` for `null`, lists and objects.
pub(crate) fn text(raw: &str) -> Option<String> {
    if raw == "null" || raw.starts_with(['[', '{']) { None } else { Some(any_text(raw)) }
}

/// The content of a JSON string, or the text of any other value.
pub(crate) fn any_text(raw: &str) -> String {
    if raw.starts_with('"') { serde_json::from_str(raw).expect("the member was JSON") } else { raw.to_owned() }
}

/// Compares a text with the member from which it was read. A number or boolean is read as its text.
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
