use crate::builder::StartError;
use crate::key::{Key, MARKS};
use crate::random::Random;

/// How the sandbox's TurraTech is set up.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub(crate) api_key: Key,
    pub(crate) publishable_key: Key,
    pub(crate) restricted_key: Key,
    pub(crate) webhook_secret: Key,
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

    /// Makes the keys that were not given.
    pub(crate) fn complete(&mut self, random: &mut Random) -> Result<(), StartError> {
        let mut made = |kind: &str| format!("{kind}sandbox_{}", random.word(24));
        self.api_key.complete(&["sk_test_"], || made("sk_test_"))?;
        self.publishable_key.complete(&["pk_test_"], || made("pk_test_"))?;
        self.restricted_key.complete(&["rk_test_"], || made("rk_test_"))?;
        self.webhook_secret.complete(MARKS, || format!("sandbox_whsec_{}", random.word(24)))
    }
}
