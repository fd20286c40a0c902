use axum::http::HeaderMap;
use payments_core::webhook::{Acknowledgement, VerifyError};

/// A source of webhooks or callbacks: the verifier, decryptor or parser of a provider's crate.
///
/// Its output is either `Verified`, or `Unverified` with only an id. A handler never receives a raw body.
pub trait WebhookSource: Clone + Send + Sync + 'static {
    /// The value that a handler receives.
    type Output: Send + 'static;

    /// The response that the provider expects for an accepted delivery.
    const ACKNOWLEDGEMENT: Acknowledgement;

    /// Verifies or parses a delivery. `body` is the raw body.
    ///
    /// # Errors
    ///
    /// Returns an error if the delivery cannot be verified, or if its body cannot be decoded.
    fn receive(&self, body: &[u8], headers: &HeaderMap) -> Result<Self::Output, VerifyError>;
}
