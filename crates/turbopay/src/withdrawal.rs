use payments_core::json::{Facts, ProviderMessage, Read, UnreadableMembers};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::stored::{Stored, StoredAs};
use payments_core::{Argument, Call, Error, Money};
use serde::{Deserialize, Serialize};

use crate::client::{Client, Defaults};
use crate::customer::{BankAccount, BankCode, check_beneficiary};
use crate::id::{MerchantCustomerId, MerchantOrderId, OrderId};
use crate::method::Method;
use crate::new_order::{NewOrder, order_setters, typed};
use crate::order::OrderStatus;

/// A withdrawal to create: a payout to a customer's bank account.
///
/// The constructors take the required parameters. The webhook URL and the kind of traffic are required too, but can be
/// set once on the client.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a withdrawal is not created until it is sent"]
pub struct NewWithdrawal {
    order: NewOrder,
    account: BankAccount,
    bank: BankCode,
}

impl NewWithdrawal {
    /// Creates the parameters of a bank transfer. INR amounts must be whole rupees, and `bank` an IFSC.
    pub fn bank_transfer(
        amount: Money,
        order: impl Into<Argument<MerchantOrderId>>,
        customer: impl Into<Argument<MerchantCustomerId>>,
        account: BankAccount,
        bank: BankCode,
    ) -> Self {
        Self::new(Method::BankTransfer, amount, order, customer, account, bank)
    }

    /// Creates the parameters of a withdrawal by any method from the merchant's setup sheet.
    pub fn new(
        method: Method,
        amount: Money,
        order: impl Into<Argument<MerchantOrderId>>,
        customer: impl Into<Argument<MerchantCustomerId>>,
        account: BankAccount,
        bank: BankCode,
    ) -> Self {
        Self { order: NewOrder::new(method, amount, order, customer), account, bank }
    }

    order_setters!();

    fn request(self, defaults: &Defaults) -> Result<RequestBuilder, Error> {
        check_beneficiary(&self.account, &self.bank, &self.order.method, self.order.amount.currency())?;
        let mut body = self.order.wire(defaults)?;
        body.customer_bank_account = Some(self.account.as_str());
        body.bank_code = Some(self.bank.as_str());
        let request = RequestBuilder::post(Path::new("withdraw/new")).json_with(&body, TYPED, &self.order.extra)?;
        Ok(request.log_as(self))
    }
}

/// A withdrawal that TurboPay accepted.
///
/// It can be stored and loaded with serde.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Withdrawal {
    stored: StoredAs<Self>,
    /// TurboPay's id. Keep it private, and store it with the amount and the status.
    pub order_id: OrderId,
    /// The withdrawal's status: normally `new`.
    pub status: OrderStatus,
    unreadable: UnreadableMembers,
}

impl Stored for Withdrawal {
    const TAG: &'static str = "turbopay.withdrawal/1";
}

impl Withdrawal {
    /// Returns the members of the response that could not be read as documented. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    pub(crate) fn of(read: Read<'_, WireWithdrawal>) -> Self {
        let Read { value: wire, unreadable, .. } = read;
        Self { stored: StoredAs::new(), order_id: wire.order_id, status: wire.status, unreadable }
    }
}

impl Client {
    /// Creates a withdrawal. **This moves money.**
    ///
    /// TurboPay has no idempotency keys. It accepts each reference once. The client therefore never sends a withdrawal
    /// again after an unknown outcome. Call [`Client::lookup`] with the reference, and create no other withdrawal until
    /// the lookup has settled this one.
    ///
    /// "The merchant order id has already been taken" is an unknown outcome too: an order with this reference exists,
    /// and it may be this withdrawal. Compare it with [`Order::check`](crate::Order::check).
    pub fn create_withdrawal(&self, withdrawal: NewWithdrawal) -> Call<Withdrawal> {
        let request = withdrawal.request(&self.defaults);
        self.connection.call(CREATE_WITHDRAWAL, request, |read| Ok(Withdrawal::of(read)))
    }
}

#[derive(Deserialize)]
pub(crate) struct WireWithdrawal {
    order_id: OrderId,
    status: OrderStatus,
}

impl ProviderMessage for WireWithdrawal {
    const DECIDING: &'static [&'static str] = &["order_id", "status"];

    fn facts(member: &dyn Fn(&str) -> Option<String>) -> Facts {
        Facts { object_id: member("order_id"), status: member("status"), amount: None }
    }
}

/// The names of all members that a withdrawal can have.
const TYPED: &[&str] = typed!("customer_bank_account", "bank_code");

const CREATE_WITHDRAWAL: Operation = Operation::move_money("create_withdrawal");
