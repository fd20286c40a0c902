use std::fmt;
use std::sync::Arc;

use crate::engine::Engine as _;
use crate::turbo_txn::{Action, Settings};
use crate::world::{Provider, World};

/// The sandbox's Turbo Transactions: where it is, whom it knows, and what its bank and its customers do.
#[derive(Clone)]
pub struct TurboTxn {
    world: Arc<World>,
    settings: Settings,
    base_url: String,
}

impl TurboTxn {
    pub(crate) fn new(world: &Arc<World>, origin: &str, settings: Settings) -> Self {
        Self { world: Arc::clone(world), settings, base_url: origin.to_owned() }
    }

    /// The base URL of its API.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The merchant's `client-id`.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.settings.client_id.as_str()
    }

    /// The merchant's `secret-key`, which requests are authenticated with.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        self.settings.secret_key.as_str()
    }

    /// The key that it encrypts callbacks with: 32 bytes, in base64.
    #[must_use]
    pub fn callback_key(&self) -> &str {
        self.settings.callback_key.as_str()
    }

    /// Where callbacks go from now on; those that wait already go where they were to go.
    ///
    /// # Panics
    ///
    /// When it is no http or https address.
    #[track_caller]
    #[expect(clippy::panic, reason = "a test that says it wrong is to fail")]
    pub fn send_callbacks_to(&self, url: &str) {
        let done = self
            .world
            .act(Provider::TurboTxn, |state, _| state.turbo_txn.send_callbacks_to(url).map(|()| (Vec::new(), ())));
        if let Err(problem) = done {
            panic!("{problem}");
        }
    }

    /// An order by its `orderId`, to be changed as the bank or the customer would.
    ///
    /// Where the same `orderId` was used again, it is the newest transaction of it.
    #[must_use]
    pub fn order(&self, reference: &str) -> TransactionHandle {
        TransactionHandle { world: Arc::clone(&self.world), order: reference.to_owned() }
    }
}

impl fmt::Debug for TurboTxn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurboTxn").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// An order of the sandbox's Turbo Transactions.
#[derive(Clone)]
pub struct TransactionHandle {
    world: Arc<World>,
    order: String,
}

impl TransactionHandle {
    /// Where it stands, as `txnStatus` says it; nothing where there is no such order.
    #[must_use]
    pub fn status(&self) -> Option<String> {
        self.world.tick();
        self.world.state().turbo_txn.status(&self.order)
    }

    /// The customer pays; the bank then does what it does with payments here.
    ///
    /// # Panics
    ///
    /// When there is no such order, or it is past that, as all of these.
    #[track_caller]
    pub fn pay(&self) {
        self.apply(Action::Pay);
    }

    /// The customer has paid, and the bank does not say anything yet.
    #[track_caller]
    pub fn pending(&self) {
        self.apply(Action::Pending);
    }

    /// The bank has the money.
    #[track_caller]
    pub fn approve(&self) {
        self.apply(Action::Approve);
    }

    /// The bank, or the customer, says no.
    #[track_caller]
    pub fn reject(&self) {
        self.apply(Action::Reject);
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "a test that asks for the impossible is to fail")]
    fn apply(&self, action: Action) {
        let done = self.world.act(Provider::TurboTxn, |state, now| {
            state.turbo_txn.act(&self.order, action, now).map(|effects| (effects, ()))
        });
        if let Err(problem) = done {
            panic!("order {:?}: {problem}", self.order);
        }
    }
}

impl fmt::Debug for TransactionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransactionHandle").field("order", &self.order).finish_non_exhaustive()
    }
}
