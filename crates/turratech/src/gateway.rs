//! TurraTech in the words that all providers share.

use payments_core::gateway::{
    Cancel, CancelRequest, Capabilities, Capability, Capture, CaptureRequest, Feature, NextAction, PaymentRequest,
    PaymentState, Refund, RefundRequest, RefundState, Retrieve, StartPayment, StartedPayment,
};
use payments_core::time::OffsetDateTime;
use payments_core::transport::async_trait;
use payments_core::{Call, Error, Expected, Keyed, ValidationError};

use crate::call_ext::IdempotencyExt;
use crate::client::Client;
use crate::new_payment::NewPayment;
use crate::payment::{Payment, PaymentId, PaymentStatus};
use crate::refund::NewRefund;

impl Client {
    /// What TurraTech can do.
    #[must_use]
    pub const fn capabilities() -> Capabilities {
        CAPABILITIES
    }
}

const CAPABILITIES: Capabilities = Capabilities {
    provider: "turratech",
    table: &[
        Capability::supported(Feature::StartPayment, "with a payment method; no documented answer carries a redirect"),
        Capability::not_offered(
            Feature::Lookup,
            "no list filters by a reference; repeat the call under its key instead (inferred)",
        ),
        Capability::supported(Feature::Retrieve, ""),
        Capability::supported(Feature::Capture, "all of it"),
        Capability::supported(Feature::Cancel, ""),
        Capability::supported(Feature::Refund, "also in part"),
        Capability::not_offered(Feature::PayOut, ""),
        Capability::not_offered(Feature::Balance, ""),
        Capability::supported(Feature::DuplicateProtection, "idempotency keys, for 24 hours"),
        Capability::supported(Feature::SignedWebhooks, "HMAC with a time"),
        Capability::not_offered(Feature::Callbacks, "webhooks prove their origin"),
        Capability::supported(Feature::Lists, "payments, customers, refunds; both ways"),
        Capability::supported(Feature::Subscriptions, ""),
        Capability::not_offered(Feature::HostedPage, ""),
        Capability::not_offered(Feature::ThreeDSecure, "`return_url` is taken, and no answer says where to go"),
        Capability::not_offered(Feature::Installments, ""),
    ],
};

#[async_trait]
impl StartPayment for Client {
    /// Creates a payment and confirms it, with the reference in its metadata as `order_id`. It requires a payment method.
    ///
    /// With [`PaymentRequest::created_at`], under a key that is derived from the reference; without, under a random one.
    async fn start_payment(&self, request: &PaymentRequest) -> Result<StartedPayment, Error> {
        let method = request.payment_method.as_deref();
        let method = method.ok_or_else(|| ValidationError::new("payment_method", "is required by TurraTech"))?;
        let mut new = NewPayment::new(request.amount)
            .payment_method(method.parse()?)
            .confirm(true)
            .metadata(ORDER_ID, request.reference.as_str());
        if let Some(customer) = &request.customer {
            new = new.customer(customer.parse()?);
        }
        if let Some(description) = &request.description {
            new = new.description(description.as_str());
        }
        if let Some(url) = &request.return_url {
            new = new.return_url(url.as_str());
        }
        let payment = keyed(self.create_payment(new), &request.reference, request.created_at)?.send().await?;
        let id = payment.id.as_str().to_owned();
        Ok(StartedPayment::new(Some(id), payment.status.common(), payment.amount, NextAction::None))
    }
}

#[async_trait]
impl Retrieve for Client {
    async fn retrieve(&self, id: &str, expected: &Expected) -> Result<PaymentState, Error> {
        let id: PaymentId = id.parse()?;
        let payment = self.retrieve_payment(&id).send().await?;
        let check = payment.check_metadata(ORDER_ID, expected);
        Ok(state(&payment).checked(check))
    }
}

#[async_trait]
impl Capture for Client {
    /// Captures all of it. The document describes no part, so it looks first whether all is what is asked for.
    ///
    /// Where TurraTech does not say how much is held, nothing is captured: it could be more than what is asked for.
    /// [`Client::capture_payment`] takes all there is, without asking how much. What is captured already, such as by a
    /// capture whose answer was lost, is answered as that.
    async fn capture_payment(&self, request: &CaptureRequest) -> Result<PaymentState, Error> {
        let id: PaymentId = request.payment_id.parse()?;
        let payment = self.retrieve_payment(&id).send().await?;
        if payment.is_paid() && payment.amount_received == Some(request.amount) {
            return Ok(state(&payment));
        }
        let held = payment.amount_capturable.ok_or_else(|| Error::unsupported(HELD_NOT_SAID))?;
        if held != request.amount {
            return Err(ValidationError::new("amount", "must be all that is held: TurraTech captures no part").into());
        }
        Ok(state(&self.capture_payment(&id).send().await?))
    }
}

#[async_trait]
impl Cancel for Client {
    async fn cancel_payment(&self, request: &CancelRequest) -> Result<PaymentState, Error> {
        let id: PaymentId = request.payment_id.parse()?;
        Ok(state(&self.cancel_payment(&id).send().await?))
    }
}

#[async_trait]
impl Refund for Client {
    async fn refund_payment(&self, request: &RefundRequest) -> Result<RefundState, Error> {
        let new = NewRefund::new(request.payment_id.parse()?).amount(request.amount);
        let new = new.metadata(ORDER_ID, request.reference.as_str());
        let refund = keyed(self.create_refund(new), &request.reference, request.created_at)?.send().await?;
        // The document names no statuses of a refund.
        let said = refund.status.clone().unwrap_or_else(|| "not said".to_owned());
        let status = payments_core::PaymentStatus::Unknown(said);
        let amount = refund.amount_in(request.amount.currency()).ok().flatten();
        Ok(RefundState::new(Some(refund.id.as_str().to_owned()), status, false, amount))
    }
}

fn keyed<T>(
    call: Call<T, Keyed>,
    reference: &str,
    created_at: Option<OffsetDateTime>,
) -> Result<Call<T, Keyed>, ValidationError> {
    match created_at {
        Some(at) => Ok(call.idempotency_reference(&reference.parse()?, at)),
        None => Ok(call),
    }
}

fn state(payment: &Payment) -> PaymentState {
    let amount = payment.amount_received.filter(|_| payment.is_paid()).unwrap_or(payment.amount);
    let id = payment.id.as_str().to_owned();
    PaymentState::new(Some(id), payment.status.common(), payment.status.is_final(), Some(amount))
}

impl PaymentStatus {
    /// The same in the words that all providers share.
    #[must_use]
    pub fn common(&self) -> payments_core::PaymentStatus {
        use payments_core::PaymentStatus as Common;
        match self {
            Self::RequiresPaymentMethod | Self::RequiresConfirmation | Self::RequiresAction => Common::AwaitingCustomer,
            Self::RequiresCapture => Common::Authorized,
            Self::Processing => Common::Processing,
            Self::Succeeded => Common::Succeeded,
            Self::Canceled => Common::Cancelled,
            Self::Failed => Common::Failed,
            Self::Unknown(_) => Common::Unknown(self.as_str().to_owned()),
        }
    }
}

/// `amount_capturable` is in the document's payment object, and in its shorter sample it is not.
const HELD_NOT_SAID: &str = "TurraTech does not say how much is held, and would capture all of it";

/// The name of the merchant's reference in the metadata.
const ORDER_ID: &str = "order_id";
