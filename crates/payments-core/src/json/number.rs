use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::read::unquoted;
use crate::decimal::{self as exact, DecimalError};
use crate::reported::{ReportedAmount, ReportedCurrency};
use crate::{Currency, Money, MoneyError};

/// A JSON number kept as text, so that `100.50` is written as `100.50`.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct JsonNumber(Box<RawValue>);

impl JsonNumber {
    /// Creates a number from an integer.
    ///
    /// # Errors
    ///
    /// Never fails; the signature matches [`JsonNumber::decimal`].
    pub fn integer(number: i64) -> Result<Self, MoneyError> {
        Self::new(number.to_string())
    }

    /// Creates a number from an amount, with exactly the currency's decimals.
    ///
    /// # Errors
    ///
    /// Returns an error if the currency's decimals are unknown.
    pub fn decimal(amount: Money) -> Result<Self, MoneyError> {
        Self::new(amount.decimal_text()?)
    }

    fn new(text: String) -> Result<Self, MoneyError> {
        RawValue::from_string(text).map(Self).map_err(|_| MoneyError::Syntax)
    }
}

/// For `#[serde(with = "json::decimal")]`: reads an exact decimal from a number or a string, and writes it as a string.
pub mod decimal {
    use rust_decimal::Decimal;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};
    use serde_json::value::RawValue;

    /// Reads the decimal.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is neither a number nor a string, has an exponent, or has more digits than an
    /// exact decimal holds.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        super::parse(<&RawValue>::deserialize(deserializer)?.get()).map_err(D::Error::custom)
    }

    /// Writes the decimal as a string, with the decimals that it has.
    ///
    /// # Errors
    ///
    /// Returns the serializer's errors.
    pub fn serialize<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(amount)
    }
}

/// For `#[serde(default, with = "json::decimal_option")]`: like [`decimal`], but `None` if the value is missing or
/// `null`.
pub mod decimal_option {
    use rust_decimal::Decimal;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};
    use serde_json::value::RawValue;

    /// Reads the decimal; `null` is `None`.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`decimal`](super::decimal).
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        let raw = Option::<&RawValue>::deserialize(deserializer)?;
        raw.map(|raw| super::parse(raw.get()).map_err(D::Error::custom)).transpose()
    }

    /// Writes the decimal as a string, or `null`.
    ///
    /// # Errors
    ///
    /// Returns the serializer's errors.
    pub fn serialize<S: Serializer>(amount: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        match amount {
            Some(amount) => serializer.collect_str(amount),
            None => serializer.serialize_none(),
        }
    }
}

/// For `#[serde(deserialize_with = "json::integer")]`: reads an amount in the smallest currency unit, or seconds.
///
/// The number never passes through a float. Trailing zeros (`100.00`) are accepted, so that formatting cannot make a
/// successful response undecodable.
///
/// # Errors
///
/// Returns an error if the value is not a whole number or does not fit.
pub fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    whole(<&RawValue>::deserialize(deserializer)?.get()).map_err(D::Error::custom)
}

/// For `#[serde(default, deserialize_with = "json::integer_option")]`: like [`integer`], but `None` if the value is
/// missing, `null` or empty.
///
/// # Errors
///
/// Returns the errors of [`integer`].
pub fn integer_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match <&RawValue>::deserialize(deserializer)?.get() {
        "null" | "\"\"" => Ok(None),
        raw => whole(raw).map(Some).map_err(D::Error::custom),
    }
}

fn whole(raw: &str) -> Result<i64, Cow<'static, str>> {
    // The usual form, without the detour over a decimal.
    if let Ok(number) = raw.parse() {
        return Ok(number);
    }
    let number = parse(raw).map_err(|problem| problem.to_string())?;
    // Through text, because the conversions of `Decimal` truncate.
    number.normalize().to_string().parse().map_err(|_| "is not a 64-bit integer".into())
}

/// For `#[serde(default, deserialize_with = "json::amount")]`: reads an amount from a number or a string.
///
/// A value in another form is kept as text: it is never guessed. `null` and `""` are missing.
///
/// # Errors
///
/// Returns an error if the value is not JSON text.
pub fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ReportedAmount, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    // The usual form. A number in JSON has no leading `+`, which Rust would accept.
    if let Ok(whole) = raw.parse::<i64>() {
        return Ok(ReportedAmount::Exact(whole.into()));
    }
    let text = text_of(raw);
    Ok(match exact::parse(&text) {
        Ok(amount) => ReportedAmount::Exact(amount),
        Err(_) if is_missing(raw) => ReportedAmount::Missing,
        Err(DecimalError::Syntax | DecimalError::OutOfRange) => ReportedAmount::Unreadable(text.into()),
    })
}

/// For `#[serde(default, deserialize_with = "json::currency")]`: reads a code of three letters, or a numeric code of ISO
/// 4217.
///
/// Any other value is kept as text. `null` and `""` are missing.
///
/// # Errors
///
/// Returns an error if the value is not JSON text.
pub fn currency<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ReportedCurrency, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    let text = text_of(raw);
    Ok(match text.parse().ok().or_else(|| Currency::from_numeric(&text)) {
        _ if is_missing(raw) => ReportedCurrency::Missing,
        Some(currency) => ReportedCurrency::Known(currency),
        None => ReportedCurrency::Unreadable(text.into()),
    })
}

/// The text in a JSON string, or the JSON text of another value.
fn text_of(raw: &str) -> Cow<'_, str> {
    unquoted(raw).unwrap_or(Cow::Borrowed(raw))
}

fn is_missing(raw: &str) -> bool {
    matches!(raw, "null" | "\"\"")
}

fn parse(raw: &str) -> Result<Decimal, DecimalError> {
    exact::parse(&unquoted(raw).ok_or(DecimalError::Syntax)?)
}
