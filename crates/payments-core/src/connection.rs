//! A connection to a provider's API: base URL, credentials, transport.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use crate::clock::{Clock, Deadline, Timer};
use crate::observe::Observer;
use crate::provider::ProviderSpec;
use crate::rate_limit::{AccountKey, RateLimit, RateLimiter};
use crate::request::{ContentType, RequestBuilder};
use crate::retry::{RetryBudget, RetryPolicy};
use crate::settings::{BaseUrl, Settings, Timeouts, check_base_url};
use crate::transport::Transport;
use crate::{Error, ValidationError};

/// A connection to a provider's API with one merchant's credentials.
///
/// A provider's client consists of a connection and the merchant's defaults. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Connection {
    pub(crate) shared: Arc<Shared>,
    headers: Arc<CommonHeaders>,
    pub(crate) timeouts: Timeouts,
    pub(crate) retry: RetryPolicy,
}

/// The state that all clones of a connection share.
pub(crate) struct Shared {
    pub(crate) spec: &'static ProviderSpec,
    pub(crate) base_url: String,
    /// True if the keys could be read on their way, so that only test keys may be sent.
    only_test_keys: bool,
    headers: HeaderMap,
    /// The header of the provider's idempotency keys, if it has any.
    pub(crate) key_header: Option<HeaderName>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timer: Arc<dyn Timer>,
    pub(crate) response_limit: usize,
    pub(crate) budget: RetryBudget,
    pub(crate) rate_limit: Option<Arc<dyn RateLimit>>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

/// The headers of every request, including the credentials.
struct CommonHeaders {
    /// With the content type of JSON and an empty idempotency key, which are replaced or removed. Adding a header to a
    /// clone would allocate.
    template: HeaderMap,
    /// Names the account of these credentials.
    account: AccountKey,
}

/// The credentials of a connection, for provider crates. An array of headers converts to it.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    headers: &'a [(&'static str, &'a str)],
    in_body: Option<(&'static str, &'a str)>,
    public: Option<(&'static str, &'a str)>,
}

impl<'a> Credentials<'a> {
    /// Creates credentials that are sent in these headers. A scheme may precede the key, as in `Bearer sk_…`.
    #[must_use]
    pub fn in_headers(headers: &'a [(&'static str, &'a str)]) -> Self {
        Self { headers, in_body: None, public: None }
    }

    /// Creates a credential that the provider's crate adds to each body as this field.
    #[must_use]
    pub fn in_body(field: &'static str, key: &'a str) -> Self {
        Self { headers: &[], in_body: Some((field, key)), public: None }
    }

    /// Adds a header that is no secret, for example the API's version.
    #[must_use]
    pub fn and_public_header(mut self, name: &'static str, value: &'a str) -> Self {
        self.public = Some((name, value));
        self
    }

    /// Checks that every key says that it is a test key.
    fn check_test_keys(&self) -> Result<(), Error> {
        let keys = || self.headers.iter().chain(&self.in_body);
        let is_test_key = |text: &str| {
            let key = text.rsplit(' ').next().unwrap_or(text);
            TEST_PREFIXES.iter().any(|prefix| key.starts_with(prefix))
        };
        let field = match keys().find(|(_, text)| !is_test_key(text)) {
            Some((field, _)) => field,
            None if keys().next().is_some() => return Ok(()),
            None => "credentials",
        };
        let problem = format!(
            "the key in `{field}` must start with `sandbox_`, `test_` or `sk_test_`, because `base_url` uses plain http with \
             `plain_http_host`"
        );
        Err(Error::configuration(problem))
    }
}

impl<'a, const N: usize> From<&'a [(&'static str, &'a str); N]> for Credentials<'a> {
    fn from(headers: &'a [(&'static str, &'a str); N]) -> Self {
        Self::in_headers(headers)
    }
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials([redacted])")
    }
}

impl Settings {
    /// Connects to a provider's API with these [`Credentials`].
    ///
    /// # Errors
    ///
    /// Returns an error if the base URL is missing or unsafe, if there is no transport, or if a setting is invalid.
    pub fn connect<'a>(
        self,
        spec: &'static ProviderSpec,
        documented_base_url: Option<&str>,
        credentials: impl Into<Credentials<'a>>,
        rate_limiter: Option<RateLimiter>,
    ) -> Result<Connection, Error> {
        let base_url = self
            .base_url
            .as_deref()
            .or(documented_base_url)
            .ok_or_else(|| Error::configuration("`base_url` is required: the provider's document names no host"))?;
        let BaseUrl { text: base_url, only_test_keys } = check_base_url(base_url, self.plain_http_host.as_deref())?;
        self.timeouts.check()?;
        let transport = or_default_transport(self.transport)?;
        transport
            .check_base_url(&base_url)
            .map_err(|error| Error::configuration(error.problem).with_source(error.source))?;
        let shared = Shared {
            spec,
            base_url,
            only_test_keys,
            headers: client_headers(spec, self.application.as_deref())?,
            key_header: spec.idempotency.map(|policy| HeaderName::from_static(policy.header)),
            transport,
            clock: self.clock,
            timer: or_default_timer(self.timer)?,
            response_limit: self.response_limit,
            budget: RetryBudget::full(),
            rate_limit: rate_limiter.map(|default| self.rate_limit.unwrap_or_else(|| Arc::new(default))),
            observer: self.observer,
        };
        let headers = Arc::new(shared.headers_with(credentials.into())?);
        Ok(Connection { shared: Arc::new(shared), headers, timeouts: self.timeouts, retry: self.retry })
    }
}

impl Connection {
    /// Returns a connection with other credentials. Connection pool and settings are shared; the rate limit is counted
    /// for each set of credentials.
    ///
    /// # Errors
    ///
    /// Returns an error if a credential is not a valid header value (a [`Secret`](crate::Secret) always is), or if it is no
    /// test key and the connection uses plain `http`.
    pub fn with_credentials<'a>(&self, credentials: impl Into<Credentials<'a>>) -> Result<Self, Error> {
        let headers = Arc::new(self.shared.headers_with(credentials.into())?);
        Ok(Self { headers, ..self.clone() })
    }

    /// Returns a connection with other timeouts. Everything else is shared.
    ///
    /// # Errors
    ///
    /// Returns an error if a timeout is zero.
    pub fn with_timeouts(&self, timeouts: Timeouts) -> Result<Self, Error> {
        timeouts.check()?;
        Ok(Self { timeouts, ..self.clone() })
    }

    /// Returns a connection with another retry policy. Everything else is shared, also the budget of retries.
    #[must_use]
    pub fn with_retry(&self, retry: RetryPolicy) -> Self {
        Self { retry, ..self.clone() }
    }

    /// Returns a connection that sends a header with another value, for provider crates. The account stays the same.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is not a valid header value.
    pub fn with_header(&self, name: &'static str, value: &str) -> Result<Self, Error> {
        let value =
            HeaderValue::from_str(value).map_err(|_| ValidationError::new(name, "must be a valid header value"))?;
        let mut template = self.headers.template.clone();
        template.insert(HeaderName::from_static(name), value);
        let headers = Arc::new(CommonHeaders { template, account: self.headers.account.clone() });
        Ok(Self { headers, ..self.clone() })
    }

    /// Starts an operation of several calls that share one timeout: `timeout`, or the client's timeout of a call.
    ///
    /// Give the calls the remaining time with [`Call::within`](crate::Call::within).
    #[must_use]
    pub fn deadline(&self, timeout: Option<Duration>) -> Deadline {
        let timeout = timeout.unwrap_or(self.timeouts.total);
        Deadline { end: self.shared.clock.monotonic().saturating_add(timeout), timeout }
    }

    /// Returns how long connecting may take; zero if the transport sets no such limit. The timeout of a write must be longer.
    #[must_use]
    pub fn connect_timeout(&self) -> Duration {
        self.shared.transport.connect_timeout()
    }

    /// The account whose rate limit applies.
    pub(crate) fn account(&self) -> &AccountKey {
        &self.headers.account
    }

    /// The headers of a request: those of every request, those of its body and key, and its own.
    pub(crate) fn headers(&self, request: &RequestBuilder, key: Option<HeaderValue>) -> HeaderMap {
        let mut headers = self.headers.template.clone();
        match request.content_type {
            ContentType::Json => {}
            ContentType::Form => _ = headers.insert(CONTENT_TYPE, FORM),
            ContentType::None => _ = headers.remove(CONTENT_TYPE),
        }
        if let Some(name) = &self.shared.key_header {
            match key {
                // The template's first header, so that no name is hashed.
                Some(key) => match headers.iter_mut().find(|(header, _)| *header == name) {
                    Some((_, value)) => *value = key,
                    None => _ = headers.insert(name, key),
                },
                None => _ = headers.remove(name),
            }
        }
        for (name, value) in &request.headers {
            headers.insert(name, value.clone());
        }
        headers
    }

    /// The secrets to redact from the provider's texts: the credentials, and those that the request names.
    pub(crate) fn secrets<'a>(&'a self, request: &'a RequestBuilder) -> Vec<&'a str> {
        let credentials = self.headers.template.values().filter(|value| value.is_sensitive());
        let credentials = credentials.filter_map(|value| value.to_str().ok());
        // A scheme may precede the key: `Bearer sk_…`.
        let keys = credentials.filter_map(|value| value.rsplit(' ').next());
        let all = keys.chain(request.secrets.iter().map(|secret| secret.as_str()));
        all.filter(|secret| {
            secret.len() >= SHORTEST_REDACTED_SECRET && secret.contains(|c: char| c.is_ascii_alphabetic())
        })
        .collect()
    }
}

impl Shared {
    fn headers_with(&self, credentials: Credentials<'_>) -> Result<CommonHeaders, Error> {
        if self.only_test_keys {
            credentials.check_test_keys()?;
        }
        let mut headers = HeaderMap::with_capacity(self.headers.len() + credentials.headers.len() + 3);
        headers.extend(self.key_header.clone().map(|name| (name, HeaderValue::from_static(""))));
        headers.insert(CONTENT_TYPE, JSON);
        headers.extend(self.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        for (name, value) in credentials.headers {
            let mut value = HeaderValue::from_str(value).map_err(|_| {
                Error::configuration(format!("the credential for `{name}` is not a valid header value"))
            })?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        if let Some((name, value)) = credentials.public {
            let value = HeaderValue::from_str(value)
                .map_err(|_| Error::configuration(format!("the header `{name}` has an invalid value")))?;
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(CommonHeaders { template: headers, account: AccountKey::of(self.spec.provider, credentials.headers) })
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("provider", &self.spec.provider)
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CommonHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

fn client_headers(spec: &ProviderSpec, application: Option<&str>) -> Result<HeaderMap, Error> {
    let agent = match application {
        Some(application) => format!("{} {application}", spec.agent),
        None => spec.agent.to_owned(),
    };
    // `HeaderValue` accepts more: tabs, and the bytes of any other text.
    let plain = agent.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    let agent = HeaderValue::from_str(&agent).ok().filter(|_| plain);
    let agent =
        agent.ok_or_else(|| ValidationError::new("application", "must be visible ASCII characters and spaces"))?;
    let mut headers = HeaderMap::with_capacity(3);
    headers.insert(USER_AGENT, agent);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    // Responses are small. Decompression would save nothing and could be abused by a decompression bomb.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    Ok(headers)
}

#[cfg(feature = "reqwest")]
fn or_default_transport(transport: Option<Arc<dyn Transport>>) -> Result<Arc<dyn Transport>, Error> {
    match transport {
        Some(transport) => Ok(transport),
        None => Ok(Arc::new(crate::transport::reqwest::ReqwestTransport::builder().build()?)),
    }
}

#[cfg(feature = "reqwest")]
fn or_default_timer(timer: Option<Arc<dyn Timer>>) -> Result<Arc<dyn Timer>, Error> {
    Ok(timer.unwrap_or_else(|| Arc::new(crate::transport::reqwest::TokioTimer)))
}

#[cfg(not(feature = "reqwest"))]
fn or_default_transport(transport: Option<Arc<dyn Transport>>) -> Result<Arc<dyn Transport>, Error> {
    transport.ok_or_else(|| required("transport"))
}

#[cfg(not(feature = "reqwest"))]
fn or_default_timer(timer: Option<Arc<dyn Timer>>) -> Result<Arc<dyn Timer>, Error> {
    timer.ok_or_else(|| required("timer"))
}

#[cfg(not(feature = "reqwest"))]
fn required(setting: &str) -> Error {
    Error::configuration(format!("`{setting}` is required: the `reqwest` feature is off"))
}

/// The prefixes of keys that move no money.
const TEST_PREFIXES: &[&str] = &["sandbox_", "test_", "sk_test_"];

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// Shorter texts are not redacted, because they occur in ordinary sentences.
const SHORTEST_REDACTED_SECRET: usize = 6;
