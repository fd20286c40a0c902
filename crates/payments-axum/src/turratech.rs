use axum::http::HeaderMap;
use payments_core::webhook::{Acknowledgement, Verified, VerifyError};
use turratech::{Event, WebhookEndpoint};

use crate::Receiver;

impl Receiver for WebhookEndpoint {
    type Taken = Verified<Event>;

    const ACKNOWLEDGEMENT: Acknowledgement = Self::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], headers: &HeaderMap) -> Result<Self::Taken, VerifyError> {
        self.verify(body, headers)
    }
}
