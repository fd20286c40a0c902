use std::fmt;

use payments_core::connection::Connection;
use payments_core::{Error, Settings, client_overrides, client_settings, secret_newtype};

use crate::error::SPEC;

secret_newtype! {
    /// The merchant's client id, sent in the `client-id` header. Get it from the developer portal.
    ///
    /// The id is one half of the credentials, so it is treated as a secret.
    pub struct ClientId("client_id", "TURBO_TXN_CLIENT_ID");
}

secret_newtype! {
    /// The secret that authenticates requests, sent in the `secret-key` header. Get it from the developer portal.
    ///
    /// Keep it on servers. The documentation also calls the key that decrypts callbacks "secretKey". That is another
    /// secret with its own type, [`CallbackKey`](crate::CallbackKey), so the two cannot be mixed up:
    ///
    /// ```compile_fail,E0308
    /// use turbo_txn::{CallbackKey, Client, ClientId};
    ///
    /// fn wrong_key(id: ClientId, key: CallbackKey) {
    ///     let _ = Client::builder(id, key);
    /// }
    /// ```
    pub struct SecretKey("secret_key", "TURBO_TXN_SECRET_KEY");
}

/// A client for the Turbo Transactions API and one merchant. Cheap to clone.
///
/// ```no_run
/// use turbo_txn::{Client, ClientId, SecretKey};
///
/// let client = Client::builder(ClientId::from_env()?, SecretKey::from_env()?)
///     .base_url("https://turbo.example") // provided by Turbo Transactions; the documentation names no host
///     .build()?;
/// # Ok::<(), turbo_txn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) connection: Connection,
}

impl Client {
    /// Starts building a client with these credentials. The base URL is required.
    #[must_use]
    pub fn builder(id: ClientId, key: SecretKey) -> ClientBuilder {
        ClientBuilder { id, key, settings: Settings::default() }
    }

    /// Returns a client with other credentials that shares connections and settings.
    ///
    /// # Errors
    ///
    /// Never returns an error for credentials that [`ClientId::new`] and [`SecretKey::new`] accepted.
    #[expect(clippy::needless_pass_by_value, reason = "the caller hands the secrets over")]
    pub fn with_credentials(&self, id: ClientId, key: SecretKey) -> Result<Self, Error> {
        Ok(Self { connection: self.connection.with_credentials(&credentials(&id, &key))? })
    }

    client_overrides!();
}

/// Builds a [`Client`].
pub struct ClientBuilder {
    id: ClientId,
    key: SecretKey,
    settings: Settings,
}

impl ClientBuilder {
    client_settings!();

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// Returns an error if the base URL is missing or unsafe, or if two settings contradict each other.
    pub fn build(self) -> Result<Client, Error> {
        let connection = self.settings.connect(&SPEC, None, &credentials(&self.id, &self.key), None)?;
        Ok(Client { connection })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}

/// Returns the headers that authenticate a request. Every request carries both (*documented*).
fn credentials<'a>(id: &'a ClientId, key: &'a SecretKey) -> [(&'static str, &'a str); 2] {
    [("client-id", id.expose()), ("secret-key", key.expose())]
}
