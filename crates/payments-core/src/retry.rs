use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::{Effect, Error, ErrorKind, Outcome};

/// How often and how soon a call is tried again, where that is safe.
///
/// It can make a client less eager, never less careful: what may be sent again at all is not a setting. A read may,
/// and anything that provably was not sent; a write whose outcome is unknown only under an idempotency key, the same
/// one; a refusal only when it was for the number of requests.
///
/// ```
/// use payments_core::RetryPolicy;
///
/// let patient = RetryPolicy::default().extra_attempts(4);
/// let once = RetryPolicy::none();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    extra_attempts: u32,
    first_wait: Duration,
    longest_wait: Duration,
    longest_retry_after: Duration,
    waits: Waits,
}

/// Whether a part of a wait is left to chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waits {
    Jittered,
    Exact,
}

impl RetryPolicy {
    /// No second attempt.
    #[must_use]
    pub const fn none() -> Self {
        Self { extra_attempts: 0, ..Self::STANDARD }
    }

    /// How many attempts may follow the first. Standard: 2.
    #[must_use]
    pub const fn extra_attempts(mut self, extra: u32) -> Self {
        self.extra_attempts = extra;
        self
    }

    /// The wait before the second attempt, doubled before each further one up to `longest`. Standard: 0.5 s, 5 s.
    ///
    /// Between half of it and the whole is waited, at random, so that clients do not come back in step.
    #[must_use]
    pub const fn wait(mut self, first: Duration, longest: Duration) -> Self {
        self.first_wait = first;
        self.longest_wait = longest;
        self
    }

    /// Waits exactly as long as that: for simulations, which are to come out the same each time.
    ///
    /// Clients that do so after an outage come back in step, and may bring about the next.
    #[must_use]
    pub const fn without_jitter(mut self) -> Self {
        self.waits = Waits::Exact;
        self
    }

    /// The longest `Retry-After` that is waited for; a call that is asked to wait longer fails. Standard: 30 s.
    #[must_use]
    pub const fn longest_retry_after(mut self, longest: Duration) -> Self {
        self.longest_retry_after = longest;
        self
    }

    /// How long to wait before the next attempt, or nothing when there is to be none.
    pub(crate) fn next(&self, failure: &Failure<'_>) -> Option<Duration> {
        if failure.attempt > self.extra_attempts || !failure.may_be_sent_again() {
            return None;
        }
        let doubled =
            self.first_wait.saturating_mul(1_u32.checked_shl(failure.attempt.saturating_sub(1)).unwrap_or(u32::MAX));
        let wait = doubled.min(self.longest_wait);
        let wait = match self.waits {
            Waits::Jittered => jittered(wait),
            Waits::Exact => wait,
        };
        match failure.error.retry_after() {
            Some(asked) if asked > self.longest_retry_after => None,
            Some(asked) => Some(wait.max(asked)),
            None => Some(wait),
        }
    }

    const STANDARD: Self = Self {
        extra_attempts: 2,
        first_wait: Duration::from_millis(500),
        longest_wait: Duration::from_secs(5),
        longest_retry_after: Duration::from_secs(30),
        waits: Waits::Jittered,
    };
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::STANDARD
    }
}

/// One failed attempt, as the policy is asked about it.
pub(crate) struct Failure<'a> {
    pub(crate) error: &'a Error,
    pub(crate) effect: Effect,
    /// 1 for the first.
    pub(crate) attempt: u32,
    /// The request went out under a key that the provider still remembers.
    pub(crate) under_key: bool,
}

impl Failure<'_> {
    /// The rule that no setting changes.
    fn may_be_sent_again(&self) -> bool {
        // It was answered in JSON of another shape, or about something else: the next answer would be the same.
        if self.error.is_json_of_another_shape() {
            return false;
        }
        match (self.error.outcome(), self.error.kind()) {
            // A redirect, or a set-up that is wrong here: the next attempt would end the same way.
            (_, ErrorKind::Configuration | ErrorKind::InvalidRequest | ErrorKind::Unsupported) => false,
            (Outcome::NotSent, _) | (Outcome::Refused, ErrorKind::Throttled) => true,
            (Outcome::Unknown, _) => self.effect == Effect::Read || self.under_key,
            (Outcome::Refused, _) => false,
        }
    }
}

/// Bounds retries under a total outage: each costs ten, and gives them back if it succeeds; a success that needed none gives
/// back one. So a provider whose every first answer is lost can be lived with, and one that is down is left alone.
#[derive(Debug)]
pub(crate) struct RetryBudget(AtomicU32);

impl RetryBudget {
    pub(crate) fn full() -> Self {
        Self(AtomicU32::new(FULL))
    }

    pub(crate) fn take_retry(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(RETRY_COST)).is_ok()
    }

    /// A call succeeded, by a retry or without one.
    pub(crate) fn record_success(&self, by_a_retry: bool) {
        let earned = if by_a_retry { RETRY_COST } else { 1 };
        let more = |left: u32| Some((left + earned).min(FULL));
        // It never fails, for there is always something to write.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

/// Between half of `wait` and the whole.
fn jittered(wait: Duration) -> Duration {
    // Every `RandomState` has keys of its own: random enough to spread clients, and no dependency.
    let random = RandomState::new().hash_one(0_u8) & 0xffff;
    let half = wait / 2;
    let more = half.as_nanos() * u128::from(random) / 0xffff;
    half + Duration::from_nanos(u64::try_from(more).unwrap_or(u64::MAX))
}

/// Fifty retries in a row that fail, then one for every ten calls that succeed.
const FULL: u32 = 500;
const RETRY_COST: u32 = 10;
