use std::fmt;

use payments_core::connection::Connection;
use payments_core::{Error, Settings, client_overrides, client_settings, secret_newtype};

use crate::error::SPEC;

secret_newtype! {
    /// Authenticates requests together with the [`ApiSecret`] (`X-API-KEY`). From the dashboard's Settings page.
    pub struct ApiKey("api_key", "CARD3DS_API_KEY");
}

secret_newtype! {
    /// Authenticates requests together with the [`ApiKey`] (`X-API-SECRET`). From the dashboard's Settings page.
    ///
    /// Key and secret together give full access to the account. Keep them on servers.
    pub struct ApiSecret("api_secret", "CARD3DS_API_SECRET");
}

/// A client for the API of one merchant. Cheap to clone.
///
/// The base URL is required, because the document names no host. Set it without `/api`, which every path starts with.
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
    /// Starts a client with a merchant's credentials.
    #[must_use]
    pub fn builder(key: ApiKey, secret: ApiSecret) -> ClientBuilder {
        ClientBuilder { key, secret, settings: Settings::default() }
    }

    /// Returns a client with other credentials that shares connections and settings.
    ///
    /// Use it to rotate credentials, or for several merchants.
    ///
    /// # Errors
    ///
    /// Never fails for credentials that [`ApiKey::new`] and [`ApiSecret::new`] accepted.
    #[expect(clippy::needless_pass_by_value, reason = "the client takes ownership of secrets")]
    pub fn with_credentials(&self, key: ApiKey, secret: ApiSecret) -> Result<Self, Error> {
        Ok(Self { connection: self.connection.with_credentials(&credentials(&key, &secret))? })
    }

    client_overrides!();
}

/// Configures a [`Client`].
pub struct ClientBuilder {
    key: ApiKey,
    secret: ApiSecret,
    settings: Settings,
}

impl ClientBuilder {
    client_settings!();

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// Returns an error if the base URL is missing or unsafe, or if one setting contradicts another.
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
