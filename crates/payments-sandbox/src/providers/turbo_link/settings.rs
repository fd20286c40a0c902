use crate::error::StartError;
use crate::key::{Key, TEST_PREFIXES};
use crate::random::Random;

/// How a convenience fee's `value` is written: the document shows none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeeValue {
    /// A JSON number: `1.50`.
    Number,
    /// A text: `"1.50"`.
    Text,
    /// A text as amounts are: `"$1.50"`.
    Dollars,
}

/// How the sandbox's tur.bo is set up.
#[derive(Debug, Clone)]
#[must_use = "they count once the builder has them"]
pub struct Settings {
    pub(crate) api_key: Key,
    pub(crate) begins_with_links: bool,
    pub(crate) fees_as_lists: bool,
    pub(crate) fee_value: FeeValue,
    pub(crate) unauthorized_under_200: bool,
    pub(crate) errors_under_200: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_key: Key::default(),
            begins_with_links: true,
            fees_as_lists: false,
            fee_value: FeeValue::Number,
            unauthorized_under_200: false,
            errors_under_200: false,
        }
    }
}

impl Settings {
    /// The API key. Standard: made from the seed.
    ///
    /// It must begin with `sandbox_` or `test_`, so that nobody's real key ends up here.
    pub fn key(mut self, api_key: impl Into<String>) -> Self {
        self.api_key = api_key.into().into();
        self
    }

    /// Begins without links, instead of with the sample's and three from the seed.
    pub fn without_links(mut self) -> Self {
        self.begins_with_links = false;
        self
    }

    /// Writes `convenience_fee` as a list of one, as the table has it, instead of as the sample's object.
    pub fn fees_as_lists(mut self) -> Self {
        self.fees_as_lists = true;
        self
    }

    /// How a fee's `value` is written. Standard: as a number.
    pub fn fee_value(mut self, form: FeeValue) -> Self {
        self.fee_value = form;
        self
    }

    /// Answers a wrong key under HTTP 200, with `error` true.
    pub fn unauthorized_under_200(mut self) -> Self {
        self.unauthorized_under_200 = true;
        self
    }

    /// Answers every error under HTTP 200, with `error` true.
    pub fn errors_under_200(mut self) -> Self {
        self.errors_under_200 = true;
        self
    }

    /// Makes the keys that were not given.
    pub(crate) fn fill_in_keys(&mut self, random: &mut Random) -> Result<(), StartError> {
        self.api_key.fill_in(TEST_PREFIXES, || format!("sandbox_api_{}", random.alphanumeric(24)))
    }
}
