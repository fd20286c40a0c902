//! Amounts in US dollars in tur.bo's format: `$1,234.50`.

use payments_core::{AmountUnreadable, Currency, Money};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// An amount in dollars. One that cannot be read exactly is kept as text.
pub(crate) type Dollars = Result<Money, AmountUnreadable>;

/// For `#[serde(default = "dollars::missing", deserialize_with = "dollars::deserialize")]`: decodes an amount exactly.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Dollars, D::Error> {
    let text = raw_text(deserializer)?;
    Ok(match text.as_deref().map(|text| (text, to_decimal_text(text))) {
        None => missing(),
        Some((text, Some(decimal))) => {
            Money::parse(&decimal, Currency::USD).map_err(|problem| unreadable(text, &problem.to_string()))
        }
        Some((text, None)) => Err(unreadable(text, "the amount is not US dollars such as $1,234.50")),
    })
}

/// The amount of a link without the member.
pub(crate) fn missing() -> Dollars {
    Err(AmountUnreadable::new(None, "the amount is missing"))
}

/// Serializes an amount, or the text of an unreadable one.
pub(crate) fn serialize<S: Serializer>(amount: &Dollars, serializer: S) -> Result<S::Ok, S::Error> {
    match amount {
        Ok(amount) => amount.serialize(serializer),
        Err(unreadable) => unreadable.raw().serialize(serializer),
    }
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
