use std::fmt;
use std::sync::Arc;

use crate::turbo_link::Settings;
use crate::world::World;

/// The sandbox's tur.bo: where it is, and whom it knows.
#[derive(Clone)]
pub struct TurboLink {
    #[expect(dead_code, reason = "what its banks and customers do will go through it")]
    world: Arc<World>,
    settings: Settings,
    base_url: String,
}

impl TurboLink {
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
}

impl fmt::Debug for TurboLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurboLink").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
