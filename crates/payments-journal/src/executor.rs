use std::any::Any;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use payments_core::gateway::{
    AcceptedPayout, ConfirmedPayment, PaymentState, RefundState, StartedPayment, WriteOptions,
};
use payments_core::{Error, Money};
use zeroize::Zeroizing;

use crate::evidence::Observation;
use crate::in_memory::InMemory;
use crate::intent::IntentKey;
use crate::rules::Rules;

/// Sends one kind of operation for one account, and looks it up.
///
/// The operations of the shared vocabulary have executors: [`Gateway`](crate::Gateway). Implement the trait to journal a native
/// call of a provider's crate.
#[async_trait]
pub trait Executor: Send + Sync + 'static {
    /// The provider's rules for the operation.
    fn rules(&self) -> Rules;

    /// How long the client may take to connect; zero if it sets no such limit.
    ///
    /// [`Settings::call_timeout`](crate::Settings::call_timeout) must be longer: a call that is cut off while it connects would look
    /// like one whose response was lost.
    fn connect_timeout(&self) -> Duration {
        Duration::ZERO
    }

    /// The versions of stored parameters that [`Executor::execute`] understands. A worker leaves others to newer workers.
    fn understands(&self, version: u32) -> bool;

    /// Checks that this version can read the stored parameters, before anything is claimed. A worker leaves others to another one.
    ///
    /// # Errors
    ///
    /// Returns the problem in words, without the parameters.
    fn check_parameters(&self, version: u32, parameters: &[u8]) -> Result<(), String> {
        let _ = (version, parameters);
        Ok(())
    }

    /// Sends the request once, with the instruction's options. The transport may not send it a second time without the
    /// provider's own protection: the clients of this project do not.
    ///
    /// # Errors
    ///
    /// Returns the call's error, whose outcome says whether the operation may have been executed.
    async fn execute(&self, instruction: &Instruction) -> Result<Accepted, Error>;

    /// Returns the provider's id of the existing payment that the request is about, as a capture is.
    ///
    /// Only events with this id count for such an operation: the payment's events have references of their own.
    fn payment_id(&self, version: u32, parameters: &[u8]) -> Option<String> {
        let _ = (version, parameters);
        None
    }

    /// True if [`Executor::look_up`] can find the order with what is known.
    fn can_look_up(&self, known: &Known) -> bool {
        let _ = known;
        false
    }

    /// Looks the order up.
    ///
    /// # Errors
    ///
    /// Returns the lookup's error. It proves nothing.
    async fn look_up(&self, instruction: &Instruction) -> Result<Sighting, Error> {
        let _ = instruction;
        Ok(Sighting::NotFound)
    }
}

/// What is known of an order before it is looked up.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "tests of executors build it")]
pub struct Known {
    /// True if the response or an event has named the provider's id.
    pub has_provider_id: bool,
    /// True if the request contained something that is never stored, such as a raw card.
    pub by_ticket: bool,
}

/// What to send: an intent with its parameters.
#[derive(Clone)]
#[expect(clippy::exhaustive_structs, reason = "tests of executors build it")]
pub struct Instruction {
    /// The intent's key.
    pub key: IntentKey,
    /// The amount, if the operation has one.
    pub amount: Option<Money>,
    /// The version of the parameters' form.
    pub version: u32,
    /// The parameters in their stored form.
    pub parameters: Zeroizing<Vec<u8>>,
    /// What is never stored, if the intent has it and this process has it in memory: the card of a payment, or the value of
    /// [`Intent::in_memory`](crate::Intent::in_memory).
    pub in_memory: Option<InMemory>,
    /// The provider's id of the order, once it is known.
    pub provider_id: Option<String>,
    /// The idempotency key and the timeout.
    pub options: WriteOptions,
}

impl fmt::Debug for Instruction {
    /// Omits the parameters and what is in memory only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instruction")
            .field("key", &self.key)
            .field("amount", &self.amount)
            .field("version", &self.version)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// What a response says.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "executors build it")]
pub struct Accepted {
    /// What the journal keeps of it.
    pub seen: Observation,
    /// The provider's id of the order.
    pub provider_id: Option<String>,
    /// What the caller of [`Journal::execute`](crate::Journal::execute) gets.
    pub response: Response,
}

/// What a lookup sees.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: the order is found or not")]
pub enum Sighting {
    /// The order.
    Found {
        /// What the journal keeps of it.
        seen: Observation,
        /// The provider's id of the order.
        provider_id: Option<String>,
    },
    /// No such order, or an order that does not show whether the operation was executed.
    NotFound,
}

/// The response of a call. It is not stored: it may be a page for one customer.
#[derive(Debug)]
#[non_exhaustive]
pub enum Response {
    /// A payment was started.
    Started(StartedPayment),
    /// A payment's UTR was accepted.
    Confirmed(ConfirmedPayment),
    /// A payment was captured or cancelled.
    Payment(PaymentState),
    /// A refund.
    Refund(RefundState),
    /// A payout was accepted.
    Payout(AcceptedPayout),
    /// The response of a native call.
    Native(Box<dyn Any + Send>),
}
