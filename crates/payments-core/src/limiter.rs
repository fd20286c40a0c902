use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

/// Keeps a documented limit exactly: at most so many calls in any window of that length.
///
/// A call counts from when it is sent until one window after its answer came: wherever in between the provider counted
/// it, its own window is never exceeded by this client.
#[derive(Debug)]
pub struct Limiter {
    window: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// The calls of the last window, each with the moment from which it stops counting a window later.
    calls: VecDeque<(u64, Duration)>,
    next: u64,
}

impl Limiter {
    /// At most `limit` calls in any `window`.
    #[must_use]
    pub fn new(limit: usize, window: Duration) -> Self {
        Self { window, state: Mutex::new(State { limit: limit.max(1), calls: VecDeque::new(), next: 0 }) }
    }

    /// Takes a place at `now`, or says how long to wait before asking again.
    pub(crate) fn try_enter(&self, now: Duration) -> Result<Place, Duration> {
        let mut state = self.state();
        state.calls.retain(|(_, at)| *at + self.window > now);
        if state.calls.len() < state.limit {
            let id = state.next;
            state.next += 1;
            state.calls.push_back((id, now));
            return Ok(Place(id));
        }
        let oldest = state.calls.iter().map(|(_, at)| *at).min().unwrap_or(now);
        Err(oldest + self.window - now)
    }

    /// The call is over: from now on one more window.
    pub(crate) fn leave(&self, place: &Place, now: Duration) {
        let mut state = self.state();
        if let Some((_, at)) = state.calls.iter_mut().find(|(id, _)| *id == place.0) {
            *at = now;
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
            let id = state.next;
            state.next += 1;
            state.calls.push_back((id, now));
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing in here can panic half-way, so a poisoned lock still holds a sound state.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// One call's place in the window.
#[derive(Debug)]
pub(crate) struct Place(u64);
