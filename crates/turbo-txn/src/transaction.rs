use payments_core::id::check_web_address;
use payments_core::json::{self, DecodeError, JsonNumber, RawJson};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{
    Call, Currency, Error, Expected, Mismatch, Money, MoneyError, ValidationError, check_length, string_newtype,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::envelope::{Success, Timestamp};
use crate::status;

string_newtype! {
    /// The merchant's own reference for an order: 1 to 100 visible ASCII characters, since it travels in a header.
    ///
    /// It must be unique (documented). What Turbo Transactions does with one that is not, it does not say.
    pub struct MerchantOrderId("order_id"): |text| check_order_id(text);
}

fn check_order_id(text: &str) -> Result<(), ValidationError> {
    check_length("order_id", text, 100)?;
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(ValidationError::new("order_id", "must hold only visible ASCII characters, and no space"))
    }
}

string_newtype! {
    /// Turbo Transactions' id of a transaction, as it came. Nothing can be asked about by it.
    pub struct TxnId("txn_id"): |text| check_length("txn_id", text, 255);
}

/// A transaction to be initiated: all that the document requires.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a transaction is not initiated until it is sent"]
pub struct NewTransaction {
    order_id: MerchantOrderId,
    amount: Money,
    return_url: String,
}

impl NewTransaction {
    /// The order, its amount in whole rupees, and where the customer returns to after paying.
    ///
    /// Paise are refused before anything is sent: the document takes integers only.
    pub fn new(order_id: MerchantOrderId, amount: Money, return_url: impl Into<String>) -> Self {
        Self { order_id, amount, return_url: return_url.into() }
    }

    fn request(self) -> Result<RequestBuilder, Error> {
        check_web_address("return_url", &self.return_url, LONGEST_RETURN_URL)?;
        let amount = whole_rupees(self.amount)?;
        let body = WireNew { order_id: &self.order_id, amount, return_url: &self.return_url };
        let request =
            RequestBuilder::post(Path::new("turbo-svc/api/v1/transaction/ext/v2/amt/initiate-s2s")).json(&body)?;
        Ok(request.log_as(self))
    }
}

fn whole_rupees(amount: Money) -> Result<JsonNumber, Error> {
    if amount.currency() != Currency::INR {
        return Err(
            ValidationError::new("amount", "must be in INR: Turbo Transactions collects no other currency").into()
        );
    }
    amount.check_positive("amount")?;
    match amount.whole_units()? {
        Some(rupees) => Ok(JsonNumber::integer(rupees)?),
        None => Err(ValidationError::new("amount", "must be whole rupees: Turbo Transactions takes no paise").into()),
    }
}

/// A transaction that the customer can pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Transaction {
    /// Turbo Transactions' id.
    pub txn_id: TxnId,
    /// The merchant's reference: what to look it up by.
    pub order_id: MerchantOrderId,
    /// The amount that was asked for.
    pub requested_amount: Money,
    /// The amount that counts (documented): what the customer pays. It may differ from what was asked for, so store it.
    pub amount: Money,
    /// The page to send the customer to.
    pub sdk_url: String,
    /// When it was answered.
    pub timestamp: Option<Timestamp>,
}

impl Transaction {
    /// Holds the transaction against what was ordered.
    ///
    /// # Errors
    ///
    /// The first difference. That the amount may differ is documented: [`Mismatch::AmountDiffers`] has both.
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        status::check(&self.order_id, self.amount, expected)
    }
}

impl Client {
    /// Initiates a transaction: gives the page where the customer pays the order by UPI.
    ///
    /// It counts as **moving money**. The answer is the customer's way to pay, the document calls the amount one "to be
    /// sent to the customer", and what becomes of an order id that comes twice it does not say: a second sending may
    /// leave two pages to pay on. So it is never sent again once it may have been done, and there are no idempotency
    /// keys to do it under. After an unknown outcome, [`Client::lookup`] the order. Its page cannot be had again.
    pub fn initiate(&self, transaction: NewTransaction) -> Call<Transaction> {
        let (order_id, requested_amount) = (transaction.order_id.clone(), transaction.amount);
        self.connection.call(INITIATE, transaction.request(), move |response: RawJson| {
            let Success { timestamp, data } = Success::<WireTransaction>::read(&response)?;
            status::same_order(&data.order_id, &order_id)?;
            if check_web_address("sdkUrl", &data.sdk_url, usize::MAX).is_err() {
                return Err(DecodeError::new("data.sdkUrl", "is not a web address"));
            }
            Ok(Transaction {
                txn_id: data.txn_id,
                order_id: data.order_id,
                requested_amount,
                amount: rupees(data.amount)?,
                sdk_url: data.sdk_url,
                timestamp,
            })
        })
    }
}

/// An amount of an answer: exact and above zero, or an error. Nobody pays nothing (inferred).
pub(crate) fn rupees(amount: Decimal) -> Result<Money, DecodeError> {
    let amount = Money::from_decimal(amount, Currency::INR)
        .map_err(|problem: MoneyError| DecodeError::new("data.amount", problem.to_string()))?;
    if amount.is_positive() { Ok(amount) } else { Err(DecodeError::new("data.amount", "is not above zero")) }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireNew<'a> {
    order_id: &'a MerchantOrderId,
    amount: JsonNumber,
    return_url: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTransaction {
    txn_id: TxnId,
    order_id: MerchantOrderId,
    #[serde(with = "json::decimal")]
    amount: Decimal,
    sdk_url: String,
}

const INITIATE: Operation = Operation::move_money("initiate");

/// The document names no limit; longer than that is no address that browsers agree on.
const LONGEST_RETURN_URL: usize = 2048;
