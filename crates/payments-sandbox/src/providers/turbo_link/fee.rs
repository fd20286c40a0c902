use serde::Deserialize;

use crate::money;

/// A link's convenience fee, as the merchant sets it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "setting", content = "value", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Fee {
    /// None.
    Disabled,
    /// The same whatever the amount, in dollars: `0.50`.
    Flat(String),
    /// A part of the amount, in percent: `2.5`.
    Percentage(String),
}

impl Fee {
    /// So many dollars: `0.50`.
    pub fn flat(dollars: impl Into<String>) -> Self {
        Self::Flat(dollars.into())
    }

    /// So many percent of the amount: `2.5`.
    pub fn percentage(percent: impl Into<String>) -> Self {
        Self::Percentage(percent.into())
    }

    /// The same with its number read.
    pub(crate) fn charge(&self) -> Result<Charge, String> {
        let number = |text: &str| {
            money::parse_positive(text)
                .ok_or_else(|| format!("a fee of {text:?} is no decimal above zero with at most two decimals"))
        };
        match self {
            Self::Disabled => Ok(Charge::Disabled),
            Self::Flat(dollars) => Ok(Charge::Flat { cents: number(dollars)? }),
            Self::Percentage(percent) => Ok(Charge::Percentage { hundredths: number(percent)? }),
        }
    }
}

/// What a link charges on top of its amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charge {
    Disabled,
    Flat { cents: i64 },
    Percentage { hundredths: i64 },
}

impl Charge {
    /// The document's word for it.
    pub(crate) fn setting(self) -> Option<&'static str> {
        match self {
            Self::Disabled => None,
            Self::Flat { .. } => Some("flat"),
            Self::Percentage { .. } => Some("percentage"),
        }
    }

    /// The cents that are charged with an amount, half a cent rounded up; nothing where the fee is off.
    pub(crate) fn on(self, amount: i64) -> Option<i64> {
        match self {
            Self::Disabled => None,
            Self::Flat { cents } => Some(cents),
            Self::Percentage { hundredths } => {
                let part = (i128::from(amount) * i128::from(hundredths) + 5_000) / 10_000;
                i64::try_from(part).ok()
            }
        }
    }
}
