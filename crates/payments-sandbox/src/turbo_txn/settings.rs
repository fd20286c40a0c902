use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::builder::StartError;
use crate::key::{Key, MARKS};
use crate::random::Random;

/// How the sandbox's Turbo Transactions is set up.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub(crate) client_id: Key,
    pub(crate) secret_key: Key,
    pub(crate) callback_key: Key,
}

impl Settings {
    /// The client id, the secret key and the key of its callbacks. Standard: made from the seed.
    ///
    /// The first two must begin with `sandbox_` or `test_`, and the 32 bytes that the third is in base64 must begin
    /// with `sandbox_`, so that nobody's real keys end up here.
    #[must_use]
    pub fn keys(
        mut self,
        client_id: impl Into<String>,
        secret_key: impl Into<String>,
        callback_key: impl Into<String>,
    ) -> Self {
        self.client_id = client_id.into().into();
        self.secret_key = secret_key.into().into();
        self.callback_key = callback_key.into().into();
        self
    }

    /// Makes the keys that were not given.
    pub(crate) fn complete(&mut self, random: &mut Random) -> Result<(), StartError> {
        self.client_id.complete(MARKS, || format!("sandbox_client_{}", random.word(12)))?;
        self.secret_key.complete(MARKS, || format!("sandbox_secret_{}", random.word(24)))?;
        self.callback_key.complete(CALLBACK_MARKS, || STANDARD.encode(format!("sandbox_{}", random.word(24))))
    }
}

/// `sandbox_` in base64, whatever comes behind it.
const CALLBACK_MARKS: &[&str] = &["c2FuZGJveF8", "c2FuZGJveF9", "c2FuZGJveF+", "c2FuZGJveF/"];
