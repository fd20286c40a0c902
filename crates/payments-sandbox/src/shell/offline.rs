//! The sandbox without sockets: the same engines, faults and ledger, in one thread and in no time.

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
use crate::timeline::TimelineEntry;

pub use outgoing::OutgoingMessage;

/// The providers without sockets, for simulations of many days in a second.
///
/// The same seed and the same steps give the same [`timeline`](Offline::timeline), to the letter. Nothing sleeps: the clock
/// moves when [`run`](Offline::run) finds that everything waits, or when it is told to.
///
/// Requests go in and responses come out as values, and so do messages to the merchant:
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
///     // Hand `message.body` to the merchant's own handler, and say what it responds.
///     offline.respond_to(&message, 200, b"OK");
/// }
/// offline.finish();
/// ```
///
/// At its end, or when it is dropped, it complains of faults that never happened and of orders that were executed twice.
pub struct Offline {
    simulation: Simulation,
    network: Arc<Network>,
}

impl Offline {
    pub(crate) fn new(simulation: Simulation) -> Self {
        let network = Arc::new(Network::new(Arc::clone(&simulation.state)));
        Self { simulation, network }
    }

    /// Sends one request, and gives what its wire shows. Where that is nothing, it never ends: let a deadline end it.
    ///
    /// One connection is kept for the next request to a provider, as most clients do. A future that is dropped is a client
    /// that went away: what the provider is to do, it does.
    pub fn send(&self, request: WireRequest) -> impl Future<Output = WireEnd> + Send + 'static {
        Arc::clone(&self.network).send(request)
    }

    /// The next message to the merchant that is due by now. It stays the next until it was [responded
    /// to](Offline::respond_to), or [could not be delivered](Offline::fail_delivery).
    #[must_use]
    pub fn next_message(&self) -> Option<OutgoingMessage> {
        self.simulation.state.next_message().map(|(id, message)| OutgoingMessage::new(id, message))
    }

    /// What the merchant responded to a message.
    pub fn respond_to(&self, message: &OutgoingMessage, status: u16, body: &[u8]) {
        self.simulation.state.record_attempt(message.id, &Ok(message.evaluate(status, body)));
    }

    /// The merchant was not there to take a message, or said nothing.
    pub fn fail_delivery(&self, message: &OutgoingMessage, why: &str) {
        self.simulation.state.record_attempt(message.id, &Err(why.to_owned()));
    }

    /// When something falls due next, on the clock since its beginning: an expiry, a settlement, a message.
    #[must_use]
    pub fn next_due(&self) -> Option<Duration> {
        self.simulation.state.next_due()
    }

    /// Runs a future to its end on this thread, on the sandbox's time: when all of it waits, the clock moves to the next
    /// moment that something waits for.
    ///
    /// # Panics
    ///
    /// When it waits for something that no time brings.
    #[track_caller]
    #[expect(clippy::panic, reason = "a test that waits for ever is to fail")]
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
            let Some(next) = clock.next_wait() else { panic!("nothing will ever happen here: no time ends this wait") };
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
