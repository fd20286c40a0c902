//! Exact decimals from text.

use rust_decimal::Decimal;

/// Parses a plain decimal exactly: digits with at most one point, optionally a leading `-`, no exponent.
///
/// Trailing zeros beyond what [`Decimal`] can hold are dropped; any other digit beyond that is an error.
///
/// # Errors
///
/// Returns an error if the text has another form or if the number does not fit.
pub fn parse(text: &str) -> Result<Decimal, DecimalError> {
    // Most amounts are whole numbers in the smallest unit; this is much faster. Rust also accepts a leading `+`.
    if let Ok(whole) = text.parse::<i64>()
        && !text.starts_with('+')
    {
        return Ok(Decimal::from(whole));
    }
    let Parts { fraction, .. } = split(text)?;
    Decimal::from_str_exact(text).or_else(|_| {
        let significant = if fraction.is_empty() { text } else { text.trim_end_matches('0').trim_end_matches('.') };
        Decimal::from_str_exact(significant).map_err(|_| DecimalError::OutOfRange)
    })
}

/// Why a text is not an exact decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecimalError {
    /// Not digits with at most one point and an optional `-`.
    #[error("an amount must be digits with at most one point, such as 300.10")]
    Syntax,
    /// More digits than an exact decimal holds.
    #[error("the amount is out of range")]
    OutOfRange,
}

/// The parts of a plain decimal.
pub(crate) struct Parts<'a> {
    pub(crate) negative: bool,
    /// The digits before the point.
    pub(crate) whole: &'a str,
    /// The digits after the point.
    pub(crate) fraction: &'a str,
}

pub(crate) fn split(text: &str) -> Result<Parts<'_>, DecimalError> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((_, "")) => return Err(DecimalError::Syntax),
        Some(parts) => parts,
        None => (unsigned, ""),
    };
    let plain = !whole.is_empty() && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if plain { Ok(Parts { negative, whole, fraction }) } else { Err(DecimalError::Syntax) }
}
