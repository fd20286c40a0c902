use std::collections::BTreeMap;

use payments_core::id::check_id;
use payments_core::json::{self, DecodeError, RawJson};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::time::OffsetDateTime;
use payments_core::{
    Call, Currency, Expected, Keyed, Mismatch, Money, Pager, Poller, Reported, open_enum, string_newtype,
};
use serde::{Deserialize, Serialize};

use crate::client::{Client, check_mode};
use crate::customer::CustomerId;
use crate::list::{ListParams, pager};
use crate::parameters::post_nothing;
use crate::payment_method::PaymentMethodId;
use crate::shown::debug_masked;
use crate::wire::{Whole, metadata, same_id, time_of, unix_seconds};

string_newtype! {
    /// TurraTech's id of a payment, such as `pay_1NqQXYZ123456789`.
    pub struct PaymentId("payment"): |text| check_id("payment", text);
}

open_enum! {
    /// Where a payment stands. Only `succeeded` is documented; the other names are inferred.
    pub enum PaymentStatus {
        /// Paid (documented).
        Succeeded = "succeeded",
        /// It has nothing to be paid with yet (inferred).
        RequiresPaymentMethod = "requires_payment_method",
        /// It has not been confirmed yet (inferred).
        RequiresConfirmation = "requires_confirmation",
        /// The customer has to do something, such as 3-D Secure (inferred).
        RequiresAction = "requires_action",
        /// Authorized, to be captured (inferred).
        RequiresCapture = "requires_capture",
        /// The bank is at work (inferred).
        Processing = "processing",
        /// Cancelled before it was captured (inferred).
        Canceled = "canceled",
        /// Not paid (inferred).
        Failed = "failed",
    }
}

impl PaymentStatus {
    /// True when nothing more happens to the payment. A payment is a single attempt (documented), so a failed one is
    /// over (inferred); a status that this version does not know is not.
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
    /// TurraTech's id: what to ask about, to capture, to cancel, to refund.
    pub id: PaymentId,
    /// What was asked for.
    pub amount: Money,
    /// What can still be captured.
    pub amount_capturable: Option<Money>,
    /// What was received.
    pub amount_received: Option<Money>,
    /// The customer whose payment it is.
    pub customer: Option<CustomerId>,
    /// The merchant's words for it.
    pub description: Option<String>,
    /// What it is paid with.
    pub payment_method: Option<PaymentMethodId>,
    /// Where it stands.
    pub status: PaymentStatus,
    /// When it was created.
    #[serde(serialize_with = "unix_seconds")]
    pub created: OffsetDateTime,
    /// Whether it is real money.
    pub livemode: bool,
    /// What the merchant stored with it, by name in alphabetical order.
    pub metadata: BTreeMap<String, String>,
    /// The object as it came, with what the document does not name. It is not serialized with the rest.
    #[serde(skip)]
    pub raw: RawJson,
}

debug_masked!(Payment {
    id, amount, amount_capturable, amount_received, customer, payment_method, status, created, livemode, raw
} free {
    description, metadata
});

impl Payment {
    /// True for `succeeded` and for nothing else.
    ///
    /// How much was paid is another question: [`Payment::check`].
    #[must_use]
    pub fn is_paid(&self) -> bool {
        self.status == PaymentStatus::Succeeded
    }

    /// Holds id, mode, currency and amount against the merchant's books.
    ///
    /// The status is not looked at: [`Payment::is_paid`]. Of a payment that succeeded, the amount that was received
    /// counts where TurraTech says it, for a capture may have taken less; of any other, the amount that was asked
    /// for.
    ///
    /// # Errors
    ///
    /// The first difference.
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        self.check_as(self.id.as_str(), expected)
    }

    /// The same by the merchant's own reference, kept in the metadata under this name.
    ///
    /// `order_id`, say: the way in an event, or wherever there is a reference but no id.
    ///
    /// # Errors
    ///
    /// The first difference; a payment without such metadata is about another order.
    pub fn check_metadata(&self, name: &str, expected: &Expected) -> Result<(), Mismatch> {
        self.check_as(self.metadata.get(name).ok_or(Mismatch::Reference)?, expected)
    }

    fn check_as(&self, reference: &str, expected: &Expected) -> Result<(), Mismatch> {
        let amount = self.amount_received.filter(|_| self.is_paid()).unwrap_or(self.amount);
        let currency = Some(amount.currency());
        let amount = amount.to_decimal().map_err(Mismatch::Amount)?;
        expected.check(&Reported { reference, amount, currency, live: Some(self.livemode) })
    }

    /// Reads one, wherever it stands.
    pub(crate) fn read(raw: RawJson) -> Result<Self, DecodeError> {
        let wire: WirePayment = raw.decode_object()?;
        let money = |amount: Whole| Money::from_minor(amount.0, wire.currency);
        Ok(Self {
            id: wire.id,
            amount: money(wire.amount),
            amount_capturable: wire.amount_capturable.map(money),
            amount_received: wire.amount_received.map(money),
            customer: wire.customer,
            description: wire.description,
            payment_method: wire.payment_method,
            status: wire.status,
            created: time_of("created", wire.created)?,
            livemode: wire.livemode,
            metadata: wire.metadata,
            raw,
        })
    }
}

impl Client {
    /// Where a payment stands.
    pub fn retrieve_payment(&self, id: &PaymentId) -> Call<Payment> {
        let request = self.private(|| Ok(RequestBuilder::get(Path::new("payments").segment(id)).log_as(id.clone())));
        self.connection.call(RETRIEVE_PAYMENT, request, self.reads_payment(Some(id)))
    }

    /// Asks for a payment until its status is final.
    ///
    /// It gives the last status when time is up. Webhooks say so sooner; this is for when one did not come. An
    /// authorization stays `requires_capture`, which is not final, until it is captured or cancelled.
    pub fn wait_until_final(&self, id: &PaymentId) -> Poller<Payment> {
        let (client, id) = (self.clone(), id.clone());
        Poller::new(&self.connection, move || client.retrieve_payment(&id), |payment| payment.status.is_final())
    }

    /// All payments, the newest first (inferred).
    pub fn list_payments(&self, list: ListParams<PaymentId>) -> Pager<Payment> {
        let read = self.reads_payment(None);
        pager(self, LIST_PAYMENTS, "payments", list, |payment: &Payment| payment.id.as_str(), read)
    }

    /// Captures a payment that was created with [`CaptureMethod::Manual`]. **This moves money.**
    ///
    /// All of it: the document describes no part. After an unknown outcome send it again under the same key, or look:
    /// [`Client::retrieve_payment`].
    ///
    /// [`CaptureMethod::Manual`]: crate::CaptureMethod::Manual
    pub fn capture_payment(&self, id: &PaymentId) -> Call<Payment, Keyed> {
        let path = Path::new("payments").segment(id).segment(&"capture");
        let request = self.private(|| post_nothing(path, id.clone()));
        self.connection.auto_keyed_call(CAPTURE_PAYMENT, request, self.reads_payment(Some(id)))
    }

    /// Cancels a payment that has not been captured: the authorization is released.
    ///
    /// It moves no money, so [`Error::may_have_moved_money`] is false whatever comes of it; but its outcome matters.
    /// While that is unknown, neither count on the authorization nor tell the customer that it is gone: send it again
    /// under the same key, or look with [`Client::retrieve_payment`].
    ///
    /// [`Error::may_have_moved_money`]: crate::Error::may_have_moved_money
    pub fn cancel_payment(&self, id: &PaymentId) -> Call<Payment, Keyed> {
        let path = Path::new("payments").segment(id).segment(&"cancel");
        let request = self.private(|| post_nothing(path, id.clone()));
        self.connection.auto_keyed_call(CANCEL_PAYMENT, request, self.reads_payment(Some(id)))
    }

    /// Reads a payment, and holds it against the key's mode and the id that was asked for.
    pub(crate) fn reads_payment(
        &self,
        id: Option<&PaymentId>,
    ) -> impl Fn(RawJson) -> Result<Payment, DecodeError> + Clone + Send + Sync + 'static {
        let (mode, id) = (self.mode(), id.cloned());
        move |raw| {
            let payment = Payment::read(raw)?;
            check_mode(mode, payment.livemode)?;
            id.as_ref().map_or(Ok(()), |id| same_id(&payment.id, id))?;
            Ok(payment)
        }
    }
}

#[derive(Deserialize)]
struct WirePayment {
    id: PaymentId,
    amount: Whole,
    #[serde(default)]
    amount_capturable: Option<Whole>,
    #[serde(default)]
    amount_received: Option<Whole>,
    currency: Currency,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    customer: Option<CustomerId>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    payment_method: Option<PaymentMethodId>,
    status: PaymentStatus,
    created: Whole,
    livemode: bool,
    #[serde(default, deserialize_with = "metadata")]
    metadata: BTreeMap<String, String>,
}

const RETRIEVE_PAYMENT: Operation = Operation::read("retrieve_payment");
const LIST_PAYMENTS: Operation = Operation::read("list_payments");
const CAPTURE_PAYMENT: Operation = Operation::move_money("capture_payment").stable_id("capture_payment");
/// It takes nothing and pays nothing out; done twice, it has released the same authorization once.
const CANCEL_PAYMENT: Operation = Operation::write("cancel_payment").stable_id("cancel_payment");
