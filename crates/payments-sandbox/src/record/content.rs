use std::fmt;

use super::Mask;
use crate::http::{Request, Response};

/// The headers and the body of a request, a response or a message.
///
/// Keys, cookies, card numbers and security codes are masked before a content is stored. A body is stored if it is JSON or a form,
/// because a secret in another text could not be recognised by its name.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Content {
    /// The method and the target of a request, the status of a response, or the URL of a message.
    pub start: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body, up to 16 KiB; `None` if it is empty, or neither JSON nor a form.
    pub body: Option<String>,
    /// The number of bytes of the whole body.
    pub body_bytes: usize,
    is_cut: bool,
}

impl Content {
    pub(crate) fn of_request(request: &Request, mask: &Mask) -> Self {
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", mask.form(&request.query)) };
        let start = format!("{} {}{query}", request.method, mask.path(&request.path));
        Self::new(
            start,
            request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())),
            &request.body,
            mask,
        )
    }

    pub(crate) fn of_response(response: &Response, mask: &Mask) -> Self {
        let headers = response.headers.iter().map(|(name, value)| (*name, value.as_str()));
        Self::new(response.status.to_string(), headers, &response.body, mask)
    }

    pub(crate) fn of_message(
        url: &str,
        content_type: &str,
        headers: &[(&'static str, String)],
        body: &[u8],
        mask: &Mask,
    ) -> Self {
        let (path, query) =
            url.split_once('?').map_or((url, String::new()), |(path, query)| (path, format!("?{}", mask.form(query))));
        let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let headers = [("Content-Type", content_type)].into_iter().chain(headers);
        Self::new(format!("POST {}{query}", mask.path(path)), headers, body, mask)
    }

    fn new<'a>(start: String, headers: impl Iterator<Item = (&'a str, &'a str)>, body: &[u8], mask: &Mask) -> Self {
        let headers: Vec<_> =
            headers.map(|(name, value)| (mask.text(name).into_owned(), mask.header(name, value))).collect();
        let is_form = headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("content-type") && value.starts_with("application/x-www-form-urlencoded")
        });
        let masked = if body.is_empty() { None } else { mask.body(body, is_form) };
        let is_cut = masked.as_ref().is_some_and(|masked| masked.len() > MAX_BODY_BYTES);
        Self { start, headers, body: masked.map(cut), body_bytes: body.len(), is_cut }
    }

    /// True if only the beginning of the body was kept.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Returns the memory that it uses, in bytes.
    pub(super) fn memory(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len() + size_of::<(String, String)>());
        size_of::<Self>() + self.start.len() + self.body.as_ref().map_or(0, String::len) + headers.sum::<usize>()
    }
}

/// Cuts a body after the last whole character within the limit.
fn cut(mut body: String) -> String {
    if body.len() > MAX_BODY_BYTES {
        let end = (0..=MAX_BODY_BYTES).rev().find(|end| body.is_char_boundary(*end)).unwrap_or(0);
        body.truncate(end);
    }
    body.shrink_to_fit();
    body
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Content")
            .field("headers", &names)
            .field("body", &format_args!("[{} bytes]", self.body_bytes))
            .finish_non_exhaustive()
    }
}

const MAX_BODY_BYTES: usize = 16 * 1024;
