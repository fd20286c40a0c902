use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock, Timer};
use crate::observe::Observer;
use crate::rate_limit::RateLimit;
use crate::retry::RetryPolicy;
use crate::transport::Transport;
use crate::{Error, ValidationError};

/// The settings that every provider's client has.
///
/// A provider's client builder contains this struct and gets its setters from
/// [`client_settings!`](crate::client_settings). An application with several clients builds it once, and passes it to the
/// builder of each:
///
/// ```
/// use std::time::Duration;
/// use payments_core::{RetryPolicy, Settings, Timeouts};
///
/// let settings = Settings::builder()
///     .timeouts(Timeouts::default().total(Duration::from_secs(20)))
///     .retry(RetryPolicy::default().max_retries(1))
///     .application("shop/2.1")
///     .build();
/// // acme::Client::builder(key).settings(settings.clone()).build()?
/// # let _ = settings;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The base URL of the API; `None` for the one that the provider documents.
    pub base_url: Option<String>,
    /// The one host for plain `http`, with test keys only; `None` for loopback addresses only.
    pub plain_http_host: Option<String>,
    /// The timeouts of a call and of each attempt.
    pub timeouts: Timeouts,
    /// The retry policy.
    pub retry: RetryPolicy,
    /// The largest response body that is read, in bytes, inclusive. Default: 1 MiB.
    pub response_limit: usize,
    /// The transport that sends requests; `None` for the one of the `reqwest` feature.
    pub transport: Option<Arc<dyn Transport>>,
    /// The source of time.
    pub clock: Arc<dyn Clock>,
    /// The timer for waits and timeouts; `None` for tokio's, with the `reqwest` feature.
    pub timer: Option<Arc<dyn Timer>>,
    /// The rate limit, if the provider documents one; `None` for a [`RateLimiter`](crate::RateLimiter) in this process.
    pub rate_limit: Option<Arc<dyn RateLimit>>,
    /// The name and version of the application, added to `User-Agent`.
    pub application: Option<String>,
    /// The observer that receives every exchange, redacted.
    pub observer: Option<Arc<dyn Observer>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: None,
            plain_http_host: None,
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            response_limit: RESPONSE_LIMIT,
            transport: None,
            clock: Arc::new(SystemClock::new()),
            timer: None,
            rate_limit: None,
            application: None,
            observer: None,
        }
    }
}

/// The timeouts of a call and of each attempt.
///
/// ```
/// use std::time::Duration;
/// use payments_core::Timeouts;
///
/// let timeouts = Timeouts::default().total(Duration::from_secs(20)).attempt(Duration::from_secs(10));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// The timeout of the whole call: all attempts, all waits, and waiting for the provider's rate limit. Default: 60
    /// s.
    pub total: Duration,
    /// The timeout of one attempt, including the connection. Default: 30 s.
    ///
    /// Do not set it too short: a write that takes longer ends with an unknown outcome.
    pub attempt: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { total: Duration::from_secs(60), attempt: Duration::from_secs(30) }
    }
}

impl Timeouts {
    /// Sets the timeout of the whole call.
    #[must_use]
    pub const fn total(mut self, total: Duration) -> Self {
        self.total = total;
        self
    }

    /// Sets the timeout of one attempt.
    #[must_use]
    pub const fn attempt(mut self, attempt: Duration) -> Self {
        self.attempt = attempt;
        self
    }
}

/// Defines the setters of a provider's client builder, which must have a field `settings: Settings`.
#[macro_export]
macro_rules! client_settings {
    () => {
        /// Sets the base URL of the API, if it differs from the documented one.
        ///
        /// The URL must use `https`, or `http` with a loopback address. See also
        /// [`plain_http_host`](Self::plain_http_host).
        #[must_use]
        pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
            self.settings.base_url = Some(base_url.into());
            self
        }

        /// Allows plain `http` to this one host, for a sandbox in another container.
        ///
        /// All keys must then start with `sandbox_`, `test_` or `sk_test_`, because everybody between the two hosts can
        /// read and change the requests.
        #[must_use]
        pub fn plain_http_host(mut self, host: impl Into<String>) -> Self {
            self.settings.plain_http_host = Some(host.into());
            self
        }

        /// Sets the timeouts of a call and of each attempt.
        #[must_use]
        pub fn timeouts(mut self, timeouts: $crate::Timeouts) -> Self {
            self.settings.timeouts = timeouts;
            self
        }

        /// Sets the retry policy. Only safe retries are ever made.
        #[must_use]
        pub fn retry(mut self, retry: $crate::RetryPolicy) -> Self {
            self.settings.retry = retry;
            self
        }

        /// Sets the largest response body that is read, in bytes, inclusive. Default: 1 MiB.
        ///
        /// A longer response is an error; for a list, you can also request smaller pages.
        #[must_use]
        pub fn response_limit(mut self, bytes: usize) -> Self {
            self.settings.response_limit = bytes;
            self
        }

        /// Sets the transport that sends requests. Several clients can share one.
        #[must_use]
        pub fn transport(mut self, transport: impl $crate::transport::Transport + 'static) -> Self {
            self.settings.transport = Some(::std::sync::Arc::new(transport));
            self
        }

        /// Sets the clock. Default: the system clock.
        #[must_use]
        pub fn clock(mut self, clock: impl $crate::clock::Clock + 'static) -> Self {
            self.settings.clock = ::std::sync::Arc::new(clock);
            self
        }

        /// Sets the timer for waits and timeouts. Default: tokio's timer.
        #[must_use]
        pub fn timer(mut self, timer: impl $crate::clock::Timer + 'static) -> Self {
            self.settings.timer = Some(::std::sync::Arc::new(timer));
            self
        }

        /// Sets a rate limit that several processes share. Without it, the client keeps the documented limit by itself.
        #[must_use]
        pub fn rate_limit(mut self, rate_limit: impl $crate::RateLimit + 'static) -> Self {
            self.settings.rate_limit = Some(::std::sync::Arc::new(rate_limit));
            self
        }

        /// Adds the application to `User-Agent`, for example `shop/2.1`. No other data about it is sent.
        #[must_use]
        pub fn application(mut self, application: impl Into<String>) -> Self {
            self.settings.application = Some(application.into());
            self
        }

        /// Sets the observer that receives every exchange, redacted, for example to log it.
        #[must_use]
        pub fn observer(mut self, observer: impl $crate::Observer + 'static) -> Self {
            self.settings.observer = Some(::std::sync::Arc::new(observer));
            self
        }

        /// Replaces all of these settings, for example by those that several clients share. Call it before other setters.
        ///
        /// A base URL belongs to one provider, so set it on the builder of its client.
        #[must_use]
        pub fn settings(mut self, settings: $crate::Settings) -> Self {
            self.settings = settings;
            self
        }
    };
}

/// Defines the methods of a provider's client that return a client with other settings, for some of its calls.
///
/// The client must have a field `connection: Connection`.
#[macro_export]
macro_rules! client_overrides {
    () => {
        /// Returns a client with other timeouts. It shares everything else with this client, also connections and limits.
        ///
        /// They apply to every call, also to lists, and to the operations of `payments_core::gateway`.
        ///
        /// # Errors
        ///
        /// Returns an error if a timeout is zero.
        pub fn with_timeouts(&self, timeouts: $crate::Timeouts) -> Result<Self, $crate::Error> {
            let mut client = self.clone();
            client.connection = self.connection.with_timeouts(timeouts)?;
            Ok(client)
        }

        /// Returns a client with another retry policy. It shares everything else with this client.
        ///
        /// Only safe retries are ever made.
        #[must_use]
        pub fn with_retry(&self, retry: $crate::RetryPolicy) -> Self {
            let mut client = self.clone();
            client.connection = self.connection.with_retry(retry);
            client
        }
    };
}

impl Settings {
    /// Starts with the default settings.
    #[must_use]
    pub fn builder() -> SettingsBuilder {
        SettingsBuilder::default()
    }
}

/// Builds [`Settings`], with the setters that every provider's client builder has.
#[derive(Debug, Clone, Default)]
pub struct SettingsBuilder {
    settings: Settings,
}

impl SettingsBuilder {
    client_settings!();

    /// Returns the settings. They are checked when a client is built.
    #[must_use]
    pub fn build(self) -> Settings {
        self.settings
    }
}

impl Timeouts {
    pub(crate) fn check(self) -> Result<(), Error> {
        if self.attempt.is_zero() || self.total.is_zero() {
            return Err(Error::configuration("timeouts must be greater than zero"));
        }
        Ok(())
    }
}

/// A base URL that was checked.
#[derive(Debug)]
pub(crate) struct BaseUrl {
    /// Without trailing slashes.
    pub(crate) text: String,
    /// True for plain `http` to a host that is not a loopback address, which only test keys may be sent to.
    pub(crate) only_test_keys: bool,
}

/// Checks a base URL.
///
/// The URL must use `https`, or `http` with a loopback address or with `plain_http_host`. It must contain nothing that
/// could lead to another host or path.
pub(crate) fn check_base_url(text: &str, plain_http_host: Option<&str>) -> Result<BaseUrl, Error> {
    let invalid = |rule: &'static str| -> Result<BaseUrl, Error> { Err(ValidationError::new("base_url", rule).into()) };
    let (secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return invalid("must start with https://"),
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    // Checks the text and not a parsed URI, because a parser may drop a fragment silently.
    if rest.contains(['?', '#']) {
        return invalid("must not have a query or a fragment");
    }
    if authority.contains('@') {
        return invalid("must not have a user name or password");
    }
    let path_is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte));
    if !path_is_plain || path.split('/').any(|segment| segment == "." || segment == "..") {
        return invalid("must have a path of letters, digits, `-`, `.`, `_` and `~`, without `.` and `..` segments");
    }
    let Ok(authority) = authority.parse::<http::uri::Authority>() else {
        return invalid("must have a valid host");
    };
    let host_is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    if authority.host().is_empty() || !authority.as_str().bytes().all(host_is_plain) {
        return invalid("must have a valid host");
    }
    let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
    if !port.is_empty() && authority.port_u16().is_none_or(|port| port == 0) {
        return invalid("must have a port from 1 to 65535, or no port");
    }
    let host = authority.host();
    let only_test_keys = !secure && !is_loopback(host);
    if only_test_keys && plain_http_host.is_none_or(|allowed| !allowed.eq_ignore_ascii_case(host)) {
        return invalid("must start with https://, unless the host is a loopback address or `plain_http_host`");
    }
    Ok(BaseUrl { text: text.trim_end_matches('/').to_owned(), only_test_keys })
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "[::1]" || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// No documented response comes near it.
const RESPONSE_LIMIT: usize = 1024 * 1024;
