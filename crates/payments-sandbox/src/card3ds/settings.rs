use crate::builder::StartError;
use crate::key::{Key, MARKS};
use crate::random::Random;

/// How the sandbox's card3ds is set up.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub(crate) api_key: Key,
    pub(crate) api_secret: Key,
}

impl Settings {
    /// The API key and its secret. Standard: made from the seed.
    ///
    /// They must begin with `sandbox_` or `test_`, so that nobody's real keys end up here.
    #[must_use]
    pub fn keys(mut self, api_key: impl Into<String>, api_secret: impl Into<String>) -> Self {
        self.api_key = api_key.into().into();
        self.api_secret = api_secret.into().into();
        self
    }

    /// Makes the keys that were not given.
    pub(crate) fn complete(&mut self, random: &mut Random) -> Result<(), StartError> {
        self.api_key.complete(MARKS, || format!("sandbox_api_{}", random.word(24)))?;
        self.api_secret.complete(MARKS, || format!("sandbox_secret_{}", random.word(24)))
    }
}
