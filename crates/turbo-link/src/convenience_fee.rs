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
    /// How a convenience fee is reckoned.
    pub enum FeeSetting {
        /// The same for every payment.
        Flat = "flat",
        /// A share of the payment.
        Percentage = "percentage",
    }
}

open_enum! {
    /// Whether a convenience fee is charged.
    pub enum FeeStatus {
        /// It is.
        Enabled = "enabled",
        /// It is not.
        Disabled = "disabled",
    }
}

/// What a customer pays on top, for the convenience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConvenienceFee {
    /// Whether it is charged.
    pub status: FeeStatus,
    /// How it is reckoned, where it is charged.
    pub setting: Option<FeeSetting>,
    /// The dollars that are charged (documented), exact: see [`ConvenienceFee::amount`].
    #[serde(with = "json::decimal_option")]
    pub value: Option<Decimal>,
}

impl ConvenienceFee {
    /// The dollars that are charged, for a flat fee and for a percentage; none if the fee is not enabled.
    ///
    /// The document calls `value` "the dollar amount charged" under either setting, so the value of a percentage fee is
    /// an amount too, and not the percentage. Under a setting that this version does not know, and without one, there
    /// is no amount (inferred).
    ///
    /// # Errors
    ///
    /// When it has a fraction of a cent: nothing is rounded.
    pub fn amount(&self) -> Result<Option<Money>, MoneyError> {
        let known = matches!(self.setting, Some(FeeSetting::Flat | FeeSetting::Percentage));
        if self.status != FeeStatus::Enabled || !known {
            return Ok(None);
        }
        self.value.map(|value| Money::from_decimal(value, Currency::USD)).transpose()
    }
}

/// For reading: the one fee of the document's sample, the list of its table, or none.
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
            WireFee::deserialize(MapAccessDeserializer::new(map)).map(|fee| vec![fee.fee()])
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut fees = Vec::new();
            while let Some(fee) = list.next_element::<WireFee>()? {
                fees.push(fee.fee());
            }
            Ok(fees)
        }
    }
    deserializer.deserialize_any(OneOrMany)
}

/// A number, its text, or dollars as amounts are written. Nothing, `null` and an empty text are all "none".
fn value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let Some(raw) = Option::<&RawValue>::deserialize(deserializer)? else { return Ok(None) };
    let text = match raw.get() {
        quoted if quoted.starts_with('"') => serde_json::from_str(quoted).map_err(D::Error::custom)?,
        number => number.to_owned(),
    };
    if text.is_empty() {
        return Ok(None);
    }
    decimal::parse(&dollars::plain(&text).unwrap_or(text)).map(Some).map_err(D::Error::custom)
}

#[derive(Deserialize)]
struct WireFee {
    status: FeeStatus,
    #[serde(default)]
    setting: Option<FeeSetting>,
    #[serde(default, deserialize_with = "value")]
    value: Option<Decimal>,
}

impl WireFee {
    fn fee(self) -> ConvenienceFee {
        ConvenienceFee { status: self.status, setting: self.setting, value: self.value }
    }
}
