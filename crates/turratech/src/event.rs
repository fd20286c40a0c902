use payments_core::id::check_id;
use payments_core::json::{self, DecodeError, RawJson};
use payments_core::time::OffsetDateTime;
use payments_core::{open_enum, string_newtype};
use serde::{Deserialize, Serialize};

use crate::customer::Customer;
use crate::payment::Payment;
use crate::refund::Refund;
use crate::subscription::Subscription;
use crate::wire::{Whole, time_of, unix_seconds};

string_newtype! {
    /// TurraTech's id of an event: what repetitions of it have in common.
    pub struct EventId("event"): |text| check_id("event", text);
}

open_enum! {
    /// What happened.
    pub enum EventType {
        /// A payment was successfully processed.
        PaymentSucceeded = "payment.succeeded",
        /// A payment attempt failed.
        PaymentFailed = "payment.failed",
        /// A customer was created.
        CustomerCreated = "customer.created",
        /// A subscription was created.
        SubscriptionCreated = "subscription.created",
        /// A subscription was changed.
        SubscriptionUpdated = "subscription.updated",
        /// A subscription was cancelled.
        SubscriptionDeleted = "subscription.deleted",
        /// An invoice was paid.
        InvoicePaid = "invoice.paid",
        /// Paying an invoice failed.
        InvoicePaymentFailed = "invoice.payment_failed",
        /// A refund was created.
        RefundCreated = "refund.created",
        /// A chargeback or dispute was opened.
        DisputeCreated = "dispute.created",
    }
}

/// What a webhook says. Only a verification makes one.
///
/// Its members are inferred: the document names the types and shows `type` alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// TurraTech's id: events come more than once (documented), so work once per id.
    pub id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When.
    #[serde(serialize_with = "unix_seconds")]
    pub created: OffsetDateTime,
    /// Whether it is about real money.
    pub livemode: bool,
    /// What it happened to, as it came: [`Event::object`] decodes it.
    pub raw_object: RawJson,
}

impl Event {
    /// What it happened to, decoded by the type of the event.
    ///
    /// An event type says what happened, its object how things stood then: look at the payment's own status before
    /// goods leave, and hold it against the books with [`Payment::check`], which looks at the mode too.
    ///
    /// # Errors
    ///
    /// When the object is not what its type promises, or of another mode than the event. Answer 500 and look:
    /// TurraTech signed it.
    pub fn object(&self) -> Result<EventObject, DecodeError> {
        let raw = self.raw_object.clone();
        let object = match self.event_type {
            EventType::PaymentSucceeded | EventType::PaymentFailed => {
                Payment::read(raw).and_then(|payment| self.same_mode(&payment).map(|()| EventObject::Payment(payment)))
            }
            EventType::CustomerCreated => Customer::read(raw).map(EventObject::Customer),
            EventType::SubscriptionCreated | EventType::SubscriptionUpdated | EventType::SubscriptionDeleted => {
                Subscription::read(raw).map(EventObject::Subscription)
            }
            EventType::RefundCreated => Refund::read(raw).map(EventObject::Refund),
            EventType::InvoicePaid
            | EventType::InvoicePaymentFailed
            | EventType::DisputeCreated
            | EventType::Unknown(_) => Ok(EventObject::Other(raw)),
        };
        object.map_err(|problem| problem.within("data.object"))
    }

    pub(crate) fn read(body: &[u8]) -> Result<Self, DecodeError> {
        let wire: WireEvent = json::decode_object(body)?;
        Ok(Self {
            id: wire.id,
            event_type: wire.r#type,
            created: time_of("created", wire.created)?,
            livemode: wire.livemode,
            raw_object: wire.data.object,
        })
    }

    fn same_mode(&self, payment: &Payment) -> Result<(), DecodeError> {
        if payment.livemode == self.livemode {
            Ok(())
        } else {
            Err(DecodeError::new("livemode", "is another mode than the event's"))
        }
    }
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum EventObject {
    /// A payment: `payment.succeeded`, `payment.failed`.
    Payment(Payment),
    /// A customer: `customer.created`.
    Customer(Customer),
    /// A subscription: `subscription.created`, `subscription.updated`, `subscription.deleted`.
    Subscription(Subscription),
    /// A refund: `refund.created`.
    Refund(Refund),
    /// An object that the document does not describe.
    ///
    /// An invoice, a dispute, that of a type nobody knows yet.
    Other(RawJson),
}

#[derive(Deserialize)]
struct WireEvent {
    id: EventId,
    r#type: EventType,
    created: Whole,
    livemode: bool,
    data: WireData,
}

#[derive(Deserialize)]
struct WireData {
    object: RawJson,
}
