use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock, Timer};
use crate::observe::Observer;
use crate::retry::RetryPolicy;
use crate::transport::Transport;
use crate::{Error, ValidationError};

/// What every provider's client can be told, with the defaults that suit most.
///
/// A provider's builder holds one and gets its setters from [`client_settings!`](crate::client_settings!).
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the API is, when not where the provider documents it.
    pub base_url: Option<String>,
    /// The limits of a call.
    pub timeouts: Timeouts,
    /// How often a call is tried again, where that is safe.
    pub retry: RetryPolicy,
    /// What sends requests, when not the transport of our own.
    pub transport: Option<Arc<dyn Transport>>,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
    /// What waits, when not the timer of the transport's runtime.
    pub timer: Option<Arc<dyn Timer>>,
    /// The application, for `User-Agent`.
    pub application: Option<String>,
    /// Who is shown every exchange, redacted.
    pub observer: Option<Arc<dyn Observer>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: None,
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            transport: None,
            clock: Arc::new(SystemClock::new()),
            timer: None,
            application: None,
            observer: None,
        }
    }
}

/// The limits of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// The whole call: every attempt, every wait, the provider's limit. Standard: 60 s.
    pub total: Duration,
    /// One attempt, the connection included. Standard: 30 s.
    ///
    /// A write that takes longer ends with its outcome unknown, so do not set it short.
    pub attempt: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { total: Duration::from_secs(60), attempt: Duration::from_secs(30) }
    }
}

impl Timeouts {
    pub(crate) fn check(self) -> Result<(), Error> {
        if self.attempt.is_zero() || self.total.is_zero() {
            return Err(Error::configuration("a timeout must be longer than nothing"));
        }
        Ok(())
    }
}

/// Checks a base URL: `https`, or `http` to this machine, and nothing in it that could lead elsewhere.
pub(crate) fn check_base_url(text: &str) -> Result<String, Error> {
    let refuse = |rule: &'static str| -> Result<String, Error> { Err(ValidationError::new("base_url", rule).into()) };
    let (secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return refuse("must begin with https://"),
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    // The text is looked at, not a parsed URI: a parser may drop a fragment silently.
    if rest.contains(['?', '#']) {
        return refuse("must have no query and no fragment");
    }
    if authority.contains('@') {
        return refuse("must have no user name or password");
    }
    let path_is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte));
    if !path_is_plain || path.split('/').any(|segment| segment == "." || segment == "..") {
        return refuse("must have a plain path");
    }
    let Ok(authority) = authority.parse::<http::uri::Authority>() else {
        return refuse("must name a host");
    };
    let host_is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    if authority.host().is_empty() || !authority.as_str().bytes().all(host_is_plain) {
        return refuse("must name a host");
    }
    let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
    if !port.is_empty() && authority.port_u16().is_none_or(|port| port == 0) {
        return refuse("must have a port from 1 to 65535, or none");
    }
    if !secure && !is_loopback(authority.host()) {
        return refuse("must begin with https://, except on this machine's own loopback addresses");
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "[::1]" || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// Gives a provider's builder the setters that every client has; it needs a field `settings: Settings`.
#[macro_export]
macro_rules! client_settings {
    () => {
        /// Where the API is, when not where the provider documents it: `https`, or anything on this machine.
        #[must_use]
        pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
            self.settings.base_url = Some(base_url.into());
            self
        }

        /// The limits of a call and of an attempt.
        #[must_use]
        pub fn timeouts(mut self, timeouts: $crate::Timeouts) -> Self {
            self.settings.timeouts = timeouts;
            self
        }

        /// How often a call is tried again, where that is safe.
        #[must_use]
        pub fn retry(mut self, retry: $crate::RetryPolicy) -> Self {
            self.settings.retry = retry;
            self
        }

        /// Sends requests with an HTTP stack of your own, or with one that several clients share.
        #[must_use]
        pub fn transport(mut self, transport: impl $crate::transport::Transport + 'static) -> Self {
            self.settings.transport = Some(::std::sync::Arc::new(transport));
            self
        }

        /// Tells the time by another clock than this machine's.
        #[must_use]
        pub fn clock(mut self, clock: impl $crate::clock::Clock + 'static) -> Self {
            self.settings.clock = ::std::sync::Arc::new(clock);
            self
        }

        /// Waits on another runtime's timer than tokio's.
        #[must_use]
        pub fn timer(mut self, timer: impl $crate::clock::Timer + 'static) -> Self {
            self.settings.timer = Some(::std::sync::Arc::new(timer));
            self
        }

        /// Names the application in `User-Agent`, as `shop/2.1`. Nothing else is told about it.
        #[must_use]
        pub fn application(mut self, application: impl Into<String>) -> Self {
            self.settings.application = Some(application.into());
            self
        }

        /// Is shown every exchange, redacted: for the log that providers ask merchants to keep.
        #[must_use]
        pub fn observer(mut self, observer: impl $crate::Observer + 'static) -> Self {
            self.settings.observer = Some(::std::sync::Arc::new(observer));
            self
        }
    };
}
