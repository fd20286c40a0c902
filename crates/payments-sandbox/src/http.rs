//! HTTP requests and responses as values, without sockets.

pub(crate) mod gzip;

use std::net::Ipv6Addr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;

/// An HTTP request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The request's number in order of arrival, over all providers.
    pub(crate) number: u64,
    /// The number of its record.
    pub(crate) record: Option<u64>,
    pub(crate) method: String,
    /// The path without the query, still percent-encoded.
    pub(crate) path: String,
    pub(crate) query: String,
    /// The headers, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// True if `Content-Type` is `application/json`.
    pub(crate) fn is_json(&self) -> bool {
        let media_type = self.header("content-type").and_then(|value| value.split(';').next());
        media_type.is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json"))
    }

    /// Returns a query parameter or a form field, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let form = String::from_utf8_lossy(&self.body);
        let pairs = self.query.split('&').chain(form.split('&'));
        let value = pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?.1;
        Some(percent_decode(&value.replace('+', " ")))
    }
}

/// The fields of a form, as a page sends them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn read(text: &str) -> Self {
        let decode = |text: &str| percent_decode(&text.replace('+', " "));
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        Self(pairs.map(|(name, value)| (decode(name), decode(value))).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// True if the text begins as a JSON object does.
pub(crate) fn is_json_object(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"{")
}

/// Parses a JSON object, the body of a request to the control API.
pub(crate) fn read_json<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, String> {
    // Serde would also read a struct from an array, member by member.
    if !is_json_object(body) {
        return Err("invalid body: expected a JSON object".to_owned());
    }
    serde_json::from_slice(body).map_err(|err| format!("invalid body: {err}"))
}

/// True if the text is an `http` or `https` URL of visible ASCII characters.
///
/// The URL is written into headers, where a line feed would start another header.
pub(crate) fn is_http_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    is_host(host) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// True if the text is a host name or an IP address, with or without a port.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_address = |text: &str| text.parse::<Ipv6Addr>().is_ok();
    let known = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => is_address(address),
        None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte)),
    };
    known && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// Percent-decodes one path segment.
pub(crate) fn percent_decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Percent-encodes one path segment, or a value of a query.
pub(crate) fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// An HTTP response.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("Content-Type", content_type.to_owned())], body: body.into() }
    }

    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    pub(crate) fn html(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, "text/html; charset=utf-8", body)
    }

    /// Creates a page for a customer. Any page may frame it, because merchants do. It runs no inline code.
    pub(crate) fn customer_page(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::html(status, body).header("Content-Security-Policy", CUSTOMER_POLICY)
    }

    pub(crate) fn redirect(status: u16, to: &str) -> Self {
        Self { status, headers: vec![("Location", to.to_owned())], body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Returns the number of bytes on the wire.
    pub(crate) fn length(&self) -> u64 {
        u64::try_from(self.head().len() + self.body.len()).unwrap_or(u64::MAX)
    }

    /// Returns the head as it is written to the wire, with `Content-Length`.
    pub(crate) fn head(&self) -> Vec<u8> {
        self.head_with(&format!("Content-Length: {}", self.body.len()))
    }

    /// Returns the head as it is written to the wire, for a chunked body.
    pub(crate) fn chunked_head(&self) -> Vec<u8> {
        self.head_with("Transfer-Encoding: chunked")
    }

    /// Returns the head as it is written to the wire, for a body that ends with the connection.
    pub(crate) fn streamed_head(&self) -> Vec<u8> {
        self.head_with("Connection: close")
    }

    fn head_with(&self, length: &str) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason_phrase(self.status));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("{length}\r\n\r\n"));
        head.into_bytes()
    }
}

const CUSTOMER_POLICY: &str =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'";

fn reason_phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        302 => "Found",
        303 => "See Other",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}

#[cfg(test)]
mod tests {
    use super::is_http_url;

    #[test]
    fn a_url_needs_a_host() {
        for url in
            ["http://127.0.0.1:8080/x?y#z", "https://shop.example", "http://[::1]:80", "https://me:you@shop.example/"]
        {
            assert!(is_http_url(url), "{url}");
        }
        for url in [
            "",
            "http://",
            "ftp://x",
            "http:///x",
            "http://:80",
            "http://[",
            "http://x:99999",
            "http://a b",
            "http://x\n",
        ] {
            assert!(!is_http_url(url), "{url}");
        }
    }
}
