//! A provider's operation: how to prepare a call, send it and resolve an unknown outcome.

use std::fmt;
use std::pin::Pin;

use payments_core::{Error, IdempotencyKey};

use super::Failed;
use super::providers::Provider;
use super::setup::Setup;

/// An operation, or a variant of one.
pub(super) struct Operation {
    pub(super) provider: Provider,
    /// The name in the sandbox's faults and ledger.
    pub(super) name: &'static str,
    /// Distinguishes several ways of calling the same operation.
    pub(super) variant: Option<&'static str>,
    pub(super) protection: Protection,
    pub(super) prepare: fn(Setup) -> PrepareFuture,
}

/// The protection against a second execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protection {
    /// None needed, because the operation is read-only.
    ReadOnly,
    /// An idempotency key under which nothing was sent.
    UnusedKey,
    /// An idempotency key that another process may have used. No failure proves that nothing was sent under it.
    PossiblyUsedKey,
    /// The client, which does not send the request again.
    NotResent,
}

/// Prepares a call: creates the objects that the call needs, before the fault is injected.
pub(super) type PrepareFuture = Pin<Box<dyn Future<Output = Result<PreparedCall, Failed>> + Send>>;

/// A call that is being sent.
pub(super) type CallFuture = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// A lookup that is being sent. It returns true if the call was executed.
pub(super) type LookupFuture = Pin<Box<dyn Future<Output = Result<bool, Error>> + Send>>;

/// A call that is ready to be sent.
pub(super) struct PreparedCall {
    pub(super) send: Box<dyn FnOnce() -> CallFuture + Send>,
    pub(super) resolution: Resolution,
}

/// The way to resolve an unknown outcome.
pub(super) enum Resolution {
    /// A lookup.
    Lookup(Box<dyn Fn() -> LookupFuture + Send + Sync>),
    /// The same call under the key that the error returned.
    SameKey(Box<dyn Fn(IdempotencyKey) -> CallFuture + Send + Sync>),
    /// None: the provider offers no way, or the operation is read-only.
    None,
}

impl Operation {
    pub(super) fn is_read_only(&self) -> bool {
        self.protection == Protection::ReadOnly
    }

    /// The name in the sandbox's timeline and ledger, for example `turbopay.withdraw`.
    pub(super) fn sandbox_name(&self) -> String {
        format!("{}.{}", self.provider.name(), self.name)
    }
}

impl PreparedCall {
    pub(super) fn new(send: impl FnOnce() -> CallFuture + Send + 'static) -> Self {
        Self { send: Box::new(send), resolution: Resolution::None }
    }

    pub(super) fn resolved_by_lookup(self, look_up: impl Fn() -> LookupFuture + Send + Sync + 'static) -> Self {
        Self { resolution: Resolution::Lookup(Box::new(look_up)), ..self }
    }

    pub(super) fn resolved_by_same_key(
        self,
        send_again: impl Fn(IdempotencyKey) -> CallFuture + Send + Sync + 'static,
    ) -> Self {
        Self { resolution: Resolution::SameKey(Box::new(send_again)), ..self }
    }
}

/// Discards the value of a call.
pub(super) fn discard_value<T>(call: impl Future<Output = Result<T, Error>> + Send + 'static) -> CallFuture {
    Box::pin(async move { call.await.map(drop) })
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Formats an operation like `turratech.create-payment/own-key`.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.provider.name(), self.name)?;
        self.variant.map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}
