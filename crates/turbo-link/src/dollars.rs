//! Amounts in US dollars, as tur.bo writes them: `$1,234.50`.

use payments_core::{Currency, Money};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Reads one exactly, or says what it is not.
pub(crate) fn money<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
    let text = String::deserialize(deserializer)?;
    let plain = plain(&text).ok_or_else(|| D::Error::custom("must be US dollars such as $1,234.50"))?;
    Money::parse(&plain, Currency::USD).map_err(D::Error::custom)
}

/// The digits of `$1,234.50` as a plain decimal: one `$` in front, and commas either not at all or between each three
/// digits of the whole dollars. A sign, a space or another currency make it something else.
pub(crate) fn plain(text: &str) -> Option<String> {
    let amount = text.strip_prefix('$')?;
    let (dollars, cents) = match amount.split_once('.') {
        Some((dollars, cents)) => (dollars, Some(cents)),
        None => (amount, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = dollars.split(',');
    let first = groups.next()?;
    let is_grouped = dollars.contains(',');
    // `$0,001` and `$1234,567` are nobody's way to write an amount.
    let begins = digits(first) && (!is_grouped || first.len() <= 3 && !first.starts_with('0'));
    let goes_on = groups.all(|group| group.len() == 3 && digits(group));
    let ends = cents.is_none_or(digits);
    (begins && goes_on && ends).then(|| amount.replace(',', ""))
}
