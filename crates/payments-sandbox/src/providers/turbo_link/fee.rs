use crate::money;
use crate::problem::Problem;

/// A link's convenience fee.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fee {
    /// No fee.
    Disabled,
    /// A fixed fee in dollars: `0.50`.
    Flat(String),
    /// A share of the amount, in percent: `2.5`.
    Percentage(String),
}

impl Fee {
    /// Creates a fixed fee in dollars: `0.50`.
    pub fn flat(dollars: impl Into<String>) -> Self {
        Self::Flat(dollars.into())
    }

    /// Creates a fee in percent of the amount: `2.5`.
    pub fn percentage(percent: impl Into<String>) -> Self {
        Self::Percentage(percent.into())
    }

    /// Parses the fee's number.
    pub(crate) fn charge(&self) -> Result<Charge, Problem> {
        let number = |text: &str| {
            money::parse_positive(text).ok_or_else(|| {
                Problem::Invalid(format!("the fee {text:?} must be a decimal above zero with at most two decimals"))
            })
        };
        match self {
            Self::Disabled => Ok(Charge::Disabled),
            Self::Flat(dollars) => Ok(Charge::Flat { cents: number(dollars)? }),
            Self::Percentage(percent) => Ok(Charge::Percentage { hundredths: number(percent)? }),
        }
    }
}

/// The fee that a link adds to its amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charge {
    Disabled,
    Flat { cents: i64 },
    Percentage { hundredths: i64 },
}

impl Charge {
    /// The documented name of the fee's kind.
    pub(crate) fn setting(self) -> Option<&'static str> {
        match self {
            Self::Disabled => None,
            Self::Flat { .. } => Some("flat"),
            Self::Percentage { .. } => Some("percentage"),
        }
    }

    /// Returns the fee in cents for an amount in cents, with half a cent rounded up; `None` if the fee is disabled.
    pub(crate) fn on(self, amount: i64) -> Option<i64> {
        match self {
            Self::Disabled => None,
            Self::Flat { cents } => Some(cents),
            Self::Percentage { hundredths } => {
                let cents = (i128::from(amount) * i128::from(hundredths) + 5_000) / 10_000;
                i64::try_from(cents).ok()
            }
        }
    }
}
