//! Signed webhooks, for testing your own webhook handler.

use payments_core::webhook;

use crate::webhook::WebhookKey;

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
