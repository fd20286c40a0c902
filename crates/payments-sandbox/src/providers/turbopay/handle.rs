use super::engine::TurboPayEngine;
use super::order::{Action, Status};
use super::settings::Settings;
use crate::handles::{done, object_handle, provider_handle};
use crate::money;

provider_handle! {
    /// The sandbox's TurboPay: where it is, whom it knows, and what its bank and its customers do.
    pub struct TurboPay(TurboPayEngine), "/api"
}

impl TurboPay {
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
        OrderHandle { engine: self.engine.clone(), reference: reference.to_owned() }
    }

    /// What a client needs, as the program prints it.
    pub(crate) fn credentials(&self) -> Vec<(&'static str, &str)> {
        vec![("base_url", self.base_url()), ("api_key", self.api_key()), ("webhook_key", self.webhook_key())]
    }
}

object_handle! {
    /// An order of the sandbox's TurboPay.
    pub struct OrderHandle(TurboPayEngine), reference
}

impl OrderHandle {
    /// Where it stands, as TurboPay says it; nothing where there is no such order.
    #[must_use]
    pub fn status(&self) -> Option<&'static str> {
        self.engine.read(|engine| engine.order_status(&self.reference)).map(Status::as_str)
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
    fn apply(&self, action: &Action) {
        let result = self.engine.act(|engine, now| engine.act(&self.reference, action, now));
        done(result.map_err(|problem| format!("order {:?}: {problem}", self.reference)));
    }
}
