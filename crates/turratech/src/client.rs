use std::fmt;
use std::sync::Arc;

use payments_core::connection::Connection;
use payments_core::id::check_id;
use payments_core::json::DecodeError;
use payments_core::request::RequestBuilder;
use payments_core::{Error, Settings, ValidationError, client_settings};

use crate::api_key::{ApiKey, KeyKind, Mode};
use crate::error::SPEC;

/// TurraTech's API for one merchant. Cheap to clone.
///
/// ```no_run
/// use turratech::{ApiKey, Client};
///
/// let client = Client::builder(ApiKey::from_env()?).build()?;
/// # Ok::<(), turratech::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) connection: Connection,
    kind: KeyKind,
    mode: Mode,
    version: Arc<str>,
}

impl Client {
    /// A client for the merchant with this key.
    #[must_use]
    pub fn builder(key: ApiKey) -> ClientBuilder {
        ClientBuilder { key, settings: Settings::default(), version: CURRENT_VERSION.to_owned() }
    }

    /// The same client with another key: connections and settings are shared.
    ///
    /// That an idempotency key protects across a change of API key, of the same account, is inferred: the document does
    /// not say what it belongs to. So settle what is unknown first, and never change keys between such an outcome and
    /// its sending again.
    ///
    /// # Errors
    ///
    /// Never for a key that [`ApiKey::new`] took.
    #[expect(clippy::needless_pass_by_value, reason = "a secret is handed over")]
    pub fn with_credentials(&self, key: ApiKey) -> Result<Self, Error> {
        let bearer = bearer(&key);
        let connection = self.connection.with_credentials(&headers(&bearer, &self.version))?;
        Ok(Self { connection, kind: key.kind(), mode: key.mode(), version: Arc::clone(&self.version) })
    }

    /// Whether its key moves real money.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// A request that only a secret or a restricted key may make: with a publishable one it is not even put together.
    pub(crate) fn private(
        &self,
        request: impl FnOnce() -> Result<RequestBuilder, Error>,
    ) -> Result<RequestBuilder, Error> {
        if self.kind == KeyKind::Publishable {
            return Err(Error::unsupported("a publishable key may only create payment methods"));
        }
        request()
    }
}

/// The key says whether money is real (documented), so an answer that says otherwise contradicts the request.
pub(crate) fn check_mode(mode: Mode, livemode: bool) -> Result<(), DecodeError> {
    if livemode == mode.is_live() {
        Ok(())
    } else {
        Err(DecodeError::new("livemode", "is not the mode of the key that asked"))
    }
}

/// Sets up a [`Client`].
pub struct ClientBuilder {
    key: ApiKey,
    settings: Settings,
    version: String,
}

impl ClientBuilder {
    client_settings!();

    /// The version of the API to speak. Standard: `2024-01-01`, the one that this crate was written for.
    ///
    /// Try a newer one in test mode first, as TurraTech recommends (documented).
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Builds it.
    ///
    /// # Errors
    ///
    /// When the base URL is unsafe, the version is none, or a setting contradicts another.
    pub fn build(self) -> Result<Client, Error> {
        check_version(&self.version)?;
        let bearer = bearer(&self.key);
        let connection = self.settings.connect(&SPEC, Some(BASE_URL), &headers(&bearer, &self.version), None)?;
        Ok(Client { connection, kind: self.key.kind(), mode: self.key.mode(), version: self.version.into() })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("key", &self.key).field("version", &self.version).finish_non_exhaustive()
    }
}

/// A version is a date (documented); a name behind it would do no harm.
pub(crate) fn check_version(version: &str) -> Result<(), ValidationError> {
    check_id(VERSION_HEADER, version)
}

fn bearer(key: &ApiKey) -> String {
    format!("Bearer {}", key.expose())
}

/// What every request carries.
fn headers<'a>(bearer: &'a str, version: &'a str) -> [(&'static str, &'a str); 2] {
    [("authorization", bearer), (VERSION_HEADER, version)]
}

pub(crate) const VERSION_HEADER: &str = "turratech-version";

/// Documented as the current one.
const CURRENT_VERSION: &str = "2024-01-01";

/// Documented.
const BASE_URL: &str = "https://api.turratech.com/v1";
