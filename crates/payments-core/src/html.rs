//! Escaping of text for HTML and JavaScript.

/// Escapes a text for HTML content and attribute values.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
    out
}

/// Formats a text as a JavaScript string literal, including quotes, for use inside a `<script>` element.
#[must_use]
pub fn script_string(text: &str) -> String {
    // A JSON string is a JavaScript string. Escaping `<` keeps the text from ending the script with `</script>`.
    serde_json::Value::from(text).to_string().replace('<', "\\u003c")
}
