use time::OffsetDateTime;

use super::engine::Card3dsEngine;
use super::settings::Settings;
use super::three_ds::Decision;
use crate::engine::Effect;
use crate::handles::{EngineHandle, done, object_handle, provider_handle};

provider_handle! {
    /// The sandbox's card3ds: where it is, whom it knows, and what customers do with their banks and at its checkouts.
    pub struct Card3ds(Card3dsEngine), ""
}

impl Card3ds {
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
        Card3dsChallenge { engine: self.engine.clone(), payment_id: payment_id.to_owned() }
    }

    /// A checkout, by its id.
    #[must_use]
    pub fn checkout(&self, checkout_id: &str) -> Card3dsCheckout {
        Card3dsCheckout { engine: self.engine.clone(), checkout_id: checkout_id.to_owned() }
    }

    /// An order, by the merchant's reference.
    #[must_use]
    pub fn order(&self, order_id: &str) -> Card3dsOrder {
        Card3dsOrder { engine: self.engine.clone(), order_id: order_id.to_owned() }
    }

    /// What a client needs, as the program prints it.
    pub(crate) fn credentials(&self) -> Vec<(&'static str, &str)> {
        vec![("base_url", self.base_url()), ("api_key", self.api_key()), ("api_secret", self.api_secret())]
    }
}

object_handle! {
    /// A challenge of the sandbox's card3ds: the customer answers it once, and the form that a browser would then post goes to
    /// the merchant as a message.
    pub struct Card3dsChallenge(Card3dsEngine), payment_id
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
        act(&self.engine, |engine, now| engine.answer_challenge(&self.payment_id, decision, now));
    }
}

object_handle! {
    /// A checkout of the sandbox's card3ds: the customer uses it once, and the form that a browser would then post goes to the
    /// merchant as a message.
    pub struct Card3dsCheckout(Card3dsEngine), checkout_id
}

impl Card3dsCheckout {
    /// The customer pays at once, with the number of one of the [`TEST_CARDS`](crate::card3ds::TEST_CARDS).
    ///
    /// # Panics
    ///
    /// When there is no such checkout or card, or the checkout is over, as all of these.
    #[track_caller]
    pub fn pay(&self, card: &str) {
        self.pay_in_installments(1, card);
    }

    /// The customer pays in so many parts, if the merchant lets them and the card has such an offer.
    #[track_caller]
    pub fn pay_in_installments(&self, installments: u32, card: &str) {
        done(self.engine.act(|engine, now| engine.pay_checkout(&self.checkout_id, card, installments, now)));
    }

    /// The customer presses "Cancel".
    #[track_caller]
    pub fn cancel(&self) {
        act(&self.engine, |engine, now| engine.cancel_checkout(&self.checkout_id, now));
    }
}

object_handle! {
    /// An order of the sandbox's card3ds, with all of its payments: nothing says that it has one.
    pub struct Card3dsOrder(Card3dsEngine), order_id
}

impl Card3dsOrder {
    /// `SUCCESS` as soon as one of its payments has succeeded, or else where the last of them stands: `FAILED`, `ENROLLED`.
    ///
    /// Nothing where there is no such order.
    #[must_use]
    pub fn status(&self) -> Option<&'static str> {
        self.engine.read(|engine| engine.order_status(&self.order_id))
    }
}

#[track_caller]
fn act(
    engine: &EngineHandle<Card3dsEngine>,
    act: impl FnOnce(&mut Card3dsEngine, OffsetDateTime) -> Result<Vec<Effect>, String>,
) {
    done(engine.act(act).map_err(|problem| format!("card3ds: {problem}")));
}
