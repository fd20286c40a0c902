//! Amounts and currencies as providers report them, which may be missing or unreadable.

use std::fmt;

use rust_decimal::Decimal;
use serde::de::{Error as _, MapAccess, Unexpected, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::decimal;
use crate::json::mask_unreadable;
use crate::redact::redacted_line;
use crate::{Currency, Money, MoneyError};

/// An amount as a provider reports it.
///
/// An amount that cannot be read exactly is kept as text. It is never guessed, and never treated as missing.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportedAmount {
    /// An exact decimal.
    Exact(Decimal),
    /// The member is missing, `null` or empty.
    #[default]
    Missing,
    /// The member has another form; this is its text.
    Unreadable(Box<str>),
}

impl ReportedAmount {
    /// Returns the exact decimal.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount is missing or unreadable.
    pub fn decimal(&self) -> Result<Decimal, AmountUnreadable> {
        match self {
            Self::Exact(amount) => Ok(*amount),
            Self::Missing => Err(AmountUnreadable::new(None, "the amount is missing")),
            Self::Unreadable(raw) => Err(AmountUnreadable::new(Some(raw), "the amount is not a plain number")),
        }
    }

    /// The amount as text, readable or not; `None` if it is missing.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Exact(amount) => Some(amount.to_string()),
            Self::Missing => None,
            Self::Unreadable(raw) => Some(raw.to_string()),
        }
    }

    /// Returns the amount in units of a currency.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount is missing or unreadable, or has more decimals than the currency.
    pub fn in_units(&self, currency: Currency) -> Result<Money, AmountUnreadable> {
        let amount = self.decimal()?;
        Money::from_decimal(amount, currency).map_err(|problem| AmountUnreadable::of(amount, problem))
    }

    /// Returns the amount in the smallest units of a currency, such as cents.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount is missing or unreadable, or is not a whole number.
    pub fn in_smallest_units(&self, currency: Currency) -> Result<Money, AmountUnreadable> {
        let amount = self.decimal()?;
        let whole = if amount.scale() == 0 { amount } else { amount.normalize() };
        let minor = if whole.scale() == 0 { i64::try_from(whole.mantissa()).ok() } else { None };
        let minor = minor.ok_or_else(|| AmountUnreadable::of(amount, MoneyError::OutOfRange))?;
        Ok(Money::from_minor(minor, currency))
    }
}

impl fmt::Debug for ReportedAmount {
    /// Card numbers are masked, and a long text is shortened.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(amount) => write!(f, "{amount}"),
            Self::Missing => f.write_str("Missing"),
            Self::Unreadable(raw) => write!(f, "Unreadable({:?})", redacted_line(&mask_unreadable(raw))),
        }
    }
}

/// The stored form: `"300.10"`, `null` if the amount is missing, `{"unreadable": "1,500"}` with card numbers masked.
impl Serialize for ReportedAmount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Exact(amount) => serializer.collect_str(amount),
            Self::Missing => serializer.serialize_none(),
            Self::Unreadable(raw) => serialize_unreadable(raw, serializer),
        }
    }
}

/// Loads the stored form. A provider's message is read by [`json::amount`](crate::json::amount).
impl<'de> Deserialize<'de> for ReportedAmount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Stored::deserialize(deserializer, decimal::parse)? {
            Stored::Readable(amount) => Self::Exact(amount),
            Stored::Missing => Self::Missing,
            Stored::Unreadable(raw) => Self::Unreadable(raw),
        })
    }
}

/// A currency as a provider reports it.
///
/// A currency that this version does not know is kept as text and matches no other.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportedCurrency {
    /// A code of three letters, or a numeric code of ISO 4217.
    Known(Currency),
    /// The member is missing, `null` or empty.
    #[default]
    Missing,
    /// The member has another form; this is its text.
    Unreadable(Box<str>),
}

impl ReportedCurrency {
    /// Returns the currency.
    ///
    /// # Errors
    ///
    /// Returns an error if the currency is missing or unreadable: an amount without a currency cannot be read either.
    pub fn currency(&self) -> Result<Currency, AmountUnreadable> {
        match self {
            Self::Known(currency) => Ok(*currency),
            Self::Missing => Err(AmountUnreadable::new(None, "the currency is missing")),
            Self::Unreadable(raw) => Err(AmountUnreadable::new(Some(raw), "the currency is unknown")),
        }
    }
}

impl ReportedCurrency {
    /// Returns the currency, or `None` if it is missing.
    ///
    /// # Errors
    ///
    /// Returns an error if the currency is unreadable: it must not be treated as missing.
    pub fn if_reported(&self) -> Result<Option<Currency>, AmountUnreadable> {
        match self {
            Self::Missing => Ok(None),
            Self::Known(_) | Self::Unreadable(_) => self.currency().map(Some),
        }
    }
}

impl fmt::Debug for ReportedCurrency {
    /// Card numbers are masked, and a long text is shortened.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(currency) => write!(f, "{currency}"),
            Self::Missing => f.write_str("Missing"),
            Self::Unreadable(raw) => write!(f, "Unreadable({:?})", redacted_line(&mask_unreadable(raw))),
        }
    }
}

/// The stored form: `"INR"`, `null` if the currency is missing, `{"unreadable": "TL"}` with card numbers masked.
impl Serialize for ReportedCurrency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(currency) => currency.serialize(serializer),
            Self::Missing => serializer.serialize_none(),
            Self::Unreadable(raw) => serialize_unreadable(raw, serializer),
        }
    }
}

/// Loads the stored form. A provider's message is read by [`json::currency`](crate::json::currency).
impl<'de> Deserialize<'de> for ReportedCurrency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Stored::deserialize(deserializer, str::parse::<Currency>)? {
            Stored::Readable(currency) => Self::Known(currency),
            Stored::Missing => Self::Missing,
            Stored::Unreadable(raw) => Self::Unreadable(raw),
        })
    }
}

/// A faulty response may contain a card number or a security code in an amount or a currency.
fn serialize_unreadable<S: Serializer>(raw: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_map(Some(1))?;
    object.serialize_entry(UNREADABLE, &mask_unreadable(raw))?;
    object.end()
}

/// A stored value. The three forms cannot be confused: an unreadable value is never loaded as missing or exact.
enum Stored<T> {
    Readable(T),
    Missing,
    Unreadable(Box<str>),
}

impl<T> Stored<T> {
    fn deserialize<'de, D: Deserializer<'de>, E: fmt::Display>(
        deserializer: D,
        parse: fn(&str) -> Result<T, E>,
    ) -> Result<Self, D::Error> {
        struct StoredVisitor<T, E>(fn(&str) -> Result<T, E>);
        impl<'de, T, E: fmt::Display> Visitor<'de> for StoredVisitor<T, E> {
            type Value = Stored<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a stored amount or currency: a string, null, or an object with the member `{UNREADABLE}`")
            }
            fn visit_str<F: serde::de::Error>(self, text: &str) -> Result<Stored<T>, F> {
                (self.0)(text)
                    .map(Stored::Readable)
                    .map_err(|problem| F::custom(format_args!("in the stored form, {problem}")))
            }
            fn visit_unit<F>(self) -> Result<Stored<T>, F> {
                Ok(Stored::Missing)
            }
            // What CBOR and RON have in place of `null`.
            fn visit_none<F>(self) -> Result<Stored<T>, F> {
                Ok(Stored::Missing)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Stored<T>, A::Error> {
                match object.next_entry::<String, Box<str>>()? {
                    Some((name, raw)) if name == UNREADABLE && object.next_key::<String>()?.is_none() => {
                        Ok(Stored::Unreadable(raw))
                    }
                    _ => Err(A::Error::invalid_type(Unexpected::Map, &self)),
                }
            }
        }
        deserializer.deserialize_any(StoredVisitor(parse))
    }
}

/// The member of the stored form of an unreadable value.
const UNREADABLE: &str = "unreadable";

/// The provider reported no amount, or one that cannot be read exactly.
///
/// In the stored form, card numbers in the member's text are masked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmountUnreadable {
    problem: Box<str>,
    #[serde(serialize_with = "serialize_masked")]
    raw: Option<Box<str>>,
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn serialize_masked<S: Serializer>(raw: &Option<Box<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    raw.as_deref().map(mask_unreadable).serialize(serializer)
}

impl AmountUnreadable {
    /// Creates an error from the member's text, if there is one, and the problem. For provider crates.
    #[must_use]
    pub fn new(raw: Option<&str>, problem: &str) -> Self {
        Self { problem: problem.into(), raw: raw.map(Into::into) }
    }

    fn of(amount: Decimal, problem: MoneyError) -> Self {
        Self::new(Some(&amount.to_string()), &problem.to_string())
    }

    /// The member's text as received; `None` if it is missing.
    #[must_use]
    pub fn raw(&self) -> Option<&str> {
        self.raw.as_deref()
    }
}

impl fmt::Display for AmountUnreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        self.raw.as_deref().map_or(Ok(()), |raw| write!(f, ": `{}`", redacted_line(&mask_unreadable(raw))))
    }
}

impl fmt::Debug for AmountUnreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AmountUnreadable({self})")
    }
}

impl std::error::Error for AmountUnreadable {}
