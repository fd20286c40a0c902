use super::engine::TurraTechEngine;
use super::payment::Action;
use super::settings::Settings;
use crate::handles::{object_handle, or_panic, provider_handle};

provider_handle! {
    /// The simulated TurraTech: its base URL, its keys, and the actions of its banks and its customers.
    pub struct TurraTech(TurraTechEngine), "/v1"
}

impl TurraTech {
    /// The merchant's secret key, `sk_test_...`.
    #[must_use]
    pub fn api_key(&self) -> &str {
        self.settings.api_key.as_str()
    }

    /// The merchant's publishable key, `pk_test_...`.
    #[must_use]
    pub fn publishable_key(&self) -> &str {
        self.settings.publishable_key.as_str()
    }

    /// The merchant's restricted key, `rk_test_...`.
    #[must_use]
    pub fn restricted_key(&self) -> &str {
        self.settings.restricted_key.as_str()
    }

    /// The secret that signs the webhooks of all endpoints.
    #[must_use]
    pub fn webhook_secret(&self) -> &str {
        self.settings.webhook_secret.as_str()
    }

    /// Adds an endpoint for all later events, without a request to the API.
    ///
    /// # Panics
    ///
    /// Panics if the URL is not an `http` or `https` URL.
    #[track_caller]
    pub fn send_events_to(&self, url: &str) {
        or_panic(self.engine.act(|engine, _| engine.send_events_to(url).map(|()| Vec::new())));
    }

    /// Returns a payment, by the merchant's reference or its id, for actions of the bank or the customer.
    ///
    /// The reference is `metadata.order_id`, else the idempotency key. If several payments have it, this is the latest.
    #[must_use]
    pub fn payment(&self, reference_or_id: &str) -> PaymentHandle {
        PaymentHandle { engine: self.engine.clone(), name: reference_or_id.to_owned() }
    }

    /// Creates succeeded payments, for tests of lists. Returns their ids, the newest first.
    ///
    /// They have no ledger entries and send no events.
    pub fn seed_payments(&self, count: usize) -> Vec<String> {
        or_panic(self.engine.act_with(|engine, now| Ok((Vec::new(), engine.seed_payments(count, now)))))
    }

    /// The base URL and keys, as the program prints them.
    pub(crate) fn credentials(&self) -> Vec<(&'static str, &str)> {
        vec![("base_url", self.base_url()), ("api_key", self.api_key()), ("webhook_secret", self.webhook_secret())]
    }
}

object_handle! {
    /// A payment of the simulated TurraTech.
    ///
    /// # Panics
    ///
    /// Every action panics if there is no such payment, or if its status does not allow the change.
    pub struct PaymentHandle(TurraTechEngine), name
}

impl PaymentHandle {
    /// The payment's id; `None` if there is no such payment.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        self.engine.read(|engine| engine.find_payment(&self.name).map(|payment| payment.id.clone()))
    }

    /// The payment's status in TurraTech's words; `None` if there is no such payment.
    #[must_use]
    pub fn status(&self) -> Option<&'static str> {
        self.engine.read(|engine| engine.find_payment(&self.name).map(|payment| payment.status.as_str()))
    }

    /// Lets a waiting payment succeed: the customer authenticates or confirms, or the bank has received the money.
    #[track_caller]
    pub fn succeed(&self) {
        self.apply(Action::Succeed);
    }

    /// Lets a waiting payment fail.
    #[track_caller]
    pub fn fail(&self) {
        self.apply(Action::Fail);
    }

    /// Disputes the payment: the amount that was not refunded is charged back.
    #[track_caller]
    pub fn dispute(&self) {
        self.apply(Action::Dispute);
    }

    #[track_caller]
    fn apply(&self, action: Action) {
        let result = self.engine.act(|engine, now| {
            engine.act(&self.name, action, now)?;
            Ok(engine.drain_effects())
        });
        or_panic(result.map_err(|problem| format!("payment {:?}: {problem}", self.name)));
    }
}
