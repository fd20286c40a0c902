//! Text in a page: what a provider or a merchant wrote must not become markup.

/// A text inside HTML, also inside an attribute.
#[must_use]
pub fn escaped(text: &str) -> String {
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

/// A text as a string in JavaScript, quotes included, that may stand in a `<script>`.
#[must_use]
pub fn script_string(text: &str) -> String {
    // JSON is JavaScript; `<` is written so that no `</script>` can stand in it.
    serde_json::Value::from(text).to_string().replace('<', "\\u003c")
}
