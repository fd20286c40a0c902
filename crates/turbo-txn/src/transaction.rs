use payments_core::id::check_url;
use payments_core::json::{self, DecodeError};
use payments_core::provider::Operation;
use payments_core::{Call, Expected, Mismatch, Money};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::amount::{self, rupees};
use crate::client::Client;
use crate::envelope::{SuccessEnvelope, Timestamp};
use crate::id::{MerchantOrderId, TxnId};
use crate::new_transaction::NewTransaction;

/// A transaction that the customer can pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Transaction {
    /// Turbo Transactions' id.
    pub txn_id: TxnId,
    /// The merchant's reference. Look up the transaction by it.
    pub order_id: MerchantOrderId,
    /// The amount of the request.
    pub requested_amount: Money,
    /// The amount that the customer pays and that counts (*documented*). It may differ from the request: store it.
    pub amount: Money,
    /// The URL of the payment page. Send the customer there.
    pub sdk_url: String,
    /// When the response was created.
    pub timestamp: Option<Timestamp>,
}

impl Transaction {
    /// Compares the transaction's reference and amount with what is expected.
    ///
    /// # Errors
    ///
    /// Returns the first difference. A different amount is documented behaviour: [`Mismatch::AmountDiffers`] has both
    /// amounts.
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        amount::check(&self.order_id, self.amount, expected)
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
        self.connection.call(INITIATE, transaction.into_request(), move |envelope: SuccessEnvelope| {
            let (data, timestamp) = envelope.into_data::<WireTransaction>()?;
            json::expect_equal("data.orderId", &data.order_id, &order_id)?;
            if check_url("sdkUrl", &data.sdk_url, usize::MAX).is_err() {
                return Err(DecodeError::new("data.sdkUrl", "is not an http or https URL"));
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
