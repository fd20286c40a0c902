use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::error::StartError;
use crate::key::{Key, TEST_PREFIXES};
use crate::random::Random;

/// How the sandbox's TurraTech is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) api_key: Key,
    pub(crate) publishable_key: Key,
    pub(crate) restricted_key: Key,
    pub(crate) webhook_secret: Key,
    /// The operations that the restricted key may ask for; all where there is no such list.
    pub(crate) restricted_to: Option<BTreeSet<String>>,
    pub(crate) keys_protect: bool,
    pub(crate) requests_per_second: Option<usize>,
    /// How long a payment that is not made by card takes; for ever where nothing is said.
    pub(crate) debit_delay: Option<Duration>,
    /// In the smallest unit of the currency, by the price's id.
    pub(crate) prices: BTreeMap<String, (i64, String)>,
    pub(crate) period: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_key: Key::default(),
            publishable_key: Key::default(),
            restricted_key: Key::default(),
            webhook_secret: Key::default(),
            restricted_to: None,
            keys_protect: true,
            requests_per_second: None,
            debit_delay: Some(DEBIT_DELAY),
            prices: BTreeMap::new(),
            period: PERIOD,
        }
    }
}

impl Settings {
    /// The secret key and the webhooks' secret. Standard: made from the seed.
    ///
    /// They must begin with `sk_test_` and with `sandbox_` or `test_`, so that nobody's real keys end up here.
    #[must_use]
    pub fn keys(mut self, api_key: impl Into<String>, webhook_secret: impl Into<String>) -> Self {
        self.api_key = api_key.into().into();
        self.webhook_secret = webhook_secret.into().into();
        self
    }

    /// The publishable and the restricted key. Standard: made from the seed.
    ///
    /// They must begin with `pk_test_` and with `rk_test_`.
    #[must_use]
    pub fn publishable_and_restricted_keys(
        mut self,
        publishable: impl Into<String>,
        restricted: impl Into<String>,
    ) -> Self {
        self.publishable_key = publishable.into().into();
        self.restricted_key = restricted.into().into();
        self
    }

    /// The operations that the restricted key may ask for, as faults name them. Standard: all.
    #[must_use]
    pub fn restricted_to(mut self, operations: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.restricted_to = Some(operations.into_iter().map(Into::into).collect());
        self
    }

    /// TurraTech's own protection against duplicates fails: idempotency keys mean nothing.
    ///
    /// For tests of the client's protection: what it sends twice is executed twice, and the ledger says so.
    #[must_use]
    pub fn without_idempotency(mut self) -> Self {
        self.keys_protect = false;
        self
    }

    /// How many requests are answered in one second on the clock; beyond, 429. Standard: all.
    #[must_use]
    pub fn requests_per_second(mut self, most: usize) -> Self {
        self.requests_per_second = Some(most);
        self
    }

    /// How long a direct debit or a bank transfer takes, on the clock. Standard: two seconds.
    #[must_use]
    pub fn debit_delay(mut self, time: Duration) -> Self {
        self.debit_delay = Some(time);
        self
    }

    /// A direct debit or a bank transfer stays as it is until the test decides.
    #[must_use]
    pub fn debits_stay_processing(mut self) -> Self {
        self.debit_delay = None;
        self
    }

    /// What a price of subscriptions comes to, in the smallest unit of a currency such as `gbp`.
    ///
    /// Standard: whatever begins with `price_` costs 1000 pence.
    #[must_use]
    pub fn price(mut self, id: impl Into<String>, amount: u32, currency: impl Into<String>) -> Self {
        self.prices.insert(id.into(), (i64::from(amount), currency.into()));
        self
    }

    /// How long one period of a subscription is, on the clock. Standard: thirty days.
    #[must_use]
    pub fn period(mut self, period: Duration) -> Self {
        // Without a length, periods would never end to follow one another.
        self.period = period.max(Duration::from_secs(1));
        self
    }

    /// Makes the keys that were not given.
    pub(crate) fn fill_in_keys(&mut self, random: &mut Random) -> Result<(), StartError> {
        let mut new_key = |kind: &str| format!("{kind}sandbox_{}", random.alphanumeric(24));
        self.api_key.fill_in(&["sk_test_"], || new_key("sk_test_"))?;
        self.publishable_key.fill_in(&["pk_test_"], || new_key("pk_test_"))?;
        self.restricted_key.fill_in(&["rk_test_"], || new_key("rk_test_"))?;
        self.webhook_secret.fill_in(TEST_PREFIXES, || format!("sandbox_whsec_{}", random.alphanumeric(24)))
    }

    /// What a price comes to, if there is such a price.
    pub(crate) fn price_of(&self, id: &str) -> Option<(i64, &str)> {
        let known = self.prices.get(id).map(|(amount, currency)| (*amount, currency.as_str()));
        known.or_else(|| id.starts_with("price_").then_some(ANY_PRICE))
    }
}

/// Inferred: the document says only that there are such payments.
const DEBIT_DELAY: Duration = Duration::from_secs(2);

/// Inferred, as are all prices: the document shows only their ids.
const ANY_PRICE: (i64, &str) = (1000, "gbp");

/// Inferred.
const PERIOD: Duration = Duration::from_secs(30 * 24 * 60 * 60);
