use axum::http::HeaderMap;
use payments_core::webhook::{Acknowledgement, Delivery, Unverified, VerifyError};
use turbo_txn::{CallbackDecryptor, MerchantOrderId};

use crate::{StorableSource, WebhookSource};

/// Decryption does not verify the sender, so a handler receives only the id of an order to look up.
impl WebhookSource for CallbackDecryptor {
    type Output = Unverified<MerchantOrderId>;

    const ACKNOWLEDGEMENT: Acknowledgement = Self::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], _: &HeaderMap) -> Result<Self::Output, VerifyError> {
        self.decrypt(body)
    }
}

impl StorableSource for CallbackDecryptor {
    fn receive_delivery(&self, delivery: &Delivery) -> Result<Self::Output, VerifyError> {
        self.decrypt_delivery(delivery)
    }
}
