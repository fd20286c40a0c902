//! Random ids: nobody can guess them, and no two are the same.

use crate::web::{Error, Result};

/// Returns a random id such as `ORD-0123456789abcdef`.
pub(crate) fn id(prefix: &str) -> Result<String> {
    Ok(format!("{prefix}-{:016x}", getrandom::u64()?))
}

/// Checks that the text has the form of such an id: it comes from outside, so it can be anything.
pub(crate) fn check(field: &str, text: &str, prefix: &str) -> Result<()> {
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-')).unwrap_or_default();
    let is_id = digits.len() == 16 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_id { Ok(()) } else { Err(Error::Invalid(format!("`{field}` must be an id that the shop created"))) }
}
