//! What a merchant wants done once: an operation at a provider, and what the provider and the customer do about it.

use std::collections::BTreeSet;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use payments_core::transport::Transport;
use payments_journal::{Gateway, Intent, Journal};
use payments_sandbox::{Builder, EntryKind, Sandbox};

use super::job::Prepared;
use super::store::WatchedStore;
use super::{Failed, card3ds, turbo_txn, turbopay, turratech};

/// A provider with a gateway operation or a native one.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) name: &'static str,
    pub(super) scenarios: &'static [Scenario],
    /// Builds the clients of the merchant's process.
    pub(super) gateway: fn(&Prepared, Arc<dyn Transport>) -> Result<Gateway, Failed>,
    /// Verifies a webhook and receives it into the journal.
    pub(super) receive: for<'a> fn(&'a Inbox<'a>) -> ReceiveFuture<'a>,
}

pub(super) type ReceiveFuture<'a> = Pin<Box<dyn Future<Output = Result<(), Failed>> + Send + 'a>>;

/// A webhook that arrived, and the journal that receives it.
pub(super) struct Inbox<'a> {
    pub(super) prepared: &'a Prepared,
    pub(super) journal: &'a Journal<WatchedStore>,
    pub(super) headers: &'a payments_core::http::HeaderMap,
    pub(super) body: &'a [u8],
}

/// One operation.
#[derive(Clone, Copy)]
pub(super) struct Scenario {
    /// The name, such as `turbopay.pay-out/resend`.
    pub(super) name: &'static str,
    /// Changes the provider's settings in the sandbox.
    pub(super) sandbox: fn(Builder) -> Builder,
    /// Creates what the operation is about.
    pub(super) prepare: for<'a> fn(&'a Sandbox) -> PrepareFuture<'a>,
    pub(super) intent: fn(&Prepared) -> Result<Intent, Failed>,
    /// The operation in the ledger, and the kind of its entry.
    pub(super) executed: (&'static str, EntryKind),
    /// What the customer does once the operation is executed; `None` for nothing.
    pub(super) customer: Option<fn(&Sandbox)>,
    /// True if the sandbox's webhooks reach the merchant.
    pub(super) has_webhooks: bool,
    /// True if an order that waits for the customer rests.
    pub(super) rests_pending: bool,
    pub(super) review: MayReview,
    /// True if only the process with the card can send the intent.
    pub(super) by_ticket: bool,
    pub(super) resends: bool,
}

pub(super) type PrepareFuture<'a> = Pin<Box<dyn Future<Output = Result<Prepared, Failed>> + Send + 'a>>;

/// When the provider offers no proof, so that a person must look at the intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MayReview {
    /// Never: the provider protects a second request.
    Never,
    /// If the provider does not have the order, which does not prove that no request arrives.
    IfNotExecuted,
    /// As `IfNotExecuted`, or if the response was lost: only the response explains the order's other amount.
    IfNotAccepted,
    /// If the response was lost: nothing can be asked.
    Always,
}

const PROVIDERS: &[Provider] = &[turratech::PROVIDER, turbo_txn::PROVIDER, card3ds::PROVIDER, turbopay::PROVIDER];

/// Returns all scenarios.
pub(super) fn all() -> impl Iterator<Item = &'static Scenario> {
    PROVIDERS.iter().flat_map(|provider| provider.scenarios)
}

/// Returns the scenario with this name.
pub(super) fn named(name: &str) -> Result<&'static Scenario, String> {
    all().find(|scenario| scenario.name == name).ok_or_else(|| {
        let names: Vec<&str> = all().map(|scenario| scenario.name).collect();
        format!("unknown scenario `{name}`; the scenarios are {}", names.join(", "))
    })
}

/// Returns the names of the providers.
pub(super) fn provider_names() -> BTreeSet<&'static str> {
    PROVIDERS.iter().map(|provider| provider.name).collect()
}

impl Scenario {
    /// A scenario with the defaults: nothing happens after the execution, and no webhook arrives.
    pub(super) const fn new(
        name: &'static str,
        executed: (&'static str, EntryKind),
        prepare: for<'a> fn(&'a Sandbox) -> PrepareFuture<'a>,
        intent: fn(&Prepared) -> Result<Intent, Failed>,
        review: MayReview,
    ) -> Self {
        Self {
            name,
            sandbox: |builder| builder,
            prepare,
            intent,
            executed,
            customer: None,
            has_webhooks: false,
            rests_pending: true,
            review,
            by_ticket: false,
            resends: false,
        }
    }

    /// The operation's provider.
    pub(super) fn provider(&self) -> Result<&'static Provider, String> {
        let found = PROVIDERS.iter().find(|provider| provider.scenarios.iter().any(|known| known.name == self.name));
        found.ok_or_else(|| format!("`{}` has no provider", self.name))
    }

    /// The name of the operation's provider.
    pub(super) fn provider_name(&self) -> &'static str {
        self.name.split('.').next().unwrap_or_default()
    }

    /// Returns how often the provider executed the operation.
    pub(super) fn executions(&self, sandbox: &Sandbox) -> usize {
        let (operation, kind) = self.executed;
        let ledger = sandbox.ledger();
        ledger.entries().iter().filter(|entry| entry.operation == operation && entry.kind == kind).count()
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The merchant's reference of the only order in a sandbox.
pub(super) const REFERENCE: &str = "order-1";

/// The merchant's web site. The sandbox sends messages to loopback only, so none is sent to it.
pub(super) const SHOP: &str = "https://shop.example";
