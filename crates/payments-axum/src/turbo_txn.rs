use axum::http::HeaderMap;
use payments_core::webhook::{Acknowledgement, Unconfirmed, VerifyError};
use turbo_txn::{Callbacks, OrderId};

use crate::Receiver;

/// That it decrypts proves nothing, so a handler gets an order to look up.
impl Receiver for Callbacks {
    type Taken = Unconfirmed<OrderId>;

    const ACKNOWLEDGEMENT: Acknowledgement = Self::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], _: &HeaderMap) -> Result<Self::Taken, VerifyError> {
        self.decrypt(body)
    }
}
