//! The installment options and their cost.

use serde::Serialize;

use super::amount::{Currency, Number};
use super::card::TestCard;
use super::settings::Settings;

/// An installment option.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) count: u32,
    /// The amount of each installment, rounded.
    pub(crate) installment: i64,
    pub(crate) interest: i64,
    pub(crate) total: i64,
    basis_points: u32,
}

/// The amount to pay, and the rules for paying it in installments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InstallmentQuery {
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    /// The most installments.
    pub(crate) max_installments: u32,
    pub(crate) interest_paid_by_customer: bool,
}

impl InstallmentQuery {
    /// Returns the options with at least two installments, for any card.
    pub(crate) fn offers(self) -> impl Iterator<Item = Offer> {
        RATES.iter().filter(move |(count, _)| *count <= self.max_installments).filter_map(move |(count, rate)| {
            let basis_points = if self.interest_paid_by_customer { *rate } else { 0 };
            let interest = self.currency.share(self.amount, basis_points);
            let total = self.amount + interest;
            let installment = self.currency.installment(total, *count);
            (installment >= MIN_INSTALLMENT).then_some(Offer {
                count: *count,
                installment,
                interest,
                total,
                basis_points,
            })
        })
    }

    /// Returns the options of a card.
    pub(crate) fn offers_for(self, card: &TestCard) -> impl Iterator<Item = Offer> {
        let offers = card.offers_installments();
        self.offers().filter(move |_| offers)
    }

    /// Returns the total for this number of installments; `None` if the card does not offer it.
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
            installment_amount: currency.number(offer.installment),
            currency: currency.code,
            interest_amount,
            total_amount: currency.number(offer.total),
        }
    }
}

/// The response body with a card's options.
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

/// The default of the most installments.
pub(crate) const MAX_INSTALLMENTS: u32 = 12;

/// The number of installments, and the interest in hundredths of a percent.
///
/// The first two are from the document's sample; the others continue the series (inferred).
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

/// The smallest installment: one unit of the currency.
const MIN_INSTALLMENT: i64 = 100;
