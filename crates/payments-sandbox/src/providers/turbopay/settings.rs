use std::collections::HashSet;
use std::time::Duration;

use crate::error::StartError;
use crate::key::{Key, TEST_PREFIXES};
use crate::random::Random;

/// How the bank settles a pending order, unless the test decides first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settle {
    /// The order succeeds at once. The response to a confirmation already says so.
    AtOnce,
    /// The order succeeds after this time on the clock.
    After(Duration),
    /// The order fails after this time on the clock.
    FailsAfter(Duration),
    /// The order stays pending.
    Never,
}

/// The settings of the simulated TurboPay.
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
    /// In paise.
    pub(crate) opening_balance: i64,
    pub(crate) deposits: Settle,
    pub(crate) withdrawals: Settle,
    /// The minimum and the maximum, in whole units of an order's currency.
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
    /// Sets the merchant's API key and webhook key. Default: derived from the seed.
    ///
    /// Both must start with `sandbox_` or `test_`, because the sandbox accepts no real keys.
    #[must_use]
    pub fn keys(mut self, api_key: impl Into<String>, webhook_key: impl Into<String>) -> Self {
        self.api_key = api_key.into().into();
        self.webhook_key = webhook_key.into().into();
        self
    }

    /// Sets the merchant's initial balance in rupees. Default: 0.
    #[must_use]
    pub fn opening_balance(mut self, rupees: i64) -> Self {
        self.opening_balance = rupees.saturating_mul(100);
        self
    }

    /// Lets deposits and withdrawals succeed after this time on the clock. Default: two seconds.
    #[must_use]
    pub fn settles_after(self, time: Duration) -> Self {
        self.deposits(Settle::After(time)).withdrawals(Settle::After(time))
    }

    /// Sets how the bank settles a deposit once the customer has paid.
    #[must_use]
    pub fn deposits(mut self, settle: Settle) -> Self {
        self.deposits = settle;
        self
    }

    /// Sets how the bank settles a withdrawal once it was accepted.
    #[must_use]
    pub fn withdrawals(mut self, settle: Settle) -> Self {
        self.withdrawals = settle;
        self
    }

    /// Sets the minimum and maximum amount of an order, inclusive, in whole units. Default: 1 and 10,000,000.
    #[must_use]
    pub fn amounts(mut self, min: i64, max: i64) -> Self {
        self.amounts = (min, max);
        self
    }

    /// Rejects every request with 403, because the client's IP address is not whitelisted.
    #[must_use]
    pub fn not_whitelisted(mut self) -> Self {
        self.whitelisted = false;
        self
    }

    /// Rejects every order, because no wallet is available.
    #[must_use]
    pub fn no_wallets(mut self) -> Self {
        self.wallets = false;
        self
    }

    /// Accepts a `merchant_order_id` any number of times.
    ///
    /// Use it to test the client's own protection: a request that is sent twice is executed twice.
    #[must_use]
    pub fn without_unique_references(mut self) -> Self {
        self.references_are_unique = false;
        self
    }

    /// Declines all orders of this customer, as risk management does.
    #[must_use]
    pub fn block_customer(mut self, customer: impl Into<String>) -> Self {
        self.blocked_customers.insert(customer.into());
        self
    }

    /// Returns the keys, which are masked in records.
    pub(crate) fn all_keys(&self) -> Vec<&str> {
        vec![self.api_key.as_str(), self.webhook_key.as_str()]
    }

    /// Creates the keys that were not set.
    pub(crate) fn fill_in_keys(&mut self, random: &mut Random) -> Result<(), StartError> {
        self.api_key.fill_in(TEST_PREFIXES, || format!("sandbox_api_{}", random.alphanumeric(24)))?;
        self.webhook_key.fill_in(TEST_PREFIXES, || format!("sandbox_whk_{}", random.alphanumeric(24)))
    }
}

/// Inferred: the documentation says only that the bank takes time.
const SETTLES_AFTER: Duration = Duration::from_secs(2);
