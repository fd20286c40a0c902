use std::fmt;

use payments_core::connection::Connection;
use payments_core::{Error, Settings, client_settings, secret_newtype};

use crate::error::SPEC;

secret_newtype! {
    /// Authenticates requests: the `api_key` field of every form.
    ///
    /// It travels in the request's body, never in its address or a header.
    pub struct ApiKey("api_key", "TURBO_LINK_API_KEY");
}

/// tur.bo's API for one merchant. Cheap to clone.
///
/// ```no_run
/// use turbo_link::{ApiKey, Client};
///
/// let client = Client::builder(ApiKey::from_env()?).build()?;
/// # Ok::<(), turbo_link::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) connection: Connection,
    pub(crate) key: ApiKey,
}

impl Client {
    /// A client for the merchant with this key.
    #[must_use]
    pub fn builder(key: ApiKey) -> ClientBuilder {
        ClientBuilder { key, settings: Settings::default() }
    }

    /// The same client with another key: connections and settings are shared.
    #[must_use]
    pub fn with_credentials(&self, key: ApiKey) -> Self {
        Self { connection: self.connection.clone(), key }
    }
}

/// Sets up a [`Client`].
pub struct ClientBuilder {
    key: ApiKey,
    settings: Settings,
}

impl ClientBuilder {
    client_settings!();

    /// Builds it.
    ///
    /// # Errors
    ///
    /// When the base URL is unsafe, or a setting contradicts another.
    pub fn build(self) -> Result<Client, Error> {
        let connection = self.settings.connect(&SPEC, Some(BASE_URL), &[], None)?;
        Ok(Client { connection, key: self.key })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}

/// Documented.
const BASE_URL: &str = "https://api.tur.bo";
