use payments_core::id::{check_id, check_reference};
use payments_core::{ValidationError, check_length, json, string_newtype};
use serde::Deserializer;

string_newtype! {
    /// TurboPay's id of an order. It must be kept private (documented), so `Debug` does not show it.
    pub struct OrderId("order_id", private): |text| check_id("order_id", text);
}

string_newtype! {
    /// The merchant's own reference for an order: any text of 1 to 100 characters. TurboPay accepts each once.
    ///
    /// Use only letters, digits, `.`, `_` and `-`. Other characters are accepted and percent-encoded in a lookup, but
    /// no recorded exchange shows such a lookup, and TurboPay's web framework may read `%2F` as `/`.
    pub struct MerchantOrderId("merchant_order_id"): |text| check_reference("merchant_order_id", text, 100);
}

string_newtype! {
    /// The merchant's own id of a customer: 1 to 100 characters.
    pub struct MerchantCustomerId("merchant_customer_id"): |text| check_reference("merchant_customer_id", text, 100);
}

string_newtype! {
    /// The bank's reference of a transfer (UTR), as the customer's app shows it: 1 to 100 characters without
    /// whitespace.
    pub struct Utr("utr"): |text| check_utr(text);
}

impl Utr {
    /// Deserializes a UTR in any form that a bank uses. A missing, `null` or empty value is `None`.
    pub(crate) fn none_if_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(json::none_if_empty(deserializer)?.map(|text: String| Self(text.into())))
    }
}

fn check_utr(text: &str) -> Result<(), ValidationError> {
    check_length("utr", text, 100)?;
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(ValidationError::new("utr", "must not contain whitespace"));
    }
    Ok(())
}
