use std::fmt;
use std::sync::Arc;

use crate::engine::Engine as _;
use crate::turbo_link::{Action, Fee, Settings};
use crate::world::{Provider, World};

/// The sandbox's tur.bo: where it is, whom it knows, and what the merchant and its customers do there.
#[derive(Clone)]
pub struct TurboLink {
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

    /// Makes a link over so many dollars, such as `1.00`, and says its id: no endpoint does.
    ///
    /// # Panics
    ///
    /// When the amount is no decimal above zero with at most two decimals.
    #[must_use]
    #[track_caller]
    #[expect(clippy::panic, reason = "a test that says it wrong is to fail")]
    pub fn create(&self, dollars: &str) -> String {
        let made = self
            .world
            .act(Provider::TurboLink, |state, now| state.turbo_link.create(dollars, now).map(|id| (Vec::new(), id)));
        made.unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// A link by its id, to be changed as a customer or the merchant would.
    #[must_use]
    pub fn link(&self, id: &str) -> LinkHandle {
        LinkHandle { world: Arc::clone(&self.world), id: id.to_owned() }
    }
}

impl fmt::Debug for TurboLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurboLink").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// A payment link of the sandbox's tur.bo.
#[derive(Clone)]
pub struct LinkHandle {
    world: Arc<World>,
    id: String,
}

impl LinkHandle {
    /// Where it stands, as the listing says it; nothing where there is no such link.
    #[must_use]
    pub fn status(&self) -> Option<String> {
        self.world.state().turbo_link.status(&self.id)
    }

    /// Where its customer pays.
    ///
    /// # Panics
    ///
    /// When there is no such link, or that cannot be, as all of these.
    #[must_use]
    #[track_caller]
    pub fn url(&self) -> String {
        let addresses = self.world.state().turbo_link.addresses(&self.id);
        done(addresses).0
    }

    /// Where its QR code is.
    #[must_use]
    #[track_caller]
    pub fn qr(&self) -> String {
        let addresses = self.world.state().turbo_link.addresses(&self.id);
        done(addresses).1
    }

    /// Sets its convenience fee, as long as it is not paid.
    #[track_caller]
    pub fn with_fee(&self, fee: &Fee) {
        let set =
            |state: &mut crate::world::State, _| state.turbo_link.set_fee(&self.id, fee).map(|()| (Vec::new(), ()));
        done(self.world.act(Provider::TurboLink, set));
    }

    /// The customer pays.
    #[track_caller]
    pub fn complete(&self) {
        self.apply(Action::Complete);
    }

    /// The merchant gives the money back.
    #[track_caller]
    pub fn refund(&self) {
        self.apply(Action::Refund);
    }

    #[track_caller]
    fn apply(&self, action: Action) {
        done(
            self.world.act(Provider::TurboLink, |state, _| {
                state.turbo_link.act(&self.id, action).map(|effects| (effects, ()))
            }),
        );
    }
}

impl fmt::Debug for LinkHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkHandle").field("id", &self.id).finish_non_exhaustive()
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "a test that asks for the impossible is to fail")]
fn done<T>(result: Result<T, String>) -> T {
    result.unwrap_or_else(|problem| panic!("{problem}"))
}
