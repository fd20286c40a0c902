//! The operations of the shared vocabulary, sent by the clients of an account.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use payments_core::gateway::{
    Cancel, Capabilities, Capture, Confirm, Lookup, PayOut, PaymentState, Refund, Retrieve, StartPayment,
    WriteOperation,
};
use payments_core::{Currency, Error, ErrorKind, Expected, Mismatch, Money, PaymentStatus};

use crate::evidence::Observation;
use crate::executor::{Accepted, Executor, Instruction, Known, Response, Sighting};
use crate::in_memory::InMemory;
use crate::intent::Account;
use crate::request::Request;
use crate::rules::Rules;

/// The clients of one account, by what they can do.
///
/// ```no_run
/// # fn clients(client: std::sync::Arc<dyn payments_core::gateway::PayOut>) {}
/// use payments_core::gateway::{Capabilities, Lookup, PayOut};
/// use payments_journal::{Account, Gateway};
///
/// fn gateway(capabilities: Capabilities, client: impl PayOut + Lookup + Clone + 'static) -> Gateway {
///     Gateway::new(Account::at("turbopay"), &capabilities).pays_out(client.clone()).looks_up(client)
/// }
/// ```
pub struct Gateway {
    pub(crate) account: Account,
    capabilities: Capabilities,
    operations: BTreeMap<&'static str, (WriteOperation, Sender)>,
    lookup: Option<Arc<dyn Lookup>>,
    retrieve: Option<Arc<dyn Retrieve>>,
    native: Vec<(String, Arc<dyn Executor>)>,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("account", &self.account)
            .field("operations", &self.operations.keys())
            .finish_non_exhaustive()
    }
}

/// The client that sends an operation.
#[derive(Clone)]
enum Sender {
    StartPayment(Arc<dyn StartPayment>),
    Confirm(Arc<dyn Confirm>),
    Capture(Arc<dyn Capture>),
    Cancel(Arc<dyn Cancel>),
    Refund(Arc<dyn Refund>),
    PayOut(Arc<dyn PayOut>),
}

impl Sender {
    fn connect_timeout(&self) -> Duration {
        match self {
            Self::StartPayment(client) => client.connect_timeout(),
            Self::Confirm(client) => client.connect_timeout(),
            Self::Capture(client) => client.connect_timeout(),
            Self::Cancel(client) => client.connect_timeout(),
            Self::Refund(client) => client.connect_timeout(),
            Self::PayOut(client) => client.connect_timeout(),
        }
    }
}

macro_rules! senders {
    ($($(#[$meta:meta])* $method:ident: $name:ident;)*) => {
        $(
            $(#[$meta])*
            #[must_use]
            pub fn $method(mut self, client: impl $name + 'static) -> Self {
                let operation = WriteOperation::$name;
                self.operations.insert(operation.as_str(), (operation, Sender::$name(Arc::new(client))));
                self
            }
        )*
    };
}

impl Gateway {
    /// Creates the clients of an account, without any operation. The capabilities are those of the provider's crate.
    ///
    /// If an operation gets two clients, the last one counts. An operation that the provider does not offer gets none.
    #[must_use]
    pub fn new(account: Account, capabilities: &Capabilities) -> Self {
        Self {
            account,
            capabilities: *capabilities,
            operations: BTreeMap::new(),
            lookup: None,
            retrieve: None,
            native: Vec::new(),
        }
    }

    senders! {
        /// Sets the client that starts payments.
        starts_payments: StartPayment;
        /// Sets the client that confirms payments by their UTR.
        confirms: Confirm;
        /// Sets the client that captures authorized payments.
        captures: Capture;
        /// Sets the client that cancels authorized payments.
        cancels: Cancel;
        /// Sets the client that refunds payments.
        refunds: Refund;
        /// Sets the client that pays out.
        pays_out: PayOut;
    }

    /// Sets the client that looks up orders by the merchant's reference.
    #[must_use]
    pub fn looks_up(mut self, client: impl Lookup + 'static) -> Self {
        self.lookup = Some(Arc::new(client));
        self
    }

    /// Sets the client that retrieves payments by the provider's id.
    #[must_use]
    pub fn retrieves(mut self, client: impl Retrieve + 'static) -> Self {
        self.retrieve = Some(Arc::new(client));
        self
    }

    /// Registers the executor of a native operation, whose stored name is `operation`, such as `card3ds.pre_authorize`.
    #[must_use]
    pub fn native(mut self, operation: impl Into<String>, executor: impl Executor) -> Self {
        self.native.push((operation.into(), Arc::new(executor)));
        self
    }

    /// The operations of the shared vocabulary that have a client, by their stored names, in alphabetical order.
    pub fn operations(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.operations.keys().copied()
    }

    /// Returns the executors, by the stored name of the operation. An operation that the provider does not offer has none.
    pub(crate) fn executors(self) -> Vec<(String, Arc<dyn Executor>)> {
        let Self { capabilities, operations, lookup, retrieve, mut native, .. } = self;
        for (name, (operation, sender)) in operations {
            let Some(rules) = Rules::of(&capabilities, operation) else { continue };
            let (lookup, retrieve) = (lookup.clone(), retrieve.clone());
            native.push((name.to_owned(), Arc::new(GatewayExecutor { rules, sender, lookup, retrieve })));
        }
        native
    }
}

/// The executor of one operation of the shared vocabulary.
struct GatewayExecutor {
    rules: Rules,
    sender: Sender,
    lookup: Option<Arc<dyn Lookup>>,
    retrieve: Option<Arc<dyn Retrieve>>,
}

#[async_trait]
impl Executor for GatewayExecutor {
    fn rules(&self) -> Rules {
        self.rules
    }

    fn connect_timeout(&self) -> Duration {
        self.sender.connect_timeout()
    }

    fn understands(&self, version: u32) -> bool {
        version == Request::VERSION
    }

    fn check_parameters(&self, version: u32, parameters: &[u8]) -> Result<(), String> {
        Request::check_form(self.rules.operation, version, parameters).map_err(|problem| problem.to_string())
    }

    async fn execute(&self, instruction: &Instruction) -> Result<Accepted, Error> {
        let request = request(instruction, self.rules.operation)?;
        match (&self.sender, request) {
            (Sender::StartPayment(client), Request::StartPayment(request)) => {
                let started = client.start_payment(&request).await?;
                let seen = if started.sets_amount && started.amount != request.amount {
                    to_pay(&started.status, started.amount, request.amount)
                } else {
                    accepted(&started.status, started.amount, request.amount)
                };
                let provider_id = started.id.clone();
                Ok(Accepted { seen, provider_id, response: Response::Started(started) })
            }
            (Sender::Confirm(client), Request::Confirm(request)) => {
                let confirmed = client.confirm(&request).await?;
                let seen = Observation::Status { status: confirmed.status.clone(), is_final: confirmed.is_final };
                Ok(Accepted { seen, provider_id: Some(request.payment_id), response: Response::Confirmed(confirmed) })
            }
            (Sender::Capture(client), Request::Capture(request)) => {
                let payment = client.capture(&request).await?;
                let seen = state_seen(self.rules.operation, &payment);
                Ok(Accepted { seen, provider_id: Some(request.payment_id), response: Response::Payment(payment) })
            }
            (Sender::Cancel(client), Request::Cancel(request)) => {
                let payment = client.cancel(&request).await?;
                let seen = Observation::Status { status: payment.status.clone(), is_final: payment.is_final };
                Ok(Accepted { seen, provider_id: Some(request.payment_id), response: Response::Payment(payment) })
            }
            (Sender::Refund(client), Request::Refund(request)) => {
                let refund = client.refund(&request).await?;
                let seen = match refund.amount {
                    Some(amount) if amount != request.amount => Observation::Contradicts,
                    _ => Observation::Status { status: refund.status.clone(), is_final: refund.is_final },
                };
                Ok(Accepted { seen, provider_id: refund.id.clone(), response: Response::Refund(refund) })
            }
            (Sender::PayOut(client), Request::PayOut(request)) => {
                let payout = client.pay_out(&request).await?;
                let seen = accepted(&payout.status, payout.amount, request.amount);
                Ok(Accepted { seen, provider_id: payout.id.clone(), response: Response::Payout(payout) })
            }
            _ => Err(Error::unsupported("the stored operation and its parameters do not belong together")),
        }
    }

    fn payment_id(&self, version: u32, parameters: &[u8]) -> Option<String> {
        if !self.rules.is_about_a_payment() {
            return None;
        }
        let request = Request::from_stored(self.rules.operation, version, parameters, None).ok()?;
        request.payment_id().map(str::to_owned)
    }

    fn can_look_up(&self, known: &Known) -> bool {
        match self.rules.operation {
            // A payment by card is completed by a native call, which is an intent of its own.
            WriteOperation::StartPayment if known.by_ticket => false,
            WriteOperation::StartPayment | WriteOperation::PayOut => {
                self.lookup.is_some() || (self.retrieve.is_some() && known.has_provider_id)
            }
            // The request names the payment. A refund's id names the refund, which nothing retrieves.
            WriteOperation::Confirm | WriteOperation::Capture | WriteOperation::Cancel => self.retrieve.is_some(),
            _ => false,
        }
    }

    async fn look_up(&self, instruction: &Instruction) -> Result<Sighting, Error> {
        let operation = self.rules.operation;
        let request = request(instruction, operation)?;
        // An amount of the right currency. The operations without one are not compared with it.
        let amount = request.amount().unwrap_or(Money::from_minor(0, Currency::INR));
        let expected = Expected::new(request.reference(), amount);
        let id = request.payment_id().map(str::to_owned).or_else(|| instruction.provider_id.clone());
        let by_reference = matches!(operation, WriteOperation::StartPayment | WriteOperation::PayOut);
        let found = match (&self.lookup, &self.retrieve, id) {
            (Some(client), ..) if by_reference => client.lookup_payment(&expected).await,
            (_, Some(client), Some(id)) => client.retrieve(&id, &expected).await,
            _ => return Ok(Sighting::NotFound),
        };
        match found {
            Ok(payment) => Ok(sighting(operation, &request, &payment)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Sighting::NotFound),
            Err(error) => Err(error),
        }
    }
}

fn request(instruction: &Instruction, operation: WriteOperation) -> Result<Request, Error> {
    let card = instruction.in_memory.as_ref().and_then(InMemory::get);
    let request = Request::from_stored(operation, instruction.version, &instruction.parameters, card);
    let request = request.map_err(|problem| Error::unsupported(problem.to_string()))?;
    Ok(request.with_options(instruction.options.clone()))
}

/// What the response to a new order says. Some providers document that the amount may still change until it is paid.
fn accepted(status: &PaymentStatus, amount: Money, requested: Money) -> Observation {
    let is_other = amount.currency() != requested.currency() || (status.is_paid() && amount != requested);
    if is_other { Observation::Contradicts } else { status_seen(status) }
}

/// What the response says if the provider documents that its amount counts.
fn to_pay(status: &PaymentStatus, amount: Money, requested: Money) -> Observation {
    match accepted(status, amount, requested) {
        Observation::Status { status, is_final } => Observation::OtherAmount { status, is_final, amount },
        seen => seen,
    }
}

/// A status of a response that does not say whether it is final.
fn status_seen(status: &PaymentStatus) -> Observation {
    let is_final = matches!(
        status,
        PaymentStatus::Succeeded
            | PaymentStatus::Failed
            | PaymentStatus::Cancelled
            | PaymentStatus::Expired
            | PaymentStatus::Refunded
            | PaymentStatus::ChargedBack
    );
    Observation::Status { status: status.clone(), is_final }
}

fn state_seen(operation: WriteOperation, payment: &PaymentState) -> Observation {
    let status = status_of(operation, payment.status.clone());
    compared(operation, payment.mismatch.as_ref(), status, payment.is_final)
}

/// What an order says that was compared with the intent.
///
/// An order that is not paid may have no amount, and some providers document that the amount to pay may still change. So such
/// a difference proves nothing yet.
pub(crate) fn compared(
    operation: WriteOperation,
    mismatch: Option<&Mismatch>,
    status: PaymentStatus,
    is_final: bool,
) -> Observation {
    match mismatch {
        None => Observation::Status { status, is_final },
        Some(Mismatch::AmountDiffers { actual, .. }) if operation == WriteOperation::StartPayment => {
            if status.is_paid() {
                Observation::OtherAmount { status, is_final, amount: *actual }
            } else {
                Observation::Status { status, is_final }
            }
        }
        Some(Mismatch::AmountUnreadable(_)) if !status.is_paid() => Observation::Status { status, is_final },
        Some(_) => Observation::Contradicts,
    }
}

/// The status of the operation. A provider that does not say whether an order is a payout reports that it waits for the
/// customer, but nobody waits for the customer of a payout.
pub(crate) fn status_of(operation: WriteOperation, status: PaymentStatus) -> PaymentStatus {
    match (operation, status) {
        (WriteOperation::PayOut, PaymentStatus::AwaitingCustomer) => PaymentStatus::Processing,
        (_, status) => status,
    }
}

/// What a looked-up payment says about an operation on it.
fn sighting(operation: WriteOperation, request: &Request, payment: &PaymentState) -> Sighting {
    let seen = match operation {
        WriteOperation::StartPayment | WriteOperation::PayOut => state_seen(operation, payment),
        // The payment has its own reference and amount, so only its status is compared, and the captured amount.
        _ if !is_decided(operation, &payment.status, payment.is_final) => return Sighting::NotFound,
        WriteOperation::Capture if payment.status.is_paid() && payment.amount != request.amount() => {
            Observation::Contradicts
        }
        _ => Observation::Status { status: payment.status.clone(), is_final: payment.is_final },
    };
    Sighting::Found { seen, provider_id: payment.id.clone() }
}

/// True if a payment's status shows that an operation on it was executed, or cannot be any more.
///
/// A payment expires or is cancelled without the operation, too. If it can still be paid after that, this decides nothing.
pub(crate) fn is_decided(operation: WriteOperation, status: &PaymentStatus, is_final: bool) -> bool {
    match (operation, status) {
        (WriteOperation::Cancel, PaymentStatus::Cancelled) => true,
        (
            WriteOperation::Confirm | WriteOperation::Capture | WriteOperation::Cancel,
            PaymentStatus::Expired | PaymentStatus::Cancelled,
        ) => is_final,
        // Before that, the payment waits for the UTR.
        (WriteOperation::Confirm, status) => *status != PaymentStatus::AwaitingCustomer,
        (WriteOperation::Capture | WriteOperation::Cancel, status) => {
            !matches!(status, PaymentStatus::AwaitingCustomer | PaymentStatus::Processing | PaymentStatus::Authorized)
        }
        _ => true,
    }
}
