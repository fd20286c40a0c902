//! The parameters of an operation, as they are stored and compared.

use payments_core::gateway::{
    CancelRequest, CaptureRequest, PaymentRequest, PayoutRequest, RefundRequest, WriteOperation,
};
use payments_core::{Money, ValidationError};
use serde::{Deserialize, Serialize};

/// A request of the shared vocabulary.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Start a payment.
    StartPayment(Box<PaymentRequest>),
    /// Capture an authorized payment.
    Capture(CaptureRequest),
    /// Cancel an authorized payment.
    Cancel(CancelRequest),
    /// Refund a payment.
    Refund(RefundRequest),
    /// Pay out.
    PayOut(PayoutRequest),
}
