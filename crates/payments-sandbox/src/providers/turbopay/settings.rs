use std::collections::HashSet;
use std::time::Duration;

use crate::error::StartError;
use crate::key::{Key, TEST_PREFIXES};
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
///
/// ```
/// use payments_sandbox::{Sandbox, turbopay};
///
/// let builder = Sandbox::builder().turbopay(turbopay::Settings::default().opening_balance(5000).block_customer("mallory"));
/// # drop(builder);
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
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
    /// The keys that it knows the merchant by. Standard: made from the seed.
    ///
    /// They must begin with `sandbox_` or `test_`, so that nobody's real keys end up here.
    #[must_use]
    pub fn keys(mut self, api_key: impl Into<String>, webhook_key: impl Into<String>) -> Self {
        self.api_key = api_key.into().into();
        self.webhook_key = webhook_key.into().into();
        self
    }

    /// What the merchant has to begin with, in rupees. Standard: nothing.
    #[must_use]
    pub fn opening_balance(mut self, rupees: i64) -> Self {
        self.opening_balance = rupees.saturating_mul(100);
        self
    }

    /// How long the bank takes once it has something to do, on the clock. Standard: two seconds.
    #[must_use]
    pub fn settles_after(self, time: Duration) -> Self {
        self.deposits(Settle::After(time)).withdrawals(Settle::After(time))
    }

    /// What becomes of a deposit once the customer has paid.
    #[must_use]
    pub fn deposits(mut self, settle: Settle) -> Self {
        self.deposits = settle;
        self
    }

    /// What becomes of a withdrawal once it was taken in.
    #[must_use]
    pub fn withdrawals(mut self, settle: Settle) -> Self {
        self.withdrawals = settle;
        self
    }

    /// The least and the most that an order may be about, in whole units. Standard: 1 and 10,000,000.
    #[must_use]
    pub fn amounts(mut self, least: i64, most: i64) -> Self {
        self.amounts = (least, most);
        self
    }

    /// It does not know this machine's address.
    #[must_use]
    pub fn not_whitelisted(mut self) -> Self {
        self.whitelisted = false;
        self
    }

    /// It has nowhere to take money in or to pay it out from.
    #[must_use]
    pub fn no_wallets(mut self) -> Self {
        self.wallets = false;
        self
    }

    /// Its own protection against duplicates fails: a reference can be used again.
    ///
    /// For tests of the client's protection: what it sends twice is executed twice, and the ledger says so.
    #[must_use]
    pub fn without_unique_references(mut self) -> Self {
        self.references_are_unique = false;
        self
    }

    /// Its risk management has blocked this customer of the merchant's.
    #[must_use]
    pub fn block_customer(mut self, customer: impl Into<String>) -> Self {
        self.blocked_customers.insert(customer.into());
        self
    }

    /// Makes the keys that were not given.
    pub(crate) fn fill_in_keys(&mut self, random: &mut Random) -> Result<(), StartError> {
        self.api_key.fill_in(TEST_PREFIXES, || format!("sandbox_api_{}", random.alphanumeric(24)))?;
        self.webhook_key.fill_in(TEST_PREFIXES, || format!("sandbox_whk_{}", random.alphanumeric(24)))
    }
}

/// Inferred: the document says only that the bank takes time.
const SETTLES_AFTER: Duration = Duration::from_secs(2);
