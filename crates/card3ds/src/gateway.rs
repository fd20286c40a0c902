//! card3ds behind the traits that all providers share.

use payments_core::gateway::{
    Capabilities, Capability, Capture, CaptureRequest, Feature, NextAction, PaymentRequest, PaymentState, Retrieve,
    StartPayment, StartedPayment, parse_field,
};
use payments_core::id::check_url;
use payments_core::transport::async_trait;
use payments_core::{Error, Expected, Mismatch, ValidationError};

use crate::checkout::NewCheckout;
use crate::client::Client;
use crate::id::{CheckoutId, PaymentId, UNLIMITED};
use crate::payment::{Payment, PaymentStatus};

impl Client {
    /// Returns what card3ds offers, as a table.
    #[must_use]
    pub const fn capabilities() -> Capabilities {
        CAPABILITIES
    }
}

const CAPABILITIES: Capabilities = Capabilities {
    provider: "card3ds",
    table: &[
        Capability::supported(Feature::StartPayment, "a hosted checkout; for card data: `create_payment`, `start_3ds`"),
        Capability::not_offered(Feature::Lookup, "only checkouts can be looked up, by their id"),
        Capability::supported(Feature::Retrieve, "checkouts only"),
        Capability::supported(Feature::Capture, "of a pre-authorization, in full or in part"),
        Capability::not_offered(Feature::Cancel, "an authorization cannot be released"),
        Capability::not_offered(Feature::Refund, ""),
        Capability::not_offered(Feature::PayOut, ""),
        Capability::not_offered(Feature::Balance, ""),
        Capability::not_offered(
            Feature::DuplicateProtection,
            "no idempotency keys; the documentation does not say how duplicate order ids are handled",
        ),
        Capability::not_offered(Feature::SignedWebhooks, ""),
        Capability::supported(Feature::Callbacks, "forms through the customer's browser"),
        Capability::not_offered(Feature::Lists, ""),
        Capability::not_offered(Feature::Subscriptions, ""),
        Capability::supported(Feature::HostedPage, "the hosted checkout"),
        Capability::supported(Feature::ThreeDSecure, ""),
        Capability::supported(Feature::Installments, ""),
    ],
};

#[async_trait]
impl StartPayment for Client {
    /// Creates a checkout. The request's `description` and `return_url` are required; the URL receives the callback.
    async fn start_payment(&self, request: &PaymentRequest) -> Result<StartedPayment, Error> {
        let required = |field: &'static str| move || ValidationError::new(field, "is required by card3ds");
        let description = request.description.clone().ok_or_else(required("description"))?;
        let callback = request.return_url.clone().ok_or_else(required("return_url"))?;
        check_url("return_url", &callback, UNLIMITED)?;
        let reference = parse_field("reference", &request.reference)?;
        let mut new = NewCheckout::new(reference, request.amount, description, callback);
        if let Some(customer) = &request.customer {
            new = new.customer(parse_field("customer", customer)?);
        }
        let checkout = self.create_checkout(new).send().await?;
        let next = NextAction::Redirect { url: checkout.redirect_url };
        let id = checkout.checkout_id.as_str().to_owned();
        Ok(StartedPayment::new(Some(id), payments_core::PaymentStatus::AwaitingCustomer, request.amount, next))
    }
}

#[async_trait]
impl Retrieve for Client {
    /// Looks up a checkout by its id.
    async fn retrieve(&self, id: &str, expected: &Expected) -> Result<PaymentState, Error> {
        let id: CheckoutId = parse_field("id", id)?;
        let payment = self.checkout_status(&id).send().await?;
        let check = payment.check(expected);
        Ok(state(&payment).checked(check))
    }
}

#[async_trait]
impl Capture for Client {
    async fn capture_payment(&self, request: &CaptureRequest) -> Result<PaymentState, Error> {
        let id: PaymentId = parse_field("payment_id", &request.payment_id)?;
        let payment = self.capture(&id, request.amount).send().await?;
        let check = payment.amount().map(|_| ()).map_err(Mismatch::AmountUnreadable);
        Ok(state(&payment).checked(check))
    }
}

fn state(payment: &Payment) -> PaymentState {
    let id = payment.payment_id.as_str().to_owned();
    let amount = payment.amount().ok();
    if payment.may_be_duplicate() {
        // It does not prove that the order is unpaid.
        let status = payments_core::PaymentStatus::Unknown(payment.status.as_str().to_owned());
        return PaymentState::new(Some(id), status, false, amount);
    }
    PaymentState::new(Some(id), payment.status.common(), payment.status.is_final(), amount)
}

impl PaymentStatus {
    /// Returns the status in the vocabulary that all providers share.
    ///
    /// `SUCCESS` becomes [`Succeeded`](payments_core::PaymentStatus::Succeeded). For a pre-authorization it means
    /// [`Authorized`](payments_core::PaymentStatus::Authorized), which the status alone does not show.
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
