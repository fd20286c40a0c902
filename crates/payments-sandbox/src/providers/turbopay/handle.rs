use std::sync::Arc;

use crate::money;
use crate::turbopay::{Action, Settings, Status};
use crate::world::{Provider, World};

/// The sandbox's TurboPay: where it is, whom it knows, and what its bank and its customers do.
#[derive(Clone)]
pub struct TurboPay {
    world: Arc<World>,
    settings: Settings,
    base_url: String,
}

impl TurboPay {
    pub(crate) fn new(world: &Arc<World>, origin: &str, settings: Settings) -> Self {
        Self { world: Arc::clone(world), settings, base_url: format!("{origin}/api") }
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

    /// The key that it signs webhooks with.
    #[must_use]
    pub fn webhook_key(&self) -> &str {
        self.settings.webhook_key.as_str()
    }

    /// An order, by the merchant's reference, to be changed as the bank, the customer or the back office would.
    #[must_use]
    pub fn order(&self, reference: &str) -> OrderHandle {
        OrderHandle { world: Arc::clone(&self.world), reference: reference.to_owned() }
    }
}

impl std::fmt::Debug for TurboPay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TurboPay").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// An order of the sandbox's TurboPay.
#[derive(Clone)]
pub struct OrderHandle {
    world: Arc<World>,
    reference: String,
}

impl OrderHandle {
    /// Where it stands, as TurboPay says it; nothing where there is no such order.
    #[must_use]
    pub fn status(&self) -> Option<&'static str> {
        self.world.tick();
        self.world.state().turbopay.standing(&self.reference).map(Status::as_str)
    }

    /// The customer says that it is paid.
    ///
    /// # Panics
    ///
    /// When no document knows that change of such an order, as all of these.
    #[track_caller]
    pub fn pending(&self) {
        self.apply(&Action::Pending);
    }

    /// The bank has the money, or has paid it out.
    #[track_caller]
    pub fn succeed(&self) {
        self.apply(&Action::Succeed(None));
    }

    /// The same with another amount than was asked for, such as `250.00`.
    #[track_caller]
    #[expect(clippy::panic, reason = "a test that says it wrong is to fail")]
    pub fn succeed_with(&self, amount: &str) {
        match money::parse_positive(amount) {
            Some(amount) => self.apply(&Action::Succeed(Some(amount))),
            None => panic!("{amount:?} is no decimal above zero with at most two decimals"),
        }
    }

    /// The customer pays; the bank then does what it does with deposits here.
    #[track_caller]
    pub fn pay(&self) {
        self.apply(&Action::Pay);
    }

    /// Another amount arrives than was asked for, such as `250.00`: the merchant is told, and the status stays.
    #[track_caller]
    #[expect(clippy::panic, reason = "a test that says it wrong is to fail")]
    pub fn change_amount(&self, amount: &str) {
        match money::parse_hundredths(amount) {
            Some(amount) => self.apply(&Action::Amount(amount)),
            None => panic!("{amount:?} is no decimal with at most two decimals"),
        }
    }

    /// It does not work out.
    #[track_caller]
    pub fn fail(&self, reason: &str) {
        self.apply(&Action::Fail(reason.to_owned()));
    }

    /// The customer cancels.
    #[track_caller]
    pub fn cancel(&self) {
        self.apply(&Action::Cancel);
    }

    /// Its time is up.
    #[track_caller]
    pub fn expire(&self) {
        self.apply(&Action::Expire);
    }

    /// A withdrawal's money comes back.
    #[track_caller]
    pub fn refund(&self) {
        self.apply(&Action::Refund);
    }

    /// A deposit is charged back.
    #[track_caller]
    pub fn charge_back(&self, reason: &str) {
        self.apply(&Action::ChargeBack(reason.to_owned()));
    }

    /// Somebody presses "Resend callback" in the back office.
    #[track_caller]
    pub fn resend(&self) {
        self.apply(&Action::Resend);
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "a test that asks for the impossible is to fail")]
    fn apply(&self, action: &Action) {
        let done = self.world.act(Provider::TurboPay, |state, now| {
            state.turbopay.act(&self.reference, action, now).map(|effects| (effects, ()))
        });
        if let Err(problem) = done {
            panic!("order {:?}: {problem}", self.reference);
        }
    }
}

impl std::fmt::Debug for OrderHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrderHandle").field("reference", &self.reference).finish_non_exhaustive()
    }
}
