//! Signed webhooks, events and models, for tests of your own code.

use payments_core::Money;
use payments_core::http::{HeaderMap, HeaderValue};
use payments_core::json::{self, DecodeError};
use payments_core::time::OffsetDateTime;
use payments_core::webhook::{self, Delivery, Verified, VerifyError};

use crate::balance::Balance;
use crate::deposit::{Confirmation, HostToHostDeposit, HostedDeposit};
use crate::order::Order;
use crate::webhook::{Event, WebhookKey, WebhookVerifier};
use crate::withdrawal::Withdrawal;

/// Returns the value of the `x-pay-signature` header for this body.
///
/// ```
/// use turbopay::{WebhookKey, WebhookVerifier, test_util::sign};
///
/// let key = WebhookKey::new("whk-123")?;
/// let body = br#"{"order_id":"849655cf","merchant_order_id":"O_7","status":"success","amount":"200.00"}"#;
/// let signature = sign(&key, body);
///
/// let event = WebhookVerifier::new(key).verify_signature(body, signature.as_bytes()).unwrap();
/// assert_eq!(event.merchant_order_id.as_str(), "O_7");
/// # Ok::<(), turbopay::ValidationError>(())
/// ```
#[must_use]
pub fn sign(key: &WebhookKey, body: &[u8]) -> String {
    webhook::sign(key.secret(), &[body]).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns a signed webhook that was received at this time.
///
/// ```
/// use turbopay::payments_core::time::OffsetDateTime;
/// use turbopay::{WebhookKey, WebhookVerifier, test_util::delivery};
///
/// let key = WebhookKey::new("whk-123")?;
/// let body = br#"{"order_id":"849655cf","merchant_order_id":"O_7","status":"success","amount":"200.00"}"#;
/// let delivery = delivery(&key, body, OffsetDateTime::UNIX_EPOCH);
///
/// assert!(WebhookVerifier::new(key).verify_delivery(&delivery).is_ok());
/// # Ok::<(), turbopay::ValidationError>(())
/// ```
#[must_use]
pub fn delivery(key: &WebhookKey, body: &[u8], received_at: OffsetDateTime) -> Delivery {
    let mut headers = HeaderMap::new();
    if let Ok(signature) = HeaderValue::try_from(sign(key, body)) {
        headers.insert(WebhookVerifier::SIGNATURE_HEADER, signature);
    }
    Delivery::new(body, &headers, received_at)
}

/// Returns the event of a webhook's body, signed and verified with a key of its own.
///
/// ```
/// use turbopay::{OrderStatus, test_util::verified_event};
///
/// let body = r#"{"order_id":"849655cf","merchant_order_id":"O_7","status":"success","amount":"200.00"}"#;
/// let event = verified_event(body).unwrap();
/// assert_eq!(event.status, OrderStatus::Success);
/// ```
///
/// # Errors
///
/// Returns [`VerifyError::Unreadable`] if the body cannot be read.
pub fn verified_event(body: impl AsRef<[u8]>) -> Result<Verified<Event>, VerifyError> {
    let key = WebhookKey::new(KEY).map_err(|_| VerifyError::Rejected)?;
    let signature = sign(&key, body.as_ref());
    WebhookVerifier::new(key).verify_signature(body.as_ref(), signature.as_bytes())
}

/// Reads an order from the body of a lookup's response.
///
/// ```
/// let body = r#"{"order_id":"849655cf","merchant_order_id":"O_7","status":"success","amount":"200.00"}"#;
/// let order = turbopay::test_util::order(body).unwrap();
/// assert_eq!(order.amount().unwrap().to_string(), "200.00");
/// ```
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn order(body: impl AsRef<[u8]>) -> Result<Order, DecodeError> {
    json::read(body.as_ref()).map(Order::of)
}

/// Reads a deposit from the response of `create_deposit`.
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn hosted_deposit(body: impl AsRef<[u8]>) -> Result<HostedDeposit, DecodeError> {
    HostedDeposit::of(json::read(body.as_ref())?)
}

/// Reads a deposit of this amount from the response of `create_host_to_host_deposit`.
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn host_to_host_deposit(body: impl AsRef<[u8]>, amount: Money) -> Result<HostToHostDeposit, DecodeError> {
    HostToHostDeposit::of(json::read(body.as_ref())?, amount)
}

/// Reads a confirmation from the response of `confirm_utr`.
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn confirmation(body: impl AsRef<[u8]>) -> Result<Confirmation, DecodeError> {
    json::read(body.as_ref()).map(Confirmation::of)
}

/// Reads a withdrawal from the response of `create_withdrawal`.
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn withdrawal(body: impl AsRef<[u8]>) -> Result<Withdrawal, DecodeError> {
    json::read(body.as_ref()).map(Withdrawal::of)
}

/// Reads a balance from the response of `balance`.
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn balance(body: impl AsRef<[u8]>) -> Result<Balance, DecodeError> {
    Balance::of(json::read(body.as_ref())?)
}

/// The key of events that a test makes.
const KEY: &str = "test-util";
