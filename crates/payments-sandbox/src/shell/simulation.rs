//! The shared part of [`Sandbox`](crate::Sandbox) and [`Offline`](crate::Offline).

use std::sync::Arc;

use super::control::{self, Reply};
use crate::http::Request;
use crate::providers::{Handles, Origins, ProviderSettings};
use crate::state::SharedState;

pub(crate) struct Simulation {
    pub(crate) state: Arc<SharedState>,
    pub(crate) handles: Handles,
    pub(crate) finished: bool,
}

impl Simulation {
    pub(crate) fn new(state: Arc<SharedState>, origins: &Origins, settings: ProviderSettings) -> Self {
        let handles = Handles::new(&state, origins, settings);
        state.set_credentials(handles.credentials());
        Self { handles, state, finished: false }
    }

    /// Sends a request to the control API. Returns the body of its response, or the problem.
    pub(crate) fn control(&self, method: &str, target: &str, body: &str) -> Result<String, String> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = Request {
            number: 0,
            record: None,
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.as_bytes().to_vec(),
        };
        let Reply::Response(response) = control::respond(&self.state, &request) else {
            return Err("a stream of events has no end".to_owned());
        };
        let text = String::from_utf8_lossy(&response.body).into_owned();
        if response.status == 200 { Ok(text) } else { Err(text) }
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "this is an assertion")]
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

/// Generates the methods of a type with a field `simulation: Simulation`.
macro_rules! simulation_methods {
    () => {
        /// The seed of all random values.
        #[must_use]
        pub fn seed(&self) -> u64 {
            self.simulation.state.seed
        }

        /// The clock. Clones share the same time.
        #[must_use]
        pub fn clock(&self) -> Clock {
            self.simulation.state.clock.clone()
        }

        /// Adds a fault, in the text form of [`Fault`](crate::Fault): `turbopay.withdraw#1 @after-commit fin`.
        ///
        /// # Panics
        ///
        /// Panics if the fault is invalid.
        #[track_caller]
        pub fn fault(&self, text: &str) {
            if let Err(err) = self.simulation.state.add_fault(text) {
                panic!("{err}");
            }
        }

        /// Returns everything that the providers have executed so far.
        #[must_use]
        pub fn ledger(&self) -> Ledger {
            self.simulation.state.ledger()
        }

        /// Returns the timeline so far: requests, faults, responses, ledger entries and webhooks, in order.
        #[must_use]
        pub fn timeline(&self) -> Vec<TimelineEntry> {
            self.simulation.state.timeline()
        }

        /// Returns the records so far: everything in the timeline, what clients were told, and what caused what.
        ///
        /// They have headers and bodies if [contents are recorded](crate::Builder::record_contents).
        #[must_use]
        pub fn records(&self) -> Vec<Record> {
            self.simulation.state.records()
        }

        /// Adds a line to the timeline, such as what the client under test reports.
        pub fn note(&self, text: impl std::fmt::Display) {
            self.simulation.state.note(format_args!("{text}"), None);
        }

        /// Returns every webhook and callback to the merchant so far.
        #[must_use]
        pub fn deliveries(&self) -> Vec<Delivery> {
            self.simulation.state.lock().outbox.list()
        }

        /// Sets the status that an order must have when the sandbox ends, such as the status that your application
        /// stored.
        ///
        /// The last call for a reference counts. References must be unique across providers.
        pub fn expect_status(&self, reference: &str, status: &str) {
            self.simulation.state.expect_status(reference, status);
        }

        /// Notes that the merchant uses these references for one order, such as a payout that it sends again under another one.
        ///
        /// The sandbox then fails the test if the order was paid under more than one of them, at any provider.
        pub fn same_order(&self, references: &[&str]) {
            self.simulation.state.same_order(references.iter().map(|reference| (*reference).to_owned()).collect());
        }

        /// Removes all faults, including those that never occurred.
        pub fn clear_faults(&self) {
            self.simulation.state.lock().faults.clear();
        }

        /// Releases the webhooks that faults hold.
        pub fn release(&self) {
            self.simulation.state.release();
        }

        /// Returns each provider's base URL and keys, by the provider's name.
        #[must_use]
        pub fn credentials(&self) -> Vec<(&'static str, Vec<(&'static str, &str)>)> {
            self.simulation.handles.credentials()
        }

        /// Sends a request to the control API, without a socket, and returns the body of its response.
        ///
        /// The handles of the providers have methods for most actions; this reaches all others:
        /// `sandbox.control("POST", "/deliveries/1/resend", "{}")`.
        ///
        /// # Panics
        ///
        /// Panics with the problem if the control API refuses the request.
        #[track_caller]
        pub fn control(&self, method: &str, path: &str, body: &str) -> String {
            match self.simulation.control(method, path, body) {
                Ok(body) => body,
                Err(problem) => panic!("{method} {path}: {problem}"),
            }
        }

        handle_methods!();

        /// Ends the sandbox and asserts that nothing went wrong.
        ///
        /// # Panics
        ///
        /// Panics if a fault never occurred, an order was executed or paid twice, a redirect was followed, or an order does not
        /// have its [expected status](Self::expect_status). The message has the timeline, the ledger, and the seed and
        /// faults for repeating the run.
        #[track_caller]
        pub fn finish(mut self) {
            self.simulation.finished = true;
            self.simulation.assert_no_violations();
        }

        /// Ends the sandbox without any assertion.
        pub fn abandon(mut self) {
            self.simulation.finished = true;
        }
    };
}

pub(crate) use simulation_methods;
