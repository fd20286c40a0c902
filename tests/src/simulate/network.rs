//! The network between the merchant and the providers. It counts requests and checks rate limits.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use payments_sandbox::{Clock, OfflineTransport};

use super::Flaw;
use crate::random::Random;

/// A transport to the sandbox that refuses some connections.
#[derive(Debug, Clone)]
pub(super) struct Network {
    sandbox: OfflineTransport,
    clock: Clock,
    flaw: Flaw,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    random: Random,
    /// The probability that a connection is refused, in percent.
    refused_percent: u64,
    requests: u64,
    /// When this process started.
    started_at: Duration,
    /// The times of this process's TurboPay lookups within the last minute.
    lookups: VecDeque<Duration>,
    violation: Option<String>,
}

impl Network {
    pub(super) fn new(sandbox: OfflineTransport, clock: Clock, flaw: Flaw, seed: u64) -> Self {
        let state = State {
            random: Random::new(seed),
            refused_percent: 0,
            requests: 0,
            started_at: Duration::ZERO,
            lookups: VecDeque::new(),
            violation: None,
        };
        Self { sandbox, clock, flaw, state: Arc::new(Mutex::new(state)) }
    }

    pub(super) fn refuse_connections(&self, percent: u64) {
        self.state().refused_percent = percent;
    }

    /// Starts a new process, whose rate limiter does not know the earlier process's lookups.
    pub(super) fn restart(&self) {
        let mut state = self.state();
        state.started_at = self.clock.elapsed();
        state.lookups.clear();
    }

    pub(super) fn requests(&self) -> u64 {
        self.state().requests
    }

    pub(super) fn violation(&self) -> Option<String> {
        self.state().violation.take()
    }

    /// Counts a request, and returns false if its connection is refused.
    fn admit(&self, is_lookup: bool) -> bool {
        let now = self.clock.elapsed();
        let mut state = self.state();
        state.requests += 1;
        let percent = state.refused_percent;
        if state.random.percent(percent) {
            return false;
        }
        if is_lookup {
            while state.lookups.front().is_some_and(|time| now.saturating_sub(*time) >= MINUTE) {
                state.lookups.pop_front();
            }
            state.lookups.push_back(now);
            if state.lookups.len() > MAX_LOOKUPS {
                let count = state.lookups.len();
                state.violation = Some(format!("TurboPay received {count} lookups in one minute"));
            }
        }
        true
    }

    /// Reports a violation if TurboPay rejects a lookup over its limit.
    ///
    /// TurboPay may still count an earlier process's lookups, so a new process gets 90 seconds.
    fn check_response(&self, is_lookup: bool, response: &Response) {
        let mut state = self.state();
        let is_past_restart = self.clock.elapsed().saturating_sub(state.started_at) > MINUTE * 3 / 2;
        let by_provider = response.headers().get("x-ratelimit-limit").is_some_and(|limit| limit == "60");
        if is_lookup && response.status() == 429 && by_provider && is_past_restart {
            state.violation = Some("TurboPay rejected a lookup over its rate limit".to_owned());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let is_lookup = request.url().contains("order/status/");
        if !self.admit(is_lookup) {
            return Err(TransportError::not_sent("no connection could be established"));
        }
        let unkeyed = request.method() == "POST" && !request.headers().contains_key("idempotency-key");
        let resent = (self.flaw == Flaw::ResendsUnkeyedRequests && unkeyed).then(|| request.clone());
        let mut result = self.sandbox.send(request).await;
        if let (Err(_), Some(resent)) = (&result, resent) {
            result = self.sandbox.send(resent).await;
        }
        if let Ok(response) = &result {
            self.check_response(is_lookup, response);
        }
        result
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// TurboPay's limit per minute (documented).
const MAX_LOOKUPS: usize = 60;
