use payments_core::json::{self, DecodeError, JsonNumber};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, CardNumber, Currency, Error, Money, MoneyError, ValidationError};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::amount::{count, wire_amount};
use crate::client::Client;

/// Who pays the interest on installments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a boolean on the wire")]
pub enum InterestPaidBy {
    /// The customer: it is added to what they pay.
    Customer,
    /// The merchant, as the other of two (inferred).
    Merchant,
}

impl InterestPaidBy {
    pub(crate) fn is_customer(self) -> bool {
        match self {
            Self::Customer => true,
            Self::Merchant => false,
        }
    }
}

/// A question: in which installments can this card pay this amount?
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "nothing is asked until it is sent"]
pub struct InstallmentQuery {
    amount: Money,
    number: CardNumber,
    max_installments: Option<u32>,
    interest_paid_by: Option<InterestPaidBy>,
}

impl InstallmentQuery {
    /// The amount, and the card's number.
    pub fn new(amount: Money, number: CardNumber) -> Self {
        Self { amount, number, max_installments: None, interest_paid_by: None }
    }

    /// The largest number of installments to be told of.
    pub fn max_installments(mut self, max: u32) -> Self {
        self.max_installments = Some(max);
        self
    }

    /// Who is to pay the interest.
    pub fn interest_paid_by(mut self, who: InterestPaidBy) -> Self {
        self.interest_paid_by = Some(who);
        self
    }

    fn request(self) -> Result<RequestBuilder, Error> {
        if self.max_installments == Some(0) {
            return Err(ValidationError::new("max_installments", "must be 1 or more").into());
        }
        let body = WireQuery {
            amount: wire_amount(self.amount)?,
            currency: self.amount.currency(),
            pan: self.number.expose(),
            max_installment_count: self.max_installments,
            interest_paid_by_customer: self.interest_paid_by.map(InterestPaidBy::is_customer),
        };
        let request = RequestBuilder::post(Path::new("api/installment-options")).json(&body)?;
        Ok(request.log_as(self))
    }
}

/// One way of paying in installments, with its amounts as they came.
///
/// They may have more decimals than the currency, so they are exact decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InstallmentOption {
    /// The amount that was asked about.
    pub asked: Money,
    /// How many installments.
    pub installment_count: u32,
    /// What each is.
    #[serde(with = "json::decimal")]
    pub installment_amount: Decimal,
    /// The currency of all amounts: that of the amount asked about.
    pub currency: Currency,
    /// The interest, in all.
    #[serde(with = "json::decimal")]
    pub interest_amount: Decimal,
    /// What is to be paid, in all.
    #[serde(with = "json::decimal")]
    pub total_amount: Decimal,
}

impl InstallmentOption {
    /// How far the amounts are from adding up, exactly.
    ///
    /// A difference is nothing wrong: 100.00 in three equal parts has one. And the total is not the amount and its
    /// interest where it is the merchant who pays the interest (inferred).
    ///
    /// # Errors
    ///
    /// When a difference has more digits than an exact decimal holds. Nothing is rounded.
    pub fn differences(&self) -> Result<Differences, MoneyError> {
        let one = |left, right| difference(left, 1, right);
        Ok(Differences {
            installments: difference(self.installment_amount, self.installment_count, self.total_amount)?,
            total: one(one(self.total_amount, self.interest_amount)?, self.asked.to_decimal()?)?,
        })
    }

    /// What each installment is, as money.
    ///
    /// # Errors
    ///
    /// When it has a fraction of the currency's smallest unit: nothing is rounded.
    pub fn installment_money(&self) -> Result<Money, MoneyError> {
        Money::from_decimal(self.installment_amount, self.currency)
    }

    /// What is to be paid in all, as money.
    ///
    /// # Errors
    ///
    /// When it has a fraction of the currency's smallest unit: nothing is rounded.
    pub fn total_money(&self) -> Result<Money, MoneyError> {
        Money::from_decimal(self.total_amount, self.currency)
    }
}

/// How far the amounts of an [`InstallmentOption`] are from adding up; all zero where they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Differences {
    /// All installments together, less the total.
    #[serde(with = "json::decimal")]
    pub installments: Decimal,
    /// The total without its interest, less the amount that was asked about.
    #[serde(with = "json::decimal")]
    pub total: Decimal,
}

impl Differences {
    /// True when everything adds up.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.installments.is_zero() && self.total.is_zero()
    }
}

/// `left × times − right`. A decimal's own arithmetic rounds what it cannot hold, silently; this does not.
fn difference(left: Decimal, times: u32, right: Decimal) -> Result<Decimal, MoneyError> {
    let (left, right) = (left.normalize(), right.normalize());
    let scale = left.scale().max(right.scale());
    let aligned = |number: Decimal| -> Option<i128> {
        10_i128.checked_pow(scale - number.scale())?.checked_mul(number.mantissa())
    };
    let exact = || aligned(left)?.checked_mul(i128::from(times))?.checked_sub(aligned(right)?);
    let (mut number, mut scale) = (exact().ok_or(MoneyError::OutOfRange)?, scale);
    while scale > 0 && number % 10 == 0 {
        (number, scale) = (number / 10, scale - 1);
    }
    Decimal::try_from_i128_with_scale(number, scale).map_err(|_| MoneyError::OutOfRange)
}

impl Client {
    /// In which installments a card can pay an amount. It only asks, although it posts.
    ///
    /// The card's number goes out whole (documented), as with a payment.
    pub fn installment_options(&self, query: InstallmentQuery) -> Call<Vec<InstallmentOption>> {
        let asked = query.amount;
        self.connection.call(INSTALLMENT_OPTIONS, query.request(), move |wire: WireOptions| {
            let options = wire.options.into_iter().enumerate();
            options.map(|(index, option)| option.option(asked).map_err(|error| error.within(&at(index)))).collect()
        })
    }
}

fn at(index: usize) -> String {
    format!("options[{index}]")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireQuery<'a> {
    amount: JsonNumber,
    currency: Currency,
    pan: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_installment_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interest_paid_by_customer: Option<bool>,
}

#[derive(Deserialize)]
struct WireOptions {
    options: Vec<WireOption>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOption {
    #[serde(deserialize_with = "count")]
    installment_count: u32,
    #[serde(with = "json::decimal")]
    installment_amount: Decimal,
    currency: Currency,
    #[serde(with = "json::decimal")]
    interest_amount: Decimal,
    #[serde(with = "json::decimal")]
    total_amount: Decimal,
}

impl WireOption {
    fn option(self, asked: Money) -> Result<InstallmentOption, DecodeError> {
        if self.currency != asked.currency() {
            return Err(DecodeError::new("currency", "is another than the one that was asked about"));
        }
        Ok(InstallmentOption {
            asked,
            installment_count: self.installment_count,
            installment_amount: self.installment_amount,
            currency: self.currency,
            interest_amount: self.interest_amount,
            total_amount: self.total_amount,
        })
    }
}

const INSTALLMENT_OPTIONS: Operation = Operation::read("installment_options");
