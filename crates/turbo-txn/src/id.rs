use payments_core::{ValidationError, check_length, json, string_newtype};
use serde::Deserializer;

string_newtype! {
    /// The merchant's own reference for an order: 1 to 100 visible ASCII characters.
    ///
    /// It must be unique (*documented*). The documentation does not say how duplicates are handled. The length and the
    /// characters are limited because the lookup sends the id in a header (*inferred*).
    pub struct MerchantOrderId("order_id"): |text| check_order_id(text);
}

fn check_order_id(text: &str) -> Result<(), ValidationError> {
    check_length("order_id", text, 100)?;
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(ValidationError::new("order_id", "must contain only visible ASCII characters and no spaces"))
    }
}

string_newtype! {
    /// Turbo Transactions' id of a transaction. No request accepts it.
    pub struct TxnId("txn_id"): |text| check_length("txn_id", text, 255);
}

string_newtype! {
    /// The bank's reference of a transfer (UTR), as received: any text that is not empty.
    pub struct Utr("utr"): |text| check_length("utr", text, usize::MAX);
}

impl Utr {
    /// For `#[serde(default, deserialize_with)]`: `None` if the value is missing, `null` or empty.
    pub(crate) fn none_if_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(json::none_if_empty(deserializer)?.map(|text: String| Self(text.into())))
    }
}
