//! Parsing and formatting of amounts, mostly in hundredths.
//!
//! The SDK's money type is not used, so that a mistake in one shows against the other.

/// The unit of the ledger's amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AmountUnit {
    /// Hundredths of the currency's unit, whatever the currency is.
    Hundredths,
    /// The currency's smallest unit.
    Smallest,
}

impl AmountUnit {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Hundredths => "1/100 of the currency's unit",
            Self::Smallest => "the currency's smallest unit",
        }
    }

    /// Formats an amount for people.
    pub(crate) fn format(self, amount: i128, currency: &str) -> String {
        match self {
            Self::Hundredths => format!("{} {currency}", decimal(amount)),
            Self::Smallest => format!("{amount} {} (smallest unit)", currency.to_ascii_uppercase()),
        }
    }
}

/// Parses `500`, `500.5` or `500.00` as hundredths. Returns `None` for any other form and for finer fractions.
pub(crate) fn parse_hundredths(text: &str) -> Option<i64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 15 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let (cents, rest) = fraction.split_at(fraction.len().min(2));
    if rest.bytes().any(|digit| digit != b'0') {
        return None;
    }
    let amount: i64 = format!("{whole}{cents:0<2}").parse().ok()?;
    Some(if negative { -amount } else { amount })
}

/// Parses an amount above zero as hundredths.
pub(crate) fn parse_positive(text: &str) -> Option<i64> {
    parse_hundredths(text).filter(|amount| *amount > 0)
}

/// Formats hundredths as `500.00`.
pub(crate) fn with_two_decimals(hundredths: i64) -> String {
    decimal(i128::from(hundredths))
}

/// Formats a sum of hundredths as `500.00`.
pub(crate) fn decimal(hundredths: i128) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let amount = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", amount / 100, amount % 100)
}

/// Formats hundredths as `500`, or as `500.50` if there is a fraction.
pub(crate) fn plain(hundredths: i64) -> String {
    if hundredths % 100 == 0 { (hundredths / 100).to_string() } else { with_two_decimals(hundredths) }
}
