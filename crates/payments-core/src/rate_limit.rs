use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use crate::clock::Clock;

/// Keeps a documented limit exactly: at most so many calls in any window of that length.
///
/// A call counts from when it is sent until one window after it ended, with an answer or without: wherever in between
/// the provider counted it, its own window is never exceeded by this client.
#[derive(Debug)]
pub struct RateLimiter {
    window: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// The calls that count: each with when it ended, once it has.
    calls: VecDeque<(u64, Option<Duration>)>,
    next: u64,
}

impl State {
    fn add(&mut self, ended: Option<Duration>) -> u64 {
        let id = self.next;
        self.next += 1;
        self.calls.push_back((id, ended));
        id
    }
}

impl RateLimiter {
    /// At most `limit` calls in any `window`.
    #[must_use]
    pub fn new(limit: usize, window: Duration) -> Self {
        Self { window, state: Mutex::new(State { limit: limit.max(1), calls: VecDeque::new(), next: 0 }) }
    }

    /// Takes a place, or says how long to wait at least before asking again.
    pub(crate) fn try_enter<'a>(&'a self, clock: &'a dyn Clock) -> Result<Permit<'a>, Duration> {
        let now = clock.monotonic();
        let mut state = self.state();
        // A call under way counts for one more window at least from now.
        let left = |ended: Option<Duration>| ended.unwrap_or(now).saturating_add(self.window).saturating_sub(now);
        state.calls.retain(|(_, ended)| !left(*ended).is_zero());
        let Some(too_many) = state.calls.len().checked_sub(state.limit) else {
            return Ok(Permit { limiter: self, clock, id: state.add(None) });
        };
        let mut waits: Vec<Duration> = state.calls.iter().map(|(_, ended)| left(*ended)).collect();
        let (_, wait, _) = waits.select_nth_unstable(too_many);
        Err(*wait)
    }

    fn leave(&self, id: u64, now: Duration) {
        let mut state = self.state();
        if let Some((_, ended)) = state.calls.iter_mut().find(|(other, _)| *other == id) {
            *ended = Some(now);
        }
    }

    /// What the provider says is left: others may be using the same key.
    pub(crate) fn observe(&self, limit: Option<usize>, remaining: Option<usize>, now: Duration) {
        let mut state = self.state();
        if let Some(limit) = limit.filter(|limit| *limit > 0 && *limit < state.limit) {
            state.limit = limit;
        }
        let Some(remaining) = remaining else { return };
        // Calls that this client did not make stand in the window as calls of their own.
        while state.limit.saturating_sub(state.calls.len()) > remaining {
            state.add(Some(now));
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing in here can panic half-way, so a poisoned lock still holds a sound state.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// One call's place. It counts until one window after this is dropped: when the answer came, when none came in time,
/// or when the caller gave up.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    limiter: &'a RateLimiter,
    clock: &'a dyn Clock,
    id: u64,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.limiter.leave(self.id, self.clock.monotonic());
    }
}
