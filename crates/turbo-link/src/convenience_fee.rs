use std::fmt;

use payments_core::decimal;
use payments_core::json::{Object, UnreadableMembers};
use payments_core::{AmountUnreadable, Currency, Money, ReportedAmount, open_enum};
use rust_decimal::Decimal;
use serde::de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConvenienceFee {
    /// Whether the fee is charged; `None` if the status is missing or unreadable.
    pub status: Option<FeeStatus>,
    /// How the fee is calculated, if it is charged.
    pub setting: Option<FeeSetting>,
    value: ReportedAmount,
    /// True if the status or the setting is unreadable, so that nothing is known about the amount.
    is_unreadable: bool,
}

impl ConvenienceFee {
    /// Returns the exact value in US dollars (*documented*); `None` if there is none. See [`ConvenienceFee::amount`].
    ///
    /// # Errors
    ///
    /// Returns an error if the value is neither a number nor an amount such as `$1.50`.
    pub fn value(&self) -> Result<Option<Decimal>, AmountUnreadable> {
        match &self.value {
            ReportedAmount::Missing => Ok(None),
            ReportedAmount::Unreadable(text) => Err(dollars::unreadable(text, NO_VALUE)),
            value => value.decimal().map(Some),
        }
    }

    /// Returns the charged amount for a flat or percentage fee; `None` if the fee is not enabled.
    ///
    /// The documentation calls `value` "the dollar amount charged" for both settings. So the value of a percentage fee
    /// is an amount, not the percentage. Without a setting, or with an unknown one, there is no amount (*inferred*).
    ///
    /// # Errors
    ///
    /// Returns an error if the fee cannot be read, or if the value has a fraction of a cent. Nothing is rounded.
    pub fn amount(&self) -> Result<Option<Money>, AmountUnreadable> {
        let Some(status) = self.status.as_ref().filter(|_| !self.is_unreadable) else {
            return Err(AmountUnreadable::new(None, "the convenience fee cannot be read"));
        };
        let known = matches!(self.setting, Some(FeeSetting::Flat | FeeSetting::Percentage));
        if *status != FeeStatus::Enabled || !known {
            return Ok(None);
        }
        let Some(value) = self.value()? else { return Ok(None) };
        let amount = Money::from_decimal(value, Currency::USD);
        amount.map(Some).map_err(|problem| dollars::unreadable(&value.to_string(), &problem.to_string()))
    }
}

/// The fees of a link: one (documented sample), a list (documented table), or none.
#[derive(Default)]
pub(crate) enum WireFees {
    #[default]
    None,
    One(WireFee),
    List(Vec<Option<Object<WireFee>>>),
}

impl WireFees {
    /// Returns the fees. One that cannot be read is among them, because it may be charged.
    pub(crate) fn into_fees(self, unreadable: &UnreadableMembers) -> Vec<ConvenienceFee> {
        match self {
            Self::None if unreadable.concerns(MEMBER) => vec![WireFee::default().into_fee(MEMBER, unreadable)],
            Self::None => Vec::new(),
            Self::One(fee) => vec![fee.into_fee(MEMBER, unreadable)],
            Self::List(fees) => {
                let fees = fees.into_iter().enumerate().map(|(index, fee)| {
                    let fee = fee.map_or_else(WireFee::default, |fee| fee.0);
                    fee.into_fee(&format!("{MEMBER}[{index}]"), unreadable)
                });
                fees.collect()
            }
        }
    }
}

impl<'de> Deserialize<'de> for WireFees {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = WireFees;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a convenience fee or a list of them")
            }
            fn visit_unit<E: serde::de::Error>(self) -> Result<WireFees, E> {
                Ok(WireFees::None)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WireFees, A::Error> {
                WireFee::deserialize(MapAccessDeserializer::new(map)).map(WireFees::One)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<WireFees, A::Error> {
                let mut fees = Vec::new();
                while let Some(fee) = list.next_element()? {
                    fees.push(fee);
                }
                Ok(WireFees::List(fees))
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

#[derive(Default, Deserialize)]
pub(crate) struct WireFee {
    #[serde(default)]
    status: Option<FeeStatus>,
    #[serde(default)]
    setting: Option<FeeSetting>,
    #[serde(default, deserialize_with = "decimal_or_dollars")]
    value: ReportedAmount,
}

impl WireFee {
    fn into_fee(self, path: &str, unreadable: &UnreadableMembers) -> ConvenienceFee {
        let is_noted = ["status", "setting"].iter().any(|name| unreadable.concerns(&format!("{path}.{name}")));
        // The list replaces invalid Unicode before its items are read.
        let texts = [self.status.as_ref().map(FeeStatus::as_str), self.setting.as_ref().map(FeeSetting::as_str)];
        let is_damaged = texts.into_iter().flatten().any(|text| text.contains(char::REPLACEMENT_CHARACTER));
        let is_unreadable = is_noted || is_damaged;
        let is_dropped = || unreadable.iter().any(|member| member.path == path);
        let value = match unreadable.amount(&format!("{path}.value"), self.value) {
            // The whole fee has another shape.
            ReportedAmount::Missing if is_dropped() => ReportedAmount::Unreadable(Box::default()),
            value => value,
        };
        ConvenienceFee { status: self.status, setting: self.setting, value, is_unreadable }
    }
}

/// Reads a number, a number in a string, or an amount such as `$1.50`. Any other value is kept as text.
fn decimal_or_dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ReportedAmount, D::Error> {
    let Some(text) = dollars::raw_text(deserializer)? else { return Ok(ReportedAmount::Missing) };
    let value = decimal::parse(dollars::to_decimal_text(&text).as_deref().unwrap_or(&text));
    Ok(value.map_or_else(|_| ReportedAmount::Unreadable(text.into()), ReportedAmount::Exact))
}

const MEMBER: &str = "convenience_fee";
const NO_VALUE: &str = "the fee is neither a number nor US dollars";
