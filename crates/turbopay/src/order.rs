use payments_core::id::{check_id, check_reference};
use payments_core::json::{self, DecodeError};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{
    Call, Currency, Expected, Mismatch, Money, MoneyError, Poller, Reported, open_enum, string_newtype,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::deposit::Utr;

string_newtype! {
    /// TurboPay's id of an order. It is to be kept private (documented), so `Debug` does not show it.
    pub struct OrderId("order_id", private): |text| check_id("order_id", text);
}

string_newtype! {
    /// The merchant's own reference for an order, taken once: any text of 1 to 100 characters.
    ///
    /// Best keep to letters, digits, `.`, `_` and `-`. Anything else is sent as it is, and looked up as one percent-encoded
    /// segment; but no recorded exchange shows such an order found again, and a web framework may read `%2F` as a `/`.
    pub struct MerchantOrderId("merchant_order_id"): |text| check_reference("merchant_order_id", text, 100);
}

open_enum! {
    /// Where an order stands.
    pub enum OrderStatus {
        /// Created, not yet paid.
        New = "new",
        /// The customer says that it is paid (documented, for one), or the bank is at work (inferred).
        Pending = "pending",
        /// Done.
        Success = "success",
        /// Not done.
        Failed = "failed",
        /// The customer cancelled; it may still succeed or fail.
        Cancelled = "cancelled",
        /// Not confirmed in time; it may still succeed or fail.
        Expired = "expired",
        /// A withdrawal's money was not sent; a deposit's was returned to where it came from (both documented, though no
        /// documented transition leads a deposit here). Nothing more happens to the order.
        Refunded = "refunded",
        /// A deposit that had succeeded was charged back.
        Chargeback = "chargeback",
    }
}

impl OrderStatus {
    /// True when it normally stays as it is; [`transition`](crate::transition()) knows the documented rare exceptions.
    ///
    /// `cancelled` and `expired` are not final, and neither is a status that this version does not know.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Success | Self::Failed | Self::Refunded | Self::Chargeback => true,
            Self::New | Self::Pending | Self::Cancelled | Self::Expired | Self::Unknown(_) => false,
        }
    }
}

/// An order, as a look-up shows it.
///
/// TurboPay says neither the currency nor whether it is a deposit or a withdrawal: the amount stays an exact decimal
/// until the caller, who knows what was ordered, says so ([`Order::check`], [`Order::amount_in`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Order {
    /// TurboPay's id. Keep it private.
    pub order_id: OrderId,
    /// The merchant's reference.
    pub merchant_order_id: MerchantOrderId,
    /// Where it stands.
    pub status: OrderStatus,
    /// Why, in prose, where there is a reason.
    pub reason: Option<String>,
    /// The most recent amount, in units of a currency that is not said. It can differ from what was asked for.
    #[serde(with = "json::decimal")]
    pub amount: Decimal,
    /// The bank's reference of the transfer, once there is one.
    pub utr: Option<Utr>,
}

impl Order {
    /// Holds the order against what was asked for. The status is not looked at.
    ///
    /// # Errors
    ///
    /// The first difference. TurboPay documents that amounts change: [`Mismatch::AmountDiffers`] has both.
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        check(&self.merchant_order_id, self.amount, expected)
    }

    /// The amount, in the currency that was ordered.
    ///
    /// # Errors
    ///
    /// When it has more decimals than the currency.
    pub fn amount_in(&self, currency: Currency) -> Result<Money, MoneyError> {
        Money::from_decimal(self.amount, currency)
    }
}

pub(crate) fn check(reference: &MerchantOrderId, amount: Decimal, expected: &Expected) -> Result<(), Mismatch> {
    expected.check(&Reported { reference: reference.as_str(), amount, currency: None, live: None })
}

impl Client {
    /// Where an order stands, by TurboPay's id.
    ///
    /// Look-ups are limited to 60 a minute (documented), both kinds together (inferred), which the client keeps by waiting;
    /// and each makes TurboPay send a webhook (documented).
    pub fn order_status(&self, id: &OrderId) -> Call<Order> {
        let (path, id) = (Path::new("order/status").segment(id), id.clone());
        self.connection.call(ORDER_STATUS, Ok(RequestBuilder::get(path)), move |wire: WireOrder| {
            let order = wire.order();
            same("order_id", order.order_id == id).map(|()| order)
        })
    }

    /// Where an order stands, by the merchant's reference: what to ask after an unknown outcome.
    ///
    /// That it is not found is an answer about now, never proof that a request still on its way will not be executed.
    /// It counts against the same limit as [`Client::order_status`], and is answered in the same form (inferred: no
    /// exchange is recorded). Whether the order found is the one that was meant, [`Order::check`] tells.
    pub fn lookup(&self, reference: &MerchantOrderId) -> Call<Order> {
        let (path, reference) = (Path::new("merchantorder/status").segment(reference), reference.clone());
        self.connection.call(LOOKUP, Ok(RequestBuilder::get(path)), move |wire: WireOrder| {
            let order = wire.order();
            same("merchant_order_id", order.merchant_order_id == reference).map(|()| order)
        })
    }

    /// Looks an order up until its status is final, and gives the last status when time is up.
    ///
    /// Webhooks are the primary way to learn of a status (documented); this is for when one did not come.
    pub fn wait_until_final(&self, reference: &MerchantOrderId) -> Poller<Order> {
        let (client, reference) = (self.clone(), reference.clone());
        Poller::new(&self.connection, move || client.lookup(&reference), |order| order.status.is_final())
    }
}

/// The answer is held against the request.
fn same(field: &'static str, same: bool) -> Result<(), DecodeError> {
    if same { Ok(()) } else { Err(DecodeError::new(field, "is another order's")) }
}

#[derive(Deserialize)]
struct WireOrder {
    order_id: OrderId,
    merchant_order_id: MerchantOrderId,
    status: OrderStatus,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    reason: Option<String>,
    #[serde(with = "json::decimal")]
    amount: Decimal,
    #[serde(default, deserialize_with = "Utr::as_it_came")]
    utr: Option<Utr>,
}

impl WireOrder {
    fn order(self) -> Order {
        Order {
            order_id: self.order_id,
            merchant_order_id: self.merchant_order_id,
            status: self.status,
            reason: self.reason,
            amount: self.amount,
            utr: self.utr,
        }
    }
}

const ORDER_STATUS: Operation = Operation::read("order_status").limited();
const LOOKUP: Operation = Operation::read("lookup").limited();
