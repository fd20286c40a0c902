//! What a provider crate builds its client from.

use std::fmt;
use std::sync::Arc;

use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::call::{Call, IdempotencyKey, Keyed, Unkeyed};
use crate::error::Refusal;
use crate::json::{self, DecodeError};
use crate::settings::Shared;
use crate::transport::{Answer, Body};
use crate::{Effect, Error, Invalid};

/// What is particular to one provider's API, as data: one `static` a provider crate.
#[derive(Debug)]
pub struct Dialect {
    /// The provider, as its crate is called.
    pub provider: &'static str,
    /// The crate and its version, for `User-Agent`: `acme/0.1.0`.
    pub agent: &'static str,
    /// Reads an error answer in the provider's documented form; `None` for anybody else's words.
    pub refusal: fn(&Operation, &Answer) -> Option<Refusal>,
    /// The provider also answers errors under a successful HTTP status, so that `refusal` is asked about those answers
    /// first: `None` then means that it is no error.
    pub errors_under_success: bool,
    /// The provider documents that a request answered 429 was not done.
    pub throttled_is_refused: bool,
    /// The header that carries an idempotency key and how long the provider remembers one, where it has keys.
    pub keys: Option<KeyRules>,
}

/// How a provider protects against doing the same thing twice.
#[derive(Debug, Clone, Copy)]
pub struct KeyRules {
    /// The header, in lower case.
    pub header: &'static str,
    /// How long after its first use a key still protects.
    ///
    /// Nothing is sent in its last five minutes, nor in the time that an attempt may take before them: clocks differ.
    pub lifetime: std::time::Duration,
}

/// One operation of a provider's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// As the client's method is called.
    pub name: &'static str,
    /// What doing it twice would do.
    pub effect: Effect,
    /// It counts against the provider's limit.
    pub limited: bool,
}

impl Operation {
    /// It asks.
    #[must_use]
    pub const fn read(name: &'static str) -> Self {
        Self { name, effect: Effect::Read, limited: false }
    }

    /// It changes something, but moves no money.
    #[must_use]
    pub const fn write(name: &'static str) -> Self {
        Self { name, effect: Effect::Write, limited: false }
    }

    /// It moves money.
    #[must_use]
    pub const fn move_money(name: &'static str) -> Self {
        Self { name, effect: Effect::MoveMoney, limited: false }
    }

    /// It counts against the provider's limit.
    #[must_use]
    pub const fn limited(self) -> Self {
        Self { limited: true, ..self }
    }
}

/// A provider's API as one merchant reaches it: where it is, how requests travel, and the credentials.
///
/// A provider's client is this and the merchant's defaults. It is cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    pub(crate) shared: Arc<Shared>,
    headers: Arc<Headers>,
}

/// What every request carries, the credentials among it.
struct Headers(HeaderMap);

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Api {
    pub(crate) fn new(shared: Shared, credentials: &[(&'static str, &str)]) -> Result<Self, Error> {
        let headers = Arc::new(headers(&shared, credentials)?);
        Ok(Self { shared: Arc::new(shared), headers })
    }

    /// The same connections, limits and settings with other credentials.
    ///
    /// # Errors
    ///
    /// Never for what [`Secret`](crate::Secret) lets through: it fits in a header.
    pub fn with_credentials(&self, credentials: &[(&'static str, &str)]) -> Result<Self, Error> {
        let headers = Arc::new(headers(&self.shared, credentials)?);
        Ok(Self { shared: Arc::clone(&self.shared), headers })
    }

    /// A call whose answer's body is a `W`, an object, which `read` turns into what the caller gets.
    ///
    /// `read` also holds the answer against the request: what contradicts it is a malformed answer.
    pub fn call<W, T, F>(&self, operation: Operation, draft: Result<Draft, Error>, read: F) -> Call<T, Unkeyed>
    where
        W: DeserializeOwned,
        F: Fn(W) -> Result<T, DecodeError> + Send + Sync + 'static,
    {
        Call::new(
            self.clone(),
            operation,
            draft,
            Box::new(move |answer| read(json::decode_object(answer.body())?)),
            Unkeyed,
        )
    }

    /// The same under an idempotency key.
    pub fn keyed_call<W, T, F>(
        &self,
        operation: Operation,
        draft: Result<Draft, Error>,
        key: IdempotencyKey,
        read: F,
    ) -> Call<T, Keyed>
    where
        W: DeserializeOwned,
        F: Fn(W) -> Result<T, DecodeError> + Send + Sync + 'static,
    {
        let read = Box::new(move |answer: &Answer| read(json::decode_object(answer.body())?));
        Call::new(self.clone(), operation, draft, read, Keyed(key))
    }

    /// The same under a fresh key drawn at random, which every attempt of the call carries.
    #[cfg(feature = "random-keys")]
    #[cfg_attr(docsrs, doc(cfg(feature = "random-keys")))]
    pub fn auto_keyed_call<W, T, F>(&self, operation: Operation, draft: Result<Draft, Error>, read: F) -> Call<T, Keyed>
    where
        W: DeserializeOwned,
        F: Fn(W) -> Result<T, DecodeError> + Send + Sync + 'static,
    {
        match IdempotencyKey::random(self.shared.clock.now()) {
            Ok(key) => self.keyed_call(operation, draft, key, read),
            // Without a key of its own the call is not sent at all.
            Err(error) => self.keyed_call(operation, Err(error), IdempotencyKey::none(), read),
        }
    }

    /// What a provider may quote of a request and nobody is to see: the credentials, and what the draft names.
    pub(crate) fn secrets<'a>(&'a self, draft: &'a Draft) -> Vec<&'a str> {
        let credentials = self.headers.0.values().filter(|value| value.is_sensitive());
        let credentials = credentials.filter_map(|value| value.to_str().ok());
        // A scheme may stand before the key.
        let keys = credentials.filter_map(|value| value.rsplit(' ').next());
        let all = keys.chain(draft.secrets.iter().map(|secret| secret.as_str()));
        all.filter(|secret| secret.len() >= SHORTEST_SECRET && secret.contains(|c: char| c.is_ascii_alphabetic()))
            .collect()
    }

    /// What every request carries, for one to add its own.
    pub(crate) fn headers(&self) -> HeaderMap {
        self.headers.0.clone()
    }
}

fn headers(shared: &Shared, credentials: &[(&'static str, &str)]) -> Result<Headers, Error> {
    // Room for a request's own as well: its content type and its key.
    let mut headers = HeaderMap::with_capacity(shared.headers.len() + credentials.len() + 2);
    headers.extend(shared.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
    for (name, value) in credentials {
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| Error::configuration(format!("the credential for `{name}` does not fit in a header")))?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(Headers(headers))
}

/// A request before it is bound to a client: method, path, body.
#[derive(Debug)]
pub struct Draft {
    pub(crate) method: Method,
    pub(crate) path: Path,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) shown: Option<Arc<dyn fmt::Debug + Send + Sync>>,
    secrets: Vec<Zeroizing<String>>,
}

impl Draft {
    /// A GET.
    #[must_use]
    pub fn get(path: Path) -> Self {
        Self::new(Method::GET, path)
    }

    /// A POST, without a body as yet.
    #[must_use]
    pub fn post(path: Path) -> Self {
        Self::new(Method::POST, path)
    }

    /// A DELETE.
    #[must_use]
    pub fn delete(path: Path) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// With a JSON body.
    ///
    /// # Errors
    ///
    /// When the value cannot be written as JSON, which no type of a provider crate does.
    pub fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let bytes =
            serde_json::to_vec(body).map_err(|_| Error::configuration("the request could not be written as JSON"))?;
        self.body = Body::new(bytes);
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(self)
    }

    /// With a form as its body, as a browser sends one.
    #[must_use]
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body = Body::new(form.into_bytes());
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        self
    }

    /// With a header of its own, in place of the one by that name that every request carries.
    ///
    /// # Errors
    ///
    /// When the value does not fit in a header.
    pub fn header(mut self, name: &'static str, value: &str) -> Result<Self, Error> {
        let fits = HeaderValue::from_str(value).map_err(|_| Invalid::new(name, "does not fit in a header"))?;
        self.headers.insert(HeaderName::from_static(name), fits);
        Ok(self)
    }

    /// The parameters as an [`Observer`](crate::Observer) is shown them: through their `Debug`, which redacts.
    #[must_use]
    pub fn shown_as(mut self, parameters: impl fmt::Debug + Send + Sync + 'static) -> Self {
        self.shown = Some(Arc::new(parameters));
        self
    }

    /// With a secret in its path or body, which must not be shown where the provider quotes it.
    #[must_use]
    pub fn hiding(mut self, secret: &str) -> Self {
        self.secrets.push(Zeroizing::new(secret.to_owned()));
        self
    }

    fn new(method: Method, path: Path) -> Self {
        Self { method, path, headers: HeaderMap::new(), body: Body::default(), shown: None, secrets: Vec::new() }
    }
}

/// A call with one header more, for what only one provider has: the base of an extension trait for calls.
///
/// A value that does not fit in a header makes the call fail before anything is sent.
pub fn with_header<T, K>(call: Call<T, K>, name: &'static str, value: &str) -> Call<T, K> {
    call.map_draft(|draft| draft.header(name, value))
}

/// A path below the base URL. What a caller passes is percent-encoded as exactly one segment.
#[derive(Clone)]
pub struct Path(String);

impl Path {
    /// The fixed part: `"order/status"`.
    #[must_use]
    pub fn new(fixed: &'static str) -> Self {
        Self(format!("/{fixed}"))
    }

    /// One more segment, whatever it holds. An id or a reference is never `.` or `..`, which would mean another place.
    #[must_use]
    pub fn segment(mut self, text: &impl AsRef<str>) -> Self {
        self.0.push('/');
        self.0.push_str(&percent_encoded(text.as_ref()));
        self
    }

    /// One more query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.0.push(if self.0.contains('?') { '&' } else { '?' });
        self.0.push_str(&percent_encoded(name));
        self.0.push('=');
        self.0.push_str(&percent_encoded(value));
        self
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Path {
    /// It may hold an id that is private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Path([private])")
    }
}

/// True for the statuses by which a provider says in its own words that it did not do it.
pub(crate) fn refuses(status: StatusCode) -> bool {
    matches!(status.as_u16(), 400 | 401 | 402 | 403 | 404 | 405 | 413 | 415 | 422)
}

/// True when a text holds any of these words, in whatever case of ASCII and also within longer words.
///
/// For a refusal that may speak of an earlier sending of the same thing, where the provider has no code for that. It errs
/// on the side of finding a word: the outcome is unknown then, and nothing is sent twice.
#[must_use]
pub fn mentions(text: impl AsRef<[u8]>, words: &[&str]) -> bool {
    let text = String::from_utf8_lossy(text.as_ref()).to_ascii_lowercase();
    words.iter().any(|word| text.contains(&word.to_ascii_lowercase()))
}

/// A text as one segment of a path or one value of a query: everything is encoded but the unreserved characters of
/// RFC 3986.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// What is shorter stands in many a sentence by chance.
const SHORTEST_SECRET: usize = 6;

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
