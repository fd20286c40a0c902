//! What paying in parts costs.

use serde::Serialize;

use super::amount::{Currency, Number};
use super::card::TestCard;
use super::settings::Settings;

/// A way to pay in parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) count: u32,
    /// What each part comes to, rounded.
    pub(crate) part: i64,
    pub(crate) interest: i64,
    pub(crate) total: i64,
    basis_points: u32,
}

/// What is to be paid, and by which rules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InstallmentQuery {
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    /// How many parts at most.
    pub(crate) max_installments: u32,
    pub(crate) interest_paid_by_customer: bool,
}

impl InstallmentQuery {
    /// The ways to pay in two parts and more, whichever card it is.
    pub(crate) fn offers(self) -> impl Iterator<Item = Offer> {
        RATES.iter().filter(move |(count, _)| *count <= self.max_installments).filter_map(move |(count, rate)| {
            let basis_points = if self.interest_paid_by_customer { *rate } else { 0 };
            let interest = self.currency.share(self.amount, basis_points);
            let total = self.amount + interest;
            let part = self.currency.part(total, *count);
            (part >= MIN_PART).then_some(Offer { count: *count, part, interest, total, basis_points })
        })
    }

    /// Those that a card has.
    pub(crate) fn offers_for(self, card: &TestCard) -> impl Iterator<Item = Offer> {
        let has = card.pays_in_parts();
        self.offers().filter(move |_| has)
    }

    /// What a customer pays in so many parts, unless the card has no such offer.
    pub(crate) fn total(self, card: &TestCard, count: u32) -> Option<i64> {
        if count == 1 {
            return Some(self.amount);
        }
        self.offers_for(card).find(|offer| offer.count == count).map(|offer| offer.total)
    }

    pub(crate) fn to_response(self, card: &TestCard, settings: &Settings) -> InstallmentOptions {
        let options = self.offers_for(card).map(|offer| self.option(offer, settings));
        InstallmentOptions { options: options.collect() }
    }

    fn option(self, offer: Offer, settings: &Settings) -> InstallmentOption {
        let currency = self.currency;
        let interest_amount = if settings.exact_interest {
            currency.exact_share(self.amount, offer.basis_points)
        } else {
            currency.number(offer.interest)
        };
        InstallmentOption {
            installment_count: offer.count,
            installment_amount: currency.number(offer.part),
            currency: currency.code,
            interest_amount,
            total_amount: currency.number(offer.total),
        }
    }
}

/// The answer to the question which ways there are.
#[derive(Debug, Serialize)]
pub(crate) struct InstallmentOptions {
    options: Vec<InstallmentOption>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct InstallmentOption {
    installment_count: u32,
    installment_amount: Number,
    currency: &'static str,
    interest_amount: Number,
    total_amount: Number,
}

/// How many parts at most, where nobody says it.
pub(crate) const MAX_INSTALLMENTS: u32 = 12;

/// Parts, and hundredths of a percent: the first two are the document's sample, the others go on like them.
const RATES: &[(u32, u32)] = &[
    (2, 200),
    (3, 350),
    (4, 500),
    (5, 650),
    (6, 800),
    (7, 950),
    (8, 1100),
    (9, 1250),
    (10, 1400),
    (11, 1550),
    (MAX_INSTALLMENTS, 1700),
];

/// A part is at least one unit of the currency.
const MIN_PART: i64 = 100;
