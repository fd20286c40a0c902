use payments_core::json::{self, DecodeError, Facts, ProviderMessage, Read, UnreadableMembers};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::stored::{Stored, StoredAs};
use payments_core::{
    AmountUnreadable, Call, Currency, Expected, Mismatch, Money, Poller, Reported, ReportedAmount, open_enum,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::id::{MerchantOrderId, OrderId, Utr};

open_enum! {
    /// The status of an order.
    pub enum OrderStatus {
        /// Created, not yet paid.
        New = "new",
        /// In progress: for example, the customer reported the payment (documented), or the bank is processing it
        /// (inferred).
        Pending = "pending",
        /// Paid or paid out.
        Success = "success",
        /// Not paid or not paid out.
        Failed = "failed",
        /// Cancelled by the customer. The order may still succeed or fail.
        Cancelled = "cancelled",
        /// Not confirmed in time. The order may still succeed or fail.
        Expired = "expired",
        /// A withdrawal's money was not sent, or a deposit was returned to the customer (documented).
        ///
        /// No documented transition leads a deposit to this status. The status does not change any more.
        Refunded = "refunded",
        /// A successful deposit was charged back.
        Chargeback = "chargeback",
    }
}

impl OrderStatus {
    /// Returns true if the status normally does not change any more.
    ///
    /// [`transition`](crate::transition()) lists the documented rare exceptions. `cancelled`, `expired` and
    /// unrecognised statuses are not final.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Success | Self::Failed | Self::Refunded | Self::Chargeback => true,
            Self::New | Self::Pending | Self::Cancelled | Self::Expired | Self::Unknown(_) => false,
        }
    }
}

/// An order as a lookup returns it.
///
/// TurboPay reports neither the currency nor whether the order is a deposit or a withdrawal. The amount is therefore an
/// exact decimal. Compare it with what you ordered: [`Order::check`], [`Order::amount_in`].
///
/// An order can be stored and loaded with serde, like every model of this crate. Its stored form is its own: a webhook's
/// body or a response cannot be loaded as an order.
///
/// ```
/// # #[cfg(feature = "test-util")] {
/// use turbopay::{Order, test_util};
///
/// let body = r#"{"order_id":"849655cf","merchant_order_id":"order-7421","status":"success","amount":"200.00"}"#;
/// let order = test_util::order(body).unwrap();
///
/// let stored = serde_json::to_string(&order).unwrap();
/// assert!(stored.starts_with(r#"{"stored":"turbopay.order/1","#));
/// assert_eq!(serde_json::from_str::<Order>(&stored).unwrap(), order);
///
/// let error = serde_json::from_str::<Order>(body).unwrap_err().to_string();
/// assert!(error.starts_with("the member `stored` must be `turbopay.order/1`"), "{error}");
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Order {
    stored: StoredAs<Self>,
    /// TurboPay's id. Keep it private.
    pub order_id: OrderId,
    /// The merchant's reference.
    pub merchant_order_id: MerchantOrderId,
    /// The order's status.
    pub status: OrderStatus,
    /// The reason for the status in prose, if TurboPay reports one.
    pub reason: Option<String>,
    amount: ReportedAmount,
    /// The bank's reference of the transfer; `None` until there is one.
    #[serde(deserialize_with = "Utr::none_if_empty")]
    pub utr: Option<Utr>,
    unreadable: UnreadableMembers,
}

impl Stored for Order {
    const TAG: &'static str = "turbopay.order/1";
}

impl Order {
    /// Compares the reference and the amount with what is expected. It does not check the status.
    ///
    /// # Errors
    ///
    /// Returns the first difference. TurboPay documents that amounts can change: [`Mismatch::AmountDiffers`] contains
    /// both amounts. A missing or unreadable amount is [`Mismatch::AmountUnreadable`].
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        check(&self.merchant_order_id, &self.amount, expected)
    }

    /// Returns the most recent amount, without its currency. It can differ from the requested amount.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount is missing or is not a plain number. The status is readable all the same.
    pub fn amount(&self) -> Result<Decimal, AmountUnreadable> {
        self.amount.decimal()
    }

    /// Returns the amount in the currency that you ordered.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Order::amount`], and an error if the amount has more decimals than the currency.
    pub fn amount_in(&self, currency: Currency) -> Result<Money, AmountUnreadable> {
        self.amount.in_units(currency)
    }

    /// Returns the members of the response that could not be read as documented. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    pub(crate) fn of(read: Read<'_, WireOrder>) -> Self {
        let Read { value: wire, unreadable, .. } = read;
        Self {
            stored: StoredAs::new(),
            order_id: wire.order_id,
            merchant_order_id: wire.merchant_order_id,
            status: wire.status,
            reason: wire.reason,
            amount: unreadable.amount("amount", wire.amount),
            utr: wire.utr,
            unreadable,
        }
    }

    /// Returns the order if an id in it is the requested one. Otherwise the error carries what was read.
    fn if_requested<T: PartialEq>(
        self,
        path: &'static str,
        id: fn(&Self) -> &T,
        requested: &T,
    ) -> Result<Self, DecodeError> {
        match json::expect_equal(path, id(&self), requested) {
            Ok(()) => Ok(self),
            Err(error) => Err(error.with_facts(Facts {
                object_id: Some(self.order_id.as_str().to_owned()),
                status: Some(self.status.as_str().to_owned()),
                amount: self.amount.text(),
            })),
        }
    }
}

pub(crate) fn check(reference: &MerchantOrderId, amount: &ReportedAmount, expected: &Expected) -> Result<(), Mismatch> {
    expected.check(&Reported {
        reference: reference.as_str(),
        amount: amount.decimal(),
        currency: Ok(None),
        live: None,
    })
}

impl Client {
    /// Looks up an order by TurboPay's id.
    ///
    /// TurboPay allows 60 lookups per minute (documented), by either id together (inferred). The client waits when the
    /// limit is reached. Each lookup also makes TurboPay send a webhook (documented).
    pub fn order_status(&self, id: &OrderId) -> Call<Order> {
        let (path, id) = (Path::new("order/status").segment(id), id.clone());
        self.connection.call(ORDER_STATUS, Ok(RequestBuilder::get(path)), move |wire| {
            Order::of(wire).if_requested("order_id", |order| &order.order_id, &id)
        })
    }

    /// Looks up an order by the merchant's reference. Use it after an unknown outcome.
    ///
    /// "Not found" does not prove that an earlier request failed: it may still be in flight. Use [`Order::check`] to
    /// make sure that the order is the expected one.
    ///
    /// The response does not say whether the order is a deposit or a withdrawal, so never use a reference for both.
    ///
    /// The lookup counts against the limit of [`Client::order_status`]. Its response has the same form (inferred: no
    /// exchange is recorded).
    pub fn lookup(&self, reference: &MerchantOrderId) -> Call<Order> {
        let (path, reference) = (Path::new("merchantorder/status").segment(reference), reference.clone());
        self.connection.call(LOOKUP, Ok(RequestBuilder::get(path)), move |wire| {
            Order::of(wire).if_requested("merchant_order_id", |order| &order.merchant_order_id, &reference)
        })
    }

    /// Looks up an order until its status is final or the time is up, and returns the last status.
    ///
    /// Use it when a webhook did not arrive: webhooks are the primary source of statuses (documented).
    pub fn wait_until_final(&self, reference: &MerchantOrderId) -> Poller<Order> {
        let (client, reference) = (self.clone(), reference.clone());
        Poller::new(&self.connection, move || client.lookup(&reference), |order| order.status.is_final())
    }
}

#[derive(Deserialize)]
pub(crate) struct WireOrder {
    order_id: OrderId,
    merchant_order_id: MerchantOrderId,
    status: OrderStatus,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    reason: Option<String>,
    #[serde(default, deserialize_with = "json::amount")]
    amount: ReportedAmount,
    #[serde(default, deserialize_with = "Utr::none_if_empty")]
    utr: Option<Utr>,
}

impl ProviderMessage for WireOrder {
    const DECIDING: &'static [&'static str] = &["order_id", "merchant_order_id", "status"];

    fn facts(member: &dyn Fn(&str) -> Option<String>) -> Facts {
        Facts { object_id: member("order_id"), status: member("status"), amount: member("amount") }
    }
}

const ORDER_STATUS: Operation = Operation::read("order_status").limited();
const LOOKUP: Operation = Operation::read("lookup").limited();
