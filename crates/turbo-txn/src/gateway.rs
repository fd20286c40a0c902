//! Turbo Transactions behind the traits that all providers share.

use std::time::Duration;

use payments_core::gateway::{
    Capabilities, Capability, Feature, Hint, Lookup, NextAction, PaymentRequest, PaymentState, Recovery, RecoveryPlan,
    StartPayment, StartedPayment, StatusChanges, ToHint, WriteOperation, parse_field,
};
use payments_core::transport::async_trait;
use payments_core::{Error, ErrorKind, Expected, Outcome, PaymentStatus, ProviderError, ValidationError};

use crate::client::Client;
use crate::error::SPEC;
use crate::id::MerchantOrderId;
use crate::new_transaction::NewTransaction;
use crate::status::TxnStatus;

impl Client {
    /// Returns what Turbo Transactions offers, as a table.
    #[must_use]
    pub const fn capabilities() -> Capabilities {
        CAPABILITIES
    }
}

const CAPABILITIES: Capabilities = Capabilities {
    provider: "turbo-txn",
    table: &[
        Capability::supported(Feature::StartPayment, "UPI, in whole rupees; the amount to pay may differ"),
        Capability::not_offered(Feature::OwnPage, "the customer pays on the page of Turbo Transactions"),
        Capability::not_offered(Feature::Confirm, ""),
        Capability::not_offered(Feature::Card, ""),
        Capability::supported(Feature::Lookup, ""),
        Capability::not_offered(Feature::Retrieve, "no request accepts the transaction id"),
        Capability::not_offered(Feature::Capture, ""),
        Capability::not_offered(Feature::Cancel, ""),
        Capability::not_offered(Feature::Refund, ""),
        Capability::not_offered(Feature::PayOut, ""),
        Capability::not_offered(Feature::Balance, ""),
        Capability::not_offered(
            Feature::DuplicateProtection,
            "the documentation does not say how duplicate order ids are handled",
        ),
        Capability::not_offered(Feature::SignedWebhooks, "callbacks are encrypted but not signed"),
        Capability::supported(Feature::Callbacks, "encrypted; they contain an order id to look up"),
        Capability::not_offered(Feature::Lists, ""),
        Capability::not_offered(Feature::Subscriptions, ""),
        Capability::supported(Feature::HostedPage, ""),
        Capability::not_offered(Feature::ThreeDSecure, ""),
        Capability::not_offered(Feature::Installments, ""),
    ],
    recovery: &[RecoveryPlan::new(
        WriteOperation::StartPayment,
        &[Recovery::LookupByReference],
        "documented; the address of the payment page is lost",
    )],
    status_changes: &[StatusChanges::new(
        &[WriteOperation::StartPayment],
        TRANSACTION,
        "documented: a transaction is updated to `Approved` or `Rejected`; `Initiated` is awaiting customer, `Pending` is \
         processing (inferred); the order of `Initiated` and `Pending` is not documented",
    )],
};

const TRANSACTION: &[(PaymentStatus, PaymentStatus)] = &[
    (PaymentStatus::AwaitingCustomer, PaymentStatus::Succeeded),
    (PaymentStatus::AwaitingCustomer, PaymentStatus::Failed),
    (PaymentStatus::Processing, PaymentStatus::Succeeded),
    (PaymentStatus::Processing, PaymentStatus::Failed),
];

#[async_trait]
impl StartPayment for Client {
    /// Initiates a transaction. The request's `return_url` is required.
    ///
    /// If the amount to pay cannot be read, the outcome is unknown: look up the payment.
    async fn start_payment(&self, request: &PaymentRequest) -> Result<StartedPayment, Error> {
        CAPABILITIES.check_payment(request)?;
        let return_url = request
            .return_url
            .clone()
            .ok_or_else(|| ValidationError::new("return_url", "is required by Turbo Transactions"))?;
        let reference: MerchantOrderId = parse_field("reference", &request.reference)?;
        let new = NewTransaction::new(reference, request.amount, return_url);
        let call = self.initiate(new).with_options(WriteOperation::StartPayment, &CAPABILITIES, &request.options);
        let transaction = call.send().await?;
        let id = Some(transaction.txn_id.as_str().to_owned());
        match transaction.amount() {
            Ok(amount) => {
                let next = NextAction::Redirect { url: transaction.sdk_url };
                // Documented: what counts is the response's amount, which may have paise that the request did not have.
                Ok(StartedPayment::new(id, PaymentStatus::AwaitingCustomer, amount, next).sets_amount())
            }
            Err(unreadable) => {
                let error = ProviderError { object_id: id, ..ProviderError::default() };
                let (kind, problem) = (ErrorKind::MalformedResponse, unreadable.to_string());
                Err(Error::from_provider(SPEC.provider, kind, Outcome::Unknown, &problem, error))
            }
        }
    }

    fn connect_timeout(&self) -> Duration {
        self.connection.connect_timeout()
    }
}

#[async_trait]
impl Lookup for Client {
    async fn lookup_payment(&self, expected: &Expected) -> Result<PaymentState, Error> {
        let order: MerchantOrderId = parse_field("reference", expected.reference())?;
        let details = self.lookup(&order).send().await?;
        let state = PaymentState::new(None, details.status.common(), details.status.is_final(), details.amount().ok());
        Ok(state.checked(details.check(expected)))
    }
}

impl ToHint for MerchantOrderId {
    /// Returns the order id, which is the merchant's reference.
    fn to_hint(&self) -> Hint {
        Hint::by_reference(self.as_str())
    }
}

impl TxnStatus {
    /// Returns the status in the vocabulary that all providers share.
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
