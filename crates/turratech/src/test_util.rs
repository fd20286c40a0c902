//! Signed webhooks, events and models, for tests of your own code.

use payments_core::http::{HeaderMap, HeaderValue};
use payments_core::json::{self, DecodeError};
use payments_core::time::OffsetDateTime;
use payments_core::webhook::{self, Delivery, Verified, VerifyError};

use crate::customer::Customer;
use crate::event::Event;
use crate::payment::Payment;
use crate::payment_method::PaymentMethod;
use crate::refund::Refund;
use crate::subscription::{CancelledSubscription, Subscription};
use crate::webhook::{WebhookSecret, WebhookVerifier};
use crate::webhook_endpoint::WebhookEndpoint;

/// Returns the value of `turratech-signature` for a body that is signed at this time.
///
/// ```
/// use turratech::payments_core::time::OffsetDateTime;
/// use turratech::{EventType, WebhookSecret, WebhookVerifier, test_util::sign};
///
/// let secret = WebhookSecret::new("whsec_123")?;
/// let body = br#"{"id":"evt_1","object":"event","type":"invoice.paid","created":1704067200,"livemode":false,
///                 "data":{"object":{"id":"in_1"}}}"#;
/// let signature = sign(&secret, body, OffsetDateTime::from(std::time::SystemTime::now()));
///
/// let event = WebhookVerifier::new(secret).verify_signature(body, signature.as_bytes()).unwrap();
/// assert_eq!(event.event_type, EventType::InvoicePaid);
/// # Ok::<(), turratech::ValidationError>(())
/// ```
#[must_use]
pub fn sign(secret: &WebhookSecret, body: &[u8], at: OffsetDateTime) -> String {
    let time = at.unix_timestamp().to_string();
    let signature = webhook::sign(secret.secret(), &[time.as_bytes(), b".", body]);
    let hex: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={time},v1={hex}")
}

/// Returns a signed webhook that was received at this time.
///
/// ```
/// use turratech::payments_core::time::OffsetDateTime;
/// use turratech::{WebhookSecret, WebhookVerifier, test_util::delivery};
///
/// let secret = WebhookSecret::new("whsec_123")?;
/// let body = br#"{"id":"evt_1","object":"event","type":"invoice.paid","created":1704067200,"livemode":false,
///                 "data":{"object":{"id":"in_1"}}}"#;
/// let delivery = delivery(&secret, body, OffsetDateTime::UNIX_EPOCH);
///
/// assert!(WebhookVerifier::new(secret).verify_delivery(&delivery).is_ok()); // years later
/// # Ok::<(), turratech::ValidationError>(())
/// ```
#[must_use]
pub fn delivery(secret: &WebhookSecret, body: &[u8], received_at: OffsetDateTime) -> Delivery {
    let mut headers = HeaderMap::new();
    if let Ok(signature) = HeaderValue::try_from(sign(secret, body, received_at)) {
        headers.insert(WebhookVerifier::SIGNATURE_HEADER, signature);
    }
    Delivery::new(body, &headers, received_at)
}

/// Returns the event of a webhook's body, signed and verified with a secret of its own.
///
/// ```
/// use turratech::{EventType, test_util::verified_event};
///
/// let body = r#"{"id":"evt_1","object":"event","type":"invoice.paid","created":1704067200,"livemode":false,
///                "data":{"object":{"id":"in_1"}}}"#;
/// assert_eq!(verified_event(body).unwrap().event_type, EventType::InvoicePaid);
/// ```
///
/// # Errors
///
/// Returns [`VerifyError::Unreadable`] if the body cannot be read.
pub fn verified_event(body: impl AsRef<[u8]>) -> Result<Verified<Event>, VerifyError> {
    let secret = WebhookSecret::new(SECRET).map_err(|_| VerifyError::Rejected)?;
    let delivery = delivery(&secret, body.as_ref(), OffsetDateTime::UNIX_EPOCH);
    WebhookVerifier::new(secret).verify_delivery(&delivery)
}

/// Reads a payment from the body of a response.
///
/// ```
/// let body = r#"{"id":"pay_1","status":"succeeded","amount":2000,"currency":"usd","livemode":false}"#;
/// let payment = turratech::test_util::payment(body).unwrap();
/// assert!(payment.is_paid());
/// ```
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn payment(body: impl AsRef<[u8]>) -> Result<Payment, DecodeError> {
    json::read(body.as_ref()).map(Payment::read)
}

/// Reads a refund from the body of a response.
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn refund(body: impl AsRef<[u8]>) -> Result<Refund, DecodeError> {
    json::read(body.as_ref()).map(Refund::read)
}

/// Reads a customer from the body of a response.
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn customer(body: impl AsRef<[u8]>) -> Result<Customer, DecodeError> {
    json::read(body.as_ref()).map(Customer::read)
}

/// Reads a payment method from the body of a response.
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn payment_method(body: impl AsRef<[u8]>) -> Result<PaymentMethod, DecodeError> {
    json::read(body.as_ref()).map(PaymentMethod::read)
}

/// Reads a subscription from the body of a response.
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn subscription(body: impl AsRef<[u8]>) -> Result<Subscription, DecodeError> {
    json::read(body.as_ref()).map(Subscription::read)
}

/// Reads the response of `cancel_subscription`.
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn cancelled_subscription(body: impl AsRef<[u8]>) -> Result<CancelledSubscription, DecodeError> {
    CancelledSubscription::read(json::read(body.as_ref())?)
}

/// Reads the response of `create_webhook_endpoint`.
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn webhook_endpoint(body: impl AsRef<[u8]>) -> Result<WebhookEndpoint, DecodeError> {
    WebhookEndpoint::read(json::read(body.as_ref())?)
}

/// The secret of events that a test makes.
const SECRET: &str = "test-util";
