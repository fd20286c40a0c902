use axum::http::HeaderMap;
use card3ds::{CheckoutCallback, ThreeDsCallback, ThreeDsFailure};
use payments_core::webhook::{Acknowledgement, Unverified, VerifyError};

use crate::WebhookSource;

/// Takes what is posted to a 3-D Secure payment's success address: to be completed, not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to set up")]
pub struct ThreeDsSuccessCallback;

impl WebhookSource for ThreeDsSuccessCallback {
    type Output = Unverified<ThreeDsCallback>;

    const ACKNOWLEDGEMENT: Acknowledgement = ThreeDsCallback::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], _: &HeaderMap) -> Result<Self::Output, VerifyError> {
        ThreeDsCallback::parse(body)
    }
}

/// Takes what is posted to a 3-D Secure payment's failure address: nothing is to be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to set up")]
pub struct ThreeDsFailureCallback;

impl WebhookSource for ThreeDsFailureCallback {
    type Output = Unverified<ThreeDsFailure>;

    const ACKNOWLEDGEMENT: Acknowledgement = ThreeDsCallback::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], _: &HeaderMap) -> Result<Self::Output, VerifyError> {
        ThreeDsFailure::parse(body)
    }
}

/// Takes what is posted to a checkout's callback address: to be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to set up")]
pub struct HostedCheckoutCallback;

impl WebhookSource for HostedCheckoutCallback {
    type Output = Unverified<CheckoutCallback>;

    const ACKNOWLEDGEMENT: Acknowledgement = CheckoutCallback::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], _: &HeaderMap) -> Result<Self::Output, VerifyError> {
        CheckoutCallback::parse(body)
    }
}
