//! What is between the merchant and the providers, and a count of what goes over it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use payments_sandbox::{Clock, OfflineTransport};

use super::Rig;
use crate::random::Random;

/// Carries requests to the sandbox, or makes no connection.
#[derive(Debug, Clone)]
pub(super) struct Network {
    there: OfflineTransport,
    clock: Clock,
    rig: Rig,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    dice: Random,
    /// Of a hundred connections, how many are refused.
    refused: u64,
    requests: u64,
    /// When this process began.
    began: Duration,
    /// When it asked for the status of TurboPay's orders in the last minute.
    look_ups: VecDeque<Duration>,
    violation: Option<String>,
}

impl Network {
    pub(super) fn new(there: OfflineTransport, clock: Clock, rig: Rig, seed: u64) -> Self {
        let state = State {
            dice: Random::new(seed),
            refused: 0,
            requests: 0,
            began: Duration::ZERO,
            look_ups: VecDeque::new(),
            violation: None,
        };
        Self { there, clock, rig, state: Arc::new(Mutex::new(state)) }
    }

    pub(super) fn refuse(&self, percent: u64) {
        self.state().refused = percent;
    }

    /// Another process: what the last one sent is not its to count.
    pub(super) fn restart(&self) {
        let mut state = self.state();
        state.began = self.clock.elapsed();
        state.look_ups.clear();
    }

    pub(super) fn requests(&self) -> u64 {
        self.state().requests
    }

    pub(super) fn violation(&self) -> Option<String> {
        self.state().violation.take()
    }

    /// Whether a request gets through, once it is counted.
    fn admit(&self, is_look_up: bool) -> bool {
        let now = self.clock.elapsed();
        let mut state = self.state();
        state.requests += 1;
        let refused = state.refused;
        if state.dice.percent(refused) {
            return false;
        }
        if is_look_up {
            while state.look_ups.front().is_some_and(|at| now.saturating_sub(*at) >= MINUTE) {
                state.look_ups.pop_front();
            }
            state.look_ups.push_back(now);
            if state.look_ups.len() > MOST_LOOK_UPS {
                let count = state.look_ups.len();
                state.violation = Some(format!("TurboPay was asked {count} times in one minute"));
            }
        }
        true
    }

    /// TurboPay counts as well. It may still count what an earlier process sent.
    fn answered(&self, is_look_up: bool, response: &Response) {
        let mut state = self.state();
        let grown_up = self.clock.elapsed().saturating_sub(state.began) > MINUTE * 3 / 2;
        let by_provider = response.headers().get("x-ratelimit-limit").is_some_and(|limit| limit == "60");
        if is_look_up && response.status() == 429 && by_provider && grown_up {
            state.violation = Some("TurboPay refused a look-up for their number".to_owned());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let is_look_up = request.url().contains("order/status/");
        if !self.admit(is_look_up) {
            return Err(TransportError::not_sent("no connection could be made"));
        }
        let unkeyed = request.method() == "POST" && !request.headers().contains_key("idempotency-key");
        let again = (self.rig == Rig::SendsUnkeyedAgain && unkeyed).then(|| request.clone());
        let mut result = self.there.send(request).await;
        if let (Err(_), Some(again)) = (&result, again) {
            result = self.there.send(again).await;
        }
        if let Ok(response) = &result {
            self.answered(is_look_up, response);
        }
        result
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// Documented.
const MOST_LOOK_UPS: usize = 60;
