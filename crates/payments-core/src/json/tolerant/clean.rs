/// A body as text, and where characters were replaced.
pub(in crate::json) struct Cleaned {
    pub(in crate::json) text: String,
    /// The byte offsets of the replacements in `text`.
    pub(in crate::json) replacements: Vec<usize>,
}

/// Removes a byte order mark, and replaces invalid UTF-8 and lone surrogates by U+FFFD.
pub(in crate::json) fn clean(body: &[u8]) -> Cleaned {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut text = String::with_capacity(body.len());
    let mut replacements = Vec::new();
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            replacements.push(text.len());
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    let surrogates = lone_surrogates(&text);
    for offset in &surrogates {
        text.replace_range(*offset..*offset + ESCAPE, "\\ufffd");
    }
    replacements.extend(surrogates);
    Cleaned { text, replacements }
}

/// The offsets of `\uXXXX` escapes that are half of a surrogate pair. JSON has backslashes in strings only.
fn lone_surrogates(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'\\')) {
        at += next;
        match (escape(bytes, at), escape(bytes, at + ESCAPE)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at += 2 * ESCAPE,
            (Some(0xd800..=0xdfff), _) => {
                found.push(at);
                at += ESCAPE;
            }
            (Some(_), _) => at += ESCAPE,
            // Another escape: the character after the backslash is no backslash of its own.
            (None, _) => at += 2,
        }
    }
    found
}

/// The code unit of the escape at an offset.
fn escape(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + ESCAPE)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

/// The length of `\uXXXX`.
const ESCAPE: usize = 6;
