//! TurboPay in the words that all providers share.

use payments_core::gateway::{
    AcceptedPayout, AvailableBalance, Capabilities, Capability, Feature, Lookup, NextAction, PayOut, PaymentRequest,
    PaymentState, PayoutRequest, Retrieve, StartPayment, StartedPayment,
};
use payments_core::transport::async_trait;
use payments_core::{Currency, Error, Expected, Money, PaymentStatus, ValidationError};

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
        Capability::supported(Feature::StartPayment, "a hosted deposit; host to host: `create_host_to_host_deposit`"),
        Capability::supported(Feature::Lookup, "60 a minute, which the client keeps"),
        Capability::supported(Feature::Retrieve, "within the same limit"),
        Capability::not_offered(Feature::Capture, ""),
        Capability::not_offered(Feature::Cancel, "customers cancel, merchants do not"),
        Capability::not_offered(Feature::Refund, ""),
        Capability::supported(Feature::PayOut, "bank transfer"),
        Capability::supported(Feature::Balance, ""),
        Capability::supported(Feature::DuplicateProtection, "a reference is taken once; no keys"),
        Capability::supported(Feature::SignedWebhooks, "HMAC without a time: a captured delivery can be replayed"),
        Capability::not_offered(Feature::Callbacks, "webhooks prove their origin"),
        Capability::not_offered(Feature::Lists, ""),
        Capability::not_offered(Feature::Subscriptions, ""),
        Capability::supported(Feature::HostedPage, ""),
        Capability::not_offered(Feature::ThreeDSecure, ""),
        Capability::not_offered(Feature::Installments, ""),
    ],
};

#[async_trait]
impl StartPayment for Client {
    /// Creates a hosted UPI deposit. TurboPay requires a customer.
    async fn start_payment(&self, request: &PaymentRequest) -> Result<StartedPayment, Error> {
        let customer = request.customer.as_deref();
        let customer =
            customer.ok_or_else(|| ValidationError::new("customer", "is required: TurboPay asks for one"))?;
        let mut deposit = NewDeposit::upi(request.amount, request.reference.parse()?, customer.parse()?);
        if let Some(url) = &request.return_url {
            deposit = deposit.redirect_url(url.clone());
        }
        let created = self.create_deposit(deposit).send().await?;
        let next = NextAction::Redirect { url: created.form_url };
        Ok(StartedPayment::new(
            Some(created.order_id.as_str().to_owned()),
            created.status.common(),
            request.amount,
            next,
        ))
    }
}

#[async_trait]
impl Lookup for Client {
    async fn lookup_payment(&self, expected: &Expected) -> Result<PaymentState, Error> {
        let reference: MerchantOrderId = expected.reference().parse()?;
        Ok(state(&self.lookup(&reference).send().await?, expected))
    }
}

#[async_trait]
impl Retrieve for Client {
    async fn retrieve(&self, id: &str, expected: &Expected) -> Result<PaymentState, Error> {
        let id: OrderId = id.parse()?;
        Ok(state(&self.order_status(&id).send().await?, expected))
    }
}

fn state(order: &Order, expected: &Expected) -> PaymentState {
    let amount = order.amount_in(expected.amount().currency()).ok();
    let id = order.order_id.as_str().to_owned();
    PaymentState::new(Some(id), order.status.common(), order.status.is_final(), amount).checked(order.check(expected))
}

#[async_trait]
impl PayOut for Client {
    /// Withdraws by bank transfer.
    async fn pay_out(&self, request: &PayoutRequest) -> Result<AcceptedPayout, Error> {
        let (account, bank) = (request.account.parse()?, request.bank.parse()?);
        let (reference, customer) = (request.reference.parse()?, request.customer.parse()?);
        let new = NewWithdrawal::bank_transfer(request.amount, reference, customer, account, bank);
        let withdrawal = self.create_withdrawal(new).send().await?;
        let id = withdrawal.order_id.as_str().to_owned();
        Ok(AcceptedPayout::new(Some(id), withdrawal.status.common(), request.amount))
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
