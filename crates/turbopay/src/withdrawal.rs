use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, Error, Money};
use serde::{Deserialize, Serialize};

use crate::client::{Client, Defaults};
use crate::customer::{BankAccount, BankCode, MerchantCustomerId, check_beneficiary};
use crate::method::Method;
use crate::new_order::{NewOrder, order_setters};
use crate::order::{MerchantOrderId, OrderId, OrderStatus};

/// A withdrawal to be created: a payout to a customer's bank account.
///
/// Its webhook address and kind of traffic can be set once, on the client.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a withdrawal is not created until it is sent"]
pub struct NewWithdrawal {
    order: NewOrder,
    account: BankAccount,
    bank: BankCode,
}

impl NewWithdrawal {
    /// By bank transfer. INR amounts are whole rupees, and the bank's code is its branch's IFSC.
    pub fn bank_transfer(
        amount: Money,
        order: MerchantOrderId,
        customer: MerchantCustomerId,
        account: BankAccount,
        bank: BankCode,
    ) -> Self {
        Self::by(Method::BankTransfer, amount, order, customer, account, bank)
    }

    /// By another method that the merchant's set-up sheet names.
    pub fn by(
        method: Method,
        amount: Money,
        order: MerchantOrderId,
        customer: MerchantCustomerId,
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
        let request = RequestBuilder::post(Path::new("withdraw/new")).json(&body)?;
        Ok(request.log_as(self))
    }
}

/// A withdrawal that was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Withdrawal {
    /// TurboPay's id. Keep it private, and store it with the amount and the status.
    pub order_id: OrderId,
    /// Where it stands: `new`.
    pub status: OrderStatus,
}

impl Client {
    /// Pays out. **This moves money.**
    ///
    /// TurboPay has no idempotency keys; it takes a merchant's reference once. So a withdrawal is never sent a second
    /// time by itself: after an unknown outcome, [`Client::lookup`] its reference, and create no other one meanwhile.
    /// That a reference is taken is such an outcome too: some order has it, perhaps this one. [`Order::check`] compares.
    ///
    /// [`Order::check`]: crate::Order::check
    pub fn create_withdrawal(&self, withdrawal: NewWithdrawal) -> Call<Withdrawal> {
        let request = withdrawal.request(&self.defaults);
        self.connection.call(CREATE_WITHDRAWAL, request, |wire: WireWithdrawal| {
            Ok(Withdrawal { order_id: wire.order_id, status: wire.status })
        })
    }
}

#[derive(Deserialize)]
struct WireWithdrawal {
    order_id: OrderId,
    status: OrderStatus,
}

const CREATE_WITHDRAWAL: Operation = Operation::move_money("create_withdrawal");
