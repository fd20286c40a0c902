use std::collections::HashSet;

use super::card::TestCard;
use crate::error::StartError;
use crate::key::{Key, TEST_PREFIXES};
use crate::random::Random;

/// The settings of the simulated card3ds.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) api_key: Key,
    pub(crate) api_secret: Key,
    /// In hundredths of a percent.
    pub(crate) commission: u32,
    pub(crate) exact_commission: bool,
    pub(crate) exact_interest: bool,
    pub(crate) amount_with_interest: bool,
    pub(crate) captures_once: bool,
    /// The cards' names.
    pub(crate) not_enrolled: HashSet<&'static str>,
}

impl Settings {
    /// Sets the merchant's API key and API secret. Default: derived from the seed.
    ///
    /// Both must start with `sandbox_` or `test_`, because the sandbox accepts no real keys.
    #[must_use]
    pub fn keys(mut self, api_key: impl Into<String>, api_secret: impl Into<String>) -> Self {
        self.api_key = api_key.into().into();
        self.api_secret = api_secret.into().into();
        self
    }

    /// Sets the merchant's commission, in hundredths of a percent. Default: 250, which is 2.5 %.
    #[must_use]
    pub fn commission(mut self, basis_points: u32) -> Self {
        self.commission = basis_points;
        self
    }

    /// Reports the exact commission, such as `2.5125`, instead of rounding it to the currency's decimals.
    #[must_use]
    pub fn exact_commission(mut self) -> Self {
        self.exact_commission = true;
        self
    }

    /// Reports the exact interest of an installment option. The total is still rounded.
    #[must_use]
    pub fn exact_interest(mut self) -> Self {
        self.exact_interest = true;
        self
    }

    /// Reports the amount of a payment in installments including interest. Default: the requested amount.
    #[must_use]
    pub fn amount_with_interest(mut self) -> Self {
        self.amount_with_interest = true;
        self
    }

    /// Allows only one capture of a pre-authorization. Default: captures until nothing remains.
    #[must_use]
    pub fn captures_once(mut self) -> Self {
        self.captures_once = true;
        self
    }

    /// Marks one of the [`TEST_CARDS`](super::TEST_CARDS) as not enrolled in 3-D Secure, by its number.
    ///
    /// By default, only the American Express card is not enrolled.
    ///
    /// # Panics
    ///
    /// Panics if the number is not that of a test card.
    #[must_use]
    #[track_caller]
    #[expect(clippy::panic, reason = "an unknown card is an error in the test")]
    pub fn not_enrolled(mut self, number: &str) -> Self {
        let Some(card) = TestCard::by_number(number) else { panic!("this is not the number of a test card") };
        self.not_enrolled.insert(card.name);
        self
    }

    /// Returns the keys, which are masked in records.
    pub(crate) fn all_keys(&self) -> Vec<&str> {
        vec![self.api_key.as_str(), self.api_secret.as_str()]
    }

    /// Creates the keys that were not set.
    pub(crate) fn fill_in_keys(&mut self, random: &mut Random) -> Result<(), StartError> {
        self.api_key.fill_in(TEST_PREFIXES, || format!("sandbox_api_{}", random.alphanumeric(24)))?;
        self.api_secret.fill_in(TEST_PREFIXES, || format!("sandbox_secret_{}", random.alphanumeric(24)))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_key: Key::default(),
            api_secret: Key::default(),
            commission: 250,
            exact_commission: false,
            exact_interest: false,
            amount_with_interest: false,
            captures_once: false,
            not_enrolled: HashSet::from(["amex"]),
        }
    }
}
