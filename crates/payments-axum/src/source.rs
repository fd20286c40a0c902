use axum::http::HeaderMap;
use payments_core::clock::{Clock as _, SystemClock};
use payments_core::time::OffsetDateTime;
use payments_core::webhook::{Acknowledgement, Delivery, VerifyError};

/// A source of webhooks or callbacks: the verifier, decryptor or parser of a provider's crate.
///
/// Its output is either `Verified`, or `Unverified` with only an id. A handler never receives a raw body.
pub trait WebhookSource: Clone + Send + Sync + 'static {
    /// The value that a handler receives.
    type Output: Send + 'static;

    /// The response that the provider expects for an accepted delivery.
    const ACKNOWLEDGEMENT: Acknowledgement;

    /// True if the query of a GET request counts as the body. Only `OrQuery` sets it.
    const ACCEPTS_QUERY: bool = false;

    /// Verifies or parses a delivery. `body` is the raw body.
    ///
    /// # Errors
    ///
    /// Returns an error if the delivery cannot be verified, or if its body cannot be decoded.
    fn receive(&self, body: &[u8], headers: &HeaderMap) -> Result<Self::Output, VerifyError>;
}

/// A source whose deliveries may be stored and verified later.
///
/// The forms of a 3-D Secure payment are no such source: a form contains the key that charges the card.
///
/// ```compile_fail,E0277
/// async fn on_success(_: payments_axum::StorableWebhook<payments_axum::ThreeDsSuccessCallback>) {}
/// ```
pub trait StorableSource: WebhookSource {
    /// Returns the current time, which becomes the time of receipt. The default is the system clock's.
    fn now(&self) -> OffsetDateTime {
        SystemClock::new().now()
    }

    /// Verifies or parses a delivery, as of its time of receipt.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`WebhookSource::receive`].
    fn receive_delivery(&self, delivery: &Delivery) -> Result<Self::Output, VerifyError>;
}
