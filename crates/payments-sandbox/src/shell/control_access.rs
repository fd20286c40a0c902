//! The rules for which requests may use the control API.
//!
//! A web page that a developer has open must not control the sandbox. Four rules prevent that: the host name must be a
//! loopback name, so that a rebound DNS name fails; a page's origin must be the control API's own; a POST must be
//! JSON, which a foreign page can send only after a preflight request that the origin rule rejects; and a foreign page may open
//! an address in a window of its own, but not load it as a file, and no frame shows it.
//!
//! The providers' ports have the first rule only, and for names with a dot: others and IP addresses cannot be rebound, and merchants' pages may
//! load and frame the customers' pages.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::json;

use super::control::MISDIRECTED;
use crate::http::{Request, Response};

/// Hosts and origins that are allowed in addition to the default ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Access {
    pub(crate) fn allow_host(&mut self, name: String) {
        self.hosts.push(name);
    }

    pub(crate) fn allow_origin(&mut self, origin: String) {
        self.origins.push(origin);
    }

    /// Returns the error response if the request's host or origin may not use the control API.
    pub(crate) fn check(&self, request: &Request) -> Result<(), Response> {
        // Redirect faults lead to this path. It must record a followed redirect whatever a client sends that is no browser.
        if request.path.trim_matches('/') == MISDIRECTED {
            self.check_rebound(request)?;
            let is_page = request.header("sec-fetch-site").is_some_and(|site| site != "none");
            return if is_page { Err(rejection(403, "a web page may not use this address")) } else { Ok(()) };
        }
        let host = self.check_host(request).map_err(|problem| rejection(403, &problem))?;
        self.check_origin(request, host).map_err(|problem| rejection(403, &problem))?;
        self.check_site(request).map_err(|problem| rejection(403, &problem))
    }

    /// Returns the error response if a web page may have sent the request under a DNS name that now leads to this machine.
    ///
    /// An IP address is no such name: a page of that address cannot reach this machine by it. It comes from a port forward, as
    /// containers use it.
    pub(crate) fn check_rebound(&self, request: &Request) -> Result<(), Response> {
        let mut hosts = request.headers.iter().filter(|(name, _)| name == "host").map(|(_, host)| host.as_str());
        let is_foreign = |name: &str| name.contains('.') && name.parse::<Ipv4Addr>().is_err() && !self.is_known(name);
        let foreign = hosts.find(|host| is_foreign(name_of(host)));
        foreign.map_or(Ok(()), |host| Err(rejection(403, &unknown_host(host, "the sandbox"))))
    }

    /// Returns the response to a preflight request from an allowed origin.
    pub(crate) fn preflight(&self, request: &Request) -> Option<Response> {
        if request.method != "OPTIONS" || self.allowed_origin(request).is_none() {
            return None;
        }
        let response = Response::new(200, "text/plain", "")
            .header("Access-Control-Allow-Methods", "GET, POST, DELETE")
            .header("Access-Control-Allow-Headers", "content-type");
        Some(response)
    }

    /// Lets web pages of an allowed origin read the response.
    pub(crate) fn add_cors_headers(&self, request: &Request, response: Response) -> Response {
        match self.allowed_origin(request) {
            Some(origin) => response.header("Access-Control-Allow-Origin", origin).header("Vary", "Origin"),
            None => response,
        }
    }

    /// Returns the allowed origin as the option spells it, so that no client text is copied into a header.
    fn allowed_origin(&self, request: &Request) -> Option<&str> {
        let sent = request.header("origin")?;
        self.origins.iter().find(|origin| origin.eq_ignore_ascii_case(sent)).map(String::as_str)
    }

    fn check_host<'a>(&self, request: &'a Request) -> Result<&'a str, String> {
        let mut hosts = request.headers.iter().filter(|(name, _)| name == "host").map(|(_, value)| value.as_str());
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err("the request must have exactly one `Host` header".to_owned());
        };
        if self.is_known(name_of(host)) { Ok(host) } else { Err(unknown_host(host, "the control API")) }
    }

    fn is_known(&self, name: &str) -> bool {
        is_loopback(name) || self.hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
    }

    /// A request without `Origin` opens an address, or loads it for a page. Browsers tell which, and for whose page. Where an address
    /// is opened in a frame, its policy forbids that.
    fn check_site(&self, request: &Request) -> Result<(), String> {
        let sent = |name| request.header(name).unwrap_or_default();
        let is_own = matches!(sent("sec-fetch-site"), "" | "none" | "same-origin");
        let is_opened = sent("sec-fetch-mode") == "navigate" && request.method == "GET";
        if is_own || self.allowed_origin(request).is_some() || is_opened {
            return Ok(());
        }
        Err(format!(
            "`Sec-Fetch-Site` is {:?}: a web page of another origin may only open an address",
            sent("sec-fetch-site")
        ))
    }

    fn check_origin(&self, request: &Request, host: &str) -> Result<(), String> {
        let Some(origin) = request.header("origin") else { return Ok(()) };
        let own = format!("http://{host}");
        if origin.eq_ignore_ascii_case(&own) || self.allowed_origin(request).is_some() {
            return Ok(());
        }
        Err(format!(
            "`Origin` is {origin:?}: a web page may use the control API only from its own origin, {own}; start the \
             sandbox with `--allow-origin ORIGIN` or `Builder::allow_origin` to allow another one"
        ))
    }
}

/// Adds the headers that keep other origins' pages from loading, framing or holding a response. A page's own headers stay.
pub(super) fn isolate(mut response: Response) -> Response {
    for (name, value) in ISOLATION {
        if !response.headers.iter().any(|(present, _)| present.eq_ignore_ascii_case(name)) {
            response = response.header(name, *value);
        }
    }
    response
}

const ISOLATION: &[(&str, &str)] = &[
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
];

fn unknown_host(host: &str, what: &str) -> String {
    format!(
        "`Host` is {host:?}: {what} must be used through a loopback host (127.0.0.0/8, [::1] or localhost); \
         start the sandbox with `--allow-host NAME` or `Builder::allow_host` to allow another one"
    )
}

/// Returns the error response if a POST is not JSON.
pub(super) fn check_content_type(request: &Request) -> Result<(), Response> {
    if request.is_json() {
        return Ok(());
    }
    let problem = match request.header("content-type") {
        None => format!("`Content-Type` is missing: {ONLY_JSON}"),
        Some(sent) => format!("`Content-Type` is {sent:?}: {ONLY_JSON}"),
    };
    Err(rejection(415, &problem))
}

fn rejection(status: u16, problem: &str) -> Response {
    Response::json(status, &json!({"error": problem}))
}

/// Returns a host without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_loopback(name: &str) -> bool {
    if let Some(address) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    name.eq_ignore_ascii_case("localhost") || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

const ONLY_JSON: &str = "every POST to the control API needs `Content-Type: application/json`, even without a body";
