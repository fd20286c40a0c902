use std::fmt;

use payments_core::{ValidationError, check_length, json, string_newtype};
use serde::{Deserialize, Deserializer, Serialize};

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

/// The bank's reference of a transfer (UTR), as received.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Utr(Box<str>);

impl Utr {
    /// The text as received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For `#[serde(default, deserialize_with)]`: `None` if the value is missing, `null` or empty.
    pub(crate) fn none_if_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(json::none_if_empty(deserializer)?.map(|text: String| Self(text.into())))
    }
}

impl fmt::Display for Utr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
