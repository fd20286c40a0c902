//! The five providers and all their operations.

mod card3ds;
mod turbo_link;
mod turbo_txn;
mod turbopay;
mod turratech;

use std::str::FromStr;

use super::Failed;
use super::operation::{CallFuture, Operation};
use super::setup::Setup;

/// A provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Provider {
    TurraTech,
    TurboTxn,
    TurboLink,
    Card3ds,
    TurboPay,
}

/// Returns every operation of every provider.
pub(super) fn operations() -> impl Iterator<Item = &'static Operation> {
    Provider::ALL.iter().flat_map(|provider| provider.operations())
}

impl Provider {
    pub(super) const ALL: &[Self] = &[Self::TurraTech, Self::TurboTxn, Self::TurboLink, Self::Card3ds, Self::TurboPay];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TurraTech => "turratech",
            Self::TurboTxn => "turbo-txn",
            Self::TurboLink => "turbo-link",
            Self::Card3ds => "card3ds",
            Self::TurboPay => "turbopay",
        }
    }

    /// Returns true if only the client, or its idempotency keys, can prevent a second execution.
    pub(super) fn is_unprotected_without_keys(self) -> bool {
        match self {
            Self::TurraTech | Self::TurboTxn | Self::Card3ds => true,
            // tur.bo executes nothing, and TurboPay accepts each reference once.
            Self::TurboLink | Self::TurboPay => false,
        }
    }

    fn operations(self) -> &'static [Operation] {
        match self {
            Self::TurraTech => turratech::OPERATIONS,
            Self::TurboTxn => turbo_txn::OPERATIONS,
            Self::TurboLink => turbo_link::OPERATIONS,
            Self::Card3ds => card3ds::OPERATIONS,
            Self::TurboPay => turbopay::OPERATIONS,
        }
    }

    /// Sends a read-only call over the tested route, so that its connection can be reused.
    pub(super) fn warm_up(self, setup: &Setup) -> Result<CallFuture, Failed> {
        match self {
            Self::TurraTech => turratech::warm_up(setup),
            Self::TurboTxn => turbo_txn::warm_up(setup),
            Self::TurboLink => turbo_link::warm_up(setup),
            Self::Card3ds => card3ds::warm_up(setup),
            Self::TurboPay => turbopay::warm_up(setup),
        }
    }
}

impl FromStr for Provider {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.iter().map(|provider| provider.name()).collect::<Vec<_>>().join(", ");
        let found = Self::ALL.iter().copied().find(|provider| provider.name() == text);
        found.ok_or_else(|| format!("unknown provider `{text}`; the providers are {names}"))
    }
}
