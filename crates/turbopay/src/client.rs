use std::fmt;

use payments_core::connection::Connection;
use payments_core::{Error, RateLimiter, Settings, client_settings, secret_newtype};

use crate::error::SPEC;
use crate::method::Traffic;

secret_newtype! {
    /// Authenticates requests: the API key from the back office, for `Authorization`.
    ///
    /// It can do anything on the account. Keep it on servers.
    pub struct ApiKey("api_key", "TURBOPAY_API_KEY");
}

/// TurboPay's API for one merchant. Cheap to clone.
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
    /// A client for the merchant with this key.
    #[must_use]
    pub fn builder(key: ApiKey) -> ClientBuilder {
        ClientBuilder { key, settings: Settings::default(), defaults: Defaults::default() }
    }

    /// The same client with another key: connections, settings and the limit on look-ups are shared.
    ///
    /// For keys that rotate. Merchants whose limits TurboPay counts apart are better served by a client each, over one
    /// transport: `.transport(shared.clone())`, an `Arc` or a clone of ours.
    ///
    /// # Errors
    ///
    /// Never for a key that [`ApiKey::new`] took.
    #[expect(clippy::needless_pass_by_value, reason = "a secret is handed over")]
    pub fn with_credentials(&self, key: ApiKey) -> Result<Self, Error> {
        Ok(Self { connection: self.connection.with_credentials(&credentials(&key))?, defaults: self.defaults.clone() })
    }
}

/// Sets up a [`Client`].
pub struct ClientBuilder {
    key: ApiKey,
    settings: Settings,
    defaults: Defaults,
}

impl ClientBuilder {
    client_settings!();

    /// Where webhooks go, for orders that do not say otherwise: TurboPay requires it with every order.
    #[must_use]
    pub fn status_url(mut self, url: impl Into<String>) -> Self {
        self.defaults.status_url = Some(url.into());
        self
    }

    /// Where customers return to, for deposits that do not say otherwise: TurboPay requires it with every deposit.
    #[must_use]
    pub fn redirect_url(mut self, url: impl Into<String>) -> Self {
        self.defaults.redirect_url = Some(url.into());
        self
    }

    /// The kind of traffic, for orders that do not say otherwise: TurboPay requires it with every order.
    #[must_use]
    pub fn traffic(mut self, traffic: Traffic) -> Self {
        self.defaults.traffic = Some(traffic);
        self
    }

    /// Builds it.
    ///
    /// # Errors
    ///
    /// When the base URL is unsafe, or a setting contradicts another.
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

/// What TurboPay requires with every order and a merchant says once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Defaults {
    pub(crate) status_url: Option<String>,
    pub(crate) redirect_url: Option<String>,
    pub(crate) traffic: Option<Traffic>,
}

/// The key stands in the header as it is, without a scheme (documented).
fn credentials(key: &ApiKey) -> [(&'static str, &str); 1] {
    [("authorization", key.expose())]
}

/// Documented; a merchant's set-up sheet may name another.
const BASE_URL: &str = "https://api.turbopay.com/api";

/// Documented: 60 look-ups a minute. That both look-ups count together is inferred.
const LOOKUPS: usize = 60;
const LOOKUP_WINDOW: std::time::Duration = std::time::Duration::from_secs(60);
