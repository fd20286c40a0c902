use std::fmt;
use std::sync::Arc;

use crate::turratech::{Action, Settings};
use crate::world::{Provider, World};

/// The sandbox's TurraTech: where it is, whom it knows, and what its banks and its customers do.
#[derive(Clone)]
pub struct TurraTech {
    world: Arc<World>,
    settings: Settings,
    base_url: String,
}

impl TurraTech {
    pub(crate) fn new(world: &Arc<World>, origin: &str, settings: Settings) -> Self {
        Self { world: Arc::clone(world), settings, base_url: format!("{origin}/v1") }
    }

    /// The base URL of its API.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The merchant's secret key, `sk_test_...`.
    #[must_use]
    pub fn api_key(&self) -> &str {
        self.settings.api_key.as_str()
    }

    /// Its publishable key, `pk_test_...`.
    #[must_use]
    pub fn publishable_key(&self) -> &str {
        self.settings.publishable_key.as_str()
    }

    /// Its restricted key, `rk_test_...`.
    #[must_use]
    pub fn restricted_key(&self) -> &str {
        self.settings.restricted_key.as_str()
    }

    /// The secret that webhooks are signed with, those of every endpoint.
    #[must_use]
    pub fn webhook_secret(&self) -> &str {
        self.settings.webhook_secret.as_str()
    }

    /// Sends every event to this address from now on, as an endpoint does that was created over the API.
    ///
    /// # Panics
    ///
    /// When it is no http or https address.
    #[track_caller]
    #[expect(clippy::panic, reason = "a test that says it wrong is to fail")]
    pub fn send_events_to(&self, url: &str) {
        let done = self
            .world
            .act(Provider::TurraTech, |state, _| state.turratech.send_events_to(url).map(|()| (Vec::new(), ())));
        if let Err(problem) = done {
            panic!("{problem}");
        }
    }

    /// A payment, by the merchant's reference or by its id, to be changed as its bank or its customer would.
    ///
    /// The reference is `metadata.order_id`, else the idempotency key. Of several payments with one, it is the latest.
    #[must_use]
    pub fn payment(&self, reference_or_id: &str) -> PaymentHandle {
        PaymentHandle { world: Arc::clone(&self.world), name: reference_or_id.to_owned() }
    }

    /// Puts down so many payments as if they had been taken, for lists; their ids, the newest first.
    ///
    /// They are not in the ledger, and nobody is told of them.
    pub fn seed_payments(&self, count: usize) -> Vec<String> {
        let done = self
            .world
            .act(Provider::TurraTech, |state, now| Ok((Vec::new(), state.turratech.seed_payments(count, now))));
        done.unwrap_or_default()
    }
}

impl fmt::Debug for TurraTech {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurraTech").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// A payment of the sandbox's TurraTech.
#[derive(Clone)]
pub struct PaymentHandle {
    world: Arc<World>,
    name: String,
}

impl PaymentHandle {
    /// Its id; nothing where there is no such payment.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        self.world.tick();
        self.world.state().turratech.find_payment(&self.name).map(|payment| payment.id.clone())
    }

    /// Where it stands, as TurraTech says it; nothing where there is no such payment.
    #[must_use]
    pub fn status(&self) -> Option<&'static str> {
        self.world.tick();
        self.world.state().turratech.find_payment(&self.name).map(|payment| payment.status.as_str())
    }

    /// What it waits for works out: the customer authenticates or confirms, or the bank has the money.
    ///
    /// # Panics
    ///
    /// When a payment that stands where it does cannot change like that, as all of these.
    #[track_caller]
    pub fn succeed(&self) {
        self.apply(Action::Succeed);
    }

    /// What it waits for does not work out.
    #[track_caller]
    pub fn fail(&self) {
        self.apply(Action::Fail);
    }

    /// The customer has it charged back: what is left of it.
    #[track_caller]
    pub fn dispute(&self) {
        self.apply(Action::Dispute);
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "a test that asks for the impossible is to fail")]
    fn apply(&self, action: Action) {
        let done = self.world.act(Provider::TurraTech, |state, now| {
            state.turratech.act(&self.name, action, now)?;
            Ok((state.turratech.take_effects(), ()))
        });
        if let Err(problem) = done {
            panic!("payment {:?}: {problem}", self.name);
        }
    }
}

impl fmt::Debug for PaymentHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentHandle").field("name", &self.name).finish_non_exhaustive()
    }
}
