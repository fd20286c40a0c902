//! Validation of ids, references and URLs.

use crate::ValidationError;
use crate::validation::check_length;

/// Checks a provider's id: 1 to 255 letters, digits, `.`, `_` and `-`, but not `.` or `..`.
///
/// Such an id is safe in a URL path without encoding.
///
/// # Errors
///
/// Returns an error if the id is empty, longer than 255 characters, `.` or `..`, or contains other characters.
pub fn check_id(field: &'static str, text: &str) -> Result<(), ValidationError> {
    check_length(field, text, 255)?;
    check_not_dots(field, text)?;
    if text.bytes().fold(true, |plain, byte| plain & IS_PLAIN[usize::from(byte)]) {
        Ok(())
    } else {
        Err(ValidationError::new(field, "must contain only letters, digits, `.`, `_` and `-`"))
    }
}

/// Checks a merchant's reference: any text of 1 to `max` characters, but not `.` or `..`.
///
/// In a URL path, the reference is percent-encoded as exactly one segment.
///
/// # Errors
///
/// Returns an error if the reference is empty, longer than `max` characters, or `.` or `..`.
pub fn check_reference(field: &'static str, text: &str, max: usize) -> Result<(), ValidationError> {
    check_length(field, text, max)?;
    check_not_dots(field, text)
}

/// Checks a merchant's own URL: `http` or `https`, with at most `max` characters.
///
/// # Errors
///
/// Returns an error if the URL has another scheme, no host, whitespace, or more than `max` characters.
pub fn check_url(field: &'static str, text: &str, max: usize) -> Result<(), ValidationError> {
    check_length(field, text, max)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if plain && rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')) {
        Ok(())
    } else {
        Err(ValidationError::new(field, "must be a URL that starts with https:// or http://"))
    }
}

/// True for the bytes of an id. A table, because every id in every response is checked.
const IS_PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        byte += 1;
    }
    table
};

/// Rejects `.` and `..`, which change the path even if they are percent-encoded.
fn check_not_dots(field: &'static str, text: &str) -> Result<(), ValidationError> {
    if text == "." || text == ".." {
        return Err(ValidationError::new(field, "must not be `.` or `..`"));
    }
    Ok(())
}
