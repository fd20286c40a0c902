//! Executors of card3ds's native calls, as an application writes them.

use async_trait::async_trait;
use card3ds::{Client, NewPayment, Payment};
use payments_core::gateway::{Recovery, WriteOperation};
use payments_core::{Card, Error, PaymentStatus, ValidationError};
use payments_journal::{Accepted, Executor, InMemory, Instruction, Observation, Response, Rules};
use serde::Deserialize;

/// A native call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NativeOperation {
    PreAuthorize,
    CreatePayment,
}

impl NativeOperation {
    pub(super) const ALL: &[Self] = &[Self::PreAuthorize, Self::CreatePayment];

    /// The stored name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::PreAuthorize => "card3ds.pre_authorize",
            Self::CreatePayment => "card3ds.create_payment",
        }
    }
}

pub(super) struct NativeExecutor {
    operation: NativeOperation,
    client: Client,
}

impl NativeExecutor {
    pub(super) fn new(operation: NativeOperation, client: Client) -> Self {
        Self { operation, client }
    }

    async fn pay(&self, instruction: &Instruction) -> Result<Payment, Error> {
        let card = instruction.in_memory.as_ref().and_then(InMemory::get::<Card>).cloned();
        let (Some(amount), Some(card)) = (instruction.amount, card) else {
            return Err(ValidationError::new("card", "is required").into());
        };
        let customer: String = stored(instruction)?;
        let address = customer.parse().map_err(|_| ValidationError::new("customer_address", "must be an address"))?;
        let new = NewPayment::new(&instruction.key.reference, amount, card, address);
        let call = match self.operation {
            NativeOperation::PreAuthorize => self.client.pre_authorize(new),
            NativeOperation::CreatePayment => self.client.create_payment(new),
        };
        call.timeout(instruction.options.timeout.unwrap_or_default()).send().await
    }
}

#[async_trait]
impl Executor for NativeExecutor {
    fn rules(&self) -> Rules {
        let transitions = Client::capabilities().status_changes(WriteOperation::StartPayment);
        Rules { strategies: &[Recovery::Nothing], transitions, operation: WriteOperation::StartPayment }
    }

    fn understands(&self, version: u32) -> bool {
        version == VERSION
    }

    async fn execute(&self, instruction: &Instruction) -> Result<Accepted, Error> {
        let payment = self.pay(instruction).await?;
        let seen = match payment.amount() {
            Ok(amount) if Some(amount) != instruction.amount => Observation::Contradicts,
            _ => Observation::Status {
                status: match (self.operation, payment.status.common()) {
                    (NativeOperation::PreAuthorize, PaymentStatus::Succeeded) => PaymentStatus::Authorized,
                    (_, status) => status,
                },
                is_final: self.operation != NativeOperation::PreAuthorize && payment.status.is_final(),
            },
        };
        let provider_id = Some(payment.payment_id.as_str().to_owned());
        Ok(Accepted { seen, provider_id, response: Response::Native(Box::new(payment)) })
    }
}

fn stored<T: for<'de> Deserialize<'de>>(instruction: &Instruction) -> Result<T, Error> {
    serde_json::from_slice(&instruction.parameters)
        .map_err(|_| Error::configuration("the stored parameters have another form"))
}

pub(super) const VERSION: u32 = 1;
