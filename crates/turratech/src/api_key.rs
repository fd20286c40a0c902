use std::fmt;

use payments_core::{Secret, ValidationError};

/// An API key from TurraTech's Dashboard, which authenticates requests.
///
/// The key's prefix states its kind and its mode (documented). So both are known before anything is sent.
///
/// ```
/// use turratech::{ApiKey, KeyKind, Mode};
///
/// let key = ApiKey::new("sk_test_abc123")?;
/// assert_eq!((key.kind(), key.mode()), (KeyKind::Secret, Mode::Test));
/// assert_eq!(format!("{key:?}"), "ApiKey(secret, test, [redacted])");
/// assert!(ApiKey::new("whsec_abc123").is_err());
/// # Ok::<(), turratech::ValidationError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    secret: Secret,
    kind: KeyKind,
    mode: Mode,
}

impl ApiKey {
    /// Creates a key from the text that the Dashboard shows.
    ///
    /// # Errors
    ///
    /// Returns an error if the text has none of the documented prefixes, or contains anything but visible ASCII
    /// characters, such as a trailing newline.
    pub fn new(text: impl Into<String>) -> Result<Self, ValidationError> {
        Self::from_secret("api_key", Secret::new("api_key", text)?)
    }

    /// Reads the key from the environment variable `TURRATECH_API_KEY`.
    ///
    /// # Errors
    ///
    /// Returns an error if the variable is not set, or if [`Self::new`] rejects its value.
    pub fn from_env() -> Result<Self, ValidationError> {
        Self::from_secret(VARIABLE, Secret::from_env(VARIABLE)?)
    }

    /// Returns what the key may do.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Returns whether the key moves test money or real money.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn expose(&self) -> &str {
        self.secret.expose()
    }

    fn from_secret(field: &'static str, secret: Secret) -> Result<Self, ValidationError> {
        let text = secret.expose();
        let row = PREFIXES.iter().find(|(prefix, ..)| text.len() > prefix.len() && text.starts_with(prefix));
        let Some((_, kind, mode)) = row else {
            return Err(ValidationError::new(
                field,
                "must start with `pk_`, `sk_` or `rk_`, followed by `test_` or `live_` and the key itself",
            ));
        };
        Ok(Self { kind: *kind, mode: *mode, secret })
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}, {}, [redacted])", self.kind.as_str(), self.mode.as_str())
    }
}

/// What an API key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// `pk_`: may only create payment methods. Safe to expose to customers.
    Publishable,
    /// `sk_`: may do everything. Keep it on servers.
    Secret,
    /// `rk_`: has the permissions that it was given in the Dashboard, for specific integrations.
    Restricted,
}

impl KeyKind {
    /// Returns the kind as one lower-case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Publishable => "publishable",
            Self::Secret => "secret",
            Self::Restricted => "restricted",
        }
    }
}

/// Whether an API key moves test money or real money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// `_test_`: no real money, test card numbers.
    Test,
    /// `_live_`: real payments.
    Live,
}

impl Mode {
    /// Returns true for real money. Objects and events report the same as `livemode`.
    #[must_use]
    pub fn is_live(self) -> bool {
        self == Self::Live
    }

    /// Returns the mode as one lower-case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

const VARIABLE: &str = "TURRATECH_API_KEY";

/// The documented prefixes, with the kind and mode that they stand for.
const PREFIXES: &[(&str, KeyKind, Mode)] = &[
    ("pk_test_", KeyKind::Publishable, Mode::Test),
    ("pk_live_", KeyKind::Publishable, Mode::Live),
    ("sk_test_", KeyKind::Secret, Mode::Test),
    ("sk_live_", KeyKind::Secret, Mode::Live),
    ("rk_test_", KeyKind::Restricted, Mode::Test),
    ("rk_live_", KeyKind::Restricted, Mode::Live),
];
