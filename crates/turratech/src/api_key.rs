use std::fmt;

use payments_core::{Secret, ValidationError};

/// Authenticates requests: a key from the Dashboard.
///
/// Its prefix says what it may do and whether money is real (documented), so both are known before anything is sent.
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
    /// Takes the key as the Dashboard shows it.
    ///
    /// # Errors
    ///
    /// When it begins with none of the documented prefixes, or holds anything but visible ASCII (a trailing newline,
    /// say).
    pub fn new(text: impl Into<String>) -> Result<Self, ValidationError> {
        Self::of("api_key", Secret::new("api_key", text)?)
    }

    /// Reads it from the environment variable `TURRATECH_API_KEY`.
    ///
    /// # Errors
    ///
    /// When the variable is not set, or holds what [`Self::new`] refuses.
    pub fn from_env() -> Result<Self, ValidationError> {
        Self::of(VARIABLE, Secret::from_env(VARIABLE)?)
    }

    /// What it may do.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether it moves real money.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn expose(&self) -> &str {
        self.secret.expose()
    }

    fn of(field: &'static str, secret: Secret) -> Result<Self, ValidationError> {
        let text = secret.expose();
        let row = PREFIXES.iter().find(|(prefix, ..)| text.len() > prefix.len() && text.starts_with(prefix));
        let Some((_, kind, mode)) = row else {
            return Err(ValidationError::new(
                field,
                "must be pk_, sk_ or rk_, then test_ or live_, then the key itself",
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

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// `pk_`: may be shown to customers, to make payment methods of their cards.
    ///
    /// Nothing else is sent with it.
    Publishable,
    /// `sk_`: may do everything. Keep it on servers.
    Secret,
    /// `rk_`: may do what it was given in the Dashboard, for specific integrations.
    Restricted,
}

impl KeyKind {
    /// The kind in a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Publishable => "publishable",
            Self::Secret => "secret",
            Self::Restricted => "restricted",
        }
    }
}

/// Whether money is real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// `_test_`: no real money, test card numbers.
    Test,
    /// `_live_`: real payments.
    Live,
}

impl Mode {
    /// True where money is real: `livemode`, as objects and events say it.
    #[must_use]
    pub fn is_live(self) -> bool {
        self == Self::Live
    }

    /// The mode in a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

const VARIABLE: &str = "TURRATECH_API_KEY";

/// Documented.
const PREFIXES: &[(&str, KeyKind, Mode)] = &[
    ("pk_test_", KeyKind::Publishable, Mode::Test),
    ("pk_live_", KeyKind::Publishable, Mode::Live),
    ("sk_test_", KeyKind::Secret, Mode::Test),
    ("sk_live_", KeyKind::Secret, Mode::Live),
    ("rk_test_", KeyKind::Restricted, Mode::Test),
    ("rk_live_", KeyKind::Restricted, Mode::Live),
];
