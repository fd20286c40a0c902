//! What is the same with sockets and without: the world, and a handle for each provider in it.

use std::sync::Arc;

use crate::card3ds_handle::Card3ds;
use crate::turbo_link_handle::TurboLink;
use crate::turbo_txn_handle::TurboTxn;
use crate::turbopay_handle::TurboPay;
use crate::turratech_handle::TurraTech;
use crate::world::{Provider, Setup, World};

pub(crate) struct Inside {
    pub(crate) world: Arc<World>,
    pub(crate) turratech: TurraTech,
    pub(crate) turbo_txn: TurboTxn,
    pub(crate) turbo_link: TurboLink,
    pub(crate) card3ds: Card3ds,
    pub(crate) turbopay: TurboPay,
    pub(crate) finished: bool,
}

impl Inside {
    pub(crate) fn new(world: Arc<World>, origins: &[String; Provider::ALL.len()], setup: Setup) -> Self {
        let [turratech, turbo_txn, turbo_link, card3ds, turbopay] = origins;
        Self {
            turratech: TurraTech::new(&world, turratech, setup.turratech),
            turbo_txn: TurboTxn::new(&world, turbo_txn, setup.turbo_txn),
            turbo_link: TurboLink::new(&world, turbo_link, setup.turbo_link),
            card3ds: Card3ds::new(&world, card3ds, setup.card3ds),
            turbopay: TurboPay::new(&world, turbopay, setup.turbopay),
            world,
            finished: false,
        }
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "it is an assertion")]
    pub(crate) fn complain(&self) {
        let complaints = self.world.complaints();
        if !complaints.is_empty() {
            panic!("{}\n{}", complaints.join("\n"), self.world.story());
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        if !self.finished && !std::thread::panicking() {
            self.complain();
        }
    }
}

/// What a test does with either; it needs a field `inside: Inside`.
macro_rules! inside_methods {
    () => {
        /// The seed that everything random here comes from.
        #[must_use]
        pub fn seed(&self) -> u64 {
            self.inside.world.seed
        }

        /// Its clock, to be moved and to be shared.
        #[must_use]
        pub fn clock(&self) -> Clock {
            self.inside.world.clock.clone()
        }

        /// Adds a fault: `turbopay.withdraw#1 @after-commit fin`.
        ///
        /// # Panics
        ///
        /// When it is none that the sandbox knows.
        #[track_caller]
        pub fn fault(&self, text: &str) {
            if let Err(err) = self.inside.world.add_fault(text) {
                panic!("{err}");
            }
        }

        /// What the providers have really done by now.
        #[must_use]
        pub fn ledger(&self) -> Ledger {
            self.inside.world.ledger()
        }

        /// What has happened by now, in order.
        #[must_use]
        pub fn timeline(&self) -> Vec<TimelineEntry> {
            self.inside.world.timeline()
        }

        /// Adds a line of the test's own to it, so that a failure tells both sides in one order.
        pub fn note(&self, what: impl std::fmt::Display) {
            self.inside.world.remark(format_args!("{what}"));
        }

        /// Every message to the merchant by now.
        #[must_use]
        pub fn deliveries(&self) -> Vec<Delivery> {
            self.inside.world.state().outbox.list()
        }

        /// What the client under test believes of an order: at the end, it is held against what is true.
        ///
        /// Of a reference that two providers have an order for, no belief is right: give each its own.
        pub fn believes(&self, reference: &str, status: &str) {
            self.inside.world.believes(reference, status);
        }

        /// Forgets the faults that are left, also those that never happened.
        pub fn clear_faults(&self) {
            self.inside.world.state().plan.clear();
        }

        /// Lets go of messages that faults hold.
        pub fn release(&self) {
            self.inside.world.release();
        }

        /// TurraTech.
        #[must_use]
        pub fn turratech(&self) -> &TurraTech {
            &self.inside.turratech
        }

        /// Turbo Transactions.
        #[must_use]
        pub fn turbo_txn(&self) -> &TurboTxn {
            &self.inside.turbo_txn
        }

        /// tur.bo's payment links.
        #[must_use]
        pub fn turbo_link(&self) -> &TurboLink {
            &self.inside.turbo_link
        }

        /// card3ds.
        #[must_use]
        pub fn card3ds(&self) -> &Card3ds {
            &self.inside.card3ds
        }

        /// TurboPay.
        #[must_use]
        pub fn turbopay(&self) -> &TurboPay {
            &self.inside.turbopay
        }

        /// Ends it, and holds that everything was as it should be.
        ///
        /// # Panics
        ///
        /// When a fault never happened, or an order was executed twice: with what happened, and how to replay it.
        #[track_caller]
        pub fn finish(mut self) {
            self.inside.finished = true;
            self.inside.complain();
        }

        /// Ends it without holding anything.
        pub fn abandon(mut self) {
            self.inside.finished = true;
        }
    };
}

pub(crate) use inside_methods;
