use crate::builder::StartError;
use crate::key::{Key, MARKS};
use crate::random::Random;

/// How the sandbox's tur.bo is set up.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub(crate) api_key: Key,
}

impl Settings {
    /// The API key. Standard: made from the seed.
    ///
    /// It must begin with `sandbox_` or `test_`, so that nobody's real key ends up here.
    #[must_use]
    pub fn key(mut self, api_key: impl Into<String>) -> Self {
        self.api_key = api_key.into().into();
        self
    }

    /// Makes the keys that were not given.
    pub(crate) fn complete(&mut self, random: &mut Random) -> Result<(), StartError> {
        self.api_key.complete(MARKS, || format!("sandbox_api_{}", random.word(24)))
    }
}
