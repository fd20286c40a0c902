use std::collections::BTreeMap;

use payments_core::json::{
    self, DecodeError, Facts, ProviderMessage, RawJson, Read, UnreadableItem, UnreadableMembers,
};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::stored::{Stored, StoredAs};
use payments_core::time::OffsetDateTime;
use payments_core::{
    AmountUnreadable, Call, Expected, Keyed, Mismatch, Money, Pager, Poller, Reported, ReportedAmount,
    ReportedCurrency, open_enum,
};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::expect::{expect_amount, expect_equal_if_present, expect_metadata, expect_mode};
use crate::fields::{reference, stored_timestamp, timestamp};
use crate::id::{CustomerId, PaymentId, PaymentMethodId};
use crate::list::{ListParams, pager};
use crate::masked_debug::masked_debug;
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
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Payment {
    stored: StoredAs<Self>,
    /// TurraTech's id of the payment.
    pub id: PaymentId,
    amount: ReportedAmount,
    amount_capturable: ReportedAmount,
    amount_received: ReportedAmount,
    pub(crate) currency: ReportedCurrency,
    /// The customer who pays.
    pub customer: Option<CustomerId>,
    /// The merchant's description.
    pub description: Option<String>,
    /// The payment method.
    pub payment_method: Option<PaymentMethodId>,
    /// The status of the payment.
    pub status: PaymentStatus,
    /// When the payment was created, if the response says so.
    #[serde(with = "stored_timestamp")]
    pub created: Option<OffsetDateTime>,
    /// True for real money, false for test money.
    pub livemode: bool,
    /// The metadata that the merchant stored, sorted by name.
    pub metadata: BTreeMap<String, String>,
    /// The object as received, including members that the document does not name. Members that could not be read are
    /// repaired or `null`.
    ///
    /// In the stored form it is a string, with possible card numbers masked.
    #[serde(with = "json::raw_text")]
    pub raw: RawJson,
    unreadable: UnreadableMembers,
}

impl Stored for Payment {
    const TAG: &'static str = "turratech.payment/1";
}

masked_debug!(Payment {
    stored, id, customer, payment_method, status, created, livemode, raw, unreadable
} masked {
    amount, amount_capturable, amount_received, currency, description, metadata
});

impl Payment {
    /// Returns the requested amount.
    ///
    /// # Errors
    ///
    /// Returns an error if the response contains no amount or currency, or one that cannot be read exactly. The error
    /// contains the text as received.
    pub fn amount(&self) -> Result<Money, AmountUnreadable> {
        self.amount.in_smallest_units(self.currency.currency()?)
    }

    /// Returns the amount that can still be captured, if the response contains it.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount or the currency cannot be read exactly.
    pub fn amount_capturable(&self) -> Result<Option<Money>, AmountUnreadable> {
        self.if_reported(&self.amount_capturable)
    }

    /// Returns the amount that was received, if the response contains it.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount or the currency cannot be read exactly.
    pub fn amount_received(&self) -> Result<Option<Money>, AmountUnreadable> {
        self.if_reported(&self.amount_received)
    }

    /// Returns the amount that counts: what was received if the payment succeeded, and the requested amount otherwise.
    pub(crate) fn effective_amount(&self) -> Result<Money, AmountUnreadable> {
        let received = if self.is_paid() { self.amount_received()? } else { None };
        received.map_or_else(|| self.amount(), Ok)
    }

    fn if_reported(&self, amount: &ReportedAmount) -> Result<Option<Money>, AmountUnreadable> {
        match amount {
            ReportedAmount::Missing => Ok(None),
            amount => amount.in_smallest_units(self.currency.currency()?).map(Some),
        }
    }

    /// The members of the response that could not be read as expected. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

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
    /// Returns the first difference. An amount or currency that cannot be read is a [`Mismatch::AmountUnreadable`].
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
        // A value that contained invalid Unicode is not known.
        let value = self.metadata.get(name).filter(|value| !value.contains(char::REPLACEMENT_CHARACTER));
        self.check_reference(value.ok_or(Mismatch::Reference)?, expected)
    }

    fn check_reference(&self, reference: &str, expected: &Expected) -> Result<(), Mismatch> {
        let (amount, currency) = match self.effective_amount() {
            Ok(amount) => (Ok(amount.to_decimal().map_err(Mismatch::Amount)?), Ok(Some(amount.currency()))),
            Err(unreadable) => (Err(unreadable), Ok(None)),
        };
        expected.check(&Reported { reference, amount, currency, live: Some(self.livemode) })
    }

    /// Reads a payment from a response or an event.
    #[inline]
    pub(crate) fn read(read: Read<'_, WirePayment>) -> Self {
        let raw = read.raw();
        let Read { value: wire, unreadable, .. } = read;
        let reported = |name, amount| unreadable.amount(name, amount);
        Self {
            stored: StoredAs::new(),
            id: wire.id,
            amount: reported("amount", wire.amount),
            amount_capturable: reported("amount_capturable", wire.amount_capturable),
            amount_received: reported("amount_received", wire.amount_received),
            currency: unreadable.currency("currency", wire.currency),
            customer: wire.customer,
            description: wire.description,
            payment_method: wire.payment_method,
            status: wire.status,
            created: wire.created,
            livemode: wire.livemode,
            metadata: wire.metadata,
            raw,
            unreadable,
        }
    }

    /// Compares the payment with its request. A key that was used for another order returns that order's payment.
    pub(crate) fn expect_requested(
        &self,
        amount: Money,
        customer: Option<&CustomerId>,
        metadata: &BTreeMap<String, String>,
    ) -> Result<(), DecodeError> {
        expect_amount(&self.amount, &self.currency, amount)?;
        expect_equal_if_present("customer", self.customer.as_ref(), customer, &self.unreadable)?;
        expect_metadata(&self.metadata, &self.raw, &self.unreadable, metadata)
    }

    /// What an error says about a payment that contradicts its request.
    pub(crate) fn facts(&self) -> Facts {
        Facts {
            object_id: Some(self.id.as_str().to_owned()),
            status: Some(self.status.as_str().to_owned()),
            amount: self.amount.text(),
        }
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
    ///
    /// A payment that cannot be read, or that is in the other mode, is an [`UnreadableItem`]. The others follow.
    pub fn list_payments(&self, list: ListParams<PaymentId>) -> Pager<Result<Payment, UnreadableItem>> {
        pager(self, LIST_PAYMENTS, "payments", list, self.payment_reader(None))
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
    ) -> impl Fn(Read<'_, WirePayment>) -> Result<Payment, DecodeError> + Clone + Send + Sync + 'static {
        let (mode, id) = (self.mode(), id.cloned());
        move |message| {
            let payment = Payment::read(message);
            let same_id = id.as_ref().map_or(Ok(()), |id| json::expect_equal("id", &payment.id, id));
            match expect_mode(payment.livemode, mode).and(same_id) {
                Ok(()) => Ok(payment),
                Err(problem) => Err(problem.with_facts(payment.facts())),
            }
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct WirePayment {
    id: PaymentId,
    #[serde(default, deserialize_with = "json::amount")]
    amount: ReportedAmount,
    #[serde(default, deserialize_with = "json::amount")]
    amount_capturable: ReportedAmount,
    #[serde(default, deserialize_with = "json::amount")]
    amount_received: ReportedAmount,
    #[serde(default, deserialize_with = "json::currency")]
    currency: ReportedCurrency,
    #[serde(default, deserialize_with = "reference")]
    customer: Option<CustomerId>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default, deserialize_with = "reference")]
    payment_method: Option<PaymentMethodId>,
    status: PaymentStatus,
    #[serde(default, deserialize_with = "timestamp")]
    created: Option<OffsetDateTime>,
    livemode: bool,
    #[serde(default, deserialize_with = "json::text_map")]
    metadata: BTreeMap<String, String>,
}

impl ProviderMessage for WirePayment {
    const DECIDING: &'static [&'static str] = &["id", "status", "livemode"];
}

const RETRIEVE_PAYMENT: Operation = Operation::read("retrieve_payment");
const LIST_PAYMENTS: Operation = Operation::read("list_payments");
const CAPTURE_PAYMENT: Operation = Operation::move_money("capture_payment").stable_id("capture_payment");
/// Cancelling moves no money, and a second cancellation releases nothing more.
const CANCEL_PAYMENT: Operation = Operation::write("cancel_payment").stable_id("cancel_payment");
