use super::engine::TurboTxnEngine;
use super::settings::Settings;
use super::transaction::Action;
use crate::engine::Engine as _;
use crate::handles::{object_handle, or_panic, provider_handle};

provider_handle! {
    /// The simulated Turbo Transactions: its base URL, its keys, and the actions of its bank and its customers.
    pub struct TurboTxn(TurboTxnEngine), ""
}

impl TurboTxn {
    /// The merchant's `client-id`.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.settings.client_id.as_str()
    }

    /// The merchant's `secret-key`, which authenticates requests.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        self.settings.secret_key.as_str()
    }

    /// The key that callbacks are encrypted with: 32 bytes, in base64.
    #[must_use]
    pub fn callback_key(&self) -> &str {
        self.settings.callback_key.as_str()
    }

    /// Sets the URL of later callbacks. Callbacks that are already queued keep their URL.
    ///
    /// # Panics
    ///
    /// Panics if the URL is not an `http` or `https` URL.
    #[track_caller]
    pub fn send_callbacks_to(&self, url: &str) {
        or_panic(self.engine.act(|engine, _| engine.send_callbacks_to(url).map(|()| Vec::new())));
    }

    /// Returns an order, by its `orderId`, for actions of the bank or the customer.
    ///
    /// If the `orderId` was used several times, this is its newest transaction.
    #[must_use]
    pub fn order(&self, reference: &str) -> TransactionHandle {
        TransactionHandle { engine: self.engine.clone(), order: reference.to_owned() }
    }

    /// The base URL and keys, as the program prints them.
    pub(crate) fn credentials(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("base_url", self.base_url()),
            ("client_id", self.client_id()),
            ("secret_key", self.secret_key()),
            ("callback_key", self.callback_key()),
        ]
    }
}

object_handle! {
    /// An order of the simulated Turbo Transactions.
    ///
    /// # Panics
    ///
    /// Every action panics if there is no such order, or if its status does not allow the change.
    pub struct TransactionHandle(TurboTxnEngine), order
}

impl TransactionHandle {
    /// The order's `txnStatus`; `None` if there is no such order.
    #[must_use]
    pub fn status(&self) -> Option<String> {
        self.engine.read(|engine| engine.status(&self.order))
    }

    /// Pays as the customer. The bank then settles the payment as [`Settings::payments`] says.
    #[track_caller]
    pub fn pay(&self) {
        self.apply(Action::Pay);
    }

    /// Marks the order as paid by the customer, without a decision of the bank.
    #[track_caller]
    pub fn pending(&self) {
        self.apply(Action::Pending);
    }

    /// Approves the order: the bank has received the money.
    #[track_caller]
    pub fn approve(&self) {
        self.apply(Action::Approve);
    }

    /// Rejects the order, as the bank or the customer does.
    #[track_caller]
    pub fn reject(&self) {
        self.apply(Action::Reject);
    }

    #[track_caller]
    fn apply(&self, action: Action) {
        let result = self.engine.act(|engine, now| engine.act(&self.order, action, now));
        or_panic(result.map_err(|problem| format!("order {:?}: {problem}", self.order)));
    }
}
