use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::{Effect, Error, ErrorKind, Outcome};

/// The rules for retries of a call: how many, and how long to wait before each.
///
/// The policy cannot make an unsafe retry safe. Only these attempts are ever retried:
///
/// - an attempt that was provably not sent,
/// - an attempt of a read-only call with an unknown outcome,
/// - an attempt with an unknown outcome under an idempotency key, with the same key.
///
/// ```
/// use payments_core::RetryPolicy;
///
/// let patient = RetryPolicy::default().max_retries(4);
/// let once = RetryPolicy::none();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    max_retries: u32,
    first_wait: Duration,
    longest_wait: Duration,
    longest_retry_after: Duration,
    jitter: Jitter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Jitter {
    On,
    Off,
}

impl RetryPolicy {
    /// Creates a policy without retries.
    #[must_use]
    pub const fn none() -> Self {
        Self { max_retries: 0, ..Self::DEFAULT }
    }

    /// Sets how many attempts may follow the first. Default: 2.
    #[must_use]
    pub const fn max_retries(mut self, extra: u32) -> Self {
        self.max_retries = extra;
        self
    }

    /// Sets the wait before the second attempt, and the longest wait. Default: 0.5 s and 5 s.
    ///
    /// The wait doubles before each further attempt. A random part of up to half is subtracted, so that clients do not
    /// retry at the same time.
    #[must_use]
    pub const fn wait(mut self, first: Duration, longest: Duration) -> Self {
        self.first_wait = first;
        self.longest_wait = longest;
        self
    }

    /// Disables the random part of the waits, for reproducible simulations.
    ///
    /// Do not use this in production: after an outage, clients without jitter retry at the same time and can cause the
    /// next outage.
    #[must_use]
    pub const fn without_jitter(mut self) -> Self {
        self.jitter = Jitter::Off;
        self
    }

    /// Sets the longest `Retry-After` to wait for. Default: 30 s, inclusive.
    ///
    /// A call that the provider asks to wait longer fails instead.
    #[must_use]
    pub const fn longest_retry_after(mut self, longest: Duration) -> Self {
        self.longest_retry_after = longest;
        self
    }

    /// Returns how long to wait before the next attempt; `None` if there must not be another.
    pub(crate) fn wait_after(&self, failed: &FailedAttempt<'_>) -> Option<Duration> {
        if failed.attempt > self.max_retries || !failed.may_be_retried() {
            return None;
        }
        let factor = 1_u32.checked_shl(failed.attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        let wait = self.first_wait.saturating_mul(factor).min(self.longest_wait);
        let wait = match self.jitter {
            Jitter::On => jittered(wait),
            Jitter::Off => wait,
        };
        match failed.error.retry_after() {
            Some(requested) if requested > self.longest_retry_after => None,
            Some(requested) => Some(wait.max(requested)),
            None => Some(wait),
        }
    }

    const DEFAULT: Self = Self {
        max_retries: 2,
        first_wait: Duration::from_millis(500),
        longest_wait: Duration::from_secs(5),
        longest_retry_after: Duration::from_secs(30),
        jitter: Jitter::On,
    };
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A failed attempt, for the decision about a retry.
pub(crate) struct FailedAttempt<'a> {
    pub(crate) error: &'a Error,
    pub(crate) effect: Effect,
    /// The number of the attempt, starting at 1.
    pub(crate) attempt: u32,
    /// True if the request carried an idempotency key that the provider still remembers.
    pub(crate) key_protects: bool,
}

impl FailedAttempt<'_> {
    /// Returns true if a retry is safe and can help. No setting changes this rule.
    fn may_be_retried(&self) -> bool {
        if self.error.is_repeatable() {
            return false;
        }
        match (self.error.outcome(), self.error.kind()) {
            // A redirect or a wrong configuration, for example: the next attempt would end in the same way.
            (_, ErrorKind::Configuration | ErrorKind::InvalidRequest | ErrorKind::Unsupported) => false,
            (Outcome::NotSent, _) => true,
            (Outcome::Unknown, _) => self.effect == Effect::Read || self.key_protects,
            (Outcome::Refused, _) => false,
        }
    }
}

/// A budget that bounds retries during an outage.
///
/// A retry costs ten tokens and returns them if it succeeds. A success without a retry adds one token. So every call
/// may need one retry, but a provider that is down is not flooded.
#[derive(Debug)]
pub(crate) struct RetryBudget(AtomicU32);

impl RetryBudget {
    pub(crate) fn full() -> Self {
        Self(AtomicU32::new(CAPACITY))
    }

    /// Takes the tokens of one retry. Returns false if there are too few.
    pub(crate) fn take_retry(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| tokens.checked_sub(RETRY_COST)).is_ok()
    }

    /// Adds the tokens of a call that succeeded, with or without a retry.
    pub(crate) fn record_success(&self, by_retry: bool) {
        let earned = if by_retry { RETRY_COST } else { 1 };
        let add = |tokens: u32| Some((tokens + earned).min(CAPACITY));
        // The update cannot fail, because `add` never returns `None`.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

/// Returns a random duration between half of `wait` and `wait`.
fn jittered(wait: Duration) -> Duration {
    // Every `RandomState` has its own keys. That is random enough to spread clients, and needs no dependency.
    let random = RandomState::new().hash_one(0_u8) & 0xffff;
    let half = wait / 2;
    let extra = half.as_nanos() * u128::from(random) / 0xffff;
    half + Duration::from_nanos(u64::try_from(extra).unwrap_or(u64::MAX))
}

/// Enough for fifty failed retries in a row. After that, every ten successful calls allow one retry.
const CAPACITY: u32 = 500;
const RETRY_COST: u32 = 10;
