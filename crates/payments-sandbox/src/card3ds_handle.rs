use std::fmt;
use std::sync::Arc;

use crate::card3ds::Settings;
use crate::world::World;

/// The sandbox's card3ds: where it is, and whom it knows.
#[derive(Clone)]
pub struct Card3ds {
    #[expect(dead_code, reason = "what its banks and customers do will go through it")]
    world: Arc<World>,
    settings: Settings,
    base_url: String,
}

impl Card3ds {
    pub(crate) fn new(world: &Arc<World>, origin: &str, settings: Settings) -> Self {
        Self { world: Arc::clone(world), settings, base_url: origin.to_owned() }
    }

    /// The base URL of its API.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The merchant's API key.
    #[must_use]
    pub fn api_key(&self) -> &str {
        self.settings.api_key.as_str()
    }

    /// The secret that goes with it.
    #[must_use]
    pub fn api_secret(&self) -> &str {
        self.settings.api_secret.as_str()
    }
}

impl fmt::Debug for Card3ds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Card3ds").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
