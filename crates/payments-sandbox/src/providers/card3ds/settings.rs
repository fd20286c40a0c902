use std::collections::HashSet;

use super::card::TestCard;
use crate::error::StartError;
use crate::key::{Key, TEST_PREFIXES};
use crate::random::Random;

/// How the sandbox's card3ds is set up.
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
    /// By the names of the cards.
    pub(crate) not_enrolled: HashSet<&'static str>,
}

impl Settings {
    /// The key and the secret that it knows the merchant by. Standard: made from the seed.
    ///
    /// They must begin with `sandbox_` or `test_`, so that nobody's real ones end up here.
    #[must_use]
    pub fn keys(mut self, api_key: impl Into<String>, api_secret: impl Into<String>) -> Self {
        self.api_key = api_key.into().into();
        self.api_secret = api_secret.into().into();
        self
    }

    /// The merchant's commission, in hundredths of a percent. Standard: 250, which is 2.5 %.
    #[must_use]
    pub fn commission(mut self, basis_points: u32) -> Self {
        self.commission = basis_points;
        self
    }

    /// The commission is told to the last digit, `2.5125`, and not rounded to what can be paid.
    #[must_use]
    pub fn exact_commission(mut self) -> Self {
        self.exact_commission = true;
        self
    }

    /// The interest of an installment option is told to the last digit; its total is rounded all the same.
    #[must_use]
    pub fn exact_interest(mut self) -> Self {
        self.exact_interest = true;
        self
    }

    /// The amount of a payment in parts is what the customer pays, interest included. Standard: what was asked for.
    #[must_use]
    pub fn amount_with_interest(mut self) -> Self {
        self.amount_with_interest = true;
        self
    }

    /// A pre-authorization is captured once, however little was captured. Standard: until nothing is left of it.
    #[must_use]
    pub fn captures_once(mut self) -> Self {
        self.captures_once = true;
        self
    }

    /// A card that 3-D Secure does not know, by the number of one of the [`TEST_CARDS`](super::TEST_CARDS). Standard:
    /// American Express alone.
    ///
    /// # Panics
    ///
    /// When it is none of them.
    #[must_use]
    #[track_caller]
    #[expect(clippy::panic, reason = "a test that says it wrong is to fail")]
    pub fn not_enrolled(mut self, number: &str) -> Self {
        let Some(card) = TestCard::by_number(number) else { panic!("that is the number of no test card") };
        self.not_enrolled.insert(card.name);
        self
    }

    /// Makes the keys that were not given.
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
