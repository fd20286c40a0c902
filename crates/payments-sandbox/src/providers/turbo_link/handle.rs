use super::engine::TurboLinkEngine;
use super::fee::Fee;
use super::link::Action;
use super::settings::Settings;
use crate::engine::Engine as _;
use crate::handles::{done, object_handle, provider_handle};

provider_handle! {
    /// The sandbox's tur.bo: where it is, whom it knows, and what the merchant and its customers do there.
    pub struct TurboLink(TurboLinkEngine), ""
}

impl TurboLink {
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
    pub fn create(&self, dollars: &str) -> String {
        done(self.engine.act_with(|engine, now| engine.create(dollars, now).map(|id| (Vec::new(), id))))
    }

    /// A link by its id, to be changed as a customer or the merchant would.
    #[must_use]
    pub fn link(&self, id: &str) -> LinkHandle {
        LinkHandle { engine: self.engine.clone(), id: id.to_owned() }
    }

    /// What a client needs, as the program prints it.
    pub(crate) fn credentials(&self) -> Vec<(&'static str, &str)> {
        vec![("base_url", self.base_url()), ("api_key", self.api_key())]
    }
}

object_handle! {
    /// A payment link of the sandbox's tur.bo.
    pub struct LinkHandle(TurboLinkEngine), id
}

impl LinkHandle {
    /// Where it stands, as the listing says it; nothing where there is no such link.
    #[must_use]
    pub fn status(&self) -> Option<String> {
        self.engine.read(|engine| engine.status(&self.id))
    }

    /// Where its customer pays.
    ///
    /// # Panics
    ///
    /// When there is no such link, or that cannot be, as all of these.
    #[must_use]
    #[track_caller]
    pub fn url(&self) -> String {
        done(self.engine.read(|engine| engine.addresses(&self.id))).0
    }

    /// Where its QR code is.
    #[must_use]
    #[track_caller]
    pub fn qr(&self) -> String {
        done(self.engine.read(|engine| engine.addresses(&self.id))).1
    }

    /// Sets its convenience fee, as long as it is not paid.
    #[track_caller]
    pub fn set_fee(&self, fee: &Fee) {
        done(self.engine.act(|engine, _| engine.set_fee(&self.id, fee).map(|()| Vec::new())));
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
        done(self.engine.act(|engine, _| engine.act(&self.id, action)));
    }
}
