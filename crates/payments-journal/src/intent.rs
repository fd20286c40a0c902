use std::any::Any;
use std::fmt;
use std::time::Duration;

#[cfg(any(test, feature = "test-util"))]
use payments_core::gateway::WriteOperation;
use payments_core::gateway::WriteOptions;
use payments_core::time::OffsetDateTime;
use payments_core::{Money, ValidationError};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::in_memory::InMemory;
use crate::request::Request;
use crate::settings::later;

/// Whose credentials are used.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Account {
    /// The merchant's tenant; empty if there is only one.
    pub tenant: String,
    /// The provider's name, which is the name of its crate.
    pub provider: String,
    /// The merchant's name for the credentials; empty if there is only one set.
    pub name: String,
}

impl Account {
    /// The only account at a provider.
    pub fn at(provider: impl Into<String>) -> Self {
        Self { tenant: String::new(), provider: provider.into(), name: String::new() }
    }

    /// Sets the tenant.
    #[must_use]
    pub fn tenant(self, tenant: impl Into<String>) -> Self {
        Self { tenant: tenant.into(), ..self }
    }

    /// Sets the merchant's name for the credentials.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    pub(crate) fn check(&self) -> Result<(), ValidationError> {
        for (field, text) in [("tenant", &self.tenant), ("provider", &self.provider), ("account", &self.name)] {
            check_text(field, text, 100)?;
        }
        if self.provider.is_empty() {
            return Err(ValidationError::new("provider", "must not be empty"));
        }
        Ok(())
    }
}

impl From<&str> for Account {
    /// The only account at this provider.
    fn from(provider: &str) -> Self {
        Self::at(provider)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.tenant, &self.provider, &self.name];
        let parts: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        f.pad(&parts.join("/"))
    }
}

/// The unique key of an intent: one operation under one reference at one account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct IntentKey {
    /// Whose credentials are used.
    pub account: Account,
    /// The operation: the stored name of a [`WriteOperation`](payments_core::gateway::WriteOperation) such as `pay_out`, or a native one.
    pub operation: String,
    /// The merchant's own reference, of at most 255 characters.
    pub reference: String,
}

impl IntentKey {
    /// Creates a key of an account that is named after its provider: `IntentKey::new("turbopay", "pay_out", "order-1")`.
    ///
    /// Nothing is checked: a key that no intent can have is not found.
    #[must_use]
    pub fn new(account: impl Into<Account>, operation: impl Into<String>, reference: impl Into<String>) -> Self {
        Self { account: account.into(), operation: operation.into(), reference: reference.into() }
    }

    /// True if both are about one order at the provider: an order has one reference, whether it is a payment or a payout.
    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn is_same_order(&self, other: &Self) -> bool {
        let is_order = |key: &Self| ORDERS.iter().any(|order| key.operation == order.as_str());
        is_order(self) && is_order(other) && self.account == other.account && self.reference == other.reference
    }

    pub(crate) fn check(&self) -> Result<(), ValidationError> {
        self.account.check()?;
        check_text("operation", &self.operation, 100)?;
        check_text("reference", &self.reference, 255)?;
        if self.reference.is_empty() {
            return Err(ValidationError::new("reference", "must not be empty"));
        }
        Ok(())
    }
}

/// The operations that create an order under the merchant's reference.
#[cfg(any(test, feature = "test-util"))]
const ORDERS: [WriteOperation; 2] = [WriteOperation::StartPayment, WriteOperation::PayOut];

impl fmt::Display for IntentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} `{}`", self.account, self.operation, self.reference)
    }
}

pub(crate) fn check_text(field: &'static str, text: &str, longest: usize) -> Result<(), ValidationError> {
    if text.chars().count() > longest || text.chars().any(char::is_control) {
        return Err(ValidationError::new(
            field,
            format!("must have at most {longest} characters, and no control characters"),
        ));
    }
    Ok(())
}

/// What the merchant wants done once.
#[derive(Clone)]
pub struct Intent {
    pub(crate) key: IntentKey,
    pub(crate) amount: Option<Money>,
    pub(crate) version: u32,
    pub(crate) parameters: Zeroizing<Vec<u8>>,
    /// What `check` found when the request was still at hand.
    invalid: Option<ValidationError>,
    pub(crate) by_ticket: bool,
    pub(crate) in_memory: Option<InMemory>,
    pub(crate) expiry: Option<Expiry>,
    pub(crate) head_start: Duration,
    pub(crate) supersedes: Option<IntentId>,
}

impl Intent {
    /// Creates an intent for a request of the shared vocabulary, such as a `PayoutRequest`.
    ///
    /// Leave the request's options alone: the journal sets the idempotency key and the timeout. A raw card is kept in memory
    /// only, so only the process that recorded the intent can send it.
    pub fn new(account: impl Into<Account>, request: impl Into<Request>) -> Self {
        let request = request.into();
        Self {
            key: IntentKey::new(account, request.operation().as_str(), request.reference()),
            amount: request.amount(),
            version: Request::VERSION,
            invalid: request.check().err(),
            by_ticket: request.has_card(),
            in_memory: request.card().cloned().map(InMemory::new),
            parameters: Zeroizing::new(request.with_options(WriteOptions::default()).to_stored()),
            expiry: None,
            head_start: Duration::ZERO,
            supersedes: None,
        }
    }

    /// Creates an intent for a native call, which a registered [`Executor`](crate::Executor) sends.
    ///
    /// The parameters are stored as JSON, sealed. They must not contain a card number or a security code: give those
    /// to [`Intent::in_memory`].
    ///
    /// # Errors
    ///
    /// Returns an error if the parameters cannot be serialized.
    pub fn native(
        account: impl Into<Account>,
        operation: impl Into<String>,
        reference: impl Into<String>,
        amount: Option<Money>,
        version: u32,
        parameters: &impl Serialize,
    ) -> Result<Self, serde_json::Error> {
        let key = IntentKey { account: account.into(), operation: operation.into(), reference: reference.into() };
        let parameters = Zeroizing::new(serde_json::to_vec(parameters)?);
        Ok(Self {
            key,
            amount,
            version,
            parameters,
            invalid: None,
            by_ticket: false,
            in_memory: None,
            expiry: None,
            head_start: Duration::ZERO,
            supersedes: None,
        })
    }

    /// Adds a value to a native intent that must not be stored, such as a card. The executor finds it in
    /// [`Instruction::in_memory`](crate::Instruction::in_memory).
    ///
    /// Only a process that has such a value in memory can send the intent, with the [`Ticket`](crate::Ticket) that
    /// [`Journal::record`](crate::Journal::record) returned. No worker sends it.
    #[must_use]
    pub fn in_memory(mut self, value: impl Any + Send + Sync) -> Self {
        self.by_ticket = true;
        self.in_memory = Some(InMemory::new(value));
        self
    }

    /// Sets when an intent that is still `intended` is abandoned. Default: never. An intent with a card or another value in memory
    /// requires an expiry.
    #[must_use]
    pub fn expires_at(mut self, time: OffsetDateTime) -> Self {
        self.expiry = Some(Expiry::At(time));
        self
    }

    /// Sets for how long after it was recorded an intent stays `intended`, at most, like [`Intent::expires_at`].
    #[must_use]
    pub fn expires_after(mut self, duration: Duration) -> Self {
        self.expiry = Some(Expiry::After(duration));
        self
    }

    /// Sets for how long after it was recorded no worker sends the intent, only [`Journal::execute`](crate::Journal::execute).
    /// Default: zero.
    ///
    /// Only the caller gets the response. Set this if the response has a page for the customer: otherwise, a worker that sends the
    /// request before the caller loses the page. After this time a worker sends it all the same, as after a crash.
    #[must_use]
    pub fn head_start(mut self, duration: Duration) -> Self {
        self.head_start = duration;
        self
    }

    /// Names the reviewed intent that this one does again. It has a reference of its own.
    #[must_use]
    pub fn supersedes(mut self, id: IntentId) -> Self {
        self.supersedes = Some(id);
        self
    }

    /// The unique key.
    #[must_use]
    pub fn key(&self) -> &IntentKey {
        &self.key
    }

    pub(crate) fn check(&self) -> Result<(), ValidationError> {
        self.key.check()?;
        self.invalid.clone().map_or(Ok(()), Err)
    }
}

impl fmt::Debug for Intent {
    /// Omits the parameters and what is in memory only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intent").field("key", &self.key).field("amount", &self.amount).finish_non_exhaustive()
    }
}

/// When an intent that was not sent is abandoned.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expiry {
    At(OffsetDateTime),
    /// So long after it was recorded.
    After(Duration),
}

impl Expiry {
    pub(crate) fn from(self, recorded_at: OffsetDateTime) -> OffsetDateTime {
        match self {
            Self::At(time) => time,
            Self::After(duration) => later(recorded_at, duration),
        }
    }
}

/// The store's id of an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentId(i64);

impl IntentId {
    /// Creates an id from the store's number.
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The store's number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
