use std::fmt;
use std::sync::Arc;

use crate::turratech::Settings;
use crate::world::World;

/// The sandbox's TurraTech: where it is, and whom it knows.
#[derive(Clone)]
pub struct TurraTech {
    #[expect(dead_code, reason = "what its banks and customers do will go through it")]
    world: Arc<World>,
    settings: Settings,
    base_url: String,
}

impl TurraTech {
    pub(crate) fn new(world: &Arc<World>, origin: &str, settings: Settings) -> Self {
        Self { world: Arc::clone(world), settings, base_url: format!("{origin}/v1") }
    }

    /// The base URL of its API.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The merchant's secret key, `sk_test_...`.
    #[must_use]
    pub fn api_key(&self) -> &str {
        self.settings.api_key.as_str()
    }

    /// Its publishable key, `pk_test_...`.
    #[must_use]
    pub fn publishable_key(&self) -> &str {
        self.settings.publishable_key.as_str()
    }

    /// Its restricted key, `rk_test_...`.
    #[must_use]
    pub fn restricted_key(&self) -> &str {
        self.settings.restricted_key.as_str()
    }

    /// The secret that webhooks are signed with.
    #[must_use]
    pub fn webhook_secret(&self) -> &str {
        self.settings.webhook_secret.as_str()
    }
}

impl fmt::Debug for TurraTech {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurraTech").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
