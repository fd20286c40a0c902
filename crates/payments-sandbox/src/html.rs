//! The layout of every page. It loads nothing from other hosts.

/// The page for an unknown URL.
pub(crate) fn not_found() -> String {
    document("No such payment", "<p>There is no payment at this URL.</p>")
}

/// The page for an action that is not possible.
pub(crate) fn error(problem: &str) -> String {
    document("Not possible", &format!("<p>{}</p>", escape(problem)))
}

/// Builds a complete page.
pub(crate) fn document(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title} · sandbox</title>\
         <style>{STYLE}</style></head><body><main><h1>{title}</h1>{body}</main>\
         <footer>Sandbox: no real money.</footer></body></html>"
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

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1d2330}\
main{max-width:26rem;margin:2rem auto;padding:1.5rem;background:#fff;border-radius:12px;box-shadow:0 1px 4px #0002}\
h1{font-size:1.2rem;margin:0 0 1rem}.amount{font-size:2rem;margin:.5rem 0;font-weight:600}\
button{width:100%;padding:.8rem;margin:.3rem 0;border:1px solid #c5cad3;border-radius:8px;background:#fff;font:inherit}\
button.main{background:#1a5fd0;border-color:#1a5fd0;color:#fff}.aside,footer{color:#667;font-size:.85rem}\
footer{text-align:center}table{border-collapse:collapse}td{padding:.3rem 1rem .3rem 0;vertical-align:top}code{overflow-wrap:anywhere}";
