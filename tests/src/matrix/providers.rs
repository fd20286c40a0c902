//! The five providers, and everything that each can be asked to do.

mod card3ds;
mod turbo_link;
mod turbo_txn;
mod turbopay;
mod turratech;

use std::str::FromStr;

use super::Failed;
use super::bench::Bench;
use super::operation::{Operation, Sending};

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Provider {
    TurraTech,
    TurboTxn,
    TurboLink,
    Card3ds,
    TurboPay,
}

/// Every operation of every provider.
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

    /// Whether nothing but the client's care, or its keys, keeps a call from being executed twice.
    pub(super) fn is_unprotected_without_keys(self) -> bool {
        match self {
            Self::TurraTech | Self::TurboTxn | Self::Card3ds => true,
            // The one has nothing to execute, the other takes a reference once.
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

    /// Asks something over the line under test, so that its connection has been used.
    pub(super) fn warm(self, bench: &Bench) -> Result<Sending, Failed> {
        match self {
            Self::TurraTech => turratech::warm(bench),
            Self::TurboTxn => turbo_txn::warm(bench),
            Self::TurboLink => turbo_link::warm(bench),
            Self::Card3ds => card3ds::warm(bench),
            Self::TurboPay => turbopay::warm(bench),
        }
    }
}

impl FromStr for Provider {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.iter().map(|provider| provider.name()).collect::<Vec<_>>().join(", ");
        let found = Self::ALL.iter().copied().find(|provider| provider.name() == text);
        found.ok_or_else(|| format!("`{text}` is no provider; there are {names}"))
    }
}
