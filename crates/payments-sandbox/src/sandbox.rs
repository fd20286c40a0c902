use std::fmt;
use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::builder::Builder;
use crate::card3ds_handle::Card3ds;
use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::timeline::TimelineEntry;
use crate::turbo_link_handle::TurboLink;
use crate::turbo_txn_handle::TurboTxn;
use crate::turbopay_handle::TurboPay;
use crate::turratech_handle::TurraTech;
use crate::webhook::Delivery;
use crate::world::World;

/// The providers on loopback, for as long as it lives.
///
/// At its end, or when it is dropped, it complains of faults that never happened and of orders that were executed twice.
pub struct Sandbox {
    pub(crate) world: Arc<World>,
    pub(crate) turratech: TurraTech,
    pub(crate) turbo_txn: TurboTxn,
    pub(crate) turbo_link: TurboLink,
    pub(crate) card3ds: Card3ds,
    pub(crate) turbopay: TurboPay,
    pub(crate) control_url: String,
    #[cfg(feature = "tls")]
    pub(crate) certificate: Option<String>,
    pub(crate) tasks: Vec<JoinHandle<()>>,
    pub(crate) finished: bool,
}

impl Sandbox {
    /// Sets one up.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The seed that everything random here comes from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.world.seed
    }

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
        self.world.state().plan.connections()
    }

    /// Its clock, to be moved and to be shared.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.world.clock.clone()
    }

    /// Adds a fault: `turbopay.withdraw#1 @after-commit fin`.
    ///
    /// # Panics
    ///
    /// When it is none that the sandbox knows.
    #[track_caller]
    #[expect(clippy::panic, reason = "a test that says it wrong is to fail")]
    pub fn fault(&self, text: &str) {
        if let Err(err) = self.world.add_fault(text) {
            panic!("{err}");
        }
    }

    /// What the providers have really done by now.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.world.ledger()
    }

    /// What has happened by now, in order.
    #[must_use]
    pub fn timeline(&self) -> Vec<TimelineEntry> {
        self.world.timeline()
    }

    /// Every message to the merchant by now.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.world.state().outbox.list()
    }

    /// Waits until all that is due by now is delivered.
    pub async fn settle(&self) {
        self.world.settle().await;
    }

    /// What the client under test believes of an order: at the end, it is held against what is true.
    ///
    /// Of a reference that two providers have an order for, no belief is right: give each its own.
    pub fn believes(&self, reference: &str, status: &str) {
        self.world.believes(reference, status);
    }

    /// Forgets the faults that are left, also those that never happened.
    pub fn clear_faults(&self) {
        self.world.state().plan.clear();
    }

    /// Lets go of messages that faults hold.
    pub fn release(&self) {
        self.world.release();
    }

    /// TurraTech.
    #[must_use]
    pub fn turratech(&self) -> &TurraTech {
        &self.turratech
    }

    /// Turbo Transactions.
    #[must_use]
    pub fn turbo_txn(&self) -> &TurboTxn {
        &self.turbo_txn
    }

    /// tur.bo's payment links.
    #[must_use]
    pub fn turbo_link(&self) -> &TurboLink {
        &self.turbo_link
    }

    /// card3ds.
    #[must_use]
    pub fn card3ds(&self) -> &Card3ds {
        &self.card3ds
    }

    /// TurboPay.
    #[must_use]
    pub fn turbopay(&self) -> &TurboPay {
        &self.turbopay
    }

    /// Ends it, and holds that everything was as it should be.
    ///
    /// # Panics
    ///
    /// When a fault never happened, or an order was executed twice: with what happened, and how to replay it.
    #[track_caller]
    pub fn finish(mut self) {
        self.finished = true;
        self.complain();
    }

    /// Ends it without holding anything.
    pub fn abandon(mut self) {
        self.finished = true;
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "it is an assertion")]
    fn complain(&self) {
        let complaints = self.world.complaints();
        if !complaints.is_empty() {
            panic!("{}\n{}", complaints.join("\n"), self.world.story());
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        if !self.finished && !std::thread::panicking() {
            self.complain();
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("seed", &self.world.seed)
            .field("control_url", &self.control_url)
            .finish_non_exhaustive()
    }
}
