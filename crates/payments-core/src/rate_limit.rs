use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// A client-side rate limit: at most `limit` calls in any window of this length.
///
/// A call counts from when it is sent until one window after it ended, with or without a response. So the provider's
/// own window is never exceeded by this client, whenever the provider counted the call in between.
#[derive(Debug)]
pub struct RateLimiter {
    window: Duration,
    state: Mutex<State>,
}

impl RateLimiter {
    /// Creates a limit of `limit` calls in any `window`. A limit of 0 counts as 1.
    #[must_use]
    pub fn new(limit: usize, window: Duration) -> Self {
        Self { window, state: Mutex::new(State { limit: limit.max(1), calls: VecDeque::new(), next_id: 0 }) }
    }

    /// Returns a permit for one call, or the minimum time to wait before the next try.
    pub(crate) fn try_enter<'a>(&'a self, clock: &'a dyn Clock) -> Result<Permit<'a>, Duration> {
        let now = clock.monotonic();
        let mut state = self.state();
        state.calls.retain(|call| !self.remaining_time(call, now).is_zero());
        let Some(excess) = state.calls.len().checked_sub(state.limit) else {
            return Ok(Permit { limiter: self, clock, id: state.add(None) });
        };
        let mut waits: Vec<Duration> = state.calls.iter().map(|call| self.remaining_time(call, now)).collect();
        let (_, wait, _) = waits.select_nth_unstable(excess);
        Err(*wait)
    }

    /// Applies the limit and the number of remaining calls that the provider reports.
    ///
    /// The provider may have counted calls of other clients with the same API key.
    pub(crate) fn observe(&self, limit: Option<usize>, remaining: Option<usize>, now: Duration) {
        let mut state = self.state();
        if let Some(limit) = limit.filter(|limit| *limit > 0 && *limit < state.limit) {
            state.limit = limit;
        }
        let Some(remaining) = remaining else { return };
        // Calls of other clients count as calls that end now.
        while state.limit.saturating_sub(state.calls.len()) > remaining {
            state.add(Some(now));
        }
    }

    fn record_end(&self, id: u64, now: Duration) {
        let mut state = self.state();
        if let Some(call) = state.calls.iter_mut().find(|call| call.id == id) {
            call.ended = Some(now);
        }
    }

    /// Returns how much longer a call counts. A call in progress counts for at least one more window.
    fn remaining_time(&self, call: &CountedCall, now: Duration) -> Duration {
        call.ended.unwrap_or(now).saturating_add(self.window).saturating_sub(now)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it changes the state, so the state is consistent even if the lock is poisoned.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The permit of one call. Dropping it marks the call as ended: with a response, by a timeout, or cancelled.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    limiter: &'a RateLimiter,
    clock: &'a dyn Clock,
    id: u64,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.limiter.record_end(self.id, self.clock.monotonic());
    }
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// The calls that count against the limit.
    calls: VecDeque<CountedCall>,
    next_id: u64,
}

#[derive(Debug)]
struct CountedCall {
    id: u64,
    /// The end of the call on the monotonic clock; `None` while it is in progress.
    ended: Option<Duration>,
}

impl State {
    fn add(&mut self, ended: Option<Duration>) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.calls.push_back(CountedCall { id, ended });
        id
    }
}
