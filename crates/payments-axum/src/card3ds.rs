use axum::http::HeaderMap;
use card3ds::{CheckoutCallback, ThreeDsCallback, ThreeDsFailure};
use payments_core::webhook::{Acknowledgement, Delivery, Unverified, VerifyError};

use crate::{StorableSource, WebhookSource};

/// A source for the forms that browsers post to the success URL of a 3-D Secure payment.
///
/// A form does not prove a payment. Complete the payment with `Client::complete_3ds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "it has no settings")]
pub struct ThreeDsSuccessCallback;

impl WebhookSource for ThreeDsSuccessCallback {
    type Output = Unverified<ThreeDsCallback>;

    const ACKNOWLEDGEMENT: Acknowledgement = ThreeDsCallback::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], _: &HeaderMap) -> Result<Self::Output, VerifyError> {
        ThreeDsCallback::parse(body)
    }
}

/// A source for the forms that browsers post to the failure URL of a 3-D Secure payment.
///
/// There is nothing to complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "it has no settings")]
pub struct ThreeDsFailureCallback;

impl WebhookSource for ThreeDsFailureCallback {
    type Output = Unverified<ThreeDsFailure>;

    const ACKNOWLEDGEMENT: Acknowledgement = ThreeDsCallback::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], _: &HeaderMap) -> Result<Self::Output, VerifyError> {
        ThreeDsFailure::parse(body)
    }
}

/// A source for the forms that are posted to the callback URL of a hosted checkout.
///
/// A form does not prove a payment. Look up the checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "it has no settings")]
pub struct HostedCheckoutCallback;

impl WebhookSource for HostedCheckoutCallback {
    type Output = Unverified<CheckoutCallback>;

    const ACKNOWLEDGEMENT: Acknowledgement = CheckoutCallback::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], _: &HeaderMap) -> Result<Self::Output, VerifyError> {
        CheckoutCallback::parse(body)
    }
}

impl StorableSource for HostedCheckoutCallback {
    fn receive_delivery(&self, delivery: &Delivery) -> Result<Self::Output, VerifyError> {
        CheckoutCallback::parse_delivery(delivery)
    }
}
