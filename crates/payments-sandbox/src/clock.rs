use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::sync::watch;

/// The sandbox's time: it stands still until it is moved, or runs with this machine's.
///
/// With the feature `sdk-clock` it is the SDK's clock and timer as well, and three days of retries run in milliseconds.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    began: OffsetDateTime,
    /// When a running clock was started.
    running: Option<Instant>,
    moved: Mutex<Duration>,
    changed: watch::Sender<()>,
    /// What is waited for, and by how many.
    waits: Mutex<BTreeMap<Duration, usize>>,
}

impl Clock {
    /// A clock that moves only when it is told to. It starts at noon on 1 January 2026.
    #[must_use]
    pub fn manual() -> Self {
        Self::new(time::macros::datetime!(2026-01-01 12:00:00 UTC), None)
    }

    /// A clock that runs, and can be moved on besides.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
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

    /// True for a clock that moves only when it is told to.
    #[must_use]
    pub fn is_manual(&self) -> bool {
        self.0.running.is_none()
    }

    /// The time of day.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.0.began + self.elapsed()
    }

    /// The time since it began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.running.map_or(Duration::ZERO, |began| began.elapsed()) + *self.moved()
    }

    /// How long after its beginning a moment is; nothing for one before it.
    pub(crate) fn elapsed_at(&self, at: OffsetDateTime) -> Duration {
        Duration::try_from(at - self.0.began).unwrap_or_default()
    }

    /// The moment so long after its beginning.
    pub(crate) fn at(&self, elapsed: Duration) -> OffsetDateTime {
        self.0.began + elapsed
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        {
            let mut moved = self.moved();
            *moved = moved.saturating_add(by).min(LONGEST);
        }
        self.0.changed.send_replace(());
    }

    /// Waits for `duration` on this clock. Something else must move a manual clock meanwhile.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + 'static {
        self.sleep_until(self.elapsed().saturating_add(duration))
    }

    /// Waits until so much time has passed since it began.
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
                // The sender lives in the clock that this future holds, so waiting for a change cannot fail.
                if clock.is_manual() {
                    let _ = changed.changed().await;
                } else {
                    let _ = tokio::time::timeout(left, changed.changed()).await;
                }
            }
        }
    }

    /// The next moment that somebody waits for.
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

/// Somebody waits, for as long as this lives.
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

/// Dates end with the year 9999, and what is beyond could not be told.
const LONGEST: Duration = Duration::from_secs(1000 * 365 * 24 * 60 * 60);
