//! Links and lists, for tests of your own code.

use payments_core::json::{self, DecodeError};

use crate::link::PaymentLink;
use crate::list::PaymentList;

/// Reads a payment link from an item of a list.
///
/// ```
/// let body = r#"{"id":"abc123","amount":"$1.00","status":"completed"}"#;
/// let link = turbo_link::test_util::payment_link(body).unwrap();
/// assert_eq!(link.amount().unwrap().to_string(), "1.00 USD");
/// ```
///
/// # Errors
///
/// Returns an error if the item cannot be read.
pub fn payment_link(body: impl AsRef<[u8]>) -> Result<PaymentLink, DecodeError> {
    PaymentLink::of(json::read(body.as_ref())?)
}

/// Reads a list from the response of `list_links`.
///
/// # Errors
///
/// Returns an error if the body cannot be read.
pub fn payment_list(body: impl AsRef<[u8]>) -> Result<PaymentList, DecodeError> {
    PaymentList::of(json::read(body.as_ref())?)
}
