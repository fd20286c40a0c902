//! The style sheet and the script of all pages. The pages themselves have no inline code, so that a policy can forbid it.

use crate::html;
use crate::http::{Request, Response};

/// Returns a file if the request is for one. It is a part of the pages, so it is in no timeline and meets no fault.
pub(super) fn respond(request: &Request) -> Option<Response> {
    let (content_type, text) = match request.path.as_str() {
        html::STYLESHEET => (CSS, concat!(include_str!("assets/colours.css"), include_str!("assets/page.css"))),
        html::SCRIPT => (JAVASCRIPT, include_str!("assets/page.js")),
        _ => return None,
    };
    file(request, content_type, text)
}

/// Returns a file of the inspector if the request is for one.
pub(super) fn of_the_inspector(request: &Request) -> Option<Response> {
    let (content_type, text) = match request.path.as_str() {
        "/inspector.css" => (
            CSS,
            concat!(
                include_str!("assets/colours.css"),
                include_str!("assets/inspector.css"),
                include_str!("assets/timeline.css")
            ),
        ),
        "/timeline.js" => (JAVASCRIPT, include_str!("assets/timeline.js")),
        "/inspector.js" => (JAVASCRIPT, include_str!("assets/inspector.js")),
        "/faults.js" => (JAVASCRIPT, include_str!("assets/faults.js")),
        _ => return None,
    };
    file(request, content_type, text)
}

fn file(request: &Request, content_type: &'static str, text: &'static str) -> Option<Response> {
    let file = || Response::new(200, content_type, text).header("X-Content-Type-Options", "nosniff");
    matches!(request.method.as_str(), "GET" | "HEAD").then(file)
}

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
