//! card3ds behind the traits that all providers share.

use std::time::Duration;

use payments_core::gateway::{
    Capabilities, Capability, Capture, CaptureRequest, Feature, Hint, HtmlPage, NextAction, PaymentRequest,
    PaymentState, Recovery, RecoveryPlan, Retrieve, StartPayment, StartedPayment, StatusChanges, ToHint,
    WriteOperation, parse_field,
};
use payments_core::id::check_url;
use payments_core::transport::async_trait;
use payments_core::{Card, Error, Expected, Mismatch, PaymentStatus as Common, ValidationError};

use crate::callback::CheckoutCallback;
use crate::checkout::NewCheckout;
use crate::client::Client;
use crate::id::{CheckoutId, CustomerId, MerchantOrderId, PaymentId, UNLIMITED};
use crate::new_payment::NewPayment;
use crate::payment::{Payment, PaymentStatus};
use crate::three_ds::{NewThreeDsPayment, ReturnUrls};

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
        Capability::supported(Feature::StartPayment, "a hosted checkout, or a card with 3-D Secure"),
        Capability::not_offered(Feature::OwnPage, "the hosted checkout has a page; a card needs none"),
        Capability::not_offered(Feature::Confirm, ""),
        Capability::supported(Feature::Card, "completed by `complete_3ds`; without 3-D Secure: `create_payment`"),
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
    recovery: &[
        RecoveryPlan::new(
            WriteOperation::StartPayment,
            &[Recovery::StartAgain],
            "inferred; the lost response had the id, so nothing can be looked up, and the page, so nobody can pay; not after a \
             crash, or a response that may describe a paid order",
        ),
        RecoveryPlan::new(
            WriteOperation::Capture,
            &[Recovery::Nothing],
            "also after `create_payment`, `pre_authorize` and `complete_3ds`",
        ),
    ],
    status_changes: &[
        StatusChanges::new(
            &[WriteOperation::StartPayment],
            PAYMENT,
            "documented: the customer completes a checkout or 3-D Secure, and the status is `SUCCESS` or `FAILED`; `ENROLLED` is \
             awaiting customer (inferred); whether a checkout can succeed after `FAILED` is not documented",
        ),
        StatusChanges::new(
            &[WriteOperation::Capture],
            CAPTURE,
            "documented: a pre-authorization can be captured; its `SUCCESS` is authorized (inferred); what a failed capture \
             changes is not documented",
        ),
    ],
};

const PAYMENT: &[(Common, Common)] =
    &[(Common::AwaitingCustomer, Common::Succeeded), (Common::AwaitingCustomer, Common::Failed)];

const CAPTURE: &[(Common, Common)] = &[(Common::Authorized, Common::Succeeded)];

#[async_trait]
impl StartPayment for Client {
    /// Creates a checkout, or starts 3-D Secure if the request has a card.
    ///
    /// | | required | the customer's next step |
    /// |---|---|---|
    /// | checkout | `description`, `return_url` (receives the callback) | [`NextAction::Redirect`] |
    /// | card | `customer_address`, `return_url`, `failure_url` (receive the forms) | [`NextAction::Html`] |
    ///
    /// With a card, show the page as a [`ChallengePage`](crate::ChallengePage), which an [`HtmlPage`] converts into. Then
    /// complete the payment with [`Client::complete_3ds`]. A failed enrolment is an error: declined and refused.
    async fn start_payment(&self, request: &PaymentRequest) -> Result<StartedPayment, Error> {
        CAPABILITIES.check_payment(request)?;
        match &request.card {
            Some(card) => self.start_with_card(request, card).await,
            None => self.start_checkout(request).await,
        }
    }

    fn connect_timeout(&self) -> Duration {
        self.connection.connect_timeout()
    }
}

impl Client {
    async fn start_checkout(&self, request: &PaymentRequest) -> Result<StartedPayment, Error> {
        let description = required("description", request.description.clone())?;
        let callback = url("return_url", request.return_url.as_deref())?;
        let reference: MerchantOrderId = parse_field("reference", &request.reference)?;
        let mut new = NewCheckout::new(reference, request.amount, description, callback);
        if let Some(customer) = &request.customer {
            new = new.customer(parse_field::<CustomerId>("customer", customer)?);
        }
        let call = self.create_checkout(new);
        let call = call.with_options(WriteOperation::StartPayment, &CAPABILITIES, &request.options);
        let checkout = call.send().await?;
        let next = NextAction::Redirect { url: checkout.redirect_url };
        Ok(awaiting_customer(checkout.checkout_id.as_str(), request, next))
    }

    async fn start_with_card(&self, request: &PaymentRequest, card: &Card) -> Result<StartedPayment, Error> {
        let address = required("customer_address", request.customer_address)?;
        if address.port() == 0 {
            return Err(ValidationError::new("customer_address", "must have a port from 1 to 65535").into());
        }
        let urls = ReturnUrls {
            success: url("return_url", request.return_url.as_deref())?,
            failure: url("failure_url", request.failure_url.as_deref())?,
        };
        let reference: MerchantOrderId = parse_field("reference", &request.reference)?;
        let mut payment = NewPayment::new(reference, request.amount, card.clone(), address);
        if let Some(customer) = &request.customer {
            payment = payment.customer(parse_field::<CustomerId>("customer", customer)?);
        }
        let call = self.start_3ds(NewThreeDsPayment::new(payment, urls));
        let call = call.with_options(WriteOperation::StartPayment, &CAPABILITIES, &request.options);
        let challenge = call.send().await?.into_challenge()?;
        let next = NextAction::Html(HtmlPage::new(challenge.page.html()));
        Ok(awaiting_customer(challenge.payment_id.as_str(), request, next))
    }
}

fn required<T>(field: &'static str, value: Option<T>) -> Result<T, ValidationError> {
    value.ok_or_else(|| ValidationError::new(field, "is required by card3ds"))
}

fn url(field: &'static str, text: Option<&str>) -> Result<String, ValidationError> {
    let text = required(field, text)?;
    check_url(field, text, UNLIMITED)?;
    Ok(text.to_owned())
}

/// A started payment. The responses contain no amount.
fn awaiting_customer(id: &str, request: &PaymentRequest, next: NextAction) -> StartedPayment {
    let status = Common::AwaitingCustomer;
    StartedPayment::new(Some(id.to_owned()), status, request.amount, next)
}

#[async_trait]
impl Retrieve for Client {
    /// Looks up a checkout by its id.
    ///
    /// A failed checkout is not final: the document does not say whether the customer can try again on its page.
    async fn retrieve(&self, id: &str, expected: &Expected) -> Result<PaymentState, Error> {
        let id: CheckoutId = parse_field("id", id)?;
        let payment = self.checkout_status(&id).send().await?;
        let check = payment.check(expected);
        let mut state = state(&payment).checked(check);
        state.is_final &= payment.status != PaymentStatus::Failed;
        Ok(state)
    }
}

#[async_trait]
impl Capture for Client {
    /// Captures a pre-authorization, in full or in part. The request's reference is not sent.
    async fn capture(&self, request: &CaptureRequest) -> Result<PaymentState, Error> {
        let id: PaymentId = parse_field("payment_id", &request.payment_id)?;
        let call = self.capture_payment(&id, request.amount);
        let payment = call.with_options(WriteOperation::Capture, &CAPABILITIES, &request.options).send().await?;
        let check = payment.amount().map(|_| ()).map_err(Mismatch::AmountUnreadable);
        Ok(state(&payment).checked(check))
    }

    fn connect_timeout(&self) -> Duration {
        self.connection.connect_timeout()
    }
}

fn state(payment: &Payment) -> PaymentState {
    let id = payment.payment_id.as_str().to_owned();
    let amount = payment.amount().ok();
    if payment.may_be_duplicate() {
        // It does not prove that the order is unpaid.
        let status = Common::Unknown(payment.status.as_str().to_owned());
        return PaymentState::new(Some(id), status, false, amount);
    }
    PaymentState::new(Some(id), payment.status.common(), payment.status.is_final(), amount)
}

impl ToHint for CheckoutCallback {
    /// Returns the checkout id. The callbacks of 3-D Secure give no hint, because no lookup accepts a payment's id.
    fn to_hint(&self) -> Hint {
        Hint::by_object_id(self.checkout_id().as_str())
    }
}

impl PaymentStatus {
    /// Returns the status in the vocabulary that all providers share.
    ///
    /// `SUCCESS` becomes [`Succeeded`](payments_core::PaymentStatus::Succeeded). For a pre-authorization it means
    /// [`Authorized`](payments_core::PaymentStatus::Authorized), which the status alone does not show.
    #[must_use]
    pub fn common(&self) -> payments_core::PaymentStatus {
        match self {
            Self::Success => Common::Succeeded,
            Self::Failed => Common::Failed,
            Self::Enrolled => Common::AwaitingCustomer,
            Self::Unknown(_) => Common::Unknown(self.as_str().to_owned()),
        }
    }
}
