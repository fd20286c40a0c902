//! Clocks and timers.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
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

    /// Checks that the timer works on this thread, for example that its runtime runs it.
    ///
    /// Every attempt calls it before anything else, and is not sent after an error.
    ///
    /// # Errors
    ///
    /// Returns the problem, and what to do about it.
    fn check(&self) -> Result<(), &'static str> {
        Ok(())
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

    fn check(&self) -> Result<(), &'static str> {
        T::check(self)
    }
}

/// The system clock.
///
/// Creating it reads no time, so that a clock of your own can replace it before this machine's clock was ever read.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SystemClock;

impl SystemClock {
    /// Creates the clock. Its monotonic time starts when it is first read in this process.
    #[must_use]
    pub const fn new() -> Self {
        Self
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

    #[expect(clippy::disallowed_methods, reason = "`SystemClock` is the implementation of `Clock` for this machine")]
    fn monotonic(&self) -> Duration {
        ORIGIN.get_or_init(Instant::now).elapsed()
    }
}

/// The system clock, ahead by as much as it was told: for a program that follows the clock of a sandbox.
///
/// It starts with the system's time, and its lead never shrinks. Its clones are one clock. In production, use [`SystemClock`].
#[derive(Debug, Clone, Default)]
pub struct ForwardClock {
    /// In milliseconds. Never negative.
    ahead: Arc<AtomicI64>,
}

impl ForwardClock {
    /// Creates a clock with the system's time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the clock forward to this time. Does nothing if it is that late already.
    pub fn catch_up(&self, time: OffsetDateTime) {
        let ahead = (time - SystemClock::new().now()).whole_milliseconds();
        self.ahead.fetch_max(ahead.try_into().unwrap_or_default(), Ordering::Relaxed);
    }

    fn ahead(&self) -> time::Duration {
        time::Duration::milliseconds(self.ahead.load(Ordering::Relaxed))
    }
}

impl Clock for ForwardClock {
    fn now(&self) -> OffsetDateTime {
        SystemClock::new().now().saturating_add(self.ahead())
    }

    fn monotonic(&self) -> Duration {
        SystemClock::new().monotonic() + self.ahead().unsigned_abs()
    }
}

/// The start of the monotonic time of every [`SystemClock`].
static ORIGIN: OnceLock<Instant> = OnceLock::new();
