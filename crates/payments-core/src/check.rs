use rust_decimal::Decimal;

use crate::reported::AmountUnreadable;
use crate::{Currency, Money, MoneyError};

/// The expected reference and amount of an order. Compare them with the provider's report before you deliver anything.
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

    /// Compares a provider's report with what is expected.
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
        let currency = reported.currency.clone().map_err(Mismatch::AmountUnreadable)?;
        if let Some(currency) = currency.filter(|currency| *currency != self.amount.currency()) {
            return Err(Mismatch::Currency { expected: self.amount.currency(), actual: currency });
        }
        let amount = reported.amount.clone().map_err(Mismatch::AmountUnreadable)?;
        let actual = Money::from_decimal(amount, self.amount.currency()).map_err(Mismatch::Amount)?;
        if actual == self.amount { Ok(()) } else { Err(Mismatch::AmountDiffers { expected: self.amount, actual }) }
    }
}

/// A provider's report about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "provider crates build it")]
pub struct Reported<'a> {
    /// The merchant's reference.
    pub reference: &'a str,
    /// The exact amount, in units of the currency. A missing amount is unreadable.
    pub amount: Result<Decimal, AmountUnreadable>,
    /// The currency, if the provider reports it. An unreadable currency is never treated as missing.
    pub currency: Result<Option<Currency>, AmountUnreadable>,
    /// True for real money, if the provider reports it.
    pub live: Option<bool>,
}

impl<'a> Reported<'a> {
    /// A report with an amount of money in a known currency, without a mode.
    ///
    /// # Errors
    ///
    /// Returns an error if the currency's decimals are unknown.
    pub fn money(reference: &'a str, amount: Money) -> Result<Self, Mismatch> {
        let decimal = amount.to_decimal().map_err(Mismatch::Amount)?;
        Ok(Self { reference, amount: Ok(decimal), currency: Ok(Some(amount.currency())), live: None })
    }
}

/// A difference between a provider's report and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// The report is about another order.
    #[error("the report is about another order")]
    Reference,
    /// The payment is in test mode instead of live mode, or the other way round.
    #[error("the mode differs: the provider reports `live` as {live}")]
    Mode {
        /// The mode that the provider reports.
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
    /// The amount or the currency is missing or unreadable.
    #[error("{0}")]
    AmountUnreadable(AmountUnreadable),
    /// The expected currency cannot express the reported amount.
    #[error("{0}")]
    Amount(MoneyError),
}
