//! What a merchant wants done once: an operation at a provider, and what the provider and the customer do about it.

use std::collections::BTreeSet;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use payments_core::gateway::Hint;
use payments_core::http::HeaderMap;
use payments_core::transport::Transport;
use payments_core::webhook::Verified;
use payments_core::{RateLimit, Timeouts};
use payments_journal::{Account, Gateway, Intent, Journal, Store};
use payments_sandbox::{Builder, Entry, EntryKind, Sandbox};

use super::job::Prepared;
use super::{Failed, card3ds, turbo_txn, turbopay, turratech};

/// A provider with a gateway operation or a native one.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) name: &'static str,
    pub(super) scenarios: &'static [Scenario],
    /// Builds the clients of the merchant's process.
    pub(super) gateway: fn(&Prepared, Wires) -> Result<Gateway, Failed>,
    /// Verifies a webhook.
    pub(super) verify: fn(&Prepared, &HeaderMap, &[u8]) -> Result<Incoming, Failed>,
}

/// How a client reaches its provider.
pub(super) struct Wires {
    pub(super) transport: Arc<dyn Transport>,
    /// The limit of lookups that several processes share.
    pub(super) rate_limit: Option<Arc<dyn RateLimit>>,
    pub(super) timeouts: Timeouts,
}

/// What a provider has sent to the merchant.
pub(super) enum Incoming {
    TurraTech(Box<Verified<::turratech::Event>>),
    TurboPay(Box<Verified<::turbopay::Event>>),
    Hint(Box<Hint>),
}

impl Incoming {
    /// Receives it into a journal.
    pub(super) async fn receive<S: Store>(&self, provider: &str, journal: &Journal<S>) -> Result<(), Failed> {
        let account = Account::at(provider);
        match self {
            Self::TurraTech(event) => journal.receive(&account, event).await?,
            Self::TurboPay(event) => journal.receive(&account, event).await?,
            Self::Hint(hint) => journal.receive_hint(&account, hint).await?,
        };
        Ok(())
    }
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
    pub(super) intent: MakeIntent,
    /// The operation in the ledger, and the kind of its entry.
    pub(super) executed: (&'static str, EntryKind),
    /// What the customer does once the operation is executed; `None` for nothing.
    pub(super) customer: Option<fn(&Sandbox)>,
    /// True if the sandbox's webhooks reach the merchant.
    pub(super) has_webhooks: bool,
    /// True if an order that waits for the customer rests.
    pub(super) rests_pending: bool,
    pub(super) review: MayReview,
    /// True if only the process with the card or the callback can send the intent.
    pub(super) by_ticket: bool,
    pub(super) resends: bool,
}

/// Creates the intent with a reference of the merchant.
pub(super) type MakeIntent = fn(&Prepared, &str) -> Result<Intent, Failed>;

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

/// Returns all providers.
pub(super) fn providers() -> impl Iterator<Item = &'static Provider> {
    PROVIDERS.iter()
}

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
        intent: MakeIntent,
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
        sandbox.ledger().entries().iter().filter(|entry| self.is_execution(entry)).count()
    }

    /// Returns true if an entry of the ledger is an execution of the operation.
    pub(super) fn is_execution(&self, entry: &Entry) -> bool {
        (entry.operation.as_str(), entry.kind) == self.executed
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
