//! The providers that the sandbox plays: everything that names all of them, in the order that it has everywhere.

use crate::builder::StartError;
use crate::random::Random;
use crate::{card3ds, turbo_link, turbo_txn, turbopay, turratech};

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    TurraTech,
    TurboTxn,
    TurboLink,
    Card3ds,
    TurboPay,
}

impl Provider {
    pub(crate) const ALL: [Self; 5] = [Self::TurraTech, Self::TurboTxn, Self::TurboLink, Self::Card3ds, Self::TurboPay];

    /// As its crate is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TurraTech => "turratech",
            Self::TurboTxn => "turbo-txn",
            Self::TurboLink => "turbo-link",
            Self::Card3ds => "card3ds",
            Self::TurboPay => "turbopay",
        }
    }
}

/// How each is set up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setup {
    pub(crate) turratech: turratech::Settings,
    pub(crate) turbo_txn: turbo_txn::Settings,
    pub(crate) turbo_link: turbo_link::Settings,
    pub(crate) card3ds: card3ds::Settings,
    pub(crate) turbopay: turbopay::Settings,
}

impl Setup {
    /// Makes the keys that were not given.
    pub(crate) fn complete(&mut self, seed: u64) -> Result<(), StartError> {
        let keys = |provider: Provider| Random::of(seed, &format!("{} keys", provider.name()));
        self.turratech.complete(&mut keys(Provider::TurraTech))?;
        self.turbo_txn.complete(&mut keys(Provider::TurboTxn))?;
        self.turbo_link.complete(&mut keys(Provider::TurboLink))?;
        self.card3ds.complete(&mut keys(Provider::Card3ds))?;
        self.turbopay.complete(&mut keys(Provider::TurboPay))
    }
}

/// The engine of each.
pub(crate) struct Engines {
    pub(crate) turratech: turratech::TurraTech,
    pub(crate) turbo_txn: turbo_txn::TurboTxn,
    pub(crate) turbo_link: turbo_link::TurboLink,
    pub(crate) card3ds: card3ds::Card3ds,
    pub(crate) turbopay: turbopay::TurboPay,
}

impl Engines {
    pub(crate) fn new(setup: &Setup, seed: u64) -> Self {
        let seed = |provider: Provider| Random::of(seed, provider.name()).next();
        Self {
            turratech: turratech::TurraTech::new(setup.turratech.clone(), seed(Provider::TurraTech)),
            turbo_txn: turbo_txn::TurboTxn::new(setup.turbo_txn.clone(), seed(Provider::TurboTxn)),
            turbo_link: turbo_link::TurboLink::new(setup.turbo_link.clone(), seed(Provider::TurboLink)),
            card3ds: card3ds::Card3ds::new(setup.card3ds.clone(), seed(Provider::Card3ds)),
            turbopay: turbopay::TurboPay::new(setup.turbopay.clone(), seed(Provider::TurboPay)),
        }
    }
}
