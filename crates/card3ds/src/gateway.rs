//! card3ds in the words that all providers share.

use payments_core::gateway::{
    Capabilities, Capability, Capture, Feature, Found, NextAction, Order, Retrieve, StartPayment, Started,
};
use payments_core::transport::async_trait;
use payments_core::{Error, Expected, Invalid, Money};

use crate::checkout::NewCheckout;
use crate::client::Client;
use crate::id::{CheckoutId, PaymentId};
use crate::payment::{Payment, PaymentStatus};

impl Client {
    /// What card3ds can do.
    #[must_use]
    pub const fn capabilities() -> Capabilities {
        CAPABILITIES
    }
}

const CAPABILITIES: Capabilities = Capabilities {
    provider: "card3ds",
    table: &[
        Capability::yes(Feature::StartPayment, "a hosted checkout; raw cards: `create_payment`, `start_3ds`"),
        Capability::not_offered(Feature::LookUp, "what a lost answer did cannot be found out"),
        Capability::yes(Feature::Retrieve, "checkouts only"),
        Capability::yes(Feature::Capture, "of a pre-authorization, also in part"),
        Capability::not_offered(Feature::Cancel, "a hold cannot be released"),
        Capability::not_offered(Feature::Refund, ""),
        Capability::not_offered(Feature::PayOut, ""),
        Capability::not_offered(Feature::Balance, ""),
        Capability::not_offered(Feature::DuplicateProtection, "no keys; nothing says that an order id is taken once"),
        Capability::not_offered(Feature::ProvenWebhooks, ""),
        Capability::yes(Feature::Callbacks, "form posts through the customer's browser"),
        Capability::not_offered(Feature::Lists, ""),
        Capability::not_offered(Feature::Subscriptions, ""),
        Capability::yes(Feature::HostedPage, "the checkout"),
        Capability::yes(Feature::ThreeDSecure, ""),
        Capability::yes(Feature::Installments, ""),
    ],
};

#[async_trait]
impl StartPayment for Client {
    /// Creates a checkout. It requires a description, and an address to return to, which gets the callback.
    async fn start_payment(&self, order: &Order) -> Result<Started, Error> {
        let required = |field: &'static str| move || Invalid::new(field, "is required: card3ds' checkout asks for one");
        let description = order.description.clone().ok_or_else(required("description"))?;
        let callback = order.return_url.clone().ok_or_else(required("return_url"))?;
        let mut new = NewCheckout::new(order.reference.parse()?, order.amount, description, callback);
        if let Some(customer) = &order.customer {
            new = new.customer(customer.parse()?);
        }
        let checkout = self.create_checkout(new).send().await?;
        let next = NextAction::Redirect { url: checkout.redirect_url };
        let id = checkout.checkout_id.as_str().to_owned();
        Ok(Started::new(Some(id), payments_core::PaymentStatus::AwaitingCustomer, order.amount, next))
    }
}

#[async_trait]
impl Retrieve for Client {
    /// What became of a checkout, by its id.
    async fn retrieve(&self, id: &str, ordered: &Expected) -> Result<Found, Error> {
        let id: CheckoutId = id.parse()?;
        let payment = self.checkout_status(&id).send().await?;
        let check = payment.check(ordered);
        Ok(found(&payment).checked(check))
    }
}

#[async_trait]
impl Capture for Client {
    async fn capture_payment(&self, id: &str, amount: Money) -> Result<Found, Error> {
        let id: PaymentId = id.parse()?;
        Ok(found(&self.capture(&id, amount).send().await?))
    }
}

fn found(payment: &Payment) -> Found {
    let id = payment.payment_id.as_str().to_owned();
    Found::new(Some(id), payment.status.common(), payment.status.is_final(), Some(payment.amount))
}

impl PaymentStatus {
    /// The same in the words that all providers share.
    ///
    /// Of a pre-authorization, `SUCCESS` is [`Authorized`](payments_core::PaymentStatus::Authorized) instead, which the word
    /// itself does not say.
    #[must_use]
    pub fn common(&self) -> payments_core::PaymentStatus {
        use payments_core::PaymentStatus as Common;
        match self {
            Self::Success => Common::Succeeded,
            Self::Failed => Common::Failed,
            Self::Enrolled => Common::AwaitingCustomer,
            Self::Unknown(_) => Common::Unknown(self.as_str().to_owned()),
        }
    }
}
