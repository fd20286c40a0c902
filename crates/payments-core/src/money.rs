use std::cmp::Ordering;
use std::fmt;
use std::num::NonZeroU32;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::decimal::{self, DecimalError, Parts};
use crate::{Currency, ValidationError};

/// An exact amount in a currency, stored as an integer number of minor units.
///
/// Amounts are parsed from text and written as text. They never pass through a float and are never rounded: an amount
/// that cannot be represented exactly is an error.
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
/// Amounts in different currencies cannot be added. There is no `+` operator, because it could not return an error:
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
    /// Creates an amount from minor units (paise, cents, fils): `200000` in INR is 2000 rupees.
    #[must_use]
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Parses a decimal such as `2000`, `300.1` or `-2.2800`.
    ///
    /// # Errors
    ///
    /// | error | reason |
    /// |---|---|
    /// | [`MoneyError::Syntax`] | The text is not digits with at most one point and an optional `-`. |
    /// | [`MoneyError::TooPrecise`] | A digit beyond the currency's decimals is not zero. |
    /// | [`MoneyError::OutOfRange`] | The amount has more than 64 bits of minor units. |
    /// | [`MoneyError::UnknownExponent`] | The currency's number of decimals is unknown. |
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let exponent = exponent(currency)?;
        let Parts { negative, whole, fraction } = decimal::split(text)?;
        let decimals = usize::try_from(exponent).unwrap_or(usize::MAX);
        let (fraction, excess) = fraction.split_at(fraction.len().min(decimals));
        if excess.bytes().any(|digit| digit != b'0') {
            return Err(MoneyError::TooPrecise { currency, decimals: exponent });
        }
        let padding = std::iter::repeat_n(b'0', decimals - fraction.len());
        let mut minor: i64 = 0;
        for digit in whole.bytes().chain(fraction.bytes()).chain(padding) {
            let digit = i64::from(digit - b'0');
            minor = minor
                .checked_mul(10)
                // A negative amount is subtracted from zero, because `i64::MIN` has no positive counterpart.
                .and_then(|minor| if negative { minor.checked_sub(digit) } else { minor.checked_add(digit) })
                .ok_or(MoneyError::OutOfRange)?;
        }
        Ok(Self { minor, currency })
    }

    /// Creates an amount from an exact decimal.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Money::parse`]; nothing is rounded.
    pub fn from_decimal(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        Self::parse(&amount.to_string(), currency)
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Returns true if the amount is greater than zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// Checks that the amount is greater than zero, as an amount to pay must be.
    ///
    /// # Errors
    ///
    /// Returns an error with this field name if the amount is zero or negative.
    pub fn check_positive(self, field: &'static str) -> Result<(), ValidationError> {
        if self.is_positive() { Ok(()) } else { Err(ValidationError::new(field, "must be greater than zero")) }
    }

    /// Formats the number without the currency, with exactly the currency's decimals: `2000.00`.
    ///
    /// # Errors
    ///
    /// Returns an error if the currency's decimals are unknown.
    pub fn decimal_text(self) -> Result<String, MoneyError> {
        let exponent = exponent(self.currency)?;
        let digits = self.minor.unsigned_abs().to_string();
        let decimals = usize::try_from(exponent).unwrap_or(usize::MAX);
        let digits = format!("{digits:0>width$}", width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let sign = if self.minor < 0 { "-" } else { "" };
        Ok(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
    }

    /// Returns the amount in whole units, or `None` if it has a fraction.
    ///
    /// 2000.00 INR is `Some(2000)`, and 2000.50 INR is `None`.
    ///
    /// # Errors
    ///
    /// Returns an error if the currency's decimals are unknown.
    pub fn whole_units(self) -> Result<Option<i64>, MoneyError> {
        let unit = 10_i64.checked_pow(exponent(self.currency)?).ok_or(MoneyError::OutOfRange)?;
        Ok((self.minor % unit == 0).then_some(self.minor / unit))
    }

    /// Converts the amount to an exact decimal.
    ///
    /// # Errors
    ///
    /// Returns an error if the currency's decimals are unknown.
    pub fn to_decimal(self) -> Result<Decimal, MoneyError> {
        Ok(Decimal::from_i128_with_scale(i128::from(self.minor), exponent(self.currency)?))
    }

    /// Adds an amount in the same currency.
    ///
    /// # Errors
    ///
    /// Returns an error if the currencies differ or the sum is out of range.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.check_same_currency(other)?;
        self.with_minor(self.minor.checked_add(other.minor))
    }

    /// Subtracts an amount in the same currency.
    ///
    /// # Errors
    ///
    /// Returns an error if the currencies differ or the difference is out of range.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.check_same_currency(other)?;
        self.with_minor(self.minor.checked_sub(other.minor))
    }

    /// Multiplies the amount by an integer.
    ///
    /// # Errors
    ///
    /// Returns an error if the product is out of range.
    pub fn checked_mul(self, factor: i64) -> Result<Self, MoneyError> {
        self.with_minor(self.minor.checked_mul(factor))
    }

    /// Negates the amount.
    ///
    /// # Errors
    ///
    /// Returns an error for `i64::MIN` minor units, which have no positive counterpart.
    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        self.with_minor(self.minor.checked_neg())
    }

    /// Compares the amount with another in the same currency.
    ///
    /// # Errors
    ///
    /// Returns an error if the currencies differ.
    pub fn checked_cmp(self, other: Self) -> Result<Ordering, MoneyError> {
        self.check_same_currency(other)?;
        Ok(self.minor.cmp(&other.minor))
    }

    /// Splits the amount in proportion to `weights`. The parts always add up to the amount.
    ///
    /// The remainder of the division goes to the first parts with a weight above zero, one minor unit each.
    ///
    /// # Errors
    ///
    /// Returns an error if `weights` is empty or contains only zeros.
    pub fn allocate(self, weights: &[u32]) -> Result<Vec<Self>, MoneyError> {
        let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        if total == 0 {
            return Err(MoneyError::NoWeights);
        }
        let whole = i128::from(self.minor);
        let mut parts: Vec<i128> = weights.iter().map(|weight| whole * i128::from(*weight) / total).collect();
        let mut remainder = whole - parts.iter().sum::<i128>();
        let unit = remainder.signum();
        // Each division lost less than one unit, so the remainder has fewer units than there are parts with a weight.
        for (part, _) in parts.iter_mut().zip(weights).filter(|(_, weight)| **weight > 0) {
            if remainder == 0 {
                break;
            }
            *part += unit;
            remainder -= unit;
        }
        parts.into_iter().map(|part| self.with_minor(i64::try_from(part).ok())).collect()
    }

    /// Splits the amount into equal parts. The first parts get one minor unit more if it does not divide evenly.
    ///
    /// # Errors
    ///
    /// Never fails for a number of parts that fits in memory.
    pub fn split(self, parts: NonZeroU32) -> Result<Vec<Self>, MoneyError> {
        self.allocate(&vec![1; usize::try_from(parts.get()).map_err(|_| MoneyError::OutOfRange)?])
    }

    fn check_same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }

    fn with_minor(self, minor: Option<i64>) -> Result<Self, MoneyError> {
        minor.map(|minor| Self { minor, ..self }).ok_or(MoneyError::OutOfRange)
    }
}

impl fmt::Display for Money {
    /// Formats the amount as `2000.00 INR`, or as `200000 minor units of ABC` if the decimals are unknown.
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

/// The reason why an amount is not exact, or an operation on amounts failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// The text is not a plain decimal: only digits, one point and a leading `-` are accepted.
    #[error("an amount must be digits with at most one point, such as 300.10")]
    Syntax,
    /// The amount has more decimals than the currency, and they are not zeros.
    #[error("an amount in {currency} has at most {decimals} decimals, and amounts are never rounded")]
    TooPrecise {
        /// The currency.
        currency: Currency,
        /// The currency's number of decimals.
        decimals: u32,
    },
    /// The currency's number of decimals is unknown, because ISO 4217 does not define it.
    #[error("the number of decimals of {0} is unknown")]
    UnknownExponent(Currency),
    /// The amount has more than 64 bits of minor units.
    #[error("the amount is out of range")]
    OutOfRange,
    /// The two amounts have different currencies.
    #[error("the currencies {left} and {right} differ")]
    CurrencyMismatch {
        /// The currency of the amount on which the method was called.
        left: Currency,
        /// The currency of the argument.
        right: Currency,
    },
    /// The weights to split by are empty or all zero.
    #[error("at least one weight must be greater than zero")]
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
