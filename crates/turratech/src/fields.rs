//! Fields that several objects share: amounts, currencies, times and URLs.

use payments_core::json::{self, DecodeError};
use payments_core::time::OffsetDateTime;
use payments_core::{Currency, Money, ValidationError};
use serde::{Deserialize, Serialize, Serializer};

/// An integer: an amount in the smallest currency unit, or a time in seconds.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Integer(#[serde(deserialize_with = "json::integer")] pub(crate) i64);

/// A currency code that is serialized in lower case.
pub(crate) struct LowerCaseCurrency(pub(crate) Currency);

impl Serialize for LowerCaseCurrency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.as_str().to_ascii_lowercase())
    }
}

/// Checks that a requested amount is greater than zero (inferred: the document sets no limits).
pub(crate) fn check_amount(amount: Money) -> Result<(), ValidationError> {
    amount.check_positive("amount")
}

/// Checks a URL of the merchant: `http` or `https`, with at most 2048 characters.
pub(crate) fn check_url(field: &'static str, url: &str) -> Result<(), ValidationError> {
    payments_core::id::check_url(field, url, MAX_URL_LENGTH)
}

/// Converts Unix seconds to a time.
pub(crate) fn timestamp(field: &'static str, seconds: Integer) -> Result<OffsetDateTime, DecodeError> {
    OffsetDateTime::from_unix_timestamp(seconds.0).map_err(|_| DecodeError::new(field, "is not a valid Unix timestamp"))
}

/// Serializes a time as Unix seconds, as TurraTech does.
pub(crate) fn serialize_timestamp<S: Serializer>(time: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(time.unix_timestamp())
}

/// The longest URL that every browser accepts (inferred: the document sets no limit).
const MAX_URL_LENGTH: usize = 2048;
