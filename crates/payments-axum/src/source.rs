use axum::http::HeaderMap;
use payments_core::webhook::{Acknowledgement, VerifyError};

/// What believes or refuses a provider's deliveries: its endpoint, as the provider's crate has it.
///
/// What it gives is proved (`Verified`) or no more than what to ask about (`Unverified`); it never gives a body.
pub trait WebhookSource: Clone + Send + Sync + 'static {
    /// What a handler gets.
    type Output: Send + 'static;

    /// What the provider expects as the answer.
    const ACKNOWLEDGEMENT: Acknowledgement;

    /// Believes a delivery, or refuses it. `body` is the raw body.
    ///
    /// # Errors
    ///
    /// When it is not to be believed, or cannot be read.
    fn receive(&self, body: &[u8], headers: &HeaderMap) -> Result<Self::Output, VerifyError>;
}
