use axum::http::HeaderMap;
use card3ds::{CheckoutCallback, ThreeDsCallback, ThreeDsFailure};
use payments_core::webhook::{Acknowledgement, Unconfirmed, VerifyError};

use crate::Receiver;

/// Takes what is posted to a 3-D Secure payment's success address: to be completed, not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to set up")]
pub struct PassedChallenges;

impl Receiver for PassedChallenges {
    type Taken = Unconfirmed<ThreeDsCallback>;

    const ACKNOWLEDGEMENT: Acknowledgement = ThreeDsCallback::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], _: &HeaderMap) -> Result<Self::Taken, VerifyError> {
        ThreeDsCallback::parse(body)
    }
}

/// Takes what is posted to a 3-D Secure payment's failure address: nothing is to be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to set up")]
pub struct FailedChallenges;

impl Receiver for FailedChallenges {
    type Taken = Unconfirmed<ThreeDsFailure>;

    const ACKNOWLEDGEMENT: Acknowledgement = ThreeDsCallback::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], _: &HeaderMap) -> Result<Self::Taken, VerifyError> {
        ThreeDsFailure::parse(body)
    }
}

/// Takes what is posted to a checkout's callback address: to be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to set up")]
pub struct Checkouts;

impl Receiver for Checkouts {
    type Taken = Unconfirmed<CheckoutCallback>;

    const ACKNOWLEDGEMENT: Acknowledgement = CheckoutCallback::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], _: &HeaderMap) -> Result<Self::Taken, VerifyError> {
        CheckoutCallback::parse(body)
    }
}
