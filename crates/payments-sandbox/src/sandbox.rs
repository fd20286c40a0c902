use std::fmt;

use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::outbox::Delivery;
use crate::providers::handle_methods;
use crate::shell::simulation::{Simulation, simulation_methods};
use crate::timeline::TimelineEntry;

/// The providers on loopback, for as long as it lives.
///
/// At its end, or when it is dropped, it complains of faults that never happened and of orders that were executed twice.
pub struct Sandbox {
    pub(crate) simulation: Simulation,
    pub(crate) control_url: String,
    #[cfg(feature = "tls")]
    pub(crate) certificate: Option<String>,
    pub(crate) tasks: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Where the control API is.
    #[must_use]
    pub fn control_url(&self) -> &str {
        &self.control_url
    }

    /// The certificate to trust, in PEM; nothing where the providers are not behind TLS.
    ///
    /// It is the root of what they show: give it to the client under test, and to nothing else.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    #[must_use]
    pub fn certificate_pem(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// How many connections the providers have taken by now, those included that a fault ended at once.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.simulation.state.lock().faults.connections()
    }

    /// Waits until all that is due by now is delivered.
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
