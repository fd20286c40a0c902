//! What is the same with sockets and without: the shared state, and a handle for each provider in it.

use std::sync::Arc;

use crate::providers::{Handles, Origins, ProviderSettings};
use crate::state::SharedState;

pub(crate) struct Simulation {
    pub(crate) state: Arc<SharedState>,
    pub(crate) handles: Handles,
    pub(crate) finished: bool,
}

impl Simulation {
    pub(crate) fn new(state: Arc<SharedState>, origins: &Origins, settings: ProviderSettings) -> Self {
        Self { handles: Handles::new(&state, origins, settings), state, finished: false }
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "it is an assertion")]
    pub(crate) fn assert_no_violations(&self) {
        let violations = self.state.violations();
        if !violations.is_empty() {
            panic!("{}\n{}", violations.join("\n"), self.state.report());
        }
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        if !self.finished && !std::thread::panicking() {
            self.assert_no_violations();
        }
    }
}

/// What a test does with either; it needs a field `simulation: Simulation`.
macro_rules! simulation_methods {
    () => {
        /// The seed that everything random here comes from.
        #[must_use]
        pub fn seed(&self) -> u64 {
            self.simulation.state.seed
        }

        /// Its clock, to be moved and to be shared.
        #[must_use]
        pub fn clock(&self) -> Clock {
            self.simulation.state.clock.clone()
        }

        /// Adds a fault: `turbopay.withdraw#1 @after-commit fin`.
        ///
        /// # Panics
        ///
        /// When it is none that the sandbox knows.
        #[track_caller]
        pub fn fault(&self, text: &str) {
            if let Err(err) = self.simulation.state.add_fault(text) {
                panic!("{err}");
            }
        }

        /// What the providers have really done by now.
        #[must_use]
        pub fn ledger(&self) -> Ledger {
            self.simulation.state.ledger()
        }

        /// What has happened by now, in order.
        #[must_use]
        pub fn timeline(&self) -> Vec<TimelineEntry> {
            self.simulation.state.timeline()
        }

        /// Adds a line of the test's own to it, so that a failure tells both sides in one order.
        pub fn note(&self, what: impl std::fmt::Display) {
            self.simulation.state.note(format_args!("{what}"));
        }

        /// Every message to the merchant by now.
        #[must_use]
        pub fn deliveries(&self) -> Vec<Delivery> {
            self.simulation.state.lock().outbox.list()
        }

        /// What the client under test believes of an order: at the end, it is held against what is true.
        ///
        /// Of a reference that two providers have an order for, no belief is right: give each its own.
        pub fn believes(&self, reference: &str, status: &str) {
            self.simulation.state.believes(reference, status);
        }

        /// Forgets the faults that are left, also those that never happened.
        pub fn clear_faults(&self) {
            self.simulation.state.lock().faults.clear();
        }

        /// Lets go of messages that faults hold.
        pub fn release(&self) {
            self.simulation.state.release();
        }

        /// What a client needs to reach each provider and to authenticate, by the provider's name: its base URL and keys.
        #[must_use]
        pub fn credentials(&self) -> Vec<(&'static str, Vec<(&'static str, &str)>)> {
            self.simulation.handles.credentials()
        }

        handle_methods!();

        /// Ends it, and holds that everything was as it should be.
        ///
        /// # Panics
        ///
        /// When a fault never happened, or an order was executed twice: with what happened, and how to replay it.
        #[track_caller]
        pub fn finish(mut self) {
            self.simulation.finished = true;
            self.simulation.assert_no_violations();
        }

        /// Ends it without holding anything.
        pub fn abandon(mut self) {
            self.simulation.finished = true;
        }
    };
}

pub(crate) use simulation_methods;
