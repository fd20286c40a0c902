//! The sandbox without sockets: the same engines, faults and ledger, on one thread and without real waiting.

mod outgoing;

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::simulation::{Simulation, simulation_methods};
use super::wire::{Network, WireEnd, WireRequest};
use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::outbox::Delivery;
use crate::providers::handle_methods;
use crate::record::Record;
use crate::timeline::TimelineEntry;

pub use outgoing::OutgoingMessage;

/// A sandbox without sockets, for simulations of many days in a second.
///
/// The same seed and the same steps give exactly the same [`timeline`](Offline::timeline). Nothing sleeps: the clock
/// advances when [`run`](Offline::run) finds that everything waits, or when you advance it.
///
/// Requests, responses and messages to the merchant are values:
///
/// ```
/// use payments_sandbox::{Sandbox, WireEnd, WireRequest};
///
/// let offline = Sandbox::builder().seed(7).offline();
/// let balance = WireRequest {
///     method: "GET".to_owned(),
///     url: format!("{}/balance", offline.turbopay().base_url()),
///     headers: vec![("authorization".to_owned(), offline.turbopay().api_key().to_owned())],
///     body: Vec::new(),
/// };
///
/// let WireEnd::Whole(response) = offline.run(offline.send(balance)) else { panic!("no response") };
///
/// assert_eq!(response.status, 200);
/// while let Some(message) = offline.next_message() {
///     // Pass `message.body` to the merchant's handler, and record its response.
///     offline.respond_to(&message, 200, b"OK");
/// }
/// offline.finish();
/// ```
///
/// [`finish`](Offline::finish) and dropping fail the test for the same reasons as for a [`Sandbox`](crate::Sandbox).
pub struct Offline {
    simulation: Simulation,
    network: Arc<Network>,
}

impl Offline {
    pub(crate) fn new(simulation: Simulation) -> Self {
        let network = Arc::new(Network::new(Arc::clone(&simulation.state)));
        Self { simulation, network }
    }

    /// Sends one request and returns how it ended, as its client sees it.
    ///
    /// - If nothing arrives, the future never completes. Use a deadline.
    /// - Connections are reused for the next request to the same provider, as most clients do.
    /// - Dropping the future disconnects the client. The provider still executes what it has received.
    pub fn send(&self, request: WireRequest) -> impl Future<Output = WireEnd> + Send + 'static {
        Arc::clone(&self.network).send(request)
    }

    /// Returns the next message to the merchant that is due.
    ///
    /// It stays the next one until you call [`respond_to`](Offline::respond_to) or
    /// [`fail_delivery`](Offline::fail_delivery).
    #[must_use]
    pub fn next_message(&self) -> Option<OutgoingMessage> {
        self.simulation.state.next_message().map(|(id, message)| OutgoingMessage::new(id, message))
    }

    /// Records the merchant's response to a message.
    pub fn respond_to(&self, message: &OutgoingMessage, status: u16, body: &[u8]) {
        self.simulation.state.record_attempt(message.id, &Ok(message.evaluate(status, body)));
    }

    /// Records that the merchant could not be reached, or did not respond.
    pub fn fail_delivery(&self, message: &OutgoingMessage, why: &str) {
        self.simulation.state.record_attempt(message.id, &Err(why.to_owned()));
    }

    /// Returns when the next expiry, settlement or message is due, on the clock since its start.
    #[must_use]
    pub fn next_due(&self) -> Option<Duration> {
        self.simulation.state.next_due()
    }

    /// Runs a future to completion on this thread, in the sandbox's time.
    ///
    /// Whenever the whole future waits, the clock advances to the next time that something waits for.
    ///
    /// # Panics
    ///
    /// Panics if the future waits for something that advancing the clock cannot cause.
    #[track_caller]
    #[expect(clippy::panic, reason = "a test that can never end must fail")]
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let woken = Arc::new(Woken(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            if woken.0.swap(false, Ordering::Relaxed) {
                continue;
            }
            let clock = &self.simulation.state.clock;
            let Some(next) = clock.next_wait() else {
                panic!("the future waits forever: advancing the clock cannot wake it")
            };
            clock.advance(next.saturating_sub(clock.elapsed()));
        }
    }

    #[cfg(feature = "sdk-transport")]
    pub(crate) fn network(&self) -> &Arc<Network> {
        &self.network
    }

    simulation_methods!();
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for Offline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offline").field("seed", &self.simulation.state.seed).finish_non_exhaustive()
    }
}
