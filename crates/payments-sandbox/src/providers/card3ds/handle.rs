use std::fmt;
use std::sync::Arc;

use crate::card3ds::{self, Decision, Settings};
use crate::engine::Effect;
use crate::world::{Provider, World};

/// The sandbox's card3ds: where it is, whom it knows, and what customers do with their banks and at its checkouts.
#[derive(Clone)]
pub struct Card3ds {
    world: Arc<World>,
    settings: Settings,
    base_url: String,
}

impl Card3ds {
    pub(crate) fn new(world: &Arc<World>, origin: &str, settings: Settings) -> Self {
        Self { world: Arc::clone(world), settings, base_url: origin.to_owned() }
    }

    /// The base URL of its API.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The merchant's API key.
    #[must_use]
    pub fn api_key(&self) -> &str {
        self.settings.api_key.as_str()
    }

    /// The secret that goes with it.
    #[must_use]
    pub fn api_secret(&self) -> &str {
        self.settings.api_secret.as_str()
    }

    /// What the customer is asked of a 3-D Secure payment, by the payment's id.
    #[must_use]
    pub fn challenge(&self, payment_id: &str) -> Card3dsChallenge {
        Card3dsChallenge { world: Arc::clone(&self.world), payment_id: payment_id.to_owned() }
    }

    /// A checkout, by its id.
    #[must_use]
    pub fn checkout(&self, checkout_id: &str) -> Card3dsCheckout {
        Card3dsCheckout { world: Arc::clone(&self.world), checkout_id: checkout_id.to_owned() }
    }

    /// An order, by the merchant's reference.
    #[must_use]
    pub fn order(&self, order_id: &str) -> Card3dsOrder {
        Card3dsOrder { world: Arc::clone(&self.world), order_id: order_id.to_owned() }
    }
}

impl fmt::Debug for Card3ds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Card3ds").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// A challenge of the sandbox's card3ds: the customer answers it once, and the form that a browser would then post goes to
/// the merchant as a message.
#[derive(Clone)]
pub struct Card3dsChallenge {
    world: Arc<World>,
    payment_id: String,
}

impl Card3dsChallenge {
    /// The customer is who they say they are: `successUrl` gets the payment's id and its security key.
    ///
    /// # Panics
    ///
    /// When there is no such challenge, or the customer has answered it, as all of these.
    #[track_caller]
    pub fn approve(&self) {
        self.decide(Decision::Approve);
    }

    /// The customer is not: `failureUrl` gets the same.
    #[track_caller]
    pub fn reject(&self) {
        self.decide(Decision::Reject);
    }

    /// The customer goes away: nobody gets anything, and the payment stays enrolled for ever.
    #[track_caller]
    pub fn abandon(&self) {
        self.decide(Decision::Abandon);
    }

    #[track_caller]
    fn decide(&self, decision: Decision) {
        act(&self.world, |engine, now| engine.answer_challenge(&self.payment_id, decision, now));
    }
}

impl fmt::Debug for Card3dsChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Card3dsChallenge").field("payment_id", &self.payment_id).finish_non_exhaustive()
    }
}

/// A checkout of the sandbox's card3ds: the customer uses it once, and the form that a browser would then post goes to the
/// merchant as a message.
#[derive(Clone)]
pub struct Card3dsCheckout {
    world: Arc<World>,
    checkout_id: String,
}

impl Card3dsCheckout {
    /// The customer pays at once, with the number of one of the [`TEST_CARDS`](crate::card3ds::TEST_CARDS).
    ///
    /// # Panics
    ///
    /// When there is no such checkout or card, or the checkout is over, as all of these.
    #[track_caller]
    pub fn pay(&self, card: &str) {
        self.pay_in(1, card);
    }

    /// The customer pays in so many parts, if the merchant lets them and the card has such an offer.
    #[track_caller]
    pub fn pay_in(&self, installments: u32, card: &str) {
        act(&self.world, |engine, now| engine.pay_checkout(&self.checkout_id, card, installments, now));
    }

    /// The customer presses "Cancel".
    #[track_caller]
    pub fn cancel(&self) {
        act(&self.world, |engine, now| engine.cancel_checkout(&self.checkout_id, now));
    }
}

impl fmt::Debug for Card3dsCheckout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Card3dsCheckout").field("checkout_id", &self.checkout_id).finish_non_exhaustive()
    }
}

/// An order of the sandbox's card3ds, with all of its payments: nothing says that it has one.
#[derive(Clone)]
pub struct Card3dsOrder {
    world: Arc<World>,
    order_id: String,
}

impl Card3dsOrder {
    /// `SUCCESS` as soon as one of its payments has succeeded, or else where the last of them stands: `FAILED`, `ENROLLED`.
    ///
    /// Nothing where there is no such order.
    #[must_use]
    pub fn status(&self) -> Option<&'static str> {
        self.world.tick();
        self.world.state().card3ds.standing(&self.order_id)
    }
}

impl fmt::Debug for Card3dsOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Card3dsOrder").field("order_id", &self.order_id).finish_non_exhaustive()
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "a test that asks for the impossible is to fail")]
fn act(world: &World, act: impl FnOnce(&mut card3ds::Card3ds, time::OffsetDateTime) -> Result<Vec<Effect>, String>) {
    let done = world.act(Provider::Card3ds, |state, now| act(&mut state.card3ds, now).map(|effects| (effects, ())));
    if let Err(problem) = done {
        panic!("card3ds: {problem}");
    }
}
