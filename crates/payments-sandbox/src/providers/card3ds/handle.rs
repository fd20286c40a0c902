use time::OffsetDateTime;

use super::engine::Card3dsEngine;
use super::settings::Settings;
use super::three_ds::Decision;
use crate::engine::Effect;
use crate::handles::{EngineHandle, object_handle, or_panic, provider_handle};
use crate::problem::Problem;

provider_handle! {
    /// The simulated card3ds: its base URL, its keys, and the actions of customers in challenges and at checkouts.
    pub struct Card3ds(Card3dsEngine), ""
}

impl Card3ds {
    /// The merchant's API key.
    #[must_use]
    pub fn api_key(&self) -> &str {
        self.settings.api_key.as_str()
    }

    /// The merchant's API secret.
    #[must_use]
    pub fn api_secret(&self) -> &str {
        self.settings.api_secret.as_str()
    }

    /// Returns the challenge of a 3-D Secure payment, by the payment's id.
    #[must_use]
    pub fn challenge(&self, payment_id: &str) -> Card3dsChallenge {
        Card3dsChallenge { engine: self.engine.clone(), payment_id: payment_id.to_owned() }
    }

    /// Returns a checkout, by its id.
    #[must_use]
    pub fn checkout(&self, checkout_id: &str) -> Card3dsCheckout {
        Card3dsCheckout { engine: self.engine.clone(), checkout_id: checkout_id.to_owned() }
    }

    /// Returns an order, by the merchant's `orderId`.
    #[must_use]
    pub fn order(&self, order_id: &str) -> Card3dsOrder {
        Card3dsOrder { engine: self.engine.clone(), order_id: order_id.to_owned() }
    }

    /// The base URL and keys, as the program prints them.
    pub(crate) fn credentials(&self) -> Vec<(&'static str, &str)> {
        vec![("base_url", self.base_url()), ("api_key", self.api_key()), ("api_secret", self.api_secret())]
    }
}

object_handle! {
    /// A 3-D Secure challenge of the simulated card3ds.
    ///
    /// The customer decides once. The form that the customer's browser would post is then sent to the merchant as a
    /// message.
    ///
    /// # Panics
    ///
    /// Every action panics if there is no such challenge, or if the customer has already decided.
    pub struct Card3dsChallenge(Card3dsEngine), payment_id
}

impl Card3dsChallenge {
    /// Approves the payment: the payment's id and its security key are posted to `successUrl`.
    #[track_caller]
    pub fn approve(&self) {
        self.decide(Decision::Approve);
    }

    /// Rejects the payment: the payment's id and its security key are posted to `failureUrl`.
    #[track_caller]
    pub fn reject(&self) {
        self.decide(Decision::Reject);
    }

    /// Leaves without a decision: nothing is posted, and the payment stays `ENROLLED` forever.
    #[track_caller]
    pub fn abandon(&self) {
        self.decide(Decision::Abandon);
    }

    #[track_caller]
    fn decide(&self, decision: Decision) {
        act(&self.engine, |engine, now| engine.decide_challenge(&self.payment_id, decision, now));
    }
}

object_handle! {
    /// A checkout of the simulated card3ds.
    ///
    /// The customer uses it once. The form that the customer's browser would post is then sent to the merchant as a
    /// message.
    ///
    /// # Panics
    ///
    /// Every action panics if there is no such checkout, if it has ended, or if the card is not a test card.
    pub struct Card3dsCheckout(Card3dsEngine), checkout_id
}

impl Card3dsCheckout {
    /// Pays in full, with the number of one of the [`TEST_CARDS`](crate::card3ds::TEST_CARDS).
    #[track_caller]
    pub fn pay(&self, card: &str) {
        self.pay_in_installments(1, card);
    }

    /// Pays in installments, if the merchant and the card allow this number of them.
    #[track_caller]
    pub fn pay_in_installments(&self, installments: u32, card: &str) {
        or_panic(self.engine.act(|engine, now| engine.pay_checkout(&self.checkout_id, card, installments, now)));
    }

    /// Cancels the checkout.
    #[track_caller]
    pub fn cancel(&self) {
        act(&self.engine, |engine, now| engine.cancel_checkout(&self.checkout_id, now));
    }
}

object_handle! {
    /// An order of the simulated card3ds, with all of its payments.
    pub struct Card3dsOrder(Card3dsEngine), order_id
}

impl Card3dsOrder {
    /// The order's status: `SUCCESS` if one of its payments has succeeded, otherwise the last payment's status.
    ///
    /// `None` if there is no such order.
    #[must_use]
    pub fn status(&self) -> Option<&'static str> {
        self.engine.read(|engine| engine.order_status(&self.order_id))
    }
}

#[track_caller]
fn act(
    engine: &EngineHandle<Card3dsEngine>,
    act: impl FnOnce(&mut Card3dsEngine, OffsetDateTime) -> Result<Vec<Effect>, Problem>,
) {
    or_panic(engine.act(act).map_err(|problem| format!("card3ds: {problem}")));
}
