use std::fmt;

use payments_core::decimal;
use payments_core::json;
use payments_core::{Currency, Money, MoneyError, open_enum};
use rust_decimal::Decimal;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::dollars;

open_enum! {
    /// How a convenience fee is calculated.
    pub enum FeeSetting {
        /// The same amount for every payment.
        Flat = "flat",
        /// A percentage of the payment.
        Percentage = "percentage",
    }
}

open_enum! {
    /// Whether a convenience fee is charged.
    pub enum FeeStatus {
        /// The fee is charged.
        Enabled = "enabled",
        /// The fee is not charged.
        Disabled = "disabled",
    }
}

/// A convenience fee, which the customer pays in addition to the amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConvenienceFee {
    /// Whether the fee is charged.
    pub status: FeeStatus,
    /// How the fee is calculated, if it is charged.
    pub setting: Option<FeeSetting>,
    /// The exact amount in US dollars (*documented*). See [`ConvenienceFee::amount`].
    #[serde(with = "json::decimal_option")]
    pub value: Option<Decimal>,
}

impl ConvenienceFee {
    /// Returns the charged amount for a flat or percentage fee; `None` if the fee is not enabled.
    ///
    /// The documentation calls `value` "the dollar amount charged" for both settings. So the value of a percentage fee
    /// is an amount, not the percentage. Without a setting, or with an unknown one, there is no amount (*inferred*).
    ///
    /// # Errors
    ///
    /// Returns an error if the value has a fraction of a cent. Nothing is rounded.
    pub fn amount(&self) -> Result<Option<Money>, MoneyError> {
        let known = matches!(self.setting, Some(FeeSetting::Flat | FeeSetting::Percentage));
        if self.status != FeeStatus::Enabled || !known {
            return Ok(None);
        }
        self.value.map(|value| Money::from_decimal(value, Currency::USD)).transpose()
    }
}

/// For `#[serde(default, deserialize_with)]`: one fee (documented sample), a list (documented table), or `null`.
pub(crate) fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ConvenienceFee>, D::Error> {
    struct OneOrMany;
    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<ConvenienceFee>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a convenience fee or a list of them")
        }
        fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            WireFee::deserialize(MapAccessDeserializer::new(map)).map(|wire| vec![wire.into_fee()])
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut fees = Vec::new();
            while let Some(wire) = list.next_element::<WireFee>()? {
                fees.push(wire.into_fee());
            }
            Ok(fees)
        }
    }
    deserializer.deserialize_any(OneOrMany)
}

/// Decodes a number, a number in a string, or an amount such as `$1.50`; `None` if it is missing, `null` or empty.
fn decimal_or_dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let Some(raw) = Option::<&RawValue>::deserialize(deserializer)? else { return Ok(None) };
    let text = match raw.get() {
        quoted if quoted.starts_with('"') => serde_json::from_str(quoted).map_err(D::Error::custom)?,
        number => number.to_owned(),
    };
    if text.is_empty() {
        return Ok(None);
    }
    decimal::parse(&dollars::to_decimal_text(&text).unwrap_or(text)).map(Some).map_err(D::Error::custom)
}

#[derive(Deserialize)]
struct WireFee {
    status: FeeStatus,
    #[serde(default)]
    setting: Option<FeeSetting>,
    #[serde(default, deserialize_with = "decimal_or_dollars")]
    value: Option<Decimal>,
}

impl WireFee {
    fn into_fee(self) -> ConvenienceFee {
        ConvenienceFee { status: self.status, setting: self.setting, value: self.value }
    }
}
