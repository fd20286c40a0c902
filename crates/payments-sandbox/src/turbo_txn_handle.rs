use std::fmt;
use std::sync::Arc;

use crate::turbo_txn::Settings;
use crate::world::World;

/// The sandbox's Turbo Transactions: where it is, and whom it knows.
#[derive(Clone)]
pub struct TurboTxn {
    #[expect(dead_code, reason = "what its banks and customers do will go through it")]
    world: Arc<World>,
    settings: Settings,
    base_url: String,
}

impl TurboTxn {
    pub(crate) fn new(world: &Arc<World>, origin: &str, settings: Settings) -> Self {
        Self { world: Arc::clone(world), settings, base_url: origin.to_owned() }
    }

    /// The base URL of its API.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The merchant's client id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.settings.client_id.as_str()
    }

    /// The key that its requests carry.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        self.settings.secret_key.as_str()
    }

    /// The key that callbacks are encrypted with: 32 bytes in base64.
    #[must_use]
    pub fn callback_key(&self) -> &str {
        self.settings.callback_key.as_str()
    }
}

impl fmt::Debug for TurboTxn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurboTxn").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
