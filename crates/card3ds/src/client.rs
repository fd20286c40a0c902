use std::fmt;

use payments_core::connection::Connection;
use payments_core::{Error, Settings, client_settings, secret_newtype};

use crate::error::SPEC;

secret_newtype! {
    /// Authenticates requests, together with the [`ApiSecret`]: `X-API-KEY`, from the dashboard's Settings page.
    pub struct ApiKey("api_key", "CARD3DS_API_KEY");
}

secret_newtype! {
    /// Authenticates requests, together with the [`ApiKey`]: `X-API-SECRET`, from the dashboard's Settings page.
    ///
    /// With both, anything can be done on the account. Keep them on servers.
    pub struct ApiSecret("api_secret", "CARD3DS_API_SECRET");
}

/// The provider's API for one merchant. Cheap to clone.
///
/// The document names no host, so the base URL is required: `https://` and the host, without the `/api` that every
/// path begins with.
///
/// ```no_run
/// use card3ds::{ApiKey, ApiSecret, Client};
///
/// let client = Client::builder(ApiKey::from_env()?, ApiSecret::from_env()?)
///     .base_url("https://acquirer.example")
///     .build()?;
/// # Ok::<(), card3ds::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) connection: Connection,
}

impl Client {
    /// A client for the merchant with these credentials.
    #[must_use]
    pub fn builder(key: ApiKey, secret: ApiSecret) -> ClientBuilder {
        ClientBuilder { key, secret, settings: Settings::default() }
    }

    /// The same client with other credentials: connections and settings are shared.
    ///
    /// For credentials that rotate, and for several merchants.
    ///
    /// # Errors
    ///
    /// Never for credentials that [`ApiKey::new`] and [`ApiSecret::new`] took.
    #[expect(clippy::needless_pass_by_value, reason = "secrets are handed over")]
    pub fn with_credentials(&self, key: ApiKey, secret: ApiSecret) -> Result<Self, Error> {
        Ok(Self { connection: self.connection.with_credentials(&credentials(&key, &secret))? })
    }
}

/// Sets up a [`Client`].
pub struct ClientBuilder {
    key: ApiKey,
    secret: ApiSecret,
    settings: Settings,
}

impl ClientBuilder {
    client_settings!();

    /// Builds it.
    ///
    /// # Errors
    ///
    /// When the base URL is missing or unsafe, or a setting contradicts another.
    pub fn build(self) -> Result<Client, Error> {
        Ok(Client { connection: self.settings.connect(&SPEC, None, &credentials(&self.key, &self.secret), None)? })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("base_url", &self.settings.base_url).finish_non_exhaustive()
    }
}

fn credentials<'a>(key: &'a ApiKey, secret: &'a ApiSecret) -> [(&'static str, &'a str); 2] {
    [("x-api-key", key.expose()), ("x-api-secret", secret.expose())]
}
