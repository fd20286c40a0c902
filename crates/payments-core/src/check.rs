use rust_decimal::Decimal;

use crate::{Currency, Money, MoneyError};

/// What the merchant expects of an order. Compare it with what a provider reports before you deliver anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    reference: String,
    amount: Money,
    live: Option<bool>,
}

impl Expected {
    /// Expects this reference (the merchant's own) and this amount.
    pub fn new(reference: impl AsRef<str>, amount: Money) -> Self {
        Self { reference: reference.as_ref().to_owned(), amount, live: None }
    }

    /// Also expects real money (`true`) or test money (`false`), for providers that report which.
    #[must_use]
    pub fn live(mut self, live: bool) -> Self {
        self.live = Some(live);
        self
    }

    /// The merchant's reference.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// The expected amount.
    #[must_use]
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// Compares what a provider reports with what is expected.
    ///
    /// # Errors
    ///
    /// Returns the first difference, in this order: reference, mode, currency, amount.
    pub fn check(&self, reported: &Reported<'_>) -> Result<(), Mismatch> {
        if reported.reference != self.reference {
            return Err(Mismatch::Reference);
        }
        if let (Some(expected), Some(reported)) = (self.live, reported.live)
            && expected != reported
        {
            return Err(Mismatch::Mode { live: reported });
        }
        if let Some(currency) = reported.currency.filter(|currency| *currency != self.amount.currency()) {
            return Err(Mismatch::Currency { expected: self.amount.currency(), actual: currency });
        }
        let actual = Money::from_decimal(reported.amount, self.amount.currency()).map_err(Mismatch::Amount)?;
        if actual == self.amount { Ok(()) } else { Err(Mismatch::AmountDiffers { expected: self.amount, actual }) }
    }
}

/// What a provider reports about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "provider crates build it")]
pub struct Reported<'a> {
    /// The merchant's reference.
    pub reference: &'a str,
    /// The exact amount.
    pub amount: Decimal,
    /// The currency, if the provider reports it.
    pub currency: Option<Currency>,
    /// True for real money, if the provider reports it.
    pub live: Option<bool>,
}

/// How a provider's report differs from what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// The report is about another order.
    #[error("the report is about another order")]
    Reference,
    /// Test money instead of real money, or the other way round.
    #[error("the mode differs: the provider reports `live` as {live}")]
    Mode {
        /// What the provider reports.
        live: bool,
    },
    /// The currency differs.
    #[error("the currency is {actual}, not {expected}")]
    Currency {
        /// The expected currency.
        expected: Currency,
        /// The reported currency.
        actual: Currency,
    },
    /// The amount differs. If the provider documents that amounts may change, the actual amount counts.
    #[error("the amount is {actual}, not {expected}")]
    AmountDiffers {
        /// The expected amount.
        expected: Money,
        /// The reported amount.
        actual: Money,
    },
    /// The expected currency cannot express the reported amount.
    #[error("{0}")]
    Amount(MoneyError),
}
