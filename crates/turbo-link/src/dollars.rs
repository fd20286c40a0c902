//! Amounts in US dollars in tur.bo's format: `$1,234.50`.

use payments_core::{Currency, Money, text};
use serde::Deserializer;

/// Decodes an amount exactly.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
    text::deserialize(deserializer, |text| match to_decimal_text(text) {
        Some(decimal) => Money::parse(&decimal, Currency::USD).map_err(|problem| problem.to_string()),
        None => Err("must be US dollars such as $1,234.50".to_owned()),
    })
}

/// Converts `$1,234.50` to `1234.50`; `None` for any other format.
///
/// The format is: one leading `$`, digits, and optionally a point and cents. The whole dollars have either no commas or
/// one between every three digits. Signs, spaces and other currencies are rejected.
pub(crate) fn to_decimal_text(text: &str) -> Option<String> {
    let amount = text.strip_prefix('$')?;
    let (dollars, cents) = match amount.split_once('.') {
        Some((dollars, cents)) => (dollars, Some(cents)),
        None => (amount, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = dollars.split(',');
    let first = groups.next()?;
    let is_grouped = dollars.contains(',');
    // Rejects `$0,001` and `$1234,567`.
    let is_first_valid = is_digits(first) && (!is_grouped || first.len() <= 3 && !first.starts_with('0'));
    let are_groups_valid = groups.all(|group| group.len() == 3 && is_digits(group));
    let are_cents_valid = cents.is_none_or(is_digits);
    (is_first_valid && are_groups_valid && are_cents_valid).then(|| amount.replace(',', ""))
}
