use payments_core::api::{Draft, Operation, Path};
use payments_core::json::{self, DecodeError, Raw};
use payments_core::{Call, Claim, Expected, Mismatch, Money, Wait, open_enum};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};

use crate::client::Client;
use crate::envelope::{Success, Timestamp};
use crate::transaction::{OrderId, rupees};

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
    pub order_id: OrderId,
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

pub(crate) fn check(order: &OrderId, amount: Money, expected: &Expected) -> Result<(), Mismatch> {
    let currency = Some(amount.currency());
    let amount = amount.to_decimal().map_err(Mismatch::Amount)?;
    expected.check(&Claim { reference: order.as_str(), amount, currency, live: None })
}

impl Client {
    /// Where a transaction stands, by the merchant's order id: to be asked after an unknown outcome, and a callback.
    ///
    /// What an order that Turbo Transactions does not know is answered is not documented: it is whatever error its
    /// envelope says, and an answer about now, never proof that an initiation still on its way will not be executed.
    pub fn lookup(&self, order: &OrderId) -> Call<TxnDetails> {
        let draft = Draft::get(Path::new("turbo-svc/api/v1/transaction/ext/status-check"));
        let (draft, order) = (draft.header("order-id", order.as_str()), order.clone());
        let draft = draft.map(|draft| draft.shown_as(order.clone()));
        self.api.call(LOOKUP, draft, move |answer: Raw| {
            let Success { timestamp, data } = Success::<WireDetails>::read(&answer)?;
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
    pub fn wait_until_final(&self, order: &OrderId) -> Wait<TxnDetails> {
        let (client, order) = (self.clone(), order.clone());
        Wait::new(&self.api, move || client.lookup(&order), |details| details.status.is_final())
    }
}

/// The answer is held against the request.
pub(crate) fn same_order(answered: &OrderId, asked: &OrderId) -> Result<(), DecodeError> {
    if answered == asked { Ok(()) } else { Err(DecodeError::new("data.orderId", "is another order's")) }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDetails {
    order_id: OrderId,
    txn_status: TxnStatus,
    #[serde(with = "json::decimal")]
    amount: Decimal,
    #[serde(default, deserialize_with = "Utr::as_it_came")]
    utr: Option<Utr>,
}

const LOOKUP: Operation = Operation::read("lookup");
