//! For the tests of a merchant's own webhook handler: deliveries as TurboPay signs them.

use payments_core::webhook;

use crate::webhook::WebhookKey;

/// The value of `x-pay-signature` for this body.
///
/// ```
/// use turbopay::{WebhookVerifier, WebhookKey, test_util::sign};
///
/// let key = WebhookKey::new("whk-123")?;
/// let body = br#"{"order_id":"849655cf","merchant_order_id":"O_7","status":"success","amount":"200.00"}"#;
/// let signature = sign(&key, body);
///
/// let event = WebhookVerifier::new(key).verify_signature(body, signature.as_bytes()).unwrap();
/// assert_eq!(event.merchant_order_id.as_str(), "O_7");
/// # Ok::<(), turbopay::payments_core::ValidationError>(())
/// ```
#[must_use]
pub fn sign(key: &WebhookKey, body: &[u8]) -> String {
    webhook::sign(key.secret(), &[body]).iter().map(|byte| format!("{byte:02x}")).collect()
}
