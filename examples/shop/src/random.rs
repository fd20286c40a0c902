//! Random ids: nobody can guess them, and no two are the same.

use std::fmt::Write as _;

/// Returns a random id such as `ORD-0123456789abcdef`.
pub(crate) fn id(prefix: &str) -> Result<String, getrandom::Error> {
    Ok(format!("{prefix}-{}", hex(&bytes::<8>()?)))
}

/// Returns true if the text has the form of such an id: it came back from a form, so it can be anything.
pub(crate) fn is_id(text: &str, prefix: &str) -> bool {
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-')).unwrap_or_default();
    digits.len() == 16 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // a string accepts everything
        text
    })
}
