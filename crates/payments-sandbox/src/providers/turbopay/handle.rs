use super::engine::TurboPayEngine;
use super::order::{Action, Status};
use super::settings::Settings;
use crate::handles::{object_handle, or_panic, provider_handle};
use crate::money;

provider_handle! {
    /// The simulated TurboPay: its base URL, its keys, and the actions of its bank and its customers.
    pub struct TurboPay(TurboPayEngine), "/api"
}

impl TurboPay {
    /// The merchant's API key.
    #[must_use]
    pub fn api_key(&self) -> &str {
        self.settings.api_key.as_str()
    }

    /// The key that webhooks are signed with.
    #[must_use]
    pub fn webhook_key(&self) -> &str {
        self.settings.webhook_key.as_str()
    }

    /// Returns an order, by the merchant's reference, for actions of the bank, the customer or the back office.
    #[must_use]
    pub fn order(&self, reference: &str) -> OrderHandle {
        OrderHandle { engine: self.engine.clone(), reference: reference.to_owned() }
    }

    /// The base URL and keys, as the program prints them.
    pub(crate) fn credentials(&self) -> Vec<(&'static str, &str)> {
        vec![("base_url", self.base_url()), ("api_key", self.api_key()), ("webhook_key", self.webhook_key())]
    }
}

object_handle! {
    /// An order of the simulated TurboPay.
    ///
    /// # Panics
    ///
    /// Every action panics if there is no such order, or if the documentation has no such change of its status.
    pub struct OrderHandle(TurboPayEngine), reference
}

impl OrderHandle {
    /// The order's status in TurboPay's words; `None` if there is no such order.
    #[must_use]
    pub fn status(&self) -> Option<&'static str> {
        self.engine.read(|engine| engine.order_status(&self.reference)).map(Status::as_str)
    }

    /// Marks the order as reported paid by the customer: `pending`.
    #[track_caller]
    pub fn pending(&self) {
        self.apply(&Action::Pending);
    }

    /// Lets the order succeed: the bank has received the deposit, or paid out the withdrawal.
    #[track_caller]
    pub fn succeed(&self) {
        self.apply(&Action::Succeed(None));
    }

    /// Lets the order succeed with another amount than requested, such as `250.00`.
    #[track_caller]
    #[expect(clippy::panic, reason = "an invalid amount is an error in the test")]
    pub fn succeed_with(&self, amount: &str) {
        match money::parse_positive(amount) {
            Some(amount) => self.apply(&Action::Succeed(Some(amount))),
            None => panic!("{amount:?} must be a decimal above zero with at most two decimals"),
        }
    }

    /// Pays a deposit as the customer. The bank then settles it as [`Settings::deposits`] says.
    #[track_caller]
    pub fn pay(&self) {
        self.apply(&Action::Pay);
    }

    /// Changes the amount, such as to `250.00`, and sends a webhook. The status stays the same.
    #[track_caller]
    #[expect(clippy::panic, reason = "an invalid amount is an error in the test")]
    pub fn change_amount(&self, amount: &str) {
        match money::parse_hundredths(amount) {
            Some(amount) => self.apply(&Action::Amount(amount)),
            None => panic!("{amount:?} must be a decimal with at most two decimals"),
        }
    }

    /// Lets the order fail.
    #[track_caller]
    pub fn fail(&self, reason: &str) {
        self.apply(&Action::Fail(reason.to_owned()));
    }

    /// Cancels a deposit as the customer.
    #[track_caller]
    pub fn cancel(&self) {
        self.apply(&Action::Cancel);
    }

    /// Lets a deposit expire.
    #[track_caller]
    pub fn expire(&self) {
        self.apply(&Action::Expire);
    }

    /// Refunds a withdrawal: its money comes back.
    #[track_caller]
    pub fn refund(&self) {
        self.apply(&Action::Refund);
    }

    /// Charges a deposit back.
    #[track_caller]
    pub fn charge_back(&self, reason: &str) {
        self.apply(&Action::ChargeBack(reason.to_owned()));
    }

    /// Sends the webhook again, as "Resend callback" in the back office does.
    #[track_caller]
    pub fn resend(&self) {
        self.apply(&Action::Resend);
    }

    #[track_caller]
    fn apply(&self, action: &Action) {
        let result = self.engine.act(|engine, now| engine.act(&self.reference, action, now));
        or_panic(result.map_err(|problem| format!("order {:?}: {problem}", self.reference)));
    }
}
