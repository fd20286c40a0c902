use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::sync::watch;

/// The sandbox's clock: manual, or running in real time.
///
/// A manual clock stands still until it is advanced. With the feature `sdk-clock`, the clock also serves as the SDK's
/// clock and timer, so that three days of retries take milliseconds.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    began: OffsetDateTime,
    /// When a running clock was started; `None` for a manual clock.
    running: Option<Instant>,
    moved: Mutex<Duration>,
    changed: watch::Sender<()>,
    /// The times that futures wait for, each with the number of those futures.
    waits: Mutex<BTreeMap<Duration, usize>>,
}

impl Clock {
    /// Creates a clock that moves only when it is advanced. It starts at 2026-01-01 12:00 UTC.
    #[must_use]
    pub fn manual() -> Self {
        Self::new(time::macros::datetime!(2026-01-01 12:00:00 UTC), None)
    }

    /// Creates a clock that runs in real time and can also be advanced.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock that all other code uses")]
    pub fn running() -> Self {
        Self::new(std::time::SystemTime::now().into(), Some(Instant::now()))
    }

    fn new(began: OffsetDateTime, running: Option<Instant>) -> Self {
        Self(Arc::new(Inner {
            began,
            running,
            moved: Mutex::new(Duration::ZERO),
            changed: watch::Sender::new(()),
            waits: Mutex::default(),
        }))
    }

    /// True if the clock moves only when it is advanced.
    #[must_use]
    pub fn is_manual(&self) -> bool {
        self.0.running.is_none()
    }

    /// The current date and time.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.0.began + self.elapsed()
    }

    /// The time since the clock's start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.running.map_or(Duration::ZERO, |began| began.elapsed()) + *self.moved()
    }

    /// Returns the time from the clock's start to `at`; zero if `at` is earlier.
    pub(crate) fn elapsed_at(&self, at: OffsetDateTime) -> Duration {
        Duration::try_from(at - self.0.began).unwrap_or_default()
    }

    /// Returns the date and time at `elapsed` after the clock's start.
    pub(crate) fn at(&self, elapsed: Duration) -> OffsetDateTime {
        self.0.began + elapsed
    }

    /// Advances the clock.
    pub fn advance(&self, by: Duration) {
        {
            let mut moved = self.moved();
            *moved = moved.saturating_add(by).min(MAX_ELAPSED);
        }
        self.0.changed.send_replace(());
    }

    /// Waits for `duration` on this clock. Other code must advance a manual clock meanwhile.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + 'static {
        self.sleep_until(self.elapsed().saturating_add(duration))
    }

    /// Waits until `until` has passed since the clock's start.
    pub fn sleep_until(&self, until: Duration) -> impl Future<Output = ()> + Send + 'static {
        let clock = self.clone();
        async move {
            let mut changed = clock.0.changed.subscribe();
            let _waiting = Waiter::new(&clock, until);
            loop {
                let left = until.saturating_sub(clock.elapsed());
                if left.is_zero() {
                    return;
                }
                // This future holds the clock, and the clock holds the sender, so waiting for a change cannot fail.
                if clock.is_manual() {
                    let _ = changed.changed().await;
                } else {
                    let _ = tokio::time::timeout(left, changed.changed()).await;
                }
            }
        }
    }

    /// Returns the next time that a future waits for.
    pub(crate) fn next_wait(&self) -> Option<Duration> {
        let elapsed = self.elapsed();
        self.waits().keys().find(|until| **until > elapsed).copied()
    }

    fn moved(&self) -> MutexGuard<'_, Duration> {
        self.0.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waits(&self) -> MutexGuard<'_, BTreeMap<Duration, usize>> {
        self.0.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Registers a wait for as long as it lives.
struct Waiter<'a> {
    clock: &'a Clock,
    until: Duration,
}

impl<'a> Waiter<'a> {
    fn new(clock: &'a Clock, until: Duration) -> Self {
        *clock.waits().entry(until).or_default() += 1;
        Self { clock, until }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut waits = self.clock.waits();
        if let Some(count) = waits.get_mut(&self.until) {
            *count -= 1;
            if *count == 0 {
                waits.remove(&self.until);
            }
        }
    }
}

/// The clock stops here, because dates end with the year 9999.
const MAX_ELAPSED: Duration = Duration::from_secs(1000 * 365 * 24 * 60 * 60);
