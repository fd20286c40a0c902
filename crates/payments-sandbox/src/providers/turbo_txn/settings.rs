use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::callback;
use crate::error::StartError;
use crate::key::{Key, TEST_PREFIXES};
use crate::random::Random;

/// What the bank does once a customer has paid, when nobody decides otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settle {
    /// It approves at once.
    AtOnce,
    /// It approves after a while on the clock.
    After(Duration),
    /// It rejects after a while on the clock.
    RejectsAfter(Duration),
    /// It stays pending.
    Never,
}

/// How the sandbox's Turbo Transactions is set up.
#[derive(Debug, Clone)]
#[must_use = "they count once the builder has them"]
pub struct Settings {
    pub(crate) client_id: Key,
    pub(crate) secret_key: Key,
    pub(crate) callback_key: Key,
    /// Empty for nowhere.
    pub(crate) callback_url: String,
    pub(crate) payments: Settle,
    pub(crate) adjusts_amounts: bool,
    pub(crate) order_ids_are_unique: bool,
    pub(crate) unauthorized_under_200: bool,
    pub(crate) errors_under_200: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            client_id: Key::default(),
            secret_key: Key::default(),
            callback_key: Key::default(),
            callback_url: String::new(),
            payments: Settle::After(SETTLES_AFTER),
            adjusts_amounts: true,
            order_ids_are_unique: false,
            unauthorized_under_200: false,
            errors_under_200: false,
        }
    }
}

impl Settings {
    /// The client id, the secret key and the key of its callbacks. Standard: made from the seed.
    ///
    /// The first two must begin with `sandbox_` or `test_`, and the 32 bytes that the third is in base64 must begin
    /// with `sandbox_`, so that nobody's real keys end up here.
    pub fn keys(
        mut self,
        client_id: impl Into<String>,
        secret_key: impl Into<String>,
        callback_key: impl Into<String>,
    ) -> Self {
        self.client_id = client_id.into().into();
        self.secret_key = secret_key.into().into();
        self.callback_key = callback_key.into().into();
        self
    }

    /// Where callbacks go. Standard: nowhere, until [`TurboTxn::send_callbacks_to`](crate::TurboTxn::send_callbacks_to).
    pub fn callback_url(mut self, url: impl Into<String>) -> Self {
        self.callback_url = url.into();
        self
    }

    /// What becomes of a payment once the customer has paid. Standard: approved after two seconds.
    pub fn payments(mut self, settle: Settle) -> Self {
        self.payments = settle;
        self
    }

    /// Leaves amounts as they were asked for, instead of adding paise to tell them apart.
    pub fn unadjusted_amounts(mut self) -> Self {
        self.adjusts_amounts = false;
        self
    }

    /// Refuses an `orderId` that it has, instead of creating another transaction for it.
    pub fn unique_order_ids(mut self) -> Self {
        self.order_ids_are_unique = true;
        self
    }

    /// Answers wrong credentials under HTTP 200; the envelope says 401 all the same.
    pub fn unauthorized_under_200(mut self) -> Self {
        self.unauthorized_under_200 = true;
        self
    }

    /// Answers every error under HTTP 200, with the envelope's own `statusCode`.
    pub fn errors_under_200(mut self) -> Self {
        self.errors_under_200 = true;
        self
    }

    /// Makes the keys that were not given.
    pub(crate) fn fill_in_keys(&mut self, random: &mut Random) -> Result<(), StartError> {
        self.client_id.fill_in(TEST_PREFIXES, || format!("sandbox_client_{}", random.alphanumeric(12)))?;
        self.secret_key.fill_in(TEST_PREFIXES, || format!("sandbox_secret_{}", random.alphanumeric(24)))?;
        self.callback_key
            .fill_in(TEST_CALLBACK_PREFIXES, || STANDARD.encode(format!("sandbox_{}", random.alphanumeric(24))))?;
        callback::key(self.callback_key.as_str()).map(|_| ()).ok_or(StartError::MalformedKey)
    }
}

/// `sandbox_` in base64, whatever comes behind it.
const TEST_CALLBACK_PREFIXES: &[&str] = &["c2FuZGJveF8", "c2FuZGJveF9", "c2FuZGJveF+", "c2FuZGJveF/"];

/// Inferred: the document says only that the status is updated.
const SETTLES_AFTER: Duration = Duration::from_secs(2);
