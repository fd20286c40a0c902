use std::collections::BTreeMap;

use payments_core::json::{self, DecodeError, RawJson};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::time::OffsetDateTime;
use payments_core::{Call, Currency, Expected, Keyed, Mismatch, Money, Pager, Poller, Reported, open_enum};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::expect::expect_mode;
use crate::fields::{Integer, serialize_timestamp, timestamp};
use crate::id::{CustomerId, PaymentId, PaymentMethodId};
use crate::list::{ListParams, pager};
use crate::masked_debug::masked_debug;
use crate::metadata;
use crate::request_body::post_without_body;

open_enum! {
    /// The status of a payment.
    ///
    /// Only `succeeded` is documented; the other names are inferred.
    pub enum PaymentStatus {
        /// The payment succeeded (documented).
        Succeeded = "succeeded",
        /// The payment has no payment method yet (inferred).
        RequiresPaymentMethod = "requires_payment_method",
        /// The payment is not confirmed yet (inferred).
        RequiresConfirmation = "requires_confirmation",
        /// The customer must do something, such as 3-D Secure (inferred).
        RequiresAction = "requires_action",
        /// The amount is authorized and can be captured (inferred).
        RequiresCapture = "requires_capture",
        /// The bank is processing the payment (inferred).
        Processing = "processing",
        /// The payment was cancelled before it was captured (inferred).
        Canceled = "canceled",
        /// The payment failed (inferred).
        Failed = "failed",
    }
}

impl PaymentStatus {
    /// Returns true if the status does not change any more.
    ///
    /// A payment is a single attempt (documented), so a failed payment is final (inferred). A status that this version
    /// does not know is not final.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Succeeded | Self::Canceled | Self::Failed => true,
            Self::RequiresPaymentMethod
            | Self::RequiresConfirmation
            | Self::RequiresAction
            | Self::RequiresCapture
            | Self::Processing
            | Self::Unknown(_) => false,
        }
    }
}

/// A single attempt to move money to the merchant.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Payment {
    /// TurraTech's id of the payment.
    pub id: PaymentId,
    /// The requested amount.
    pub amount: Money,
    /// The amount that can still be captured.
    pub amount_capturable: Option<Money>,
    /// The amount that was received.
    pub amount_received: Option<Money>,
    /// The customer who pays.
    pub customer: Option<CustomerId>,
    /// The merchant's description.
    pub description: Option<String>,
    /// The payment method.
    pub payment_method: Option<PaymentMethodId>,
    /// The status of the payment.
    pub status: PaymentStatus,
    /// When the payment was created.
    #[serde(serialize_with = "serialize_timestamp")]
    pub created: OffsetDateTime,
    /// True for real money, false for test money.
    pub livemode: bool,
    /// The metadata that the merchant stored, sorted by name.
    pub metadata: BTreeMap<String, String>,
    /// The object as received, including members that the document does not name. Not serialized.
    #[serde(skip)]
    pub raw: RawJson,
}

masked_debug!(Payment {
    id, amount, amount_capturable, amount_received, customer, payment_method, status, created, livemode, raw
} masked {
    description, metadata
});

impl Payment {
    /// Returns true for the status `succeeded` only.
    ///
    /// Compare the amount with [`Payment::check`].
    #[must_use]
    pub fn is_paid(&self) -> bool {
        self.status == PaymentStatus::Succeeded
    }

    /// Compares id, mode, currency and amount with what the merchant expects.
    ///
    /// The status is not compared; see [`Payment::is_paid`]. The compared amount depends on the status:
    ///
    /// | payment | amount |
    /// |---|---|
    /// | succeeded, and has `amount_received` | `amount_received`, because less than the whole amount may have been captured |
    /// | any other | `amount` |
    ///
    /// # Errors
    ///
    /// Returns the first difference.
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        self.check_reference(self.id.as_str(), expected)
    }

    /// Compares a metadata value instead of the id, and the rest like [`Payment::check`].
    ///
    /// Use it for an event, or wherever you know the merchant's reference but not TurraTech's id. `name` is the metadata
    /// name that holds the reference, such as `order_id`.
    ///
    /// # Errors
    ///
    /// Returns the first difference. A payment without this metadata is a [`Mismatch::Reference`].
    pub fn check_metadata(&self, name: &str, expected: &Expected) -> Result<(), Mismatch> {
        self.check_reference(self.metadata.get(name).ok_or(Mismatch::Reference)?, expected)
    }

    fn check_reference(&self, reference: &str, expected: &Expected) -> Result<(), Mismatch> {
        let amount = self.amount_received.filter(|_| self.is_paid()).unwrap_or(self.amount);
        let currency = Some(amount.currency());
        let amount = amount.to_decimal().map_err(Mismatch::Amount)?;
        expected.check(&Reported { reference, amount, currency, live: Some(self.livemode) })
    }

    /// Reads a payment from a response or an event.
    pub(crate) fn read(raw: RawJson) -> Result<Self, DecodeError> {
        let wire: WirePayment = raw.decode_object()?;
        let money = |amount: Integer| Money::from_minor(amount.0, wire.currency);
        Ok(Self {
            id: wire.id,
            amount: money(wire.amount),
            amount_capturable: wire.amount_capturable.map(money),
            amount_received: wire.amount_received.map(money),
            customer: wire.customer,
            description: wire.description,
            payment_method: wire.payment_method,
            status: wire.status,
            created: timestamp("created", wire.created)?,
            livemode: wire.livemode,
            metadata: wire.metadata,
            raw,
        })
    }
}

impl Client {
    /// Retrieves a payment.
    pub fn retrieve_payment(&self, id: &PaymentId) -> Call<Payment> {
        let request =
            self.unless_publishable(|| Ok(RequestBuilder::get(Path::new("payments").segment(id)).log_as(id.clone())));
        self.connection.call(RETRIEVE_PAYMENT, request, self.payment_reader(Some(id)))
    }

    /// Polls a payment until its status is final.
    ///
    /// Returns the last status if the time is up first. Webhooks report a status sooner; use this call if a webhook did
    /// not arrive. An authorized payment stays `requires_capture`, which is not final, until it is captured or cancelled.
    pub fn wait_until_final(&self, id: &PaymentId) -> Poller<Payment> {
        let (client, id) = (self.clone(), id.clone());
        Poller::new(&self.connection, move || client.retrieve_payment(&id), |payment| payment.status.is_final())
    }

    /// Lists payments, newest first (inferred).
    pub fn list_payments(&self, list: ListParams<PaymentId>) -> Pager<Payment> {
        let read = self.payment_reader(None);
        pager(self, LIST_PAYMENTS, "payments", list, |payment: &Payment| payment.id.as_str(), read)
    }

    /// Captures a payment that was created with [`CaptureMethod::Manual`]. **This moves money.**
    ///
    /// Captures the whole amount: the document describes no partial capture. After an unknown outcome, repeat the call
    /// with the same key, or call [`Client::retrieve_payment`].
    ///
    /// [`CaptureMethod::Manual`]: crate::CaptureMethod::Manual
    pub fn capture_payment(&self, id: &PaymentId) -> Call<Payment, Keyed> {
        let path = Path::new("payments").segment(id).segment(&"capture");
        let request = self.unless_publishable(|| post_without_body(path, id.clone()));
        self.connection.auto_keyed_call(CAPTURE_PAYMENT, request, self.payment_reader(Some(id)))
    }

    /// Cancels a payment that has not been captured, and releases the authorized amount.
    ///
    /// The call moves no money, so [`Error::may_have_moved_money`] is always false. Its outcome still matters: while it
    /// is unknown, do not rely on the authorization, and do not tell the customer that it is released. Repeat the call
    /// with the same key, or call [`Client::retrieve_payment`].
    ///
    /// [`Error::may_have_moved_money`]: crate::Error::may_have_moved_money
    pub fn cancel_payment(&self, id: &PaymentId) -> Call<Payment, Keyed> {
        let path = Path::new("payments").segment(id).segment(&"cancel");
        let request = self.unless_publishable(|| post_without_body(path, id.clone()));
        self.connection.auto_keyed_call(CANCEL_PAYMENT, request, self.payment_reader(Some(id)))
    }

    /// Returns a function that reads a payment and rejects one of another mode or with another id.
    pub(crate) fn payment_reader(
        &self,
        id: Option<&PaymentId>,
    ) -> impl Fn(RawJson) -> Result<Payment, DecodeError> + Clone + Send + Sync + 'static {
        let (mode, id) = (self.mode(), id.cloned());
        move |raw| {
            let payment = Payment::read(raw)?;
            expect_mode(payment.livemode, mode)?;
            id.as_ref().map_or(Ok(()), |id| json::expect_equal("id", &payment.id, id))?;
            Ok(payment)
        }
    }
}

#[derive(Deserialize)]
struct WirePayment {
    id: PaymentId,
    amount: Integer,
    #[serde(default)]
    amount_capturable: Option<Integer>,
    #[serde(default)]
    amount_received: Option<Integer>,
    currency: Currency,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    customer: Option<CustomerId>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    payment_method: Option<PaymentMethodId>,
    status: PaymentStatus,
    created: Integer,
    livemode: bool,
    #[serde(default, deserialize_with = "metadata::deserialize")]
    metadata: BTreeMap<String, String>,
}

const RETRIEVE_PAYMENT: Operation = Operation::read("retrieve_payment");
const LIST_PAYMENTS: Operation = Operation::read("list_payments");
const CAPTURE_PAYMENT: Operation = Operation::move_money("capture_payment").stable_id("capture_payment");
/// Cancelling moves no money, and a second cancellation releases nothing more.
const CANCEL_PAYMENT: Operation = Operation::write("cancel_payment").stable_id("cancel_payment");
