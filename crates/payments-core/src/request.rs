//! Building a request: method, path, headers, body.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::Method;
use http::header::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::extra::Extra;
use crate::message::Body;
use crate::{Error, ValidationError};

/// The form of a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentType {
    None,
    Json,
    Form,
}

/// A request that is not yet bound to a client.
#[derive(Debug, Clone)]
pub struct RequestBuilder {
    pub(crate) method: Method,
    pub(crate) path: Path,
    /// Set by [`RequestBuilder::header`]; a later one replaces an earlier one.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) content_type: ContentType,
    pub(crate) body: Body,
    pub(crate) logged: Option<Arc<dyn fmt::Debug + Send + Sync>>,
    pub(crate) secrets: Vec<Zeroizing<String>>,
}

impl RequestBuilder {
    /// Starts a GET request.
    #[must_use]
    pub fn get(path: Path) -> Self {
        Self::new(Method::GET, path)
    }

    /// Starts a POST request without a body.
    #[must_use]
    pub fn post(path: Path) -> Self {
        Self::new(Method::POST, path)
    }

    /// Starts a DELETE request.
    #[must_use]
    pub fn delete(path: Path) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// Sets a JSON body and its `Content-Type`.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be serialized as JSON. No type of a provider crate fails this way.
    pub fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let mut bytes = Vec::with_capacity(TYPICAL_BODY);
        serde_json::to_writer(&mut bytes, body)
            .map_err(|_| Error::configuration("the request could not be serialized as JSON"))?;
        self.body = Body::new(bytes);
        self.content_type = ContentType::Json;
        Ok(self)
    }

    /// Sets a JSON body, with the parameters that the caller added by name.
    ///
    /// `typed` are the names of all members that the body can have, also of those that are not set.
    ///
    /// # Errors
    ///
    /// Returns an error if a parameter is typed or invalid, and the errors of [`RequestBuilder::json`].
    pub fn json_with(self, body: &impl Serialize, typed: &[&str], extra: &Extra) -> Result<Self, Error> {
        extra.check(typed)?;
        let mut request = self.json(body)?;
        if !extra.is_empty() {
            request.body = Body::new(extra.add_to_object(request.body.as_ref()));
        }
        Ok(request)
    }

    /// Sets a form body (`application/x-www-form-urlencoded`) and its `Content-Type`.
    #[must_use]
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body = Body::new(form.into_bytes());
        self.content_type = ContentType::Form;
        self
    }

    /// Sets a header. It replaces the header of the same name that every request carries, or that the body sets.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is not a valid header value.
    pub fn header(mut self, name: &'static str, value: &str) -> Result<Self, Error> {
        let value =
            HeaderValue::from_str(value).map_err(|_| ValidationError::new(name, "must be a valid header value"))?;
        self.headers.push((HeaderName::from_static(name), value));
        Ok(self)
    }

    /// Sets what an [`Observer`](crate::Observer) sees of the request: the parameters, through their redacting `Debug`.
    #[must_use]
    pub fn log_as(self, parameters: impl fmt::Debug + Send + Sync + 'static) -> Self {
        self.log_shared(Arc::new(parameters))
    }

    /// Like [`RequestBuilder::log_as`], for parameters that are shared with the function that reads the response.
    #[must_use]
    pub fn log_shared(mut self, parameters: Arc<impl fmt::Debug + Send + Sync + 'static>) -> Self {
        self.logged = Some(parameters);
        self
    }

    /// Redacts this secret from the provider's error texts. Use it for a secret in the path or body.
    #[must_use]
    pub fn redact(mut self, secret: &str) -> Self {
        self.secrets.push(Zeroizing::new(secret.to_owned()));
        self
    }

    fn new(method: Method, path: Path) -> Self {
        Self {
            method,
            path,
            headers: Vec::new(),
            content_type: ContentType::None,
            body: Body::default(),
            logged: None,
            secrets: Vec::new(),
        }
    }
}

/// A path below the base URL. Each value from a caller becomes exactly one percent-encoded segment.
#[derive(Clone)]
pub struct Path(Cow<'static, str>);

impl Path {
    /// Starts with the fixed part: `"order/status"`.
    #[must_use]
    pub fn new(fixed: &'static str) -> Self {
        Self(fixed.into())
    }

    /// Adds a segment.
    ///
    /// The value must not be `.` or `..`, which would name another path. Ids and references are checked for this when
    /// they are created.
    #[must_use]
    pub fn segment(mut self, text: &impl AsRef<str>) -> Self {
        let path = self.0.to_mut();
        path.push('/');
        path.push_str(&percent_encoded(text.as_ref()));
        self
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let path = self.0.to_mut();
        path.push(if path.contains('?') { '&' } else { '?' });
        path.push_str(&percent_encoded(name));
        path.push('=');
        path.push_str(&percent_encoded(value));
        self
    }

    /// The URL below a base URL.
    pub(crate) fn below(&self, base_url: &str) -> String {
        let mut url = String::with_capacity(base_url.len() + 1 + self.0.len());
        url.push_str(base_url);
        url.push('/');
        url.push_str(&self.0);
        url
    }
}

impl fmt::Debug for Path {
    /// Shows nothing of the path, because it may contain a private id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Path([private])")
    }
}

/// Percent-encodes a text as one path segment or query value: everything but RFC 3986's unreserved characters.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Room for a typical JSON body. A buffer that grows leaves copies behind, which are not wiped.
const TYPICAL_BODY: usize = 256;

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
