use std::fmt;
use std::sync::Arc;

use payments_core::connection::{Connection, Credentials};
use payments_core::request::RequestBuilder;
use payments_core::{Error, Settings, client_overrides, client_settings};

use crate::api_key::{ApiKey, KeyKind, Mode};
use crate::error::SPEC;
use crate::version::{CURRENT_VERSION, VERSION_HEADER, check_version};

/// A client for TurraTech's API with one merchant's API key.
///
/// Cloning is cheap.
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
    /// Starts building a client with this API key.
    #[must_use]
    pub fn builder(key: ApiKey) -> ClientBuilder {
        ClientBuilder { key, settings: Settings::default(), version: CURRENT_VERSION.to_owned() }
    }

    /// Returns a client with another API key that shares connections and settings.
    ///
    /// Resolve all unknown outcomes before you change the API key. The document does not say whether an idempotency key
    /// belongs to the account or to the API key. That it still protects after a change of API key is inferred.
    ///
    /// # Errors
    ///
    /// Returns no error for a key that [`ApiKey::new`] accepted.
    #[expect(clippy::needless_pass_by_value, reason = "the client takes ownership of the secret")]
    pub fn with_credentials(&self, key: ApiKey) -> Result<Self, Error> {
        let bearer = bearer(&key);
        let connection = self.connection.with_credentials(credentials(&[(KEY_HEADER, &bearer)], &self.version))?;
        Ok(Self { connection, kind: key.kind(), mode: key.mode(), version: Arc::clone(&self.version) })
    }

    /// Returns a client that names another API version, for some of its calls.
    ///
    /// ```no_run
    /// # async fn example(client: turratech::Client) -> Result<(), turratech::Error> {
    /// use turratech::ListParams;
    ///
    /// let mut payments = client.with_version("2024-06-01")?.list_payments(ListParams::new());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the version is invalid.
    pub fn with_version(&self, version: &str) -> Result<Self, Error> {
        check_version(version)?;
        let connection = self.connection.with_header(VERSION_HEADER, version)?;
        Ok(Self { connection, version: version.into(), ..self.clone() })
    }

    /// Returns the mode of the client's API key: test or live.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Builds a request that a publishable key must not send.
    pub(crate) fn unless_publishable(
        &self,
        build: impl FnOnce() -> Result<RequestBuilder, Error>,
    ) -> Result<RequestBuilder, Error> {
        if self.kind == KeyKind::Publishable {
            return Err(Error::unsupported(
                "a publishable key can only create payment methods: use a secret or restricted key",
            ));
        }
        build()
    }

    client_overrides!();
}

/// Builds a [`Client`].
pub struct ClientBuilder {
    key: ApiKey,
    settings: Settings,
    version: String,
}

impl ClientBuilder {
    client_settings!();

    /// Sets the API version. The default is `2024-01-01`, the version that this crate is written for.
    ///
    /// TurraTech recommends testing a newer version in test mode first (documented).
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// Returns an error if the base URL is unsafe, the version is invalid, or a setting is invalid.
    pub fn build(self) -> Result<Client, Error> {
        check_version(&self.version)?;
        let bearer = bearer(&self.key);
        let headers = [(KEY_HEADER, bearer.as_str())];
        let credentials = credentials(&headers, &self.version);
        let connection = self.settings.connect(&SPEC, Some(BASE_URL), credentials, None)?;
        Ok(Client { connection, kind: self.key.kind(), mode: self.key.mode(), version: self.version.into() })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("key", &self.key).field("version", &self.version).finish_non_exhaustive()
    }
}

fn bearer(key: &ApiKey) -> String {
    format!("Bearer {}", key.expose())
}

/// Returns the headers of every request: the key, and the version, which is no secret.
fn credentials<'a>(key: &'a [(&'static str, &'a str)], version: &'a str) -> Credentials<'a> {
    Credentials::in_headers(key).and_public_header(VERSION_HEADER, version)
}

const KEY_HEADER: &str = "authorization";

/// The documented base URL.
const BASE_URL: &str = "https://api.turratech.com/v1";
