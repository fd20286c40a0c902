//! Clocks and timers.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use time::OffsetDateTime;

/// A source of time. All code reads the time through this trait, so that tests can control it.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Returns the current time, for signatures and the age of idempotency keys.
    fn now(&self) -> OffsetDateTime;

    /// Returns the time since a fixed moment, for deadlines and rate limits. It never goes back.
    fn monotonic(&self) -> Duration;
}

/// A timer of the async runtime that the transport runs on.
pub trait Timer: Send + Sync + fmt::Debug {
    /// Returns a future that ends after `duration`, for a pause such as a backoff.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// Returns a future that ends after `duration`, for the timeout of an operation in progress.
    ///
    /// A test's timer may skip a pause, but must not skip this.
    fn deadline(&self, duration: Duration) -> Sleep {
        self.sleep(duration)
    }
}

/// The time by which an operation must end, for operations that consist of several calls.
///
/// [`Connection::deadline`](crate::connection::Connection::deadline) creates it, and
/// [`Call::within`](crate::Call::within) gives a call the time that remains.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    /// On the connection's monotonic clock.
    pub(crate) end: Duration,
    /// The time between the start of the operation and its end.
    pub(crate) timeout: Duration,
}

/// A wait started by a [`Timer`].
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<T: Clock + ?Sized> Clock for Arc<T> {
    fn now(&self) -> OffsetDateTime {
        T::now(self)
    }

    fn monotonic(&self) -> Duration {
        T::monotonic(self)
    }
}

impl<T: Timer + ?Sized> Timer for Arc<T> {
    fn sleep(&self, duration: Duration) -> Sleep {
        T::sleep(self, duration)
    }

    fn deadline(&self, duration: Duration) -> Sleep {
        T::deadline(self, duration)
    }
}

/// The system clock.
#[derive(Debug, Clone)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// Creates a clock whose monotonic time starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "`SystemClock` is the implementation of `Clock` for this machine")]
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "`SystemClock` is the implementation of `Clock` for this machine")]
    fn now(&self) -> OffsetDateTime {
        let now = SystemTime::now();
        // The same as the general conversion, in half the time.
        let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).ok().and_then(|since| {
            let seconds = OffsetDateTime::from_unix_timestamp(since.as_secs().try_into().ok()?);
            seconds.ok()?.replace_nanosecond(since.subsec_nanos()).ok()
        });
        since_1970.unwrap_or_else(|| now.into())
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }
}
