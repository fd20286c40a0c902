use std::fmt;

use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::outbox::Delivery;
use crate::providers::handle_methods;
use crate::record::Record;
use crate::shell::simulation::{Simulation, simulation_methods};
use crate::timeline::TimelineEntry;

/// A running sandbox: all providers and the control API on loopback, until it is dropped.
///
/// [`finish`](Sandbox::finish) and dropping fail the test if a fault never occurred, an order was executed twice, a
/// redirect was followed, or an order does not have its [expected status](Sandbox::expect_status).
pub struct Sandbox {
    pub(crate) simulation: Simulation,
    pub(crate) control_url: String,
    #[cfg(feature = "tls")]
    pub(crate) certificate: Option<String>,
    pub(crate) tasks: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// The URL of the control API.
    #[must_use]
    pub fn control_url(&self) -> &str {
        &self.control_url
    }

    /// The root certificate to trust, in PEM; `None` if the providers do not use TLS.
    ///
    /// Give it to the client under test, and to nothing else.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    #[must_use]
    pub fn certificate_pem(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// The number of connections that the providers have accepted, including those that a fault closed at once.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.simulation.state.lock().faults.connections()
    }

    /// Waits until every webhook that is due has been sent.
    pub async fn settle(&self) {
        self.simulation.state.settle().await;
    }

    simulation_methods!();
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("seed", &self.simulation.state.seed)
            .field("control_url", &self.control_url)
            .finish_non_exhaustive()
    }
}
