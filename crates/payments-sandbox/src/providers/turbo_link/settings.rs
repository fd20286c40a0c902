use crate::error::StartError;
use crate::key::{Key, TEST_PREFIXES};
use crate::random::Random;

/// The form of a convenience fee's `value`. The document shows no example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeeValue {
    /// A JSON number: `1.50`.
    Number,
    /// A string: `"1.50"`.
    Text,
    /// A string like the amounts: `"$1.50"`.
    Dollars,
}

/// The settings of the simulated tur.bo.
#[derive(Debug, Clone)]
#[must_use = "settings have no effect until they are passed to the builder"]
pub struct Settings {
    pub(crate) api_key: Key,
    pub(crate) has_initial_links: bool,
    pub(crate) fees_as_lists: bool,
    pub(crate) fee_value: FeeValue,
    pub(crate) unauthorized_under_200: bool,
    pub(crate) errors_under_200: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_key: Key::default(),
            has_initial_links: true,
            fees_as_lists: false,
            fee_value: FeeValue::Number,
            unauthorized_under_200: false,
            errors_under_200: false,
        }
    }
}

impl Settings {
    /// Sets the API key. Default: derived from the seed.
    ///
    /// It must start with `sandbox_` or `test_`, because the sandbox accepts no real keys.
    pub fn key(mut self, api_key: impl Into<String>) -> Self {
        self.api_key = api_key.into().into();
        self
    }

    /// Starts without links, instead of with the sample's link and three links from the seed.
    pub fn without_links(mut self) -> Self {
        self.has_initial_links = false;
        self
    }

    /// Returns `convenience_fee` as a list of one, as in the table, instead of as an object, as in the sample.
    pub fn fees_as_lists(mut self) -> Self {
        self.fees_as_lists = true;
        self
    }

    /// Sets the form of a fee's `value`. Default: a number.
    pub fn fee_value(mut self, form: FeeValue) -> Self {
        self.fee_value = form;
        self
    }

    /// Returns HTTP 200 for a wrong key, with `error` true.
    pub fn unauthorized_under_200(mut self) -> Self {
        self.unauthorized_under_200 = true;
        self
    }

    /// Returns HTTP 200 for every error, with `error` true.
    pub fn errors_under_200(mut self) -> Self {
        self.errors_under_200 = true;
        self
    }

    /// Returns the keys, which are masked in records.
    pub(crate) fn all_keys(&self) -> Vec<&str> {
        vec![self.api_key.as_str()]
    }

    /// Creates the keys that were not set.
    pub(crate) fn fill_in_keys(&mut self, random: &mut Random) -> Result<(), StartError> {
        self.api_key.fill_in(TEST_PREFIXES, || format!("sandbox_api_{}", random.alphanumeric(24)))
    }
}
