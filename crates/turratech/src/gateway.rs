//! TurraTech through the traits that all providers share.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use payments_core::gateway::{
    Cancel, CancelRequest, Capabilities, Capability, Capture, CaptureRequest, EventReport, Feature, NextAction,
    PaymentRequest, PaymentState, Recovery, RecoveryPlan, Refund, RefundRequest, RefundState, ReportEvent, Retrieve,
    StartPayment, StartedPayment, StatusChanges, WriteOperation, WriteOptions, parse_field,
};
use payments_core::json::{DecodeError, UnreadableMembers};
use payments_core::rust_decimal::Decimal;
use payments_core::transport::async_trait;
use payments_core::{
    AmountUnreadable, Call, Error, ErrorKind, Expected, Keyed, Mismatch, Money, Outcome, PaymentStatus as Common,
    ProviderError, Reported, ValidationError,
};

use crate::client::Client;
use crate::error::{KEY_LIFETIME, SPEC};
use crate::event::{Event, EventObject, EventType};
use crate::id::{PaymentId, PaymentMethodId};
use crate::idempotency::IdempotencyReference;
use crate::new_payment::NewPayment;
use crate::payment::{Payment, PaymentStatus};
use crate::refund::{self, NewRefund};

impl Client {
    /// Returns the table of features that TurraTech supports.
    #[must_use]
    pub const fn capabilities() -> Capabilities {
        CAPABILITIES
    }
}

const CAPABILITIES: Capabilities = Capabilities {
    provider: "turratech",
    table: &[
        Capability::supported(
            Feature::StartPayment,
            "with a payment method; no documented response contains a redirect URL",
        ),
        Capability::not_offered(Feature::OwnPage, "a stored payment method is charged without a page"),
        Capability::not_offered(Feature::Confirm, ""),
        Capability::not_implemented(Feature::Card, "create a payment method from the card: `create_payment_method`"),
        Capability::not_offered(
            Feature::Lookup,
            "no list filters by a reference; repeat the call with the same key instead (inferred)",
        ),
        Capability::supported(Feature::Retrieve, ""),
        Capability::supported(Feature::Capture, "the whole amount only"),
        Capability::supported(Feature::Cancel, ""),
        Capability::supported(Feature::Refund, "in full or in part"),
        Capability::not_offered(Feature::PayOut, ""),
        Capability::not_offered(Feature::Balance, ""),
        Capability::supported(Feature::DuplicateProtection, "idempotency keys, valid for 24 hours"),
        Capability::supported(Feature::SignedWebhooks, "HMAC with a timestamp"),
        Capability::not_offered(Feature::Callbacks, "webhooks are signed"),
        Capability::supported(Feature::Lists, "payments, customers, refunds; in both directions"),
        Capability::supported(Feature::Subscriptions, ""),
        Capability::not_offered(Feature::HostedPage, ""),
        Capability::not_offered(
            Feature::ThreeDSecure,
            "`return_url` is accepted, but no documented response contains a redirect URL",
        ),
        Capability::not_offered(Feature::Installments, ""),
    ],
    recovery: &[
        RecoveryPlan::new(WriteOperation::StartPayment, &[SAME_KEY], FIRST_RESPONSE),
        RecoveryPlan::new(WriteOperation::Capture, &[SAME_KEY, Recovery::LookupById], FIRST_RESPONSE),
        RecoveryPlan::new(WriteOperation::Cancel, &[SAME_KEY, Recovery::LookupById], FIRST_RESPONSE),
        RecoveryPlan::new(WriteOperation::Refund, &[SAME_KEY], FIRST_RESPONSE),
    ],
    status_changes: &[
        StatusChanges::new(
            &[WriteOperation::StartPayment, WriteOperation::Capture, WriteOperation::Cancel],
            PAYMENT,
            "documented: a payment is a single attempt, which succeeds or fails; an authorized payment can be captured; a \
             payment that was not captured can be cancelled; the statuses other than `succeeded` are inferred; the order of \
             awaiting customer, processing and authorized is not documented, nor is a status after a refund or a dispute",
        ),
        StatusChanges::new(&[WriteOperation::Refund], &[], "no status of a refund is documented"),
    ],
};

const PAYMENT: &[(Common, Common)] = &[
    (Common::AwaitingCustomer, Common::Succeeded),
    (Common::AwaitingCustomer, Common::Failed),
    (Common::AwaitingCustomer, Common::Cancelled),
    (Common::Processing, Common::Succeeded),
    (Common::Processing, Common::Failed),
    (Common::Processing, Common::Cancelled),
    (Common::Authorized, Common::Succeeded),
    (Common::Authorized, Common::Cancelled),
];

const FIRST_RESPONSE: &str = "documented; that the first response is returned is inferred";

const SAME_KEY: Recovery = Recovery::SameKey { lifetime: KEY_LIFETIME };

#[async_trait]
impl StartPayment for Client {
    /// Creates and confirms a payment. A payment method is required.
    ///
    /// The reference is sent in the metadata as `order_id`. The idempotency key is the request's own, or derived from the
    /// reference if the request says when it was created. Otherwise it is random, and lost when the process ends.
    ///
    /// [`PaymentRequest::customer`] is not sent: it is the merchant's own id, and not TurraTech's id of a customer.
    async fn start_payment(&self, request: &PaymentRequest) -> Result<StartedPayment, Error> {
        CAPABILITIES.check_payment(request)?;
        let method = request.payment_method.as_deref();
        let method = method.ok_or_else(|| ValidationError::new("payment_method", "is required by TurraTech"))?;
        let method = parse_field::<PaymentMethodId>("payment_method", method)
            .map_err(|error| request.options.not_sent(error))?;
        let mut new = NewPayment::new(request.amount)
            .payment_method(method)
            .confirm(true)
            .metadata(ORDER_ID, request.reference.as_str());
        if let Some(description) = &request.description {
            new = new.description(description.as_str());
        }
        if let Some(url) = &request.return_url {
            new = new.return_url(url.as_str());
        }
        let call = keyed(self.create_payment(new), &request.reference, &request.options)?;
        let key = call.key().clone();
        let payment = call.send().await?;
        let unreadable = |problem| unreadable(payment.id.as_str(), Outcome::Unknown, &problem).under_key(key);
        let amount = payment.effective_amount().map_err(unreadable)?;
        let id = payment.id.as_str().to_owned();
        Ok(StartedPayment::new(Some(id), payment.status.common(), amount, NextAction::None))
    }

    fn connect_timeout(&self) -> Duration {
        self.connection.connect_timeout()
    }
}

#[async_trait]
impl Retrieve for Client {
    async fn retrieve(&self, id: &str, expected: &Expected) -> Result<PaymentState, Error> {
        let id: PaymentId = parse_field("id", id)?;
        let payment = self.retrieve_payment(&id).send().await?;
        let check = payment.check_metadata(ORDER_ID, expected);
        Ok(payment_state(&payment).checked(check))
    }
}

#[async_trait]
impl Capture for Client {
    /// Captures the whole authorized amount, if it equals the requested amount.
    ///
    /// The document describes no partial capture. So the payment is retrieved first:
    ///
    /// | retrieved payment | result |
    /// |---|---|
    /// | `amount_capturable` equals the requested amount | it is captured |
    /// | `amount_capturable` differs, is missing or cannot be read | an error; nothing is captured, because it could be another amount |
    /// | already captured with the requested amount, for example by a request whose response was lost | the payment |
    ///
    /// Both calls share the request's timeout. If the payment cannot be retrieved in time, or is not as expected, the
    /// outcome of the capture is [`Outcome::NotSent`]; with a key that an earlier process may have used, it is
    /// [`Outcome::Unknown`].
    ///
    /// The client's own [`Client::capture_payment`] captures without this comparison.
    async fn capture(&self, request: &CaptureRequest) -> Result<PaymentState, Error> {
        let deadline = self.connection.deadline(request.options.timeout);
        let id = payment_id(&request.payment_id, &request.options)?;
        let capture = keyed(self.capture_payment(&id), &request.reference, &request.options)?.within(&deadline);
        let payment = self.retrieve_payment(&id).with_limits(&request.options).within(&deadline).send().await;
        let payment = payment.map_err(|error| capture.not_sent(error))?;
        let not_sent = |problem| capture.not_sent(unreadable(payment.id.as_str(), Outcome::NotSent, &problem));
        if payment.is_paid() && payment.amount_received().map_err(not_sent)? == Some(request.amount) {
            return Ok(payment_state(&payment));
        }
        let capturable = payment.amount_capturable().map_err(not_sent)?;
        let capturable = capturable.ok_or_else(|| capture.not_sent(Error::unsupported(NO_CAPTURABLE_AMOUNT)))?;
        if capturable != request.amount {
            let rule = "must be the whole capturable amount: TurraTech documents no partial capture";
            return Err(capture.not_sent(ValidationError::new("amount", rule)));
        }
        Ok(captured(&capture.send().await?, request.amount))
    }

    fn connect_timeout(&self) -> Duration {
        self.connection.connect_timeout()
    }
}

#[async_trait]
impl Cancel for Client {
    async fn cancel(&self, request: &CancelRequest) -> Result<PaymentState, Error> {
        let id = payment_id(&request.payment_id, &request.options)?;
        let cancel = keyed(self.cancel_payment(&id), &request.reference, &request.options)?;
        Ok(payment_state(&cancel.send().await?))
    }

    fn connect_timeout(&self) -> Duration {
        self.connection.connect_timeout()
    }
}

#[async_trait]
impl Refund for Client {
    async fn refund(&self, request: &RefundRequest) -> Result<RefundState, Error> {
        let new = NewRefund::new(payment_id(&request.payment_id, &request.options)?).amount(request.amount);
        let new = new.metadata(ORDER_ID, request.reference.as_str());
        let call = keyed(self.create_refund(new), &request.reference, &request.options)?;
        let key = call.key().clone();
        let refund = call.send().await?;
        let amount = refund.amount_if_reported(request.amount.currency());
        let unreadable = |problem| unreadable(refund.id.as_str(), Outcome::Unknown, &problem).under_key(key);
        let amount = amount.map_err(unreadable)?;
        Ok(RefundState::new(Some(refund.id.as_str().to_owned()), refund_status(&refund), false, amount))
    }

    fn connect_timeout(&self) -> Duration {
        self.connection.connect_timeout()
    }
}

impl ReportEvent for Event {
    /// Reports a payment or a refund. The reference is the metadata `order_id`.
    ///
    /// | event | report |
    /// |---|---|
    /// | `payment.succeeded`, `payment.failed` | the payment's own status, and the amount that [`Payment::check`] compares |
    /// | `refund.created` | an unknown status, which is never final: the document names no statuses of a refund |
    /// | any other | `None` |
    ///
    /// The document does not describe the object of a dispute. Read it from [`Event::raw_object`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Event::object`], and an error if the reference cannot be read.
    fn report(&self) -> Result<Option<EventReport>, DecodeError> {
        let is_about_money = matches!(
            self.event_type,
            EventType::PaymentSucceeded | EventType::PaymentFailed | EventType::RefundCreated
        );
        if !is_about_money {
            return Ok(None);
        }
        let mut report = match self.object()? {
            EventObject::Payment(payment) => payment_report(&payment)?,
            EventObject::Refund(refund) => refund_report(&refund)?,
            _ => return Ok(None),
        };
        report.event_id = Some(self.id.as_str().to_owned());
        report.live = Some(self.livemode);
        Ok(Some(report))
    }
}

fn payment_report(payment: &Payment) -> Result<EventReport, DecodeError> {
    let mut report = EventReport::new(PAYMENT_OPERATIONS, payment.status.common(), payment.status.is_final());
    report.object_id = Some(payment.id.as_str().to_owned());
    report.reference = reference(&payment.metadata, payment.unreadable_members())?;
    report.amount = payment.effective_amount().and_then(in_units);
    report.currency = payment.currency.if_reported();
    Ok(report)
}

fn refund_report(refund: &refund::Refund) -> Result<EventReport, DecodeError> {
    let mut report = EventReport::new(&[WriteOperation::Refund], refund_status(refund), false);
    report.object_id = Some(refund.id.as_str().to_owned());
    report.reference = reference(&refund.metadata, refund.unreadable_members())?;
    report.amount = refund.amount().and_then(in_units);
    report.currency = refund.currency.if_reported();
    Ok(report)
}

/// The merchant's reference. One that cannot be read is never treated as missing.
fn reference(
    metadata: &BTreeMap<String, String>,
    unreadable: &UnreadableMembers,
) -> Result<Option<String>, DecodeError> {
    if unreadable.concerns("metadata.order_id") || unreadable.iter().any(|member| member.path == "metadata") {
        return Err(DecodeError::new("metadata.order_id", "cannot be read").within("data.object"));
    }
    Ok(metadata.get(ORDER_ID).cloned())
}

fn in_units(amount: Money) -> Result<Decimal, AmountUnreadable> {
    amount
        .to_decimal()
        .map_err(|problem| AmountUnreadable::new(Some(&amount.minor().to_string()), &problem.to_string()))
}

/// The status of a refund. The document names none.
fn refund_status(refund: &refund::Refund) -> payments_core::PaymentStatus {
    payments_core::PaymentStatus::Unknown(refund.status.clone().unwrap_or_else(|| "not reported".to_owned()))
}

/// The operations that a payment's event can be about.
const PAYMENT_OPERATIONS: &[WriteOperation] =
    &[WriteOperation::StartPayment, WriteOperation::Capture, WriteOperation::Cancel];

/// Applies a request's options. A derived key needs a valid reference, so every request does.
fn keyed<T>(call: Call<T, Keyed>, reference: &str, options: &WriteOptions) -> Result<Call<T, Keyed>, Error> {
    let reference = parse_field::<IdempotencyReference>("reference", reference);
    let reference = reference.map_err(|error| options.not_sent(error))?;
    Ok(call.with_options(reference.as_str(), options))
}

fn payment_id(text: &str, options: &WriteOptions) -> Result<PaymentId, Error> {
    parse_field("payment_id", text).map_err(|error| options.not_sent(error))
}

/// The state of a captured payment. A captured amount that differs from the requested one is a mismatch.
fn captured(payment: &Payment, requested: Money) -> PaymentState {
    let state = payment_state(payment);
    let Some(amount) = state.amount.filter(|_| payment.is_paid()) else { return state };
    let id = payment.id.as_str();
    let check = Reported::money(id, amount).and_then(|reported| Expected::new(id, requested).check(&reported));
    state.checked(check)
}

/// The payment's state. A paid amount that cannot be read is a mismatch.
fn payment_state(payment: &Payment) -> PaymentState {
    let (amount, check) = match payment.effective_amount() {
        Ok(amount) => (Some(amount), Ok(())),
        Err(unreadable) if payment.is_paid() => (None, Err(Mismatch::AmountUnreadable(unreadable))),
        Err(_) => (None, Ok(())),
    };
    let id = payment.id.as_str().to_owned();
    PaymentState::new(Some(id), payment.status.common(), payment.status.is_final(), amount).checked(check)
}

/// The error for an object whose amount cannot be read.
fn unreadable(id: &str, outcome: Outcome, problem: &dyn fmt::Display) -> Error {
    let error = ProviderError { object_id: Some(id.to_owned()), ..ProviderError::default() };
    Error::from_provider(SPEC.provider, ErrorKind::MalformedResponse, outcome, &problem.to_string(), error)
}

impl PaymentStatus {
    /// Returns the status in the vocabulary that all providers share.
    #[must_use]
    pub fn common(&self) -> payments_core::PaymentStatus {
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

/// The document's payment object has `amount_capturable`; its shorter sample does not.
const NO_CAPTURABLE_AMOUNT: &str =
    "the payment has no `amount_capturable`, so the whole amount that TurraTech would capture is not known";

/// The metadata name of the merchant's reference.
const ORDER_ID: &str = "order_id";
