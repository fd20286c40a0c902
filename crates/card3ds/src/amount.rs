use std::fmt;

use payments_core::decimal;
use payments_core::json::JsonNumber;
use payments_core::{Currency, Money, MoneyError, ValidationError, mask_card_numbers};
use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::fields::any_value;

/// The commission for a payment, exactly as the provider wrote it.
///
/// The number is kept as text, because it may have more decimals than the currency. An unusual number cannot make an
/// executed payment undecodable: it fails only when you convert it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Commission(Box<str>);

impl Commission {
    /// The number as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Converts the number to an exact decimal.
    ///
    /// # Errors
    ///
    /// Returns an error if the number has an exponent, or more digits than an exact decimal holds.
    pub fn decimal(&self) -> Result<Decimal, MoneyError> {
        Ok(decimal::parse(&self.0)?)
    }

    /// Converts the number to money.
    ///
    /// # Errors
    ///
    /// Returns an error if the number has more decimals than the currency: nothing is rounded.
    pub fn money(&self, currency: Currency) -> Result<Money, MoneyError> {
        Money::parse(&self.0, currency)
    }

    /// Reads any number, also one in quotes. A missing, `null` or empty member is `None`.
    pub(crate) fn deserialize_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let Some(text) = any_value(deserializer)? else { return Ok(None) };
        // Valid JSON that starts like a number is a number.
        let is_json = serde_json::from_str::<&RawValue>(&text).is_ok_and(|json| json.get() == text);
        let is_number = is_json && text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        if is_number { Ok(Some(Self((*text).into()))) } else { Err(D::Error::custom("is not a number")) }
    }
}

impl fmt::Display for Commission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Commission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A faulty response may contain a card number here.
        write!(f, "Commission({})", mask_card_numbers(&self.0))
    }
}

/// Converts the amount of a request to a JSON number with exactly the currency's decimals.
pub(crate) fn wire_amount(amount: Money) -> Result<JsonNumber, ValidationError> {
    amount.check_positive("amount")?;
    JsonNumber::decimal(amount)
        .map_err(|problem| ValidationError::new("currency", format!("cannot be used: {problem}")))
}
