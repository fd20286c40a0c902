//! The style sheet and the script of all pages. The pages themselves have no inline code, so that a policy can forbid it.

use crate::html;
use crate::http::{Request, Response};

/// Returns a file if the request is for one. It is a part of the pages, so it is in no timeline and meets no fault.
pub(super) fn respond(request: &Request) -> Option<Response> {
    let (content_type, text) = match request.path.as_str() {
        html::STYLESHEET => ("text/css; charset=utf-8", include_str!("assets/page.css")),
        html::SCRIPT => ("text/javascript; charset=utf-8", include_str!("assets/page.js")),
        _ => return None,
    };
    let file = || Response::new(200, content_type, text).header("X-Content-Type-Options", "nosniff");
    matches!(request.method.as_str(), "GET" | "HEAD").then(file)
}
