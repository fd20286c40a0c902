use std::borrow::Cow;
use std::fmt;

use payments_core::decimal;
use payments_core::json::{self, JsonNumber};
use payments_core::{Currency, Money, MoneyError, ValidationError, mask_card_numbers};
use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// What the merchant is charged for a payment, exactly as the provider wrote it.
///
/// It may have more decimals than the currency, and is no reason to take an executed payment for anything else: so its
/// text is kept, whatever its length, and computed with when somebody asks.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Commission(Box<str>);

impl Commission {
    /// The number, as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same as an exact decimal.
    ///
    /// # Errors
    ///
    /// When it has an exponent, or more digits than an exact decimal holds. [`Commission::as_str`] has it all the same.
    pub fn decimal(&self) -> Result<Decimal, MoneyError> {
        Ok(decimal::parse(&self.0)?)
    }

    /// The same as money.
    ///
    /// # Errors
    ///
    /// When it has a fraction of the currency's smallest unit: nothing is rounded.
    pub fn money(&self, currency: Currency) -> Result<Money, MoneyError> {
        Money::parse(&self.0, currency)
    }

    /// For reading: any number, also in quotes. Missing, `null` and empty are "not said".
    pub(crate) fn as_it_came<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let Some(text) = scalar(deserializer)? else { return Ok(None) };
        // What is JSON and begins like a number is one.
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
        // A provider that puts its answers together wrongly may put a card's number here.
        write!(f, "Commission({})", mask_card_numbers(&self.0))
    }
}

/// An amount as a request carries it: a number with exactly its currency's decimals.
pub(crate) fn wire_amount(amount: Money) -> Result<JsonNumber, ValidationError> {
    amount.check_positive("amount")?;
    JsonNumber::decimal(amount)
        .map_err(|problem| ValidationError::new("currency", format!("cannot be used: {problem}")))
}

/// For reading: a count, `3` or `3.0`.
pub(crate) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    whole(json::decimal::deserialize(deserializer)?)
}

/// The same where it may be missing, `null` or empty.
pub(crate) fn count_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let Some(text) = scalar(deserializer)? else { return Ok(None) };
    whole(decimal::parse(&text).map_err(D::Error::custom)?).map(Some)
}

/// The text of what is optional, whether it stands in quotes or not; nothing for `null` and for an empty one.
pub(crate) fn scalar<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    let Some(raw) = Option::<&RawValue>::deserialize(deserializer)?.map(RawValue::get) else { return Ok(None) };
    let text = if raw.starts_with('"') {
        serde_json::from_str::<String>(raw).map_err(D::Error::custom)?.into()
    } else {
        Cow::Borrowed(raw)
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn whole<E: serde::de::Error>(number: Decimal) -> Result<u32, E> {
    let whole = number.fract().is_zero().then(|| u32::try_from(number).ok()).flatten();
    whole.ok_or_else(|| E::custom("is not a count"))
}
