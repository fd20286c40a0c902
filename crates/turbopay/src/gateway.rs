//! TurboPay in the words that all providers share.

use payments_core::gateway::{
    AvailableBalance, Capabilities, Capability, Feature, Found, LookUp, NextAction, Order as CommonOrder, PayOut,
    Payout, Retrieve, StartPayment, Started,
};
use payments_core::transport::async_trait;
use payments_core::{Currency, Error, Expected, Invalid, Money, PaymentStatus};

use crate::client::Client;
use crate::deposit::NewDeposit;
use crate::order::{MerchantOrderId, Order, OrderId, OrderStatus};
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
        Capability::yes(Feature::Retrieve, "within the same limit"),
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
        Ok(Started::new(Some(created.order_id.as_str().to_owned()), created.status.common(), order.amount, next))
    }
}

#[async_trait]
impl LookUp for Client {
    async fn look_up(&self, ordered: &Expected) -> Result<Found, Error> {
        let reference: MerchantOrderId = ordered.reference().parse()?;
        Ok(found(&self.lookup(&reference).send().await?, ordered))
    }
}

#[async_trait]
impl Retrieve for Client {
    async fn retrieve(&self, id: &str, ordered: &Expected) -> Result<Found, Error> {
        let id: OrderId = id.parse()?;
        Ok(found(&self.order_status(&id).send().await?, ordered))
    }
}

fn found(order: &Order, ordered: &Expected) -> Found {
    let amount = order.amount_in(ordered.amount().currency()).ok();
    let id = order.order_id.as_str().to_owned();
    Found::new(Some(id), order.status.common(), order.status.is_final(), amount).checked(order.check(ordered))
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
        Ok(Started::new(Some(id), taken.status.common(), payout.amount, NextAction::None))
    }
}

#[async_trait]
impl AvailableBalance for Client {
    async fn available_balance(&self, currency: Currency) -> Result<Money, Error> {
        Ok(self.balance(currency).send().await?.available_money()?)
    }
}

impl OrderStatus {
    /// The same in the words that all providers share.
    #[must_use]
    pub fn common(&self) -> PaymentStatus {
        match self {
            Self::New => PaymentStatus::AwaitingCustomer,
            Self::Pending => PaymentStatus::Processing,
            Self::Success => PaymentStatus::Succeeded,
            Self::Failed => PaymentStatus::Failed,
            Self::Cancelled => PaymentStatus::Cancelled,
            Self::Expired => PaymentStatus::Expired,
            Self::Refunded => PaymentStatus::Refunded,
            Self::Chargeback => PaymentStatus::ChargedBack,
            Self::Unknown(_) => PaymentStatus::Unknown(self.as_str().to_owned()),
        }
    }
}
