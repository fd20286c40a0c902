//! A provider's operation: how it is made ready, sent, and resolved afterwards.

use std::fmt;
use std::pin::Pin;

use payments_core::{Error, IdempotencyKey};

use super::Failed;
use super::bench::Bench;
use super::providers::Provider;

/// One operation, perhaps made in a way of its own.
pub(super) struct Operation {
    pub(super) provider: Provider,
    /// As the sandbox's faults and its ledger name it.
    pub(super) name: &'static str,
    /// Where the same is called in more than one way.
    pub(super) way: Option<&'static str>,
    pub(super) guard: Guard,
    pub(super) prepare: fn(Bench) -> Preparing,
}

/// What keeps the call from being executed twice, or need not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// It only asks.
    Reads,
    /// A key under which nothing was ever sent.
    Key,
    /// A key that another process may have used: no failure proves that nothing was sent under it.
    PerhapsUsedKey,
    /// The client, which does not send it a second time.
    Client,
}

/// What is done before the fault: whatever the call needs to be there.
pub(super) type Preparing = Pin<Box<dyn Future<Output = Result<Ready, Failed>> + Send>>;

/// A call under way.
pub(super) type Sending = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// A look-up under way: whether the call was done.
pub(super) type Looking = Pin<Box<dyn Future<Output = Result<bool, Error>> + Send>>;

/// A call that is ready to be sent.
pub(super) struct Ready {
    pub(super) send: Box<dyn FnOnce() -> Sending + Send>,
    pub(super) resolve: Resolve,
}

/// How an unknown outcome is resolved.
pub(super) enum Resolve {
    /// By looking.
    Look(Box<dyn Fn() -> Looking + Send + Sync>),
    /// By the same call under the key that the failure gave back.
    Again(Box<dyn Fn(IdempotencyKey) -> Sending + Send + Sync>),
    /// By nothing that the provider offers, as the SDK says; or it was a question, and can be asked again.
    Nothing,
}

impl Operation {
    pub(super) fn reads(&self) -> bool {
        self.guard == Guard::Reads
    }

    /// `turbopay.withdraw`.
    pub(super) fn name_there(&self) -> String {
        format!("{}.{}", self.provider.name(), self.name)
    }
}

impl Ready {
    pub(super) fn new(send: impl FnOnce() -> Sending + Send + 'static) -> Self {
        Self { send: Box::new(send), resolve: Resolve::Nothing }
    }

    pub(super) fn looked_up(self, look: impl Fn() -> Looking + Send + Sync + 'static) -> Self {
        Self { resolve: Resolve::Look(Box::new(look)), ..self }
    }

    pub(super) fn sent_again(self, again: impl Fn(IdempotencyKey) -> Sending + Send + Sync + 'static) -> Self {
        Self { resolve: Resolve::Again(Box::new(again)), ..self }
    }
}

/// A call whose value does not matter here.
pub(super) fn sent<T>(call: impl Future<Output = Result<T, Error>> + Send + 'static) -> Sending {
    Box::pin(async move { call.await.map(drop) })
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `turratech.create-payment/own-key`.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.provider.name(), self.name)?;
        self.way.map_or(Ok(()), |way| write!(f, "/{way}"))
    }
}
