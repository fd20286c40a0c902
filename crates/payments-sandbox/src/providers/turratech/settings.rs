use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::error::StartError;
use crate::key::{Key, TEST_PREFIXES};
use crate::random::Random;

/// The settings of the simulated TurraTech.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) api_key: Key,
    pub(crate) publishable_key: Key,
    pub(crate) restricted_key: Key,
    pub(crate) webhook_secret: Key,
    /// The operations that the restricted key may call; `None` for all.
    pub(crate) restricted_to: Option<BTreeSet<String>>,
    pub(crate) idempotency_enabled: bool,
    pub(crate) requests_per_second: Option<usize>,
    /// How long a direct debit or bank transfer is processing; `None` for forever.
    pub(crate) debit_delay: Option<Duration>,
    /// The amount in the currency's smallest unit, and the currency, by the price's id.
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
            idempotency_enabled: true,
            requests_per_second: None,
            debit_delay: Some(DEBIT_DELAY),
            prices: BTreeMap::new(),
            period: PERIOD,
        }
    }
}

impl Settings {
    /// Sets the secret API key and the webhook secret. Default: derived from the seed.
    ///
    /// The API key must start with `sk_test_` and the webhook secret with `sandbox_` or `test_`, because the sandbox
    /// accepts no real keys.
    #[must_use]
    pub fn keys(mut self, api_key: impl Into<String>, webhook_secret: impl Into<String>) -> Self {
        self.api_key = api_key.into().into();
        self.webhook_secret = webhook_secret.into().into();
        self
    }

    /// Sets the publishable and the restricted API key. Default: derived from the seed.
    ///
    /// They must start with `pk_test_` and `rk_test_`.
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

    /// Sets the operations that the restricted key may call, as faults name them. Default: all.
    #[must_use]
    pub fn restricted_to(mut self, operations: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.restricted_to = Some(operations.into_iter().map(Into::into).collect());
        self
    }

    /// Ignores idempotency keys.
    ///
    /// Use it to test the client's own protection: a request that is sent twice is executed twice.
    #[must_use]
    pub fn without_idempotency(mut self) -> Self {
        self.idempotency_enabled = false;
        self
    }

    /// Sets the rate limit in requests per second on the clock; further requests get 429. Default: no limit.
    #[must_use]
    pub fn requests_per_second(mut self, limit: usize) -> Self {
        self.requests_per_second = Some(limit);
        self
    }

    /// Sets how long a direct debit or bank transfer is processing, on the clock. Default: two seconds.
    #[must_use]
    pub fn debit_delay(mut self, time: Duration) -> Self {
        self.debit_delay = Some(time);
        self
    }

    /// Keeps direct debits and bank transfers processing until the test decides.
    #[must_use]
    pub fn debits_stay_processing(mut self) -> Self {
        self.debit_delay = None;
        self
    }

    /// Sets the amount of a subscription's price, in the smallest unit of a currency such as `gbp`.
    ///
    /// Default: every price whose id starts with `price_` costs 1000 pence.
    #[must_use]
    pub fn price(mut self, id: impl Into<String>, amount: u32, currency: impl Into<String>) -> Self {
        self.prices.insert(id.into(), (i64::from(amount), currency.into()));
        self
    }

    /// Sets the length of a subscription's period on the clock. Default: thirty days; minimum: one second.
    #[must_use]
    pub fn period(mut self, period: Duration) -> Self {
        // Periods of length zero would follow one another endlessly at one point in time.
        self.period = period.max(Duration::from_secs(1));
        self
    }

    /// Returns the keys, which are masked in records.
    pub(crate) fn all_keys(&self) -> Vec<&str> {
        vec![
            self.api_key.as_str(),
            self.publishable_key.as_str(),
            self.restricted_key.as_str(),
            self.webhook_secret.as_str(),
        ]
    }

    /// Creates the keys that were not set.
    pub(crate) fn fill_in_keys(&mut self, random: &mut Random) -> Result<(), StartError> {
        let mut new_key = |kind: &str| format!("{kind}sandbox_{}", random.alphanumeric(24));
        self.api_key.fill_in(&["sk_test_"], || new_key("sk_test_"))?;
        self.publishable_key.fill_in(&["pk_test_"], || new_key("pk_test_"))?;
        self.restricted_key.fill_in(&["rk_test_"], || new_key("rk_test_"))?;
        self.webhook_secret.fill_in(TEST_PREFIXES, || format!("sandbox_whsec_{}", random.alphanumeric(24)))
    }

    /// Returns the amount and currency of a price; `None` if there is no such price.
    pub(crate) fn price_of(&self, id: &str) -> Option<(i64, &str)> {
        let known = self.prices.get(id).map(|(amount, currency)| (*amount, currency.as_str()));
        known.or_else(|| id.starts_with("price_").then_some(ANY_PRICE))
    }
}

/// Inferred: the documentation says only that there are such payments.
const DEBIT_DELAY: Duration = Duration::from_secs(2);

/// Inferred, like all prices: the documentation shows only their ids.
const ANY_PRICE: (i64, &str) = (1000, "gbp");

/// The default length of a period (inferred).
const PERIOD: Duration = Duration::from_secs(30 * 24 * 60 * 60);
