//! The members of a body, found without the SDKs.

use std::fmt;

use payments_core::redacted_line;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{any_text, shortest};

/// The raw JSON of a member. `None` if it is missing, occurs more than once, or contains invalid Unicode.
pub(crate) fn member(body: &[u8], name: &str) -> Option<String> {
    member_at(body, &[name])
}

/// The raw JSON of a member of an inner object, as [`member`] returns it.
pub(crate) fn member_of(body: &[u8], outer: &str, name: &str) -> Option<String> {
    member_at(body, &[outer, name])
}

/// The raw JSON of the member at a path, as [`member`] returns it. A name such as `[0]` stands for an item of a list.
pub(crate) fn member_at(body: &[u8], path: &[&str]) -> Option<String> {
    let once = |replacement| {
        let found = find(body, path, replacement);
        if let [raw] = found.as_slice() { Some(raw.clone()) } else { None }
    };
    // What differs between two replacements contains one.
    once(char::REPLACEMENT_CHARACTER).filter(|raw| once('\u{fffe}').as_ref() == Some(raw))
}

/// The raw JSON of all members at a path, with replacement characters instead of invalid Unicode.
pub(crate) fn occurrences(body: &[u8], path: &[&str]) -> Vec<String> {
    find(body, path, char::REPLACEMENT_CHARACTER)
}

/// The raw JSON of an item of a list, with replacement characters instead of invalid Unicode.
pub(crate) fn item(body: &[u8], list: &str, index: usize) -> Option<String> {
    occurrences(body, &[list, &format!("[{index}]")]).into_iter().next()
}

/// Returns true if one of the body's strings, numbers or booleans is this text, apart from masked card numbers, or this
/// number.
pub(crate) fn says(body: &[u8], text: &str) -> bool {
    let body = clean(body, char::REPLACEMENT_CHARACTER);
    let number = shortest(text);
    let mut rest = body.as_str();
    while let Some(at) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_alphanumeric()) {
        rest = &rest[at..];
        let length = scalar_length(rest);
        let raw = &rest[..length];
        let is_json = serde_json::from_str::<&RawValue>(raw).is_ok();
        if is_json {
            let said = any_text(raw);
            let is_number = number.is_some() && shortest(&said) == number;
            if said == text || is_number || redacted_line(&said) == text {
                return true;
            }
        }
        rest = &rest[length..];
    }
    false
}

/// The length of the scalar that a text begins with.
fn scalar_length(text: &str) -> usize {
    if !text.starts_with('"') {
        return text.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c))).unwrap_or(text.len());
    }
    let mut is_escaped = true;
    let end = text.find(|c| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |end| end + 1)
}

/// The body without a byte order mark, and with a replacement for invalid UTF-8 and lone surrogates.
pub(crate) fn clean(body: &[u8], replacement: char) -> String {
    let mut text = String::with_capacity(body.len());
    for chunk in body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body).utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(replacement);
        }
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text.as_str());
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (code_unit(rest), rest.get(6..).and_then(code_unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out += &format!("\\u{:04x}", u32::from(replacement));
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out + rest
}

/// The code unit of the escape that a text begins with.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

fn find(body: &[u8], path: &[&str], replacement: char) -> Vec<String> {
    let mut found = vec![clean(body, replacement)];
    for name in path {
        found = found.iter().flat_map(|text| inside(text, name)).collect();
    }
    found
}

/// The members of an object, or the item of a list, that have a name.
fn inside(text: &str, name: &str) -> Vec<String> {
    if let Some(index) = name.strip_prefix('[') {
        let index: usize = index.trim_end_matches(']').parse().expect("an index");
        let items: Vec<Box<RawValue>> = serde_json::from_str(text).unwrap_or_default();
        return items.get(index).map(|raw| raw.get().to_owned()).into_iter().collect();
    }
    let Ok(Members(members)) = serde_json::from_str::<Members>(text) else { return Vec::new() };
    members.into_iter().filter(|(found, _)| found == name).map(|(_, raw)| raw.get().to_owned()).collect()
}

/// Every member of an object, also those that occur more than once.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
