use rust_decimal::Decimal;

use crate::{Currency, Money, MoneyError};

/// What the merchant's own books say of an order, to hold a provider's claim against before goods are shipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    reference: String,
    amount: Money,
    live: Option<bool>,
}

impl Expected {
    /// The merchant's reference and the amount that was asked for.
    pub fn new(reference: impl AsRef<str>, amount: Money) -> Self {
        Self { reference: reference.as_ref().to_owned(), amount, live: None }
    }

    /// And that it be real money, or test money, where the provider says which.
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

    /// The amount that was asked for.
    #[must_use]
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// Holds a claim against it.
    ///
    /// # Errors
    ///
    /// The first difference found: reference, mode, currency, amount, in this order.
    pub fn check(&self, claim: &Claim<'_>) -> Result<(), Mismatch> {
        if claim.reference != self.reference {
            return Err(Mismatch::Reference);
        }
        if let (Some(expected), Some(claimed)) = (self.live, claim.live)
            && expected != claimed
        {
            return Err(Mismatch::Mode { live: claimed });
        }
        if let Some(currency) = claim.currency.filter(|currency| *currency != self.amount.currency()) {
            return Err(Mismatch::Currency { expected: self.amount.currency(), actual: currency });
        }
        let actual = Money::from_decimal(claim.amount, self.amount.currency()).map_err(Mismatch::Amount)?;
        if actual == self.amount { Ok(()) } else { Err(Mismatch::AmountDiffers { asked: self.amount, actual }) }
    }
}

/// What a provider says of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "provider crates build it")]
pub struct Claim<'a> {
    /// The merchant's reference.
    pub reference: &'a str,
    /// The amount, exact.
    pub amount: Decimal,
    /// The currency, where it is said.
    pub currency: Option<Currency>,
    /// Whether it is real money, where it is said.
    pub live: Option<bool>,
}

/// How a provider's claim differs from what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// It is about another order.
    #[error("it is about another order")]
    Reference,
    /// Test money where real money was expected, or the other way round.
    #[error("it is in the wrong mode: live is {live}")]
    Mode {
        /// What the provider says.
        live: bool,
    },
    /// Another currency.
    #[error("it is in {actual}, not in {expected}")]
    Currency {
        /// The currency that was asked for.
        expected: Currency,
        /// The one that the provider says.
        actual: Currency,
    },
    /// Another amount. Where the provider documents that amounts change, the actual one is what counts.
    #[error("{actual} instead of the {asked} that were asked for")]
    AmountDiffers {
        /// What was asked for.
        asked: Money,
        /// What the provider says.
        actual: Money,
    },
    /// An amount that the currency cannot hold.
    #[error("{0}")]
    Amount(MoneyError),
}
