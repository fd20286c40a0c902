//! card3ds in the words that all providers share.

use payments_core::gateway::{
    Capabilities, Capability, Capture, CaptureRequest, Feature, NextAction, PaymentRequest, PaymentState, Retrieve,
    StartPayment, StartedPayment,
};
use payments_core::transport::async_trait;
use payments_core::{Error, Expected, ValidationError};

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
        Capability::supported(Feature::StartPayment, "a hosted checkout; raw cards: `create_payment`, `start_3ds`"),
        Capability::not_offered(Feature::Lookup, "what a lost answer did cannot be found out"),
        Capability::supported(Feature::Retrieve, "checkouts only"),
        Capability::supported(Feature::Capture, "of a pre-authorization, also in part"),
        Capability::not_offered(Feature::Cancel, "a hold cannot be released"),
        Capability::not_offered(Feature::Refund, ""),
        Capability::not_offered(Feature::PayOut, ""),
        Capability::not_offered(Feature::Balance, ""),
        Capability::not_offered(Feature::DuplicateProtection, "no keys; nothing says that an order id is taken once"),
        Capability::not_offered(Feature::SignedWebhooks, ""),
        Capability::supported(Feature::Callbacks, "form posts through the customer's browser"),
        Capability::not_offered(Feature::Lists, ""),
        Capability::not_offered(Feature::Subscriptions, ""),
        Capability::supported(Feature::HostedPage, "the checkout"),
        Capability::supported(Feature::ThreeDSecure, ""),
        Capability::supported(Feature::Installments, ""),
    ],
};

#[async_trait]
impl StartPayment for Client {
    /// Creates a checkout. It requires a description, and an address to return to, which gets the callback.
    async fn start_payment(&self, request: &PaymentRequest) -> Result<StartedPayment, Error> {
        let required =
            |field: &'static str| move || ValidationError::new(field, "is required: card3ds' checkout asks for one");
        let description = request.description.clone().ok_or_else(required("description"))?;
        let callback = request.return_url.clone().ok_or_else(required("return_url"))?;
        let mut new = NewCheckout::new(request.reference.parse()?, request.amount, description, callback);
        if let Some(customer) = &request.customer {
            new = new.customer(customer.parse()?);
        }
        let checkout = self.create_checkout(new).send().await?;
        let next = NextAction::Redirect { url: checkout.redirect_url };
        let id = checkout.checkout_id.as_str().to_owned();
        Ok(StartedPayment::new(Some(id), payments_core::PaymentStatus::AwaitingCustomer, request.amount, next))
    }
}

#[async_trait]
impl Retrieve for Client {
    /// What became of a checkout, by its id.
    async fn retrieve(&self, id: &str, expected: &Expected) -> Result<PaymentState, Error> {
        let id: CheckoutId = id.parse()?;
        let payment = self.checkout_status(&id).send().await?;
        let check = payment.check(expected);
        Ok(state(&payment).checked(check))
    }
}

#[async_trait]
impl Capture for Client {
    async fn capture_payment(&self, request: &CaptureRequest) -> Result<PaymentState, Error> {
        let id: PaymentId = request.payment_id.parse()?;
        Ok(state(&self.capture(&id, request.amount).send().await?))
    }
}

fn state(payment: &Payment) -> PaymentState {
    let id = payment.payment_id.as_str().to_owned();
    PaymentState::new(Some(id), payment.status.common(), payment.status.is_final(), Some(payment.amount))
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
