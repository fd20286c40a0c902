use std::fmt;

use payments_core::connection::Connection;
use payments_core::{Error, Settings, client_settings, secret_newtype};

use crate::error::SPEC;

secret_newtype! {
    /// Says who asks: the `client-id` header, from the developer portal.
    ///
    /// It is half of the credentials, so it is kept as a secret.
    pub struct ClientId("client_id", "TURBO_TXN_CLIENT_ID");
}

secret_newtype! {
    /// Authenticates requests: the `secret-key` header, from the developer portal. Keep it on servers.
    ///
    /// The key that decrypts callbacks goes by the same name in the document, and is another:
    /// [`CallbackKey`](crate::CallbackKey). One does not do for the other:
    ///
    /// ```compile_fail,E0308
    /// use turbo_txn::{CallbackKey, Client, ClientId};
    ///
    /// fn mixed_up(id: ClientId, key: CallbackKey) {
    ///     let _ = Client::builder(id, key);
    /// }
    /// ```
    pub struct SecretKey("secret_key", "TURBO_TXN_SECRET_KEY");
}

/// Turbo Transactions' API for one merchant. Cheap to clone.
///
/// ```no_run
/// use turbo_txn::{Client, ClientId, SecretKey};
///
/// let client = Client::builder(ClientId::from_env()?, SecretKey::from_env()?)
///     .base_url("https://turbo.example") // theirs: the document names no host
///     .build()?;
/// # Ok::<(), turbo_txn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) connection: Connection,
}

impl Client {
    /// A client for the merchant with these credentials. Its base URL must be given.
    #[must_use]
    pub fn builder(id: ClientId, key: SecretKey) -> ClientBuilder {
        ClientBuilder { id, key, settings: Settings::default() }
    }

    /// The same client with other credentials: connections and settings are shared.
    ///
    /// # Errors
    ///
    /// Never for credentials that [`ClientId::new`] and [`SecretKey::new`] took.
    #[expect(clippy::needless_pass_by_value, reason = "secrets are handed over")]
    pub fn with_credentials(&self, id: ClientId, key: SecretKey) -> Result<Self, Error> {
        Ok(Self { connection: self.connection.with_credentials(&credentials(&id, &key))? })
    }
}

/// Sets up a [`Client`].
pub struct ClientBuilder {
    id: ClientId,
    key: SecretKey,
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
        let connection = self.settings.connect(&SPEC, None, &credentials(&self.id, &self.key), None)?;
        Ok(Client { connection })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}

/// Both headers go on every request (documented).
fn credentials<'a>(id: &'a ClientId, key: &'a SecretKey) -> [(&'static str, &'a str); 2] {
    [("client-id", id.expose()), ("secret-key", key.expose())]
}
