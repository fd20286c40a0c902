use std::fmt;

use payments_core::connection::Connection;
use payments_core::{Error, RateLimiter, Settings, ValidationError, client_overrides, client_settings, secret_newtype};

use crate::customer::check_url;
use crate::error::SPEC;
use crate::method::Traffic;
use crate::new_order::check_traffic;

secret_newtype! {
    /// An API key from TurboPay's back office, sent in the `Authorization` header.
    ///
    /// The key gives full access to the merchant's account (documented). Keep it on servers.
    pub struct ApiKey("api_key", "TURBOPAY_API_KEY");
}

/// A client of TurboPay's API for one merchant. Cheap to clone.
///
/// ```no_run
/// use turbopay::{ApiKey, Client, Traffic};
///
/// let client = Client::builder(ApiKey::from_env()?)
///     .status_url("https://shop.example/turbopay")
///     .redirect_url("https://shop.example/thanks")
///     .traffic(Traffic::Standard)
///     .build()?;
/// # Ok::<(), turbopay::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) connection: Connection,
    pub(crate) defaults: Defaults,
}

impl Client {
    /// Starts building a client that uses this key.
    #[must_use]
    pub fn builder(key: ApiKey) -> ClientBuilder {
        ClientBuilder { key, settings: Settings::default(), defaults: Defaults::default() }
    }

    /// Returns a client with another key, for another merchant or to rotate a key. It shares connections and settings.
    ///
    /// Lookups are counted for each key, because TurboPay may count merchants separately. After a rotation the new key
    /// starts at zero: TurboPay may then answer 429, and the lookup is retried.
    ///
    /// # Errors
    ///
    /// Never returns an error for a key that [`ApiKey::new`] accepted.
    #[expect(clippy::needless_pass_by_value, reason = "taking the secret keeps fewer copies of it alive")]
    pub fn with_credentials(&self, key: ApiKey) -> Result<Self, Error> {
        Ok(Self { connection: self.connection.with_credentials(&credentials(&key))?, defaults: self.defaults.clone() })
    }

    client_overrides!();
}

/// Builds a [`Client`].
pub struct ClientBuilder {
    key: ApiKey,
    settings: Settings,
    defaults: Defaults,
}

impl ClientBuilder {
    client_settings!();

    /// Sets the default URL for webhooks. TurboPay requires a URL with every order.
    #[must_use]
    pub fn status_url(mut self, url: impl Into<String>) -> Self {
        self.defaults.status_url = Some(url.into());
        self
    }

    /// Sets the default URL that customers return to. TurboPay requires a URL with every deposit.
    #[must_use]
    pub fn redirect_url(mut self, url: impl Into<String>) -> Self {
        self.defaults.redirect_url = Some(url.into());
        self
    }

    /// Sets the default kind of traffic. TurboPay requires it with every order.
    #[must_use]
    pub fn traffic(mut self, traffic: Traffic) -> Self {
        self.defaults.traffic = Some(traffic);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// Returns an error if the base URL is unsafe, or if a setting is invalid.
    pub fn build(self) -> Result<Client, Error> {
        let limiter = RateLimiter::new(LOOKUPS, LOOKUP_WINDOW);
        let connection = self.settings.connect(&SPEC, Some(BASE_URL), &credentials(&self.key), Some(limiter))?;
        Ok(Client { connection, defaults: self.defaults })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("defaults", &self.defaults).finish_non_exhaustive()
    }
}

/// Values that TurboPay requires with every order, for orders that do not set their own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Defaults {
    pub(crate) status_url: Option<String>,
    pub(crate) redirect_url: Option<String>,
    pub(crate) traffic: Option<Traffic>,
}

impl Defaults {
    /// Checks the values that a request of the shared vocabulary cannot set.
    pub(crate) fn check(&self) -> Result<(), ValidationError> {
        let missing = |name| ValidationError::new(name, "is required: set it once on the client");
        check_url("status_url", self.status_url.as_deref().ok_or_else(|| missing("status_url"))?)?;
        check_traffic(self.traffic.as_ref().ok_or_else(|| missing("traffic"))?)
    }
}

/// The header carries the bare key, without a scheme (documented).
fn credentials(key: &ApiKey) -> [(&'static str, &str); 1] {
    [("authorization", key.expose())]
}

/// Documented. A merchant's setup sheet may contain another.
const BASE_URL: &str = "https://api.turbopay.com/api";

/// Documented: 60 lookups per minute. That both kinds of lookup count together is inferred.
const LOOKUPS: usize = 60;
const LOOKUP_WINDOW: std::time::Duration = std::time::Duration::from_secs(60);
