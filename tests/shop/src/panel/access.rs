//! Which requests may use the panel.
//!
//! A web page that a developer has open must neither arm a fault nor kill the shop. The host name must be a loopback name, so that
//! a DNS name that now leads to this machine fails. A request that changes something must come from the panel's own page. No
//! other page may frame, load or hold the panel's page.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Rejects requests of other web pages.
pub(super) async fn check(request: Request, next: Next) -> Response {
    match problem(request.method(), request.headers()) {
        Some(problem) => (StatusCode::FORBIDDEN, problem).into_response(),
        None => next.run(request).await,
    }
}

fn problem(method: &Method, headers: &HeaderMap) -> Option<&'static str> {
    let mut hosts = headers.get_all(HOST).iter().map(|host| host.to_str().unwrap_or_default());
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Some("the request must have exactly one `Host` header");
    };
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    if !matches!(name, "127.0.0.1" | "localhost") || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("the panel must be used through 127.0.0.1 or localhost");
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    let own = format!("http://{host}");
    if origins.any(|origin| origin.as_bytes() != own.as_bytes()) {
        return Some("a page of another origin may not use the panel");
    }
    // A browser that sends no origin says whose page it is.
    let sent = |name: &HeaderName| headers.get(name).map_or("", |value| value.to_str().unwrap_or("unreadable"));
    let is_own = matches!(sent(&SITE), "" | "none" | "same-origin");
    let is_opened = *method == Method::GET && sent(&MODE) == "navigate";
    if is_own || is_opened { None } else { Some("a page of another origin may only open the panel") }
}

/// Adds the headers that keep other origins' pages out, and forbid inline code.
pub(super) async fn isolate(mut response: Response) -> Response {
    for (name, value) in ISOLATION {
        response.headers_mut().entry(*name).or_insert(HeaderValue::from_static(value));
    }
    response
}

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

const ISOLATION: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    // With `no-referrer`, the panel's own forms would be sent without an origin.
    ("referrer-policy", "same-origin"),
    ("cache-control", "no-store"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_request(method: &Method, headers: &[(&'static str, &'static str)], is_allowed: bool) {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers.iter().map(pair) {
            map.append(name, value);
        }
        assert_eq!(problem(method, &map).is_none(), is_allowed, "{method} {headers:?}");
    }

    #[test]
    fn only_loopback_names_are_served() {
        for (host, is_allowed) in [
            ("127.0.0.1:3001", true),
            ("localhost:3001", true),
            ("localhost", true),
            ("shop.example:3001", false),
            ("127.0.0.1.shop.example:3001", false),
            ("localhost:3001.shop.example", false),
            ("", false),
        ] {
            check_request(&Method::GET, &[("host", host)], is_allowed);
        }
        check_request(&Method::GET, &[], false);
        check_request(&Method::GET, &[("host", "localhost"), ("host", "localhost")], false);
    }

    #[test]
    fn only_the_panels_own_page_may_change_something() {
        let host = ("host", "127.0.0.1:3001");
        for (origin, is_allowed) in [
            ("http://127.0.0.1:3001", true),
            ("http://127.0.0.1:3000", false),
            ("http://localhost:3001", false),
            ("https://127.0.0.1:3001", false),
            ("https://shop.example", false),
            ("null", false),
        ] {
            check_request(&Method::POST, &[host, ("origin", origin)], is_allowed);
        }
        check_request(&Method::POST, &[host], true);
        let own = ("origin", "http://127.0.0.1:3001");
        check_request(&Method::POST, &[host, own, ("origin", "https://shop.example")], false);
        for (site, is_allowed) in [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false)] {
            check_request(&Method::POST, &[host, ("sec-fetch-site", site)], is_allowed);
            check_request(&Method::POST, &[host, ("sec-fetch-site", site), ("sec-fetch-mode", "navigate")], is_allowed);
        }
    }

    #[test]
    fn another_page_may_open_the_panel_and_not_load_it() {
        let (host, foreign) = (("host", "127.0.0.1:3001"), ("sec-fetch-site", "cross-site"));
        check_request(&Method::GET, &[host, foreign, ("sec-fetch-mode", "navigate")], true);
        check_request(&Method::GET, &[host, foreign, ("sec-fetch-mode", "no-cors")], false);
        check_request(&Method::GET, &[host, foreign], false);
    }
}
