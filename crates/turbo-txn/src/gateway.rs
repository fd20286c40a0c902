//! Turbo Transactions in the words that all providers share.

use payments_core::gateway::{
    Capabilities, Capability, Feature, Lookup, NextAction, PaymentRequest, PaymentState, StartPayment, StartedPayment,
};
use payments_core::transport::async_trait;
use payments_core::{Error, Expected, PaymentStatus, ValidationError};

use crate::client::Client;
use crate::status::TxnStatus;
use crate::transaction::{MerchantOrderId, NewTransaction};

impl Client {
    /// What Turbo Transactions can do.
    #[must_use]
    pub const fn capabilities() -> Capabilities {
        CAPABILITIES
    }
}

const CAPABILITIES: Capabilities = Capabilities {
    provider: "turbo-txn",
    table: &[
        Capability::supported(Feature::StartPayment, "UPI, in whole rupees; the amount that counts may differ"),
        Capability::supported(Feature::Lookup, ""),
        Capability::not_offered(Feature::Retrieve, "its own id is in no request"),
        Capability::not_offered(Feature::Capture, ""),
        Capability::not_offered(Feature::Cancel, ""),
        Capability::not_offered(Feature::Refund, ""),
        Capability::not_offered(Feature::PayOut, ""),
        Capability::not_offered(Feature::Balance, ""),
        Capability::not_offered(Feature::DuplicateProtection, "nothing says that an order id is taken once"),
        Capability::not_offered(Feature::SignedWebhooks, "callbacks are encrypted, which proves nothing"),
        Capability::supported(Feature::Callbacks, "encrypted; they yield an order to look up"),
        Capability::not_offered(Feature::Lists, ""),
        Capability::not_offered(Feature::Subscriptions, ""),
        Capability::supported(Feature::HostedPage, ""),
        Capability::not_offered(Feature::ThreeDSecure, ""),
        Capability::not_offered(Feature::Installments, ""),
    ],
};

#[async_trait]
impl StartPayment for Client {
    /// Initiates a transaction. It requires an address to return to.
    async fn start_payment(&self, request: &PaymentRequest) -> Result<StartedPayment, Error> {
        let url = request.return_url.clone();
        let url =
            url.ok_or_else(|| ValidationError::new("return_url", "is required: Turbo Transactions asks for one"))?;
        let new = NewTransaction::new(request.reference.parse()?, request.amount, url);
        let transaction = self.initiate(new).send().await?;
        let next = NextAction::Redirect { url: transaction.sdk_url };
        let id = transaction.txn_id.as_str().to_owned();
        Ok(StartedPayment::new(Some(id), PaymentStatus::AwaitingCustomer, transaction.amount, next))
    }
}

#[async_trait]
impl Lookup for Client {
    async fn lookup_payment(&self, expected: &Expected) -> Result<PaymentState, Error> {
        let order: MerchantOrderId = expected.reference().parse()?;
        let details = self.lookup(&order).send().await?;
        let found = PaymentState::new(None, details.status.common(), details.status.is_final(), Some(details.amount));
        Ok(found.checked(details.check(expected)))
    }
}

impl TxnStatus {
    /// The same in the words that all providers share.
    #[must_use]
    pub fn common(&self) -> PaymentStatus {
        match self {
            Self::Initiated => PaymentStatus::AwaitingCustomer,
            Self::Pending => PaymentStatus::Processing,
            Self::Approved => PaymentStatus::Succeeded,
            Self::Rejected => PaymentStatus::Failed,
            Self::Unknown(_) => PaymentStatus::Unknown(self.as_str().to_owned()),
        }
    }
}
