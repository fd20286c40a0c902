//! Time: what reads it, and what waits.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use time::OffsetDateTime;

/// The only reader of time.
///
/// Tests bring their own, and so can anyone whose time is not this machine's.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time of day, for signatures and for the age of keys.
    fn now(&self) -> OffsetDateTime;

    /// The time since some fixed moment, never going back, for deadlines and limits.
    fn monotonic(&self) -> Duration;
}

/// Waits. It comes with the runtime that the transport runs on.
pub trait Timer: Send + Sync + fmt::Debug {
    /// A pause: ends after `duration`.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// The deadline of something that is under way: ends after `duration`, unless it is dropped before.
    ///
    /// A clock that skips pauses, in a test, must not skip this.
    fn deadline(&self, duration: Duration) -> Sleep {
        self.sleep(duration)
    }
}

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

/// A wait that [`Timer`] began.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// This machine's clock.
#[derive(Debug, Clone)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time begins now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
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
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> OffsetDateTime {
        SystemTime::now().into()
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }
}
