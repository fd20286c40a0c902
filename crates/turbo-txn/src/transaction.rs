use payments_core::id::check_url;
use payments_core::json::{self, DecodeError, Facts, ProviderMessage, Read, UnreadableMembers};
use payments_core::provider::Operation;
use payments_core::stored::{Stored, StoredAs};
use payments_core::{AmountUnreadable, Call, Currency, Expected, Mismatch, Money, ReportedAmount};
use serde::{Deserialize, Serialize};

use crate::amount;
use crate::client::Client;
use crate::envelope::{SuccessEnvelope, Timestamp};
use crate::id::{MerchantOrderId, TxnId};
use crate::new_transaction::NewTransaction;

/// A transaction that the customer can pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Transaction {
    stored: StoredAs<Self>,
    /// Turbo Transactions' id.
    pub txn_id: TxnId,
    /// The merchant's reference. Look up the transaction by it.
    pub order_id: MerchantOrderId,
    /// The amount of the request.
    pub requested_amount: Money,
    amount: ReportedAmount,
    /// The URL of the payment page. Send the customer there.
    pub sdk_url: String,
    /// When the response was created.
    pub timestamp: Option<Timestamp>,
    unreadable: UnreadableMembers,
}

impl Stored for Transaction {
    const TAG: &'static str = "turbo-txn.transaction/1";
}

impl Transaction {
    /// Returns the amount that the customer pays and that counts (*documented*). It may differ from the request: store
    /// it.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount is missing or cannot be read exactly. The payment page exists all the same. Look up
    /// the transaction to read the amount.
    pub fn amount(&self) -> Result<Money, AmountUnreadable> {
        self.amount.in_units(Currency::INR)
    }

    /// Compares the transaction's reference and amount with what is expected.
    ///
    /// # Errors
    ///
    /// Returns the first difference. A different amount is documented behaviour: [`Mismatch::AmountDiffers`] has both
    /// amounts. An amount that is missing or unreadable matches nothing.
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        amount::check(&self.order_id, &self.amount, expected)
    }

    /// Returns the members of the response that could not be read as documented. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    pub(crate) fn of(
        read: Read<'_, TransactionEnvelope>,
        order_id: &MerchantOrderId,
        requested_amount: Money,
    ) -> Result<Self, DecodeError> {
        let (data, timestamp) = read.value.into_data()?;
        data.check(order_id).map_err(|error| error.with_facts(data.facts()))?;
        Ok(Self {
            stored: StoredAs::new(),
            txn_id: data.txn_id,
            order_id: data.order_id,
            requested_amount,
            amount: read.unreadable.amount("data.amount", data.amount),
            sdk_url: data.sdk_url,
            timestamp,
            unreadable: read.unreadable,
        })
    }
}

impl Client {
    /// Initiates a transaction and returns the page where the customer pays by UPI.
    ///
    /// The call counts as **moving money** (*inferred*). The documentation describes the amount as "to be sent to the
    /// customer" and does not say how duplicate order ids are handled. A second request could create a second way to
    /// pay the same order. So the call is never retried once it may have been executed. Turbo Transactions has no
    /// idempotency keys.
    ///
    /// After an unknown outcome, call [`Client::lookup`]. The payment page cannot be retrieved again.
    pub fn initiate(&self, transaction: NewTransaction) -> Call<Transaction> {
        let (order_id, requested_amount) = (transaction.order_id.clone(), transaction.amount);
        self.connection.call(INITIATE, transaction.into_request(), move |read| {
            // A transaction with an invalid order id is not sent.
            let order_id = order_id.valid().ok_or_else(|| DecodeError::new("data.orderId", "cannot be compared"))?;
            Transaction::of(read, order_id, requested_amount)
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireTransaction {
    txn_id: TxnId,
    order_id: MerchantOrderId,
    #[serde(default, deserialize_with = "json::amount")]
    amount: ReportedAmount,
    sdk_url: String,
}

impl WireTransaction {
    /// Checks that the customer can pay this order here. An amount must be greater than zero, if it can be read
    /// (*inferred*).
    fn check(&self, order_id: &MerchantOrderId) -> Result<(), DecodeError> {
        json::expect_equal("data.orderId", &self.order_id, order_id)?;
        if check_url("sdkUrl", &self.sdk_url, usize::MAX).is_err() {
            return Err(DecodeError::new("data.sdkUrl", "is not an http or https URL"));
        }
        match self.amount.in_units(Currency::INR) {
            Ok(amount) if !amount.is_positive() => Err(DecodeError::new("data.amount", "is not greater than zero")),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn facts(&self) -> Facts {
        let object_id = Some(self.txn_id.as_str().to_owned());
        Facts { object_id, status: None, amount: self.amount.text() }
    }
}

pub(crate) type TransactionEnvelope = SuccessEnvelope<WireTransaction>;

impl ProviderMessage for TransactionEnvelope {
    const DECIDING: &'static [&'static str] = &["success", "statusCode", "data.txnId", "data.orderId", "data.sdkUrl"];

    fn facts(member: &dyn Fn(&str) -> Option<String>) -> Facts {
        Facts { object_id: member("data.txnId"), status: None, amount: member("data.amount") }
    }
}

const INITIATE: Operation = Operation::move_money("initiate");
