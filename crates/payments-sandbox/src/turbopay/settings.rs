use std::collections::HashSet;
use std::time::Duration;

use crate::builder::StartError;
use crate::key::{Key, MARKS};
use crate::random::Random;

/// What the bank does with an order that is under way, when nobody decides otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settle {
    /// It succeeds, with the confirmation already.
    AtOnce,
    /// It succeeds after a while on the clock.
    After(Duration),
    /// It fails after a while on the clock.
    FailsAfter(Duration),
    /// It stays as it is.
    Never,
}

/// How the sandbox's TurboPay is set up.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) api_key: Key,
    pub(crate) webhook_key: Key,
    /// In hundredths of a rupee.
    pub(crate) opening_balance: i64,
    pub(crate) deposits: Settle,
    pub(crate) withdrawals: Settle,
    /// In whole units of an order's currency, the least and the most.
    pub(crate) amounts: (i64, i64),
    pub(crate) whitelisted: bool,
    pub(crate) wallets: bool,
    pub(crate) references_are_unique: bool,
    pub(crate) blocked_customers: HashSet<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_key: Key::default(),
            webhook_key: Key::default(),
            opening_balance: 0,
            deposits: Settle::After(SETTLES_AFTER),
            withdrawals: Settle::After(SETTLES_AFTER),
            amounts: (1, 10_000_000),
            whitelisted: true,
            wallets: true,
            references_are_unique: true,
            blocked_customers: HashSet::new(),
        }
    }
}

impl Settings {
    /// Makes the keys that were not given.
    pub(crate) fn complete(&mut self, random: &mut Random) -> Result<(), StartError> {
        self.api_key.complete(MARKS, || format!("sandbox_api_{}", random.word(24)))?;
        self.webhook_key.complete(MARKS, || format!("sandbox_whk_{}", random.word(24)))
    }
}

/// Inferred: the document says only that the bank takes time.
const SETTLES_AFTER: Duration = Duration::from_secs(2);
