use super::engine::TurboTxnEngine;
use super::settings::Settings;
use super::transaction::Action;
use crate::engine::Engine as _;
use crate::handles::{done, object_handle, provider_handle};

provider_handle! {
    /// The sandbox's Turbo Transactions: where it is, whom it knows, and what its bank and its customers do.
    pub struct TurboTxn(TurboTxnEngine), ""
}

impl TurboTxn {
    /// The merchant's `client-id`.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.settings.client_id.as_str()
    }

    /// The merchant's `secret-key`, which requests are authenticated with.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        self.settings.secret_key.as_str()
    }

    /// The key that it encrypts callbacks with: 32 bytes, in base64.
    #[must_use]
    pub fn callback_key(&self) -> &str {
        self.settings.callback_key.as_str()
    }

    /// Where callbacks go from now on; those that wait already go where they were to go.
    ///
    /// # Panics
    ///
    /// When it is no http or https address.
    #[track_caller]
    pub fn send_callbacks_to(&self, url: &str) {
        done(self.engine.act(|engine, _| engine.send_callbacks_to(url).map(|()| Vec::new())));
    }

    /// An order by its `orderId`, to be changed as the bank or the customer would.
    ///
    /// Where the same `orderId` was used again, it is the newest transaction of it.
    #[must_use]
    pub fn order(&self, reference: &str) -> TransactionHandle {
        TransactionHandle { engine: self.engine.clone(), order: reference.to_owned() }
    }

    /// What a client needs, as the program prints it.
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
    /// An order of the sandbox's Turbo Transactions.
    pub struct TransactionHandle(TurboTxnEngine), order
}

impl TransactionHandle {
    /// Where it stands, as `txnStatus` says it; nothing where there is no such order.
    #[must_use]
    pub fn status(&self) -> Option<String> {
        self.engine.read(|engine| engine.status(&self.order))
    }

    /// The customer pays; the bank then does what it does with payments here.
    ///
    /// # Panics
    ///
    /// When there is no such order, or it is past that, as all of these.
    #[track_caller]
    pub fn pay(&self) {
        self.apply(Action::Pay);
    }

    /// The customer has paid, and the bank does not say anything yet.
    #[track_caller]
    pub fn pending(&self) {
        self.apply(Action::Pending);
    }

    /// The bank has the money.
    #[track_caller]
    pub fn approve(&self) {
        self.apply(Action::Approve);
    }

    /// The bank, or the customer, says no.
    #[track_caller]
    pub fn reject(&self) {
        self.apply(Action::Reject);
    }

    #[track_caller]
    fn apply(&self, action: Action) {
        let result = self.engine.act(|engine, now| engine.act(&self.order, action, now));
        done(result.map_err(|problem| format!("order {:?}: {problem}", self.order)));
    }
}
