use payments_core::json::{self, DecodeError, JsonNumber, ProviderMessage, RawJson, Read, UnreadableItem};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::stored::{self, Stored, StoredAs};
use payments_core::{
    Call, CardNumber, Currency, Error, Extra, Money, MoneyError, ReportedCurrency, ValidationError, extra_setter,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::amount::wire_amount;
use crate::client::Client;
use crate::fields::count;

/// Who pays the interest on installments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a boolean on the wire")]
pub enum InterestPaidBy {
    /// The customer: the interest is added to the amount.
    Customer,
    /// The merchant, if the customer does not pay it (inferred).
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

/// A query for the installment options of a card and an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a query does nothing until it is sent"]
pub struct InstallmentQuery {
    amount: Money,
    number: CardNumber,
    max_installments: Option<u32>,
    interest_paid_by: Option<InterestPaidBy>,
    extra: Extra,
}

impl InstallmentQuery {
    /// Creates a query for an amount and a card number.
    pub fn new(amount: Money, number: CardNumber) -> Self {
        Self { amount, number, max_installments: None, interest_paid_by: None, extra: Extra::default() }
    }

    /// Sets the largest number of installments to return.
    pub fn max_installments(mut self, max: u32) -> Self {
        self.max_installments = Some(max);
        self
    }

    /// Sets who pays the interest.
    pub fn interest_paid_by(mut self, payer: InterestPaidBy) -> Self {
        self.interest_paid_by = Some(payer);
        self
    }

    extra_setter!();

    fn request(self) -> Result<RequestBuilder, Error> {
        check_at_least_one("max_installments", self.max_installments)?;
        let body = WireQuery {
            amount: wire_amount(self.amount)?,
            currency: self.amount.currency(),
            pan: self.number.expose(),
            max_installment_count: self.max_installments,
            interest_paid_by_customer: self.interest_paid_by.map(InterestPaidBy::is_customer),
        };
        let request =
            RequestBuilder::post(Path::new("api/installment-options")).json_with(&body, TYPED, &self.extra)?;
        Ok(request.log_as(self))
    }
}

/// The names of all members that a query can have.
const TYPED: &[&str] = &["amount", "currency", "pan", "maxInstallmentCount", "interestPaidByCustomer"];

/// One way to pay in installments.
///
/// The amounts are exact decimals, because they may have more decimals than the currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InstallmentOption {
    stored: StoredAs<Self>,
    /// The amount of the query.
    pub requested_amount: Money,
    /// The number of installments.
    pub installment_count: u32,
    /// The amount of each installment.
    #[serde(with = "stored::decimal")]
    pub installment_amount: Decimal,
    /// The currency of all amounts, which is the currency of the query.
    pub currency: Currency,
    /// The total interest.
    #[serde(with = "stored::decimal")]
    pub interest_amount: Decimal,
    /// The total to pay.
    #[serde(with = "stored::decimal")]
    pub total_amount: Decimal,
}

impl Stored for InstallmentOption {
    const TAG: &'static str = "card3ds.installment_option/1";
}

impl InstallmentOption {
    /// Checks whether the amounts add up, and returns the exact differences.
    ///
    /// A difference is not an error:
    ///
    /// - Three equal installments cannot add up to 100.00.
    /// - If the merchant pays the interest, the total is not the amount plus the interest (inferred).
    ///
    /// # Errors
    ///
    /// Returns an error if a difference has more digits than an exact decimal holds: nothing is rounded.
    pub fn differences(&self) -> Result<Differences, MoneyError> {
        let without_interest = difference(self.total_amount, 1, self.interest_amount)?;
        Ok(Differences {
            installments: difference(self.installment_amount, self.installment_count, self.total_amount)?,
            total: difference(without_interest, 1, self.requested_amount.to_decimal()?)?,
        })
    }

    /// Converts the amount of each installment to money.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount has more decimals than the currency: nothing is rounded.
    pub fn installment_money(&self) -> Result<Money, MoneyError> {
        Money::from_decimal(self.installment_amount, self.currency)
    }

    /// Converts the total interest to money.
    ///
    /// # Errors
    ///
    /// Returns an error if the interest has more decimals than the currency: nothing is rounded.
    pub fn interest_money(&self) -> Result<Money, MoneyError> {
        Money::from_decimal(self.interest_amount, self.currency)
    }

    /// Converts the total to money.
    ///
    /// # Errors
    ///
    /// Returns an error if the total has more decimals than the currency: nothing is rounded.
    pub fn total_money(&self) -> Result<Money, MoneyError> {
        Money::from_decimal(self.total_amount, self.currency)
    }
}

/// The differences between the amounts of an [`InstallmentOption`]; zero if they add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Differences {
    /// The sum of all installments, minus the total.
    #[serde(with = "json::decimal")]
    pub installments: Decimal,
    /// The total, minus the interest, minus the amount of the query.
    #[serde(with = "json::decimal")]
    pub total: Decimal,
}

impl Differences {
    /// Returns true if both differences are zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.installments.is_zero() && self.total.is_zero()
    }
}

/// Computes `left × times − right` exactly. The arithmetic of `Decimal` rounds silently.
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
    /// Returns the installment options for a card and an amount. Read-only, although the method is POST.
    ///
    /// The full card number is sent (documented), as with a payment.
    ///
    /// An option that cannot be read does not affect the others. An option in another currency makes the response malformed.
    pub fn installment_options(&self, query: InstallmentQuery) -> Call<Vec<Result<InstallmentOption, UnreadableItem>>> {
        let requested = query.amount;
        self.connection.call(INSTALLMENT_OPTIONS, query.request(), move |read| options(read, requested))
    }
}

/// Checks an optional number of installments.
pub(crate) fn check_at_least_one(field: &'static str, count: Option<u32>) -> Result<(), ValidationError> {
    if count == Some(0) { Err(ValidationError::new(field, "must be 1 or more")) } else { Ok(()) }
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

/// Reads the options for an amount.
pub(crate) fn options(
    read: Read<'_, WireOptions>,
    requested: Money,
) -> Result<Vec<Result<InstallmentOption, UnreadableItem>>, DecodeError> {
    read.value.options.into_iter().enumerate().map(|(index, raw)| option(index, raw, requested)).collect()
}

#[derive(Deserialize)]
pub(crate) struct WireOptions {
    options: Vec<RawJson>,
}

impl ProviderMessage for WireOptions {
    // The empty name stands for no option: what an option contains does not decide about the others.
    const DECIDING: &'static [&'static str] = &["options."];
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOption {
    #[serde(deserialize_with = "count")]
    installment_count: u32,
    #[serde(with = "json::decimal")]
    installment_amount: Decimal,
    #[serde(default, deserialize_with = "json::currency")]
    currency: ReportedCurrency,
    #[serde(with = "json::decimal")]
    interest_amount: Decimal,
    #[serde(with = "json::decimal")]
    total_amount: Decimal,
}

/// Reads an option. The outer error is about the whole response.
fn option(
    index: usize,
    raw: RawJson,
    requested: Money,
) -> Result<Result<InstallmentOption, UnreadableItem>, DecodeError> {
    let path = format!("options[{index}]");
    let read = || -> Result<(WireOption, Currency), DecodeError> {
        let wire: WireOption = raw.decode_object()?;
        let currency = wire.currency.currency().map_err(|_| DecodeError::new("currency", "is missing or unknown"))?;
        Ok((wire, currency))
    };
    let (wire, currency) = match read() {
        Ok(read) => read,
        Err(error) => return Ok(Err(UnreadableItem::new(index, None, error.within(&path), raw))),
    };
    json::expect_equal("currency", &currency, &requested.currency()).map_err(|error| error.within(&path))?;
    Ok(Ok(InstallmentOption {
        stored: StoredAs::new(),
        requested_amount: requested,
        installment_count: wire.installment_count,
        installment_amount: wire.installment_amount,
        currency,
        interest_amount: wire.interest_amount,
        total_amount: wire.total_amount,
    }))
}

const INSTALLMENT_OPTIONS: Operation = Operation::read("installment_options");
