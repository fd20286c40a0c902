//! The sandbox's clock as the SDK's, so that both live in one time. Only the two traits of time are shared, nothing else.

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
    /// On a clock that stands still, a pause of the SDK's (a back-off, a limit) moves it on, and is over.
    fn sleep(&self, duration: Duration) -> Sleep {
        if self.is_manual() {
            self.advance(duration);
            return Box::pin(std::future::ready(()));
        }
        Box::pin(Self::sleep(self, duration))
    }

    /// A deadline of something under way ends only when the clock passes it.
    fn deadline(&self, duration: Duration) -> Sleep {
        Box::pin(Self::sleep(self, duration))
    }
}
