use payments_core::id::check_id;
use payments_core::{check_length, string_newtype};

string_newtype! {
    /// The merchant's own id of an order (`orderId` on the wire).
    ///
    /// Any text that is not empty: the document limits neither its form nor its length. It does not say that an id is
    /// accepted only once.
    pub struct MerchantOrderId("order_id"): |text| check_length("order_id", text, UNLIMITED);
}

string_newtype! {
    /// The merchant's own id of a customer.
    pub struct CustomerId("customer_id"): |text| check_length("customer_id", text, UNLIMITED);
}

string_newtype! {
    /// The provider's id of a payment: a UUID (documented).
    ///
    /// Any id that is safe in a URL path is accepted, so that an unusual id cannot make an executed payment undecodable.
    pub struct PaymentId("payment_id"): |text| check_id("payment_id", text);
}

string_newtype! {
    /// The provider's id of a checkout: a UUID (documented).
    ///
    /// Any id that is safe in a URL path is accepted, as for a [`PaymentId`].
    pub struct CheckoutId("checkout_id"): |text| check_id("checkout_id", text);
}

impl PaymentId {
    /// Returns true if both ids name the same payment: a UUID may be written in upper or lower case.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.as_str().eq_ignore_ascii_case(other.as_str())
    }
}

/// The document limits the length of no text and no URL.
pub(crate) const UNLIMITED: usize = usize::MAX;
