use super::engine::TurraTechEngine;
use super::payment::Action;
use super::settings::Settings;
use crate::handles::{done, object_handle, provider_handle};

provider_handle! {
    /// The sandbox's TurraTech: where it is, whom it knows, and what its banks and its customers do.
    pub struct TurraTech(TurraTechEngine), "/v1"
}

impl TurraTech {
    /// The merchant's secret key, `sk_test_...`.
    #[must_use]
    pub fn api_key(&self) -> &str {
        self.settings.api_key.as_str()
    }

    /// Its publishable key, `pk_test_...`.
    #[must_use]
    pub fn publishable_key(&self) -> &str {
        self.settings.publishable_key.as_str()
    }

    /// Its restricted key, `rk_test_...`.
    #[must_use]
    pub fn restricted_key(&self) -> &str {
        self.settings.restricted_key.as_str()
    }

    /// The secret that webhooks are signed with, those of every endpoint.
    #[must_use]
    pub fn webhook_secret(&self) -> &str {
        self.settings.webhook_secret.as_str()
    }

    /// Sends every event to this address from now on, as an endpoint does that was created over the API.
    ///
    /// # Panics
    ///
    /// When it is no http or https address.
    #[track_caller]
    pub fn send_events_to(&self, url: &str) {
        done(self.engine.act(|engine, _| engine.send_events_to(url).map(|()| Vec::new())));
    }

    /// A payment, by the merchant's reference or by its id, to be changed as its bank or its customer would.
    ///
    /// The reference is `metadata.order_id`, else the idempotency key. Of several payments with one, it is the latest.
    #[must_use]
    pub fn payment(&self, reference_or_id: &str) -> PaymentHandle {
        PaymentHandle { engine: self.engine.clone(), name: reference_or_id.to_owned() }
    }

    /// Puts down so many payments as if they had been taken, for lists; their ids, the newest first.
    ///
    /// They are not in the ledger, and nobody is told of them.
    pub fn seed_payments(&self, count: usize) -> Vec<String> {
        done(self.engine.act_with(|engine, now| Ok((Vec::new(), engine.seed_payments(count, now)))))
    }

    /// What a client needs, as the program prints it.
    pub(crate) fn credentials(&self) -> Vec<(&'static str, &str)> {
        vec![("base_url", self.base_url()), ("api_key", self.api_key()), ("webhook_secret", self.webhook_secret())]
    }
}

object_handle! {
    /// A payment of the sandbox's TurraTech.
    pub struct PaymentHandle(TurraTechEngine), name
}

impl PaymentHandle {
    /// Its id; nothing where there is no such payment.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        self.engine.read(|engine| engine.find_payment(&self.name).map(|payment| payment.id.clone()))
    }

    /// Where it stands, as TurraTech says it; nothing where there is no such payment.
    #[must_use]
    pub fn status(&self) -> Option<&'static str> {
        self.engine.read(|engine| engine.find_payment(&self.name).map(|payment| payment.status.as_str()))
    }

    /// What it waits for works out: the customer authenticates or confirms, or the bank has the money.
    ///
    /// # Panics
    ///
    /// When a payment that stands where it does cannot change like that, as all of these.
    #[track_caller]
    pub fn succeed(&self) {
        self.apply(Action::Succeed);
    }

    /// What it waits for does not work out.
    #[track_caller]
    pub fn fail(&self) {
        self.apply(Action::Fail);
    }

    /// The customer has it charged back: what is left of it.
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
        done(result.map_err(|problem| format!("payment {:?}: {problem}", self.name)));
    }
}
