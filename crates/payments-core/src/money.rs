use std::cmp::Ordering;
use std::fmt;
use std::num::NonZeroU32;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::decimal::{self, DecimalError, Parts};
use crate::{Currency, ValidationError};

/// An exact amount: an integer of minor units, never without its currency.
///
/// It is parsed and written as text and never passes through a float. What it cannot hold exactly is an error.
///
/// ```
/// use payments_core::{Currency, Money};
///
/// let price = Money::parse("300.10", Currency::INR)?;
/// assert_eq!(price.minor(), 30010);
/// assert_eq!(price.to_string(), "300.10 INR");
/// assert_eq!(price.checked_add(Money::from_minor(90, Currency::INR))?, Money::parse("301", Currency::INR)?);
/// assert!(Money::parse("300.001", Currency::INR).is_err());
/// # Ok::<(), payments_core::MoneyError>(())
/// ```
///
/// Two currencies do not add up, and there is no `+` that could hide it:
///
/// ```compile_fail,E0369
/// use payments_core::{Currency, Money};
/// let sum = Money::from_minor(1, Currency::INR) + Money::from_minor(1, Currency::USD);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// So many minor units (paise, cents, fils): `200000` of INR is 2000 rupees.
    #[must_use]
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads a decimal such as `2000`, `300.1` or `-2.2800`.
    ///
    /// # Errors
    ///
    /// When it is not plain digits with at most one point, when a digit beyond the currency's decimals is not zero
    /// (nothing is rounded), when it is out of range, and when the currency's decimals are not known.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let exponent = exponent(currency)?;
        let Parts { negative, whole, fraction } = decimal::split(text)?;
        let kept = usize::try_from(exponent).unwrap_or(usize::MAX);
        let (fraction, beyond) = fraction.split_at(fraction.len().min(kept));
        if beyond.bytes().any(|digit| digit != b'0') {
            return Err(MoneyError::TooPrecise { currency, decimals: exponent });
        }
        let padding = std::iter::repeat_n(b'0', kept - fraction.len());
        let mut minor: i64 = 0;
        for digit in whole.bytes().chain(fraction.bytes()).chain(padding) {
            let digit = i64::from(digit - b'0');
            minor = minor
                .checked_mul(10)
                // Downwards for a negative amount, which reaches one further than a positive one.
                .and_then(|minor| if negative { minor.checked_sub(digit) } else { minor.checked_add(digit) })
                .ok_or(MoneyError::OutOfRange)?;
        }
        Ok(Self { minor, currency })
    }

    /// The amount of an exact decimal.
    ///
    /// # Errors
    ///
    /// As [`Money::parse`]: nothing is rounded.
    pub fn from_decimal(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        Self::parse(&amount.to_string(), currency)
    }

    /// How many minor units it is.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// What it is an amount of.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// True above zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// Refuses what is not above zero, as an amount that is asked for has to be.
    ///
    /// # Errors
    ///
    /// Names the field.
    pub fn check_positive(self, field: &'static str) -> Result<(), ValidationError> {
        if self.is_positive() { Ok(()) } else { Err(ValidationError::new(field, "must be greater than zero")) }
    }

    /// The number without the currency, with exactly the currency's decimals: `2000.00`.
    ///
    /// # Errors
    ///
    /// When the currency's decimals are not known.
    pub fn decimal_text(self) -> Result<String, MoneyError> {
        let exponent = exponent(self.currency)?;
        let digits = self.minor.unsigned_abs().to_string();
        let decimals = usize::try_from(exponent).unwrap_or(usize::MAX);
        let digits = format!("{digits:0>width$}", width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let sign = if self.minor < 0 { "-" } else { "" };
        Ok(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
    }

    /// The whole units, when there is nothing behind the point: `2000` for 2000.00 INR, nothing for 2000.50 INR.
    ///
    /// # Errors
    ///
    /// When the currency's decimals are not known.
    pub fn whole_units(self) -> Result<Option<i64>, MoneyError> {
        let unit = 10_i64.checked_pow(exponent(self.currency)?).ok_or(MoneyError::OutOfRange)?;
        Ok((self.minor % unit == 0).then_some(self.minor / unit))
    }

    /// The same amount as an exact decimal.
    ///
    /// # Errors
    ///
    /// When the currency's decimals are not known.
    pub fn to_decimal(self) -> Result<Decimal, MoneyError> {
        Ok(Decimal::from_i128_with_scale(i128::from(self.minor), exponent(self.currency)?))
    }

    /// The sum.
    ///
    /// # Errors
    ///
    /// When the currencies differ or the sum is out of range.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.minor.checked_add(other.minor))
    }

    /// The difference.
    ///
    /// # Errors
    ///
    /// When the currencies differ or the difference is out of range.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.minor.checked_sub(other.minor))
    }

    /// So many times as much.
    ///
    /// # Errors
    ///
    /// When the product is out of range.
    pub fn checked_mul(self, times: i64) -> Result<Self, MoneyError> {
        self.with(self.minor.checked_mul(times))
    }

    /// The same amount with the other sign.
    ///
    /// # Errors
    ///
    /// For the one amount that has no counterpart, `i64::MIN`.
    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        self.with(self.minor.checked_neg())
    }

    /// Which of the two is more.
    ///
    /// # Errors
    ///
    /// When the currencies differ.
    pub fn checked_cmp(self, other: Self) -> Result<Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.minor.cmp(&other.minor))
    }

    /// Splits it in proportion to `weights` without losing a unit: the parts always add up to the whole.
    ///
    /// What does not divide goes, a minor unit each, to the first parts that have a weight.
    ///
    /// # Errors
    ///
    /// When the weights are empty or all zero.
    pub fn allocate(self, weights: &[u32]) -> Result<Vec<Self>, MoneyError> {
        let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        if total == 0 {
            return Err(MoneyError::NoWeights);
        }
        let whole = i128::from(self.minor);
        let mut parts: Vec<i128> = weights.iter().map(|weight| whole * i128::from(*weight) / total).collect();
        let mut rest = whole - parts.iter().sum::<i128>();
        let unit = rest.signum();
        // Each division lost less than one unit, so `rest` is smaller than the number of parts that have a weight.
        for (part, _) in parts.iter_mut().zip(weights).filter(|(_, weight)| **weight > 0) {
            if rest == 0 {
                break;
            }
            *part += unit;
            rest -= unit;
        }
        parts.into_iter().map(|part| self.with(i64::try_from(part).ok())).collect()
    }

    /// Splits it into `parts` as equal as can be, the larger first, without losing a unit.
    ///
    /// # Errors
    ///
    /// Never for a number of parts that fits in memory.
    pub fn split(self, parts: NonZeroU32) -> Result<Vec<Self>, MoneyError> {
        self.allocate(&vec![1; usize::try_from(parts.get()).map_err(|_| MoneyError::OutOfRange)?])
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }

    fn with(self, minor: Option<i64>) -> Result<Self, MoneyError> {
        minor.map(|minor| Self { minor, ..self }).ok_or(MoneyError::OutOfRange)
    }
}

impl fmt::Display for Money {
    /// `2000.00 INR`; where the decimals are not known, `200000 minor units of ABC`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.decimal_text() {
            Ok(text) => f.pad(&format!("{text} {}", self.currency)),
            Err(_) => f.pad(&format!("{} minor units of {}", self.minor, self.currency)),
        }
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Money({self})")
    }
}

/// Why an amount could not be had exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// Not digits with at most one point: no sign but `-`, no exponent, no spaces, no separators.
    #[error("an amount must be digits with at most one point, such as 300.10")]
    Syntax,
    /// More decimals than the currency has, and not zeros.
    #[error("an amount in {currency} has at most {decimals} decimals, and is not rounded")]
    TooPrecise {
        /// The currency.
        currency: Currency,
        /// The decimals it has.
        decimals: u32,
    },
    /// The currency is not one whose decimals ISO 4217 gives.
    #[error("it is not known how many decimals {0} has")]
    UnknownExponent(Currency),
    /// More than 64 bits of minor units.
    #[error("the amount is out of range")]
    OutOfRange,
    /// Two currencies where one is needed.
    #[error("{left} and {right} are not the same currency")]
    CurrencyMismatch {
        /// One of them.
        left: Currency,
        /// The other.
        right: Currency,
    },
    /// Nothing to split by.
    #[error("an amount needs at least one weight above zero to be split by")]
    NoWeights,
}

impl From<DecimalError> for MoneyError {
    fn from(error: DecimalError) -> Self {
        match error {
            DecimalError::Syntax => Self::Syntax,
            DecimalError::OutOfRange => Self::OutOfRange,
        }
    }
}

fn exponent(currency: Currency) -> Result<u32, MoneyError> {
    currency.exponent().ok_or(MoneyError::UnknownExponent(currency))
}
