use axum::http::HeaderMap;
use payments_core::webhook::{Acknowledgement, Delivery, Verified, VerifyError};
use turbopay::{Event, WebhookVerifier};

use crate::{StorableSource, WebhookSource};

impl WebhookSource for WebhookVerifier {
    type Output = Verified<Event>;

    const ACKNOWLEDGEMENT: Acknowledgement = Self::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], headers: &HeaderMap) -> Result<Self::Output, VerifyError> {
        self.verify(body, headers)
    }
}

impl StorableSource for WebhookVerifier {
    fn receive_delivery(&self, delivery: &Delivery) -> Result<Self::Output, VerifyError> {
        self.verify_delivery(delivery)
    }
}
