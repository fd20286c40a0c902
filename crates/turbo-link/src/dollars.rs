//! Amounts in US dollars in tur.bo's format: `$1,234.50`.

use payments_core::{AmountUnreadable, Currency, Money, ReportedAmount, decimal};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// For `#[serde(default, deserialize_with = "dollars::deserialize")]`: reads an amount exactly. An amount that cannot be read
/// exactly is kept as text.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ReportedAmount, D::Error> {
    let Some(text) = raw_text(deserializer)? else { return Ok(ReportedAmount::Missing) };
    let exact = parse(&text).ok().and_then(|_| to_decimal_text(&text)).and_then(|text| decimal::parse(&text).ok());
    Ok(exact.map_or_else(|| ReportedAmount::Unreadable(text.into()), ReportedAmount::Exact))
}

/// Returns an amount that was read. The error of an unreadable one says what is wrong with its text.
pub(crate) fn amount(amount: &ReportedAmount) -> Result<Money, AmountUnreadable> {
    match amount {
        ReportedAmount::Unreadable(text) => Err(parse(text).err().unwrap_or_else(|| unreadable(text, NO_DOLLARS))),
        amount => amount.in_units(Currency::USD),
    }
}

fn parse(text: &str) -> Result<Money, AmountUnreadable> {
    let decimal = to_decimal_text(text).ok_or_else(|| unreadable(text, NO_DOLLARS))?;
    Money::parse(&decimal, Currency::USD).map_err(|problem| unreadable(text, &problem.to_string()))
}

pub(crate) fn unreadable(text: &str, problem: &str) -> AmountUnreadable {
    AmountUnreadable::new(Some(text), problem)
}

/// Returns the text inside a JSON string, or the JSON text of any other value; `None` if it is `null` or empty.
pub(crate) fn raw_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    let quoted = raw.starts_with('"').then(|| serde_json::from_str::<String>(raw).ok()).flatten();
    let text = quoted.unwrap_or_else(|| raw.to_owned());
    Ok((raw != "null" && !text.is_empty()).then_some(text))
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

const NO_DOLLARS: &str = "the amount is not US dollars such as $1,234.50";
