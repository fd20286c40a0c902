//! Models, for tests of your own code.

use payments_core::Money;
use payments_core::json::{self, DecodeError, UnreadableItem};

use crate::checkout::{Checkout, WireCheckout};
use crate::installment::{InstallmentOption, options};
use crate::payment::Payment;
use crate::payment::wire;
use crate::requested::Requested;
use crate::three_ds::{Enrolment, WireEnrolment};

/// Reads a payment from the body of a response.
///
/// ```
/// let body = r#"{"paymentId":"p-1","orderId":"ORD-12345","status":"SUCCESS","amount":100.50,"currency":"TRY"}"#;
/// let payment = card3ds::test_util::payment(body).unwrap();
/// assert!(payment.into_success().is_ok());
/// ```
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn payment(body: impl AsRef<[u8]>) -> Result<Payment, DecodeError> {
    wire::payment(json::read(body.as_ref())?, &Requested::default())
}

/// Reads a checkout from the response of `create_checkout`.
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn checkout(body: impl AsRef<[u8]>) -> Result<Checkout, DecodeError> {
    WireCheckout::checkout(json::read(body.as_ref())?)
}

/// Reads an enrolment from the response of `start_3ds`.
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn enrolment(body: impl AsRef<[u8]>) -> Result<Enrolment, DecodeError> {
    WireEnrolment::enrolment(json::read(body.as_ref())?)
}

/// Reads the options for an amount from the response of `installment_options`.
///
/// # Errors
///
/// Returns an error if the body cannot be read, or if an option is in another currency.
pub fn installment_options(
    body: impl AsRef<[u8]>,
    amount: Money,
) -> Result<Vec<Result<InstallmentOption, UnreadableItem>>, DecodeError> {
    options(json::read(body.as_ref())?, amount)
}
