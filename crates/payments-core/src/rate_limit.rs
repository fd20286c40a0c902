//! Client-side rate limits.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};

use crate::clock::{Clock, Timer};

/// A rate limit that a provider counts per account.
///
/// Implement it to share a limit between processes. [`RateLimiter`] keeps it within one process.
#[async_trait]
pub trait RateLimit: Send + Sync + fmt::Debug {
    /// Waits for the permit of one call.
    ///
    /// # Errors
    ///
    /// Returns an error as soon as it is clear that there will be no permit within `request.max_wait`.
    async fn enter(&self, request: RateLimitRequest) -> Result<Box<dyn RateLimitPermit>, RateLimited>;
}

/// A call that needs a permit.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RateLimitRequest {
    /// The account whose limit applies.
    pub account: AccountKey,
    /// The longest time to wait, exclusive.
    pub max_wait: Duration,
    /// The client's source of time.
    pub clock: Arc<dyn Clock>,
    /// The client's timer.
    pub timer: Arc<dyn Timer>,
}

/// The permit of one call. Dropping it marks the call as ended: with a response, by a timeout, or cancelled.
pub trait RateLimitPermit: Send + fmt::Debug {
    /// Applies the limit and the number of remaining calls that the provider reports.
    fn observe(&mut self, limit: Option<usize>, remaining: Option<usize>);
}

/// There is no permit within the time that the call may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimited {
    /// The minimum time until there may be a permit.
    pub retry_after: Duration,
}

impl RateLimited {
    /// Creates the error, for implementations of [`RateLimit`].
    #[must_use]
    pub const fn new(retry_after: Duration) -> Self {
        Self { retry_after }
    }
}

/// Names an account by a digest of its credentials. Every process derives the same key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountKey(Arc<str>);

impl AccountKey {
    pub(crate) fn of(provider: &str, credentials: &[(&'static str, &str)]) -> Self {
        let mut digest = Sha256::new_with_prefix(provider);
        for (name, value) in credentials {
            // The lengths separate ("a", "bc") from ("ab", "c").
            digest.update(format!("\n{}:{name}{}:{value}", name.len(), value.len()));
        }
        let digest = digest.finalize();
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into())
    }

    /// The key as text: 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A rate limit within this process: at most `limit` calls in any window of this length, per account.
///
/// A call counts from when it is sent until one window after it ended, with or without a response. So the provider's
/// own window is never exceeded by this client, whenever the provider counted the call in between. Waiting calls are
/// served in the order of their arrival.
#[derive(Debug, Clone)]
pub struct RateLimiter(Arc<Limits>);

#[derive(Debug)]
struct Limits {
    limit: usize,
    window: Duration,
    accounts: Mutex<HashMap<AccountKey, Account>>,
}

impl RateLimiter {
    /// Creates a limit of `limit` calls in any `window`. A limit of 0 counts as 1.
    #[must_use]
    pub fn new(limit: usize, window: Duration) -> Self {
        Self(Arc::new(Limits { limit: limit.max(1), window, accounts: Mutex::default() }))
    }
}

#[async_trait]
impl<T: RateLimit + ?Sized> RateLimit for Arc<T> {
    async fn enter(&self, request: RateLimitRequest) -> Result<Box<dyn RateLimitPermit>, RateLimited> {
        T::enter(self, request).await
    }
}

#[async_trait]
impl RateLimit for RateLimiter {
    async fn enter(&self, request: RateLimitRequest) -> Result<Box<dyn RateLimitPermit>, RateLimited> {
        let RateLimitRequest { account, max_wait, clock, timer } = request;
        let start = clock.monotonic();
        let place = Place::new(&self.0, account.clone());
        loop {
            let now = clock.monotonic();
            let wait = match self.0.with(&account, |state| state.try_enter(place.id, now, self.0.window)) {
                Ok(id) => return Ok(Box::new(Permit { limits: Arc::clone(&self.0), account, clock, id })),
                Err(wait) => wait,
            };
            if now.saturating_sub(start).saturating_add(wait) >= max_wait {
                return Err(RateLimited { retry_after: wait });
            }
            timer.sleep(wait).await;
        }
    }
}

impl Limits {
    fn with<T>(&self, account: &AccountKey, work: impl FnOnce(&mut Account) -> T) -> T {
        // No code panics while it changes the state, so the state is consistent even if the lock is poisoned.
        let mut accounts: MutexGuard<'_, _> = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        work(accounts.entry(account.clone()).or_insert_with(|| Account::new(self.limit)))
    }
}

/// A place in the queue. A call that is dropped while it waits leaves the queue.
struct Place<'a> {
    limits: &'a Limits,
    account: AccountKey,
    id: u64,
}

impl<'a> Place<'a> {
    fn new(limits: &'a Limits, account: AccountKey) -> Self {
        let id = limits.with(&account, |state| {
            let id = state.new_id();
            state.queue.push_back(id);
            id
        });
        Self { limits, account, id }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.limits.with(&self.account, |state| state.queue.retain(|id| *id != self.id));
    }
}

#[derive(Debug)]
struct Permit {
    limits: Arc<Limits>,
    account: AccountKey,
    clock: Arc<dyn Clock>,
    id: u64,
}

impl RateLimitPermit for Permit {
    fn observe(&mut self, limit: Option<usize>, remaining: Option<usize>) {
        let (now, documented) = (self.clock.monotonic(), self.limits.limit);
        self.limits.with(&self.account, |state| state.observe(limit, remaining, documented, now));
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let now = self.clock.monotonic();
        self.limits.with(&self.account, |state| state.record_end(self.id, now));
    }
}

/// The calls of one account.
#[derive(Debug)]
struct Account {
    /// The current limit, which the provider can lower.
    limit: usize,
    /// The calls that count against the limit.
    calls: VecDeque<CountedCall>,
    /// The calls that wait, in the order of their arrival.
    queue: VecDeque<u64>,
    next_id: u64,
}

#[derive(Debug)]
struct CountedCall {
    id: u64,
    /// The end of the call on the monotonic clock; `None` while it is in progress.
    ended: Option<Duration>,
}

impl Account {
    fn new(limit: usize) -> Self {
        Self { limit, calls: VecDeque::new(), queue: VecDeque::new(), next_id: 0 }
    }

    /// Counts the call of a place in the queue, or returns the minimum time to wait before the next try.
    fn try_enter(&mut self, place: u64, now: Duration, window: Duration) -> Result<u64, Duration> {
        // A call in progress counts for at least one more window.
        let remaining = |call: &CountedCall| call.ended.unwrap_or(now).saturating_add(window).saturating_sub(now);
        self.calls.retain(|call| !remaining(call).is_zero());
        let position = self.queue.iter().position(|id| *id == place).unwrap_or(0);
        let Some(excess) = (self.calls.len() + position).checked_sub(self.limit) else {
            self.queue.retain(|id| *id != place);
            return Ok(self.count(None));
        };
        let mut waits: Vec<Duration> = self.calls.iter().map(remaining).collect();
        waits.sort_unstable();
        Err(waits.get(excess).or(waits.last()).copied().unwrap_or(window))
    }

    fn observe(&mut self, limit: Option<usize>, remaining: Option<usize>, documented: usize, now: Duration) {
        if let Some(limit) = limit.filter(|limit| *limit > 0) {
            self.limit = limit.min(documented);
        }
        let Some(remaining) = remaining else { return };
        // The provider may have counted calls of other clients. They count as calls that end now.
        while self.limit.saturating_sub(self.calls.len()) > remaining {
            self.count(Some(now));
        }
    }

    fn record_end(&mut self, id: u64, now: Duration) {
        if let Some(call) = self.calls.iter_mut().find(|call| call.id == id) {
            call.ended = Some(now);
        }
    }

    fn count(&mut self, ended: Option<Duration>) -> u64 {
        let id = self.new_id();
        self.calls.push_back(CountedCall { id, ended });
        id
    }

    fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}
