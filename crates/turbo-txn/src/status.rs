use payments_core::json::{self, DecodeError, Facts, ProviderMessage, Read, UnreadableMembers};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::stored::{Stored, StoredAs};
use payments_core::{AmountUnreadable, Call, Currency, Expected, Mismatch, Money, Poller, ReportedAmount, open_enum};
use serde::{Deserialize, Serialize};

use crate::amount;
use crate::client::Client;
use crate::envelope::{SuccessEnvelope, Timestamp};
use crate::id::{MerchantOrderId, Utr};

open_enum! {
    /// The status of a transaction.
    ///
    /// The documentation lists the names without explaining them. The meanings are *inferred*.
    pub enum TxnStatus {
        /// Initiated, not yet paid.
        Initiated = "Initiated",
        /// In progress.
        Pending = "Pending",
        /// Paid.
        Approved = "Approved",
        /// Not paid, and will not be.
        Rejected = "Rejected",
    }
}

impl TxnStatus {
    /// True for `Approved` and `Rejected`, the two statuses of callbacks. They do not change again (*inferred*).
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Approved | Self::Rejected => true,
            Self::Initiated | Self::Pending | Self::Unknown(_) => false,
        }
    }
}

/// The current state of a transaction, as returned by the status check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TxnDetails {
    stored: StoredAs<Self>,
    /// The merchant's reference.
    pub order_id: MerchantOrderId,
    /// The status.
    pub status: TxnStatus,
    amount: ReportedAmount,
    /// The bank's reference, once there is one.
    pub utr: Option<Utr>,
    /// When the response was created.
    pub timestamp: Option<Timestamp>,
    unreadable: UnreadableMembers,
}

impl Stored for TxnDetails {
    const TAG: &'static str = "turbo-txn.txn_details/1";
}

impl TxnDetails {
    /// Returns the exact amount. It may differ from the requested amount (*documented*).
    ///
    /// The amount of a rejected transaction may be zero or missing (*inferred*).
    ///
    /// # Errors
    ///
    /// Returns an error if the amount is missing or cannot be read exactly. The status is readable all the same.
    pub fn amount(&self) -> Result<Money, AmountUnreadable> {
        self.amount.in_units(Currency::INR)
    }

    /// Compares the transaction's reference and amount with what is expected. The status is not compared.
    ///
    /// If you received the response to the initiation, expect its amount:
    /// [`Transaction::amount`](crate::Transaction::amount).
    ///
    /// # Errors
    ///
    /// Returns the first difference. A different amount is documented behaviour: [`Mismatch::AmountDiffers`] has both
    /// amounts. An amount that is missing, unreadable, zero or negative matches nothing.
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        amount::check(&self.order_id, &self.amount, expected)
    }

    /// Returns the members of the response that could not be read as documented. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    pub(crate) fn of(read: Read<'_, DetailsEnvelope>) -> Result<Self, DecodeError> {
        let (data, timestamp) = read.value.into_data()?;
        Ok(Self {
            stored: StoredAs::new(),
            order_id: data.order_id,
            status: data.txn_status,
            amount: read.unreadable.amount("data.amount", data.amount),
            utr: data.utr,
            timestamp,
            unreadable: read.unreadable,
        })
    }
}

impl Client {
    /// Looks up a transaction by the merchant's order id. Use it after a callback or an unknown outcome.
    ///
    /// The response for an unknown order id is not documented. The error follows the envelope's `statusCode`.
    /// "Not found" does not prove that an initiation failed: it may still be in flight.
    pub fn lookup(&self, order: &MerchantOrderId) -> Call<TxnDetails> {
        let order = order.clone();
        let request = RequestBuilder::get(Path::new("turbo-svc/api/v1/transaction/ext/status-check"))
            .header("order-id", order.as_str())
            .map(|request| request.log_as(order.clone()));
        self.connection.call(LOOKUP, request, move |read: Read<'_, DetailsEnvelope>| {
            let details = TxnDetails::of(read)?;
            match json::expect_equal("data.orderId", &details.order_id, &order) {
                Ok(()) => Ok(details),
                Err(error) => Err(error.with_facts(Facts {
                    object_id: Some(details.order_id.as_str().to_owned()),
                    status: Some(details.status.as_str().to_owned()),
                    amount: details.amount.text(),
                })),
            }
        })
    }

    /// Looks up a transaction repeatedly until its status is final, or until the timeout.
    ///
    /// At the timeout it returns the last status. Turbo Transactions also sends a callback when the status changes
    /// (*documented*); use this method if none arrives.
    pub fn wait_until_final(&self, order: &MerchantOrderId) -> Poller<TxnDetails> {
        let (client, order) = (self.clone(), order.clone());
        Poller::new(&self.connection, move || client.lookup(&order), |details| details.status.is_final())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireDetails {
    order_id: MerchantOrderId,
    txn_status: TxnStatus,
    #[serde(default, deserialize_with = "json::amount")]
    amount: ReportedAmount,
    #[serde(default, deserialize_with = "Utr::none_if_empty")]
    utr: Option<Utr>,
}

pub(crate) type DetailsEnvelope = SuccessEnvelope<WireDetails>;

impl ProviderMessage for DetailsEnvelope {
    const DECIDING: &'static [&'static str] = &["success", "statusCode", "data.orderId", "data.txnStatus"];

    fn facts(member: &dyn Fn(&str) -> Option<String>) -> Facts {
        // The response contains no other id.
        Facts { object_id: member("data.orderId"), status: member("data.txnStatus"), amount: member("data.amount") }
    }
}

const LOOKUP: Operation = Operation::read("lookup");
