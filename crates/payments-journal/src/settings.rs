use std::time::Duration;

use payments_core::ValidationError;
use payments_core::time::{self, OffsetDateTime};

/// How long the journal waits, and how often it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The timeout of one call or lookup, with all waits and retries of the client. Default: 60 seconds.
    ///
    /// It must be longer than the connect timeout of the clients: [`Builder::build`](crate::Builder::build) checks it.
    pub call_timeout: Duration,
    /// How much longer than the call a lease lasts. Default: 30 seconds.
    ///
    /// A request is sent only if less than this time has passed since just before its claim.
    pub lease_margin: Duration,
    /// The waits between steps that brought nothing new, as long as the outcome is unknown or the request was not sent.
    /// Default: from 1 second to 10 minutes.
    pub backoff: Backoff,
    /// The waits between lookups of an order that the provider accepted. Default: from 30 seconds to 1 hour.
    pub polling: Backoff,
    /// The age at which a request is no longer in flight, counted from its claim: no network or proxy delivers it later. Default: 15
    /// minutes.
    pub in_flight: Duration,
    /// How often an order must not be found, once its request is older than [`Settings::in_flight`], before a person must look at
    /// it. Default: 5.
    pub lookups: usize,
    /// True to send the same reference again, after [`Settings::lookups`], where the provider documents that it accepts a
    /// reference once. Default: false, so that a person decides.
    pub resend_taken_once: bool,
    /// The most requests under such a reference, with the first one. Default: 3.
    pub attempts: usize,
    /// How long an account pauses after its credentials were refused. Default: 5 minutes.
    pub pause: Duration,
    /// The longest time between two looks at the store. Default: 1 second.
    pub poll_interval: Duration,
    /// The most intents that a worker works on at a time. Default: 16.
    pub concurrency: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            call_timeout: Duration::from_secs(60),
            lease_margin: Duration::from_secs(30),
            backoff: Backoff::new(Duration::from_secs(1), Duration::from_secs(600)),
            polling: Backoff::new(Duration::from_secs(30), Duration::from_secs(3600)),
            in_flight: Duration::from_secs(900),
            lookups: 5,
            resend_taken_once: false,
            attempts: 3,
            pause: Duration::from_secs(300),
            poll_interval: Duration::from_secs(1),
            concurrency: 16,
        }
    }
}

impl Settings {
    /// Checks that the journal can work with these settings.
    ///
    /// # Errors
    ///
    /// Returns an error that names the setting and its rule.
    pub(crate) fn check(&self) -> Result<(), ValidationError> {
        let (backoff, polling) = (self.backoff, self.polling);
        for (field, wait) in [
            ("call_timeout", self.call_timeout),
            ("lease_margin", self.lease_margin),
            ("backoff", backoff.first),
            ("backoff", backoff.longest),
            ("polling", polling.first),
            ("polling", polling.longest),
            ("in_flight", self.in_flight),
            ("pause", self.pause),
            ("poll_interval", self.poll_interval),
        ] {
            if wait.is_zero() || wait > A_YEAR {
                return Err(ValidationError::new(field, "must be longer than zero, and at most a year"));
            }
        }
        let counts = [("lookups", self.lookups), ("attempts", self.attempts), ("concurrency", self.concurrency)];
        match counts.into_iter().find(|(_, count)| *count == 0) {
            Some((field, _)) => Err(ValidationError::new(field, "must be at least 1")),
            None => Ok(()),
        }
    }
}

const A_YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Waits that double, up to a longest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Backoff {
    /// Creates waits that start with `first`, double, and never exceed `longest`.
    #[must_use]
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest }
    }

    /// The wait after this many tries.
    pub(crate) fn after(self, tries: u32) -> Duration {
        let factor = 1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.longest)
    }
}

/// Returns the time after a wait, or the last one of the calendar.
pub(crate) fn later(time: OffsetDateTime, wait: Duration) -> OffsetDateTime {
    time.saturating_add(wait.try_into().unwrap_or(time::Duration::MAX))
}
