//! The layout of every page for customers. It loads nothing from other hosts, and has no inline style or script.

/// The page for an unknown URL.
pub(crate) fn not_found() -> String {
    document("No such payment", "<p>There is no payment at this URL.</p>")
}

/// The page for an action that is not possible, with a way back to the payment's page.
pub(crate) fn error(problem: &str, payment: &str) -> String {
    let (problem, payment) = (escape(problem), escape(payment));
    document("Not possible", &format!("<p>{problem}</p><p><a href=\"{payment}\">Back to the payment</a></p>"))
}

/// The link of an ended payment's page to the merchant.
pub(crate) fn back_to_the_shop(url: &str) -> String {
    format!("<p><a href=\"{}\">Back to the shop</a></p>", escape(url))
}

/// Builds a complete page. It needs the style sheet at [`STYLESHEET`], and nothing from other hosts.
pub(crate) fn document(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title} · sandbox</title>\
         <link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"{STYLESHEET}\"></head>\
         <body><main><h1>{title}</h1>{body}</main><footer>Sandbox: no real money.</footer></body></html>"
    )
}

/// Escapes a text for HTML, including attribute values.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// The element that loads the script of close buttons and of forms that are sent at once.
pub(crate) const LOAD_SCRIPT: &str = "<script src=\"/sandbox.js\" defer></script>";

/// The path of the style sheet of these pages.
pub(crate) const STYLESHEET: &str = "/sandbox.css";
/// The path of the script of these pages.
pub(crate) const SCRIPT: &str = "/sandbox.js";
