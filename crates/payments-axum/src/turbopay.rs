use axum::http::HeaderMap;
use payments_core::webhook::{Acknowledgement, Verified, VerifyError};
use turbopay::{Event, WebhookVerifier};

use crate::WebhookSource;

impl WebhookSource for WebhookVerifier {
    type Output = Verified<Event>;

    const ACKNOWLEDGEMENT: Acknowledgement = Self::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], headers: &HeaderMap) -> Result<Self::Output, VerifyError> {
        self.verify(body, headers)
    }
}
