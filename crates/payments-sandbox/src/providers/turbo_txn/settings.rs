use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::callback;
use crate::error::StartError;
use crate::key::{Key, TEST_PREFIXES};
use crate::random::Random;

/// How the bank settles a payment once the customer has paid, unless the test decides first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settle {
    /// The payment is approved at once.
    AtOnce,
    /// The payment is approved after this time on the clock.
    After(Duration),
    /// The payment is rejected after this time on the clock.
    RejectsAfter(Duration),
    /// The payment stays pending.
    Never,
}

/// The settings of the simulated Turbo Transactions.
#[derive(Debug, Clone)]
#[must_use = "settings have no effect until they are passed to the builder"]
pub struct Settings {
    pub(crate) client_id: Key,
    pub(crate) secret_key: Key,
    pub(crate) callback_key: Key,
    /// Empty if no callbacks are sent.
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
    /// Sets the client id, the secret key and the callback key. Default: derived from the seed.
    ///
    /// The first two must start with `sandbox_` or `test_`. The callback key is 32 bytes in base64, and the bytes must
    /// start with `sandbox_`. The sandbox accepts no real keys.
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

    /// Sets the URL of callbacks. Default: none are sent until
    /// [`TurboTxn::send_callbacks_to`](crate::TurboTxn::send_callbacks_to) is called.
    pub fn callback_url(mut self, url: impl Into<String>) -> Self {
        self.callback_url = url.into();
        self
    }

    /// Sets how the bank settles a payment once the customer has paid. Default: approved after two seconds.
    pub fn payments(mut self, settle: Settle) -> Self {
        self.payments = settle;
        self
    }

    /// Keeps the requested amounts, instead of adding paise to distinguish them.
    pub fn unadjusted_amounts(mut self) -> Self {
        self.adjusts_amounts = false;
        self
    }

    /// Rejects an `orderId` that is already used, instead of creating another transaction.
    pub fn unique_order_ids(mut self) -> Self {
        self.order_ids_are_unique = true;
        self
    }

    /// Returns HTTP 200 for wrong credentials. The envelope's `statusCode` is still 401.
    pub fn unauthorized_under_200(mut self) -> Self {
        self.unauthorized_under_200 = true;
        self
    }

    /// Returns HTTP 200 for every error. The envelope's `statusCode` is still that of the error.
    pub fn errors_under_200(mut self) -> Self {
        self.errors_under_200 = true;
        self
    }

    /// Returns the keys, which are masked in records.
    pub(crate) fn all_keys(&self) -> Vec<&str> {
        vec![self.client_id.as_str(), self.secret_key.as_str(), self.callback_key.as_str()]
    }

    /// Creates the keys that were not set.
    pub(crate) fn fill_in_keys(&mut self, random: &mut Random) -> Result<(), StartError> {
        self.client_id.fill_in(TEST_PREFIXES, || format!("sandbox_client_{}", random.alphanumeric(12)))?;
        self.secret_key.fill_in(TEST_PREFIXES, || format!("sandbox_secret_{}", random.alphanumeric(24)))?;
        self.callback_key
            .fill_in(TEST_CALLBACK_PREFIXES, || STANDARD.encode(format!("sandbox_{}", random.alphanumeric(24))))?;
        callback::key(self.callback_key.as_str()).map(|_| ()).ok_or(StartError::MalformedKey)
    }
}

/// The base64 encodings of `sandbox_`, for all values of the next byte's first bits.
const TEST_CALLBACK_PREFIXES: &[&str] = &["c2FuZGJveF8", "c2FuZGJveF9", "c2FuZGJveF+", "c2FuZGJveF/"];

/// Inferred: the documentation says only that the status is updated.
const SETTLES_AFTER: Duration = Duration::from_secs(2);
