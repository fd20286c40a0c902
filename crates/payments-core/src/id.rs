//! What ids and references may hold.

use crate::ValidationError;
use crate::validation::check_length;

/// Checks an id that a provider gave: letters, digits, `.`, `_` and `-`, so that it can stand in a path as it is.
///
/// # Errors
///
/// When it holds anything else, is empty, is longer than 255 characters, or is `.` or `..`.
pub fn check_id(field: &'static str, text: &str) -> Result<(), ValidationError> {
    check_length(field, text, 255)?;
    if is_dots(text) {
        return Err(ValidationError::new(field, "must not be `.` or `..`"));
    }
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
        Ok(())
    } else {
        Err(ValidationError::new(field, "must hold only letters, digits, `.`, `_` and `-`"))
    }
}

/// Checks a reference that the merchant chose: any text of 1 to `max` characters, but `.` and `..`.
///
/// In a path it is percent-encoded as exactly one segment.
///
/// # Errors
///
/// When it is empty, longer, or `.` or `..`.
pub fn check_reference(field: &'static str, text: &str, max: usize) -> Result<(), ValidationError> {
    check_length(field, text, max)?;
    if is_dots(text) { Err(ValidationError::new(field, "must not be `.` or `..`")) } else { Ok(()) }
}

/// Checks a web address of the merchant's own: `http` or `https`, of at most `max` characters.
///
/// # Errors
///
/// When it is anything else, or holds white space.
pub fn check_web_address(field: &'static str, text: &str, max: usize) -> Result<(), ValidationError> {
    check_length(field, text, max)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if plain && rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')) {
        Ok(())
    } else {
        Err(ValidationError::new(field, "must be a web address beginning with https:// or http://"))
    }
}

/// These two mean another place in a path, even percent-encoded.
fn is_dots(text: &str) -> bool {
    text == "." || text == ".."
}
