use payments_core::json::{self, DecodeError, RawJson};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, Expected, Mismatch, Money, Poller, Reported, open_enum};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};

use crate::client::Client;
use crate::envelope::{Success, Timestamp};
use crate::transaction::{MerchantOrderId, rupees};

open_enum! {
    /// Where a transaction stands. The document lists the names and says no more of them.
    pub enum TxnStatus {
        /// Initiated; the customer has not paid yet (inferred).
        Initiated = "Initiated",
        /// Under way (inferred).
        Pending = "Pending",
        /// Paid.
        Approved = "Approved",
        /// Not paid, and not to be.
        Rejected = "Rejected",
    }
}

impl TxnStatus {
    /// True for the two that callbacks are sent with: nothing more happens (inferred).
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Approved | Self::Rejected => true,
            Self::Initiated | Self::Pending | Self::Unknown(_) => false,
        }
    }
}

/// The bank's reference of a transfer (UTR), as it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Utr(Box<str>);

impl Utr {
    /// The text as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Nothing, `null` and an empty text are all "none yet".
    fn as_it_came<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(json::none_if_empty(deserializer)?.map(|text: String| Self(text.into())))
    }
}

impl std::fmt::Display for Utr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// A transaction, as the status check shows it: the truth, as far as the merchant can have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TxnDetails {
    /// The merchant's reference.
    pub order_id: MerchantOrderId,
    /// Where it stands.
    pub status: TxnStatus,
    /// The amount, which may differ from what was asked for (documented). Exact.
    pub amount: Money,
    /// The bank's reference, once there is one.
    pub utr: Option<Utr>,
    /// When it was answered.
    pub timestamp: Option<Timestamp>,
}

impl TxnDetails {
    /// Holds the transaction against what was ordered. The status is not looked at.
    ///
    /// Expect the amount of [`Transaction::amount`](crate::Transaction::amount), where the initiation was answered.
    ///
    /// # Errors
    ///
    /// The first difference. That the amount may differ is documented: [`Mismatch::AmountDiffers`] has both.
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        check(&self.order_id, self.amount, expected)
    }
}

pub(crate) fn check(order: &MerchantOrderId, amount: Money, expected: &Expected) -> Result<(), Mismatch> {
    let currency = Some(amount.currency());
    let amount = amount.to_decimal().map_err(Mismatch::Amount)?;
    expected.check(&Reported { reference: order.as_str(), amount, currency, live: None })
}

impl Client {
    /// Where a transaction stands, by the merchant's order id: to be asked after an unknown outcome, and a callback.
    ///
    /// What an order that Turbo Transactions does not know is answered is not documented: it is whatever error its
    /// envelope says, and an answer about now, never proof that an initiation still on its way will not be executed.
    pub fn lookup(&self, order: &MerchantOrderId) -> Call<TxnDetails> {
        let request = RequestBuilder::get(Path::new("turbo-svc/api/v1/transaction/ext/status-check"));
        let (request, order) = (request.header("order-id", order.as_str()), order.clone());
        let request = request.map(|request| request.log_as(order.clone()));
        self.connection.call(LOOKUP, request, move |response: RawJson| {
            let Success { timestamp, data } = Success::<WireDetails>::read(&response)?;
            same_order(&data.order_id, &order)?;
            Ok(TxnDetails {
                order_id: data.order_id,
                status: data.txn_status,
                amount: rupees(data.amount)?,
                utr: data.utr,
                timestamp,
            })
        })
    }

    /// Looks a transaction up until its status is final, and gives the last status when time is up.
    ///
    /// A callback comes by itself once the status changes (documented); this is for when none came.
    pub fn wait_until_final(&self, order: &MerchantOrderId) -> Poller<TxnDetails> {
        let (client, order) = (self.clone(), order.clone());
        Poller::new(&self.connection, move || client.lookup(&order), |details| details.status.is_final())
    }
}

/// The answer is held against the request.
pub(crate) fn same_order(answered: &MerchantOrderId, asked: &MerchantOrderId) -> Result<(), DecodeError> {
    if answered == asked { Ok(()) } else { Err(DecodeError::new("data.orderId", "is another order's")) }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDetails {
    order_id: MerchantOrderId,
    txn_status: TxnStatus,
    #[serde(with = "json::decimal")]
    amount: Decimal,
    #[serde(default, deserialize_with = "Utr::as_it_came")]
    utr: Option<Utr>,
}

const LOOKUP: Operation = Operation::read("lookup");
