use super::engine::TurboLinkEngine;
use super::fee::Fee;
use super::link::Action;
use super::settings::Settings;
use crate::engine::Engine as _;
use crate::handles::{object_handle, or_panic, provider_handle};

provider_handle! {
    /// The simulated tur.bo: its base URL, its key, and the actions of the merchant and its customers.
    pub struct TurboLink(TurboLinkEngine), ""
}

impl TurboLink {
    /// The merchant's API key.
    #[must_use]
    pub fn api_key(&self) -> &str {
        self.settings.api_key.as_str()
    }

    /// Creates a link with an amount in dollars, such as `1.00`, and returns its id. No endpoint creates one.
    ///
    /// # Panics
    ///
    /// Panics if the amount is not a decimal above zero with at most two decimals.
    #[must_use]
    #[track_caller]
    pub fn create(&self, dollars: &str) -> String {
        or_panic(self.engine.act_with(|engine, now| engine.create(dollars, now)))
    }

    /// Returns a link, by its id, for actions of the customer or the merchant.
    #[must_use]
    pub fn link(&self, id: &str) -> LinkHandle {
        LinkHandle { engine: self.engine.clone(), id: id.to_owned() }
    }

    /// The base URL and key, as the program prints them.
    pub(crate) fn credentials(&self) -> Vec<(&'static str, &str)> {
        vec![("base_url", self.base_url()), ("api_key", self.api_key())]
    }
}

object_handle! {
    /// A payment link of the simulated tur.bo.
    ///
    /// # Panics
    ///
    /// Every method except [`status`](LinkHandle::status) panics if there is no such link, or if its status does not
    /// allow the action.
    pub struct LinkHandle(TurboLinkEngine), id
}

impl LinkHandle {
    /// The link's status as in a listing; `None` if there is no such link.
    #[must_use]
    pub fn status(&self) -> Option<String> {
        self.engine.read(|engine| engine.status(&self.id))
    }

    /// The URL of the payment page.
    #[must_use]
    #[track_caller]
    pub fn url(&self) -> String {
        or_panic(self.engine.read(|engine| engine.urls(&self.id))).0
    }

    /// The URL of the QR code.
    #[must_use]
    #[track_caller]
    pub fn qr(&self) -> String {
        or_panic(self.engine.read(|engine| engine.urls(&self.id))).1
    }

    /// Sets the convenience fee of a link that is not paid yet.
    #[track_caller]
    pub fn set_fee(&self, fee: &Fee) {
        or_panic(self.engine.act(|engine, _| engine.set_fee(&self.id, fee).map(|()| Vec::new())));
    }

    /// Pays the link as the customer.
    #[track_caller]
    pub fn complete(&self) {
        self.apply(Action::Complete);
    }

    /// Refunds the link as the merchant.
    #[track_caller]
    pub fn refund(&self) {
        self.apply(Action::Refund);
    }

    #[track_caller]
    fn apply(&self, action: Action) {
        or_panic(self.engine.act(|engine, _| engine.act(&self.id, action)));
    }
}
