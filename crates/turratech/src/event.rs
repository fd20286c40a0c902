use payments_core::json::{self, DecodeError, ProviderMessage, RawJson, Read, UnreadableMembers};
use payments_core::open_enum;
use payments_core::provider::Operation;
use payments_core::time::OffsetDateTime;
use serde::{Deserialize, Serialize, Serializer};

use crate::customer::Customer;
use crate::error::SPEC;
use crate::fields::{stored_timestamp, timestamp};
use crate::id::EventId;
use crate::payment::Payment;
use crate::refund::Refund;
use crate::subscription::Subscription;

open_enum! {
    /// The type of an event: what happened.
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
        /// The payment of an invoice failed.
        InvoicePaymentFailed = "invoice.payment_failed",
        /// A refund was created.
        RefundCreated = "refund.created",
        /// A chargeback or dispute was opened.
        DisputeCreated = "dispute.created",
    }
}

/// The content of a verified webhook.
///
/// The members are inferred: the document lists event types and shows only `type`.
///
/// An event cannot be deserialized, because unsigned bytes would then become an event. Store the
/// [`Delivery`](payments_core::webhook::Delivery), and verify it again with
/// [`WebhookVerifier::verify_delivery`](crate::WebhookVerifier::verify_delivery):
///
/// ```compile_fail,E0277
/// let forged: turratech::Event = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// TurraTech's id of the event. An event may be delivered more than once (documented), so process each id once.
    pub id: EventId,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When the event was created, if the event says so.
    #[serde(serialize_with = "stored_timestamp::serialize")]
    pub created: Option<OffsetDateTime>,
    /// True for real money, false for test money.
    pub livemode: bool,
    /// The object that the event is about, as received. [`Event::object`] decodes it.
    ///
    /// In the serialized form possible card numbers are masked, and security codes are redacted.
    #[serde(serialize_with = "serialize_masked")]
    pub raw_object: RawJson,
    #[serde(skip)]
    unreadable: UnreadableMembers,
}

impl Event {
    /// Decodes the object that the event is about, according to the event's type.
    ///
    /// The event type says what happened. The object shows the state at that time. Before you deliver goods, look at the
    /// payment's own status, and compare the payment with your order: [`Payment::check_metadata`] also compares the mode.
    ///
    /// # Errors
    ///
    /// Returns an error if the object does not fit the event type, or if its mode differs from the event's. Respond with
    /// 500 and investigate: TurraTech signed the event.
    pub fn object(&self) -> Result<EventObject, DecodeError> {
        let object = match self.event_type {
            EventType::PaymentSucceeded | EventType::PaymentFailed => self
                .decode(Payment::read)
                .and_then(|payment| self.expect_same_mode(&payment).map(|()| EventObject::Payment(payment))),
            EventType::CustomerCreated => self.decode(Customer::read).map(EventObject::Customer),
            EventType::SubscriptionCreated | EventType::SubscriptionUpdated | EventType::SubscriptionDeleted => {
                self.decode(Subscription::read).map(EventObject::Subscription)
            }
            EventType::RefundCreated => self.decode(Refund::read).map(EventObject::Refund),
            EventType::InvoicePaid
            | EventType::InvoicePaymentFailed
            | EventType::DisputeCreated
            | EventType::Unknown(_) => Ok(EventObject::Other(self.raw_object.clone())),
        };
        object.map_err(|problem| problem.within("data.object"))
    }

    /// Decodes the payment that the event is about; `None` if the event is about another kind of object.
    ///
    /// ```
    /// use turratech::payments_core::json::DecodeError;
    /// use turratech::{Event, Expected, Verified};
    ///
    /// /// Returns true if the event says that this order is paid.
    /// fn is_paid(event: &Verified<Event>, order: &Expected) -> Result<bool, DecodeError> {
    ///     let payment = event.payment()?;
    ///     Ok(payment.is_some_and(|payment| payment.is_paid() && payment.check_metadata("order_id", order).is_ok()))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Event::object`].
    pub fn payment(&self) -> Result<Option<Payment>, DecodeError> {
        match self.event_type {
            EventType::PaymentSucceeded | EventType::PaymentFailed => match self.object()? {
                EventObject::Payment(payment) => Ok(Some(payment)),
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    /// The members of the event that could not be read as expected. Usually there are none.
    ///
    /// Those that [`Event::object`] finds are at the decoded object, such as [`Payment::unreadable_members`].
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    /// Reads the event of a signed body.
    pub(crate) fn read(body: &[u8]) -> Result<Self, DecodeError> {
        let Read { value: wire, unreadable, .. } = json::read::<WireEvent>(body)?;
        unreadable.trace(SPEC.provider, WEBHOOK);
        Ok(Self {
            id: wire.id,
            event_type: wire.r#type,
            created: wire.created,
            livemode: wire.livemode,
            raw_object: wire.data.0.object,
            unreadable,
        })
    }

    fn decode<W: ProviderMessage, T>(&self, read: fn(Read<'_, W>) -> T) -> Result<T, DecodeError> {
        let message = json::read::<W>(self.raw_object.as_str().as_bytes())?;
        message.unreadable.trace(SPEC.provider, WEBHOOK);
        Ok(read(message))
    }

    fn expect_same_mode(&self, payment: &Payment) -> Result<(), DecodeError> {
        if payment.livemode == self.livemode {
            Ok(())
        } else {
            Err(DecodeError::new("livemode", "differs from the event's `livemode`"))
        }
    }
}

/// The object that an event is about.
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
    /// An object that the document does not describe: an invoice, a dispute, or the object of an unknown event type.
    ///
    /// In the serialized form possible card numbers are masked, and security codes are redacted.
    Other(#[serde(serialize_with = "serialize_masked")] RawJson),
}

/// Events are serialized for logs, so they must not show more than a stored model.
fn serialize_masked<S: Serializer>(raw: &RawJson, serializer: S) -> Result<S::Ok, S::Error> {
    raw.masked().serialize(serializer)
}

#[derive(Deserialize)]
struct WireEvent {
    id: EventId,
    r#type: EventType,
    #[serde(default, deserialize_with = "timestamp")]
    created: Option<OffsetDateTime>,
    livemode: bool,
    data: json::Object<WireData>,
}

impl ProviderMessage for WireEvent {
    const DECIDING: &'static [&'static str] =
        &["id", "type", "livemode", "data.object.id", "data.object.status", "data.object.livemode"];
}

#[derive(Deserialize)]
struct WireData {
    object: RawJson,
}

/// The name of a webhook in the trace.
const WEBHOOK: Operation = Operation::read("webhook");
