//! For the tests of a merchant's own webhook handler: deliveries as TurraTech signs them.

use payments_core::time::OffsetDateTime;
use payments_core::webhook;

use crate::webhook::WebhookSecret;

/// The value of `turratech-signature` for this body, signed at this time.
///
/// ```
/// use turratech::payments_core::time::OffsetDateTime;
/// use turratech::{EventType, WebhookVerifier, WebhookSecret, test_util::sign};
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
