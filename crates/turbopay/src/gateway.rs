//! TurboPay in the words that all providers share.

use payments_core::gateway::{
    AvailableBalance, Capabilities, Capability, Feature, Found, LookUp, NextAction, Order as CommonOrder, PayOut,
    Payout, StartPayment, Started,
};
use payments_core::transport::async_trait;
use payments_core::{Currency, Error, Expected, Invalid, Money, PaymentStatus};

use crate::client::Client;
use crate::deposit::NewDeposit;
use crate::order::{MerchantOrderId, OrderStatus};
use crate::withdrawal::NewWithdrawal;

impl Client {
    /// What TurboPay can do.
    #[must_use]
    pub const fn capabilities() -> Capabilities {
        CAPABILITIES
    }
}

const CAPABILITIES: Capabilities = Capabilities {
    provider: "turbopay",
    table: &[
        Capability::yes(Feature::StartPayment, "a hosted deposit; host to host: `create_host_to_host_deposit`"),
        Capability::yes(Feature::LookUp, "60 a minute, which the client keeps"),
        Capability::not_offered(Feature::Capture, ""),
        Capability::not_offered(Feature::Cancel, "customers cancel, merchants do not"),
        Capability::not_offered(Feature::Refund, ""),
        Capability::yes(Feature::PayOut, "bank transfer"),
        Capability::yes(Feature::Balance, ""),
        Capability::yes(Feature::DuplicateProtection, "a reference is taken once; no keys"),
        Capability::yes(Feature::ProvenWebhooks, "HMAC without a time: a captured delivery can be replayed"),
        Capability::not_offered(Feature::Callbacks, "webhooks prove their origin"),
        Capability::not_offered(Feature::Lists, ""),
        Capability::not_offered(Feature::Subscriptions, ""),
        Capability::yes(Feature::HostedPage, ""),
        Capability::not_offered(Feature::ThreeDSecure, ""),
        Capability::not_offered(Feature::Installments, ""),
    ],
};

#[async_trait]
impl StartPayment for Client {
    /// Creates a hosted UPI deposit. TurboPay requires a customer.
    async fn start_payment(&self, order: &CommonOrder) -> Result<Started, Error> {
        let customer = order.customer.as_deref();
        let customer = customer.ok_or_else(|| Invalid::new("customer", "is required: TurboPay asks for one"))?;
        let mut deposit = NewDeposit::upi(order.amount, order.reference.parse()?, customer.parse()?);
        if let Some(url) = &order.return_url {
            deposit = deposit.redirect_url(url.clone());
        }
        let created = self.create_deposit(deposit).send().await?;
        let next = NextAction::Redirect { url: created.form_url };
        Ok(Started::new(Some(created.order_id.as_str().to_owned()), common(&created.status), order.amount, next))
    }
}

#[async_trait]
impl LookUp for Client {
    async fn look_up(&self, ordered: &Expected) -> Result<Found, Error> {
        let reference: MerchantOrderId = ordered.reference().parse()?;
        let order = self.lookup(&reference).send().await?;
        let amount = order.amount_in(ordered.amount().currency()).ok();
        let found = Found::new(
            Some(order.order_id.as_str().to_owned()),
            common(&order.status),
            order.status.is_final(),
            amount,
        );
        Ok(found.checked(order.check(ordered)))
    }
}

#[async_trait]
impl PayOut for Client {
    /// Withdraws by bank transfer.
    async fn pay_out(&self, payout: &Payout) -> Result<Started, Error> {
        let (account, bank) = (payout.account.parse()?, payout.bank.parse()?);
        let (reference, customer) = (payout.reference.parse()?, payout.customer.parse()?);
        let new = NewWithdrawal::bank_transfer(payout.amount, reference, customer, account, bank);
        let taken = self.create_withdrawal(new).send().await?;
        let id = taken.order_id.as_str().to_owned();
        Ok(Started::new(Some(id), common(&taken.status), payout.amount, NextAction::None))
    }
}

#[async_trait]
impl AvailableBalance for Client {
    async fn available_balance(&self, currency: Currency) -> Result<Money, Error> {
        Ok(self.balance(currency).send().await?.available_money()?)
    }
}

fn common(status: &OrderStatus) -> PaymentStatus {
    match status {
        OrderStatus::New => PaymentStatus::AwaitingCustomer,
        OrderStatus::Pending => PaymentStatus::Processing,
        OrderStatus::Success => PaymentStatus::Succeeded,
        OrderStatus::Failed => PaymentStatus::Failed,
        OrderStatus::Cancelled => PaymentStatus::Cancelled,
        OrderStatus::Expired => PaymentStatus::Expired,
        OrderStatus::Refunded => PaymentStatus::Refunded,
        OrderStatus::Chargeback => PaymentStatus::ChargedBack,
        OrderStatus::Unknown(_) => PaymentStatus::Unknown(status.as_str().to_owned()),
    }
}
