use std::fmt;

use payments_core::connection::{Connection, Credentials};
use payments_core::{Error, Settings, client_overrides, client_settings, secret_newtype};

use crate::error::SPEC;

secret_newtype! {
    /// The API key that authenticates requests, sent in the form field `api_key`.
    ///
    /// The key is only in request bodies, never in a URL or a header.
    pub struct ApiKey("api_key", "TURBO_LINK_API_KEY");
}

/// A client for the tur.bo API and one merchant. Cheap to clone.
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
    /// Starts building a client with this key.
    #[must_use]
    pub fn builder(key: ApiKey) -> ClientBuilder {
        ClientBuilder { key, settings: Settings::default() }
    }

    /// Returns a client with another key that shares connections and settings.
    ///
    /// # Errors
    ///
    /// Returns an error if the client uses plain `http` and the key is no test key.
    pub fn with_credentials(&self, key: ApiKey) -> Result<Self, Error> {
        Ok(Self { connection: self.connection.with_credentials(credentials(&key))?, key })
    }

    client_overrides!();
}

/// Builds a [`Client`].
pub struct ClientBuilder {
    key: ApiKey,
    settings: Settings,
}

impl ClientBuilder {
    client_settings!();

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// Returns an error if the base URL is unsafe, or if two settings contradict each other.
    pub fn build(self) -> Result<Client, Error> {
        let connection = self.settings.connect(&SPEC, Some(BASE_URL), credentials(&self.key), None)?;
        Ok(Client { connection, key: self.key })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}

/// The key is a field of each form (*documented*).
fn credentials(key: &ApiKey) -> Credentials<'_> {
    Credentials::in_body("api_key", key.expose())
}

/// The default base URL (*documented*).
const BASE_URL: &str = "https://api.tur.bo";
