use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
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
    /// Tells futures that wait on a running clock.
    changed: watch::Sender<()>,
    /// The futures that wait on a manual clock.
    waits: Mutex<Waits>,
}

/// Waiting futures, by the time that they wait for and the order in which they began. They are woken in this order, so that a
/// simulation on a runtime is repeatable.
#[derive(Debug, Default)]
struct Waits {
    wakers: BTreeMap<(Duration, u64), Waker>,
    last: u64,
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
        let now = self.elapsed();
        let due = {
            let mut waits = self.waits();
            let later = waits.wakers.split_off(&(now, u64::MAX));
            std::mem::replace(&mut waits.wakers, later)
        };
        due.into_values().for_each(Waker::wake);
    }

    /// Waits for `duration` on this clock. Other code must advance a manual clock meanwhile.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + 'static {
        self.sleep_until(self.elapsed().saturating_add(duration))
    }

    /// Waits until `until` has passed since the clock's start.
    pub fn sleep_until(&self, until: Duration) -> impl Future<Output = ()> + Send + 'static {
        let clock = self.clone();
        async move {
            if clock.is_manual() {
                return Wait { clock, until, number: None }.await;
            }
            let mut changed = clock.0.changed.subscribe();
            loop {
                let left = until.saturating_sub(clock.elapsed());
                if left.is_zero() {
                    return;
                }
                // This future holds the clock, and the clock holds the sender, so waiting for a change cannot fail.
                let _ = tokio::time::timeout(left, changed.changed()).await;
            }
        }
    }

    /// Returns the next time that a future waits for on a manual clock, since the clock's start.
    #[must_use]
    pub fn next_wait(&self) -> Option<Duration> {
        self.waits().wakers.keys().next().map(|(until, _)| *until)
    }

    fn moved(&self) -> MutexGuard<'_, Duration> {
        self.0.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waits(&self) -> MutexGuard<'_, Waits> {
        self.0.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A wait on a manual clock, registered for as long as it lives.
struct Wait {
    clock: Clock,
    until: Duration,
    number: Option<u64>,
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.until <= self.clock.elapsed() {
            return Poll::Ready(());
        }
        let Self { clock, until, number } = &mut *self;
        let mut waits = clock.waits();
        let number = *number.get_or_insert_with(|| {
            waits.last += 1;
            waits.last
        });
        let replaced = waits.wakers.insert((*until, number), context.waker().clone());
        drop(waits);
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let removed = self.clock.waits().wakers.remove(&(self.until, number));
            drop(removed);
        }
    }
}

/// The clock stops here, because dates end with the year 9999.
const MAX_ELAPSED: Duration = Duration::from_secs(1000 * 365 * 24 * 60 * 60);
