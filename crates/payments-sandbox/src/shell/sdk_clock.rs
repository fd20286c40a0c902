//! The sandbox's clock as the SDK's clock and timer. It shares only the two traits with the SDK.

use std::time::Duration;

use payments_core::clock::{Sleep, Timer};
use time::OffsetDateTime;

use crate::Clock;

impl payments_core::clock::Clock for Clock {
    fn now(&self) -> OffsetDateTime {
        Self::now(self)
    }

    fn monotonic(&self) -> Duration {
        self.elapsed()
    }
}

impl Timer for Clock {
    /// Waits on the clock. A wait of the SDK (a backoff, a rate limit) advances a manual clock and ends at once.
    fn sleep(&self, duration: Duration) -> Sleep {
        if self.is_manual() {
            self.advance(duration);
            return Box::pin(std::future::ready(()));
        }
        Box::pin(Self::sleep(self, duration))
    }

    /// Waits until other code advances the clock past the deadline.
    fn deadline(&self, duration: Duration) -> Sleep {
        Box::pin(Self::sleep(self, duration))
    }
}
