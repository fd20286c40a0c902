use payments_core::id::check_id;
use payments_core::{ValidationError, string_newtype};

string_newtype! {
    /// The merchant's own tracking number of an order.
    ///
    /// Any text; the document gives no form and no length, and does not say that a number is taken only once.
    pub struct MerchantOrderId("order_id"): |text| check_filled("order_id", text);
}

string_newtype! {
    /// The merchant's own id of a customer.
    pub struct CustomerId("customer_id"): |text| check_filled("customer_id", text);
}

string_newtype! {
    /// The provider's id of a payment: a UUID (documented).
    ///
    /// Anything that can stand in a path is taken, so that an executed payment is read whatever its id looks like.
    pub struct PaymentId("payment_id"): |text| check_id("payment_id", text);
}

string_newtype! {
    /// The provider's id of a checkout: a UUID (documented).
    ///
    /// Anything that can stand in a path is taken, as with a [`PaymentId`].
    pub struct CheckoutId("checkout_id"): |text| check_id("checkout_id", text);
}

impl PaymentId {
    /// True for the same payment: a UUID is the same in upper case and in lower case.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.as_str().eq_ignore_ascii_case(other.as_str())
    }
}

/// What a document requires, and gives no other rule for.
pub(crate) fn check_filled(field: &'static str, text: &str) -> Result<(), ValidationError> {
    if text.is_empty() { Err(ValidationError::new(field, "must not be empty")) } else { Ok(()) }
}
