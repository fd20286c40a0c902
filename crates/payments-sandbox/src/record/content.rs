use std::borrow::Cow;
use std::fmt;

use super::Mask;
use crate::http::{Request, Response};

/// The headers and the body of a request, a response or a message.
///
/// Keys, cookies, card numbers and security codes are masked before a content is stored. A body is stored if it is JSON or a form,
/// because a secret in another text could not be recognised by its name.
///
/// The merchant's references are not masked, because filters and actions need them: do not use a card number as one.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Content {
    /// The method and the target of a request, the status of a response, or the URL of a message.
    pub start: String,
    /// The headers.
    pub headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
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
        let headers = request.headers.iter().map(|(name, value)| (mask.name(name), value.as_str()));
        Self::new(start, headers, &request.body, mask)
    }

    pub(crate) fn of_response(response: &Response, mask: &Mask) -> Self {
        let headers = response.headers.iter().map(|(name, value)| (Cow::Borrowed(*name), value.as_str()));
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
        let headers = headers.iter().map(|(name, value)| (Cow::Borrowed(*name), value.as_str()));
        let headers = [(Cow::Borrowed("Content-Type"), content_type)].into_iter().chain(headers);
        Self::new(format!("POST {}{query}", mask.path(path)), headers, body, mask)
    }

    fn new<'a>(
        start: String,
        headers: impl Iterator<Item = (Cow<'static, str>, &'a str)>,
        body: &[u8],
        mask: &Mask,
    ) -> Self {
        let headers = headers.map(|(name, value)| {
            let value = mask.header(&name, value);
            (name, value)
        });
        let headers: Vec<_> = headers.collect();
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
        let texts = self.headers.iter().flat_map(|(name, value)| [name, value]).map(|text| match text {
            Cow::Borrowed(_) => 0,
            Cow::Owned(text) => allocated(text.len()),
        });
        let headers = self.headers.len() * size_of::<(Cow<'static, str>, Cow<'static, str>)>();
        let body = self.body.as_ref().map_or(0, |body| allocated(body.len()));
        allocated(size_of::<Self>()) + allocated(headers) + texts.sum::<usize>() + allocated(self.start.len()) + body
    }
}

/// What an allocation of this many bytes takes, in a usual allocator.
pub(super) fn allocated(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { bytes + PER_ALLOCATION }
}

pub(super) const PER_ALLOCATION: usize = 16;

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
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name.as_ref()).collect();
        f.debug_struct("Content")
            .field("headers", &names)
            .field("body", &format_args!("[{} bytes]", self.body_bytes))
            .finish_non_exhaustive()
    }
}

const MAX_BODY_BYTES: usize = 16 * 1024;
