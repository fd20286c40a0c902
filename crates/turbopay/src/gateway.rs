//! TurboPay in the vocabulary that all providers share.

use std::time::Duration;

use payments_core::gateway::{
    AcceptedPayout, AvailableBalance, Capabilities, Capability, Confirm, ConfirmRequest, ConfirmedPayment, EventReport,
    Feature, Lookup, NextAction, PayOut, PaymentRequest, PaymentState, PayoutRequest, Recovery, RecoveryPlan,
    ReportEvent, Retrieve, StartPayment, StartedPayment, StatusChanges, Upi, WriteOperation, parse_field,
};
use payments_core::json::DecodeError;
use payments_core::transport::async_trait;
use payments_core::{Currency, Error, Expected, Money, PaymentStatus, ValidationError};

use crate::client::Client;
use crate::customer::{check_beneficiary, check_url};
use crate::deposit::{HostToHostDeposit, NewDeposit};
use crate::id::{MerchantCustomerId, MerchantOrderId, OrderId, Utr};
use crate::method::Method;
use crate::order::{Order, OrderStatus};
use crate::webhook::Event;
use crate::withdrawal::NewWithdrawal;

impl Client {
    /// Returns the table of what TurboPay supports.
    #[must_use]
    pub const fn capabilities() -> Capabilities {
        CAPABILITIES
    }

    /// Checks what only the client can set. The fault is not in a request: no request could be sent.
    fn check_defaults(&self) -> Result<(), Error> {
        let on_client = |problem: ValidationError| Error::configuration(format!("the client's {problem}"));
        self.defaults.check().map_err(on_client)
    }
}

const CAPABILITIES: Capabilities = Capabilities {
    provider: "turbopay",
    table: &[
        Capability::supported(Feature::StartPayment, "a deposit by UPI"),
        Capability::supported(Feature::OwnPage, "a host-to-host deposit by UPI"),
        Capability::supported(Feature::Confirm, "a UTR is accepted once"),
        Capability::not_offered(Feature::Card, ""),
        Capability::supported(Feature::Lookup, "60 per minute, which the client observes"),
        Capability::supported(Feature::Retrieve, "within the same limit"),
        Capability::not_offered(Feature::Capture, ""),
        Capability::not_offered(Feature::Cancel, "only the customer can cancel"),
        Capability::not_offered(Feature::Refund, ""),
        Capability::supported(Feature::PayOut, "by bank transfer"),
        Capability::supported(Feature::Balance, ""),
        Capability::supported(
            Feature::DuplicateProtection,
            "a reference is accepted once; there are no idempotency keys",
        ),
        Capability::supported(
            Feature::SignedWebhooks,
            "HMAC without a timestamp, so a captured webhook can be replayed",
        ),
        Capability::not_offered(Feature::Callbacks, "webhooks are signed"),
        Capability::not_offered(Feature::Lists, ""),
        Capability::not_offered(Feature::Subscriptions, ""),
        Capability::supported(Feature::HostedPage, ""),
        Capability::not_offered(Feature::ThreeDSecure, ""),
        Capability::not_offered(Feature::Installments, ""),
    ],
    recovery: &[
        RecoveryPlan::new(
            WriteOperation::StartPayment,
            &[Recovery::LookupByReference, Recovery::TakenOnce],
            "documented; the address of the payment page, or the UPI ID to pay to, is lost",
        ),
        RecoveryPlan::new(
            WriteOperation::Confirm,
            &[Recovery::LookupById, Recovery::TakenOnce],
            "documented; not resolved while the status is `new`",
        ),
        RecoveryPlan::new(WriteOperation::PayOut, &[Recovery::LookupByReference, Recovery::TakenOnce], "documented"),
    ],
    status_changes: &[
        StatusChanges::new(
            &[WriteOperation::StartPayment, WriteOperation::Confirm],
            DEPOSIT,
            "documented: the changes of a deposit; `new` is awaiting customer, `pending` is processing; `cancelled` and \
             `expired` are not final; rare: `failed` to `success`, and `success` to `chargeback`; no documented change leads to `refunded`",
        ),
        StatusChanges::new(
            &[WriteOperation::PayOut],
            WITHDRAWAL,
            "documented: the changes of a withdrawal; `new` and `pending` are processing; rare: `success` to `failed` or \
             `refunded`, when the money was returned",
        ),
    ],
};

/// [`transition`](crate::transition()) for deposits, in the shared vocabulary.
const DEPOSIT: &[(PaymentStatus, PaymentStatus)] = &[
    (PaymentStatus::AwaitingCustomer, PaymentStatus::Processing),
    (PaymentStatus::AwaitingCustomer, PaymentStatus::Cancelled),
    (PaymentStatus::AwaitingCustomer, PaymentStatus::Expired),
    (PaymentStatus::AwaitingCustomer, PaymentStatus::Succeeded),
    (PaymentStatus::AwaitingCustomer, PaymentStatus::Failed),
    (PaymentStatus::Processing, PaymentStatus::Succeeded),
    (PaymentStatus::Processing, PaymentStatus::Failed),
    (PaymentStatus::Expired, PaymentStatus::Failed),
    (PaymentStatus::Expired, PaymentStatus::Succeeded),
    (PaymentStatus::Cancelled, PaymentStatus::Failed),
    (PaymentStatus::Cancelled, PaymentStatus::Succeeded),
    (PaymentStatus::Failed, PaymentStatus::Succeeded),
    (PaymentStatus::Succeeded, PaymentStatus::ChargedBack),
];

/// [`transition`](crate::transition()) for withdrawals. `new` and `pending` are one status: nobody waits for the customer.
const WITHDRAWAL: &[(PaymentStatus, PaymentStatus)] = &[
    (PaymentStatus::Processing, PaymentStatus::Succeeded),
    (PaymentStatus::Processing, PaymentStatus::Failed),
    (PaymentStatus::Succeeded, PaymentStatus::Failed),
    (PaymentStatus::Succeeded, PaymentStatus::Refunded),
];

#[async_trait]
impl StartPayment for Client {
    /// Creates a UPI deposit: a hosted one, or a host-to-host one for the merchant's own page.
    ///
    /// The request's `customer` is required. The deposit's id must be kept private (documented), so do not send it to the
    /// browser.
    async fn start_payment(&self, request: &PaymentRequest) -> Result<StartedPayment, Error> {
        CAPABILITIES.check_payment(request)?;
        let customer = request.customer.as_deref();
        let customer = customer.ok_or_else(|| ValidationError::new("customer", "is required by TurboPay"))?;
        let customer: MerchantCustomerId = parse_field("customer", customer)?;
        let reference: MerchantOrderId = parse_field("reference", &request.reference)?;
        let mut deposit = NewDeposit::upi(request.amount, reference, customer);
        if let Some(url) = &request.return_url {
            check_url("return_url", url)?;
            deposit = deposit.redirect_url(url.clone());
        }
        self.check_defaults()?;
        let (id, status, next) = if request.own_page {
            let call = self.create_host_to_host_deposit(deposit);
            let call = call.with_options(WriteOperation::StartPayment, &CAPABILITIES, &request.options);
            let created = call.send().await?;
            let upi = upi(&created);
            (created.order_id, created.status, NextAction::Upi(upi))
        } else {
            let call = self.create_deposit(deposit);
            let call = call.with_options(WriteOperation::StartPayment, &CAPABILITIES, &request.options);
            let created = call.send().await?;
            (created.order_id, created.status, NextAction::Redirect { url: created.form_url })
        };
        // The responses contain no amount.
        Ok(StartedPayment::new(Some(id.as_str().to_owned()), status.common(), request.amount, next))
    }

    fn connect_timeout(&self) -> Duration {
        self.connection.connect_timeout()
    }
}

fn upi(deposit: &HostToHostDeposit) -> Upi {
    let mut upi = Upi::new(deposit.wallet_address.clone());
    upi.payee = deposit.wallet_name.clone();
    upi.note = deposit.transaction_note.clone();
    upi.intent = deposit.upi_link();
    upi.deep_links = deposit.deep_links.iter().map(|(app, link)| (app.to_owned(), link.to_owned())).collect();
    // The customer can pay without a QR code that cannot be read.
    upi.qr_png = deposit.qr.as_ref().and_then(|qr| qr.png().ok());
    upi.expires_after = deposit.expires_after;
    upi
}

#[async_trait]
impl Confirm for Client {
    /// Confirms the UTR of a deposit that was started for the merchant's own page. The request's reference is not sent.
    async fn confirm(&self, request: &ConfirmRequest) -> Result<ConfirmedPayment, Error> {
        let order: OrderId = parse_field("payment_id", &request.payment_id)?;
        let utr: Utr = parse_field("utr", &request.utr)?;
        let call = self.confirm_utr(&order, &utr);
        let call = call.with_options(WriteOperation::Confirm, &CAPABILITIES, &request.options);
        let confirmed = call.send().await?;
        Ok(ConfirmedPayment::new(confirmed.status.common(), confirmed.status.is_final()))
    }

    fn connect_timeout(&self) -> Duration {
        self.connection.connect_timeout()
    }
}

#[async_trait]
impl Lookup for Client {
    async fn lookup_payment(&self, expected: &Expected) -> Result<PaymentState, Error> {
        let reference: MerchantOrderId = parse_field("reference", expected.reference())?;
        Ok(state(&self.lookup(&reference).send().await?, expected))
    }
}

#[async_trait]
impl Retrieve for Client {
    async fn retrieve(&self, id: &str, expected: &Expected) -> Result<PaymentState, Error> {
        let id: OrderId = parse_field("id", id)?;
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
    /// Creates a withdrawal by bank transfer.
    async fn pay_out(&self, request: &PayoutRequest) -> Result<AcceptedPayout, Error> {
        let account = parse_field("account", &request.account)?;
        let bank = parse_field("bank", &request.bank)?;
        let reference: MerchantOrderId = parse_field("reference", &request.reference)?;
        let customer: MerchantCustomerId = parse_field("customer", &request.customer)?;
        check_beneficiary(&account, &bank, &Method::BankTransfer, request.amount.currency()).map_err(
            |err| match err.field() {
                "bank_account" => err.for_field("account"),
                _ => err.for_field("bank"),
            },
        )?;
        self.check_defaults()?;
        let new = NewWithdrawal::bank_transfer(request.amount, reference, customer, account, bank);
        let call = self.create_withdrawal(new);
        let withdrawal = call.with_options(WriteOperation::PayOut, &CAPABILITIES, &request.options).send().await?;
        let id = withdrawal.order_id.as_str().to_owned();
        // The customer of a payout has nothing to do.
        let status = match withdrawal.status {
            OrderStatus::New => PaymentStatus::Processing,
            status => status.common(),
        };
        Ok(AcceptedPayout::new(Some(id), status, request.amount))
    }

    fn connect_timeout(&self) -> Duration {
        self.connection.connect_timeout()
    }
}

#[async_trait]
impl AvailableBalance for Client {
    async fn available_balance(&self, currency: Currency) -> Result<Money, Error> {
        self.available_money(currency).send().await
    }
}

impl ReportEvent for Event {
    /// Reports the order: a deposit or a withdrawal, because TurboPay does not say which.
    ///
    /// There is no id of the event: compare [`Verified::digest`](crate::Verified::digest). The status is a deposit's, like
    /// [`OrderStatus::common`].
    fn report(&self) -> Result<Option<EventReport>, DecodeError> {
        let mut report = EventReport::new(REPORTED, self.status.common(), self.status.is_final());
        report.reference = Some(self.merchant_order_id.as_str().to_owned());
        report.object_id = Some(self.order_id.as_str().to_owned());
        report.amount = self.amount();
        Ok(Some(report))
    }
}

/// The operations that a webhook can be about.
const REPORTED: &[WriteOperation] = &[WriteOperation::StartPayment, WriteOperation::Confirm, WriteOperation::PayOut];

impl OrderStatus {
    /// Returns a deposit's status in the vocabulary that all providers share.
    ///
    /// A lookup does not report whether an order is a deposit. A withdrawal that is `new` is in progress: nobody waits
    /// for the customer.
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
