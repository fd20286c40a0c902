use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::ValidationError;

/// A text that nobody may read by accident: a key, a signing secret.
///
/// `Debug` shows nothing of it, there is no `Display` and no `Serialize`, comparison takes the same time whatever
/// differs, and its memory is wiped when it is dropped. (What the HTTP stack copies from it is beyond us.)
///
/// Provider crates wrap it in types of their own with [`secret!`](crate::secret!), so that two kinds of key cannot be mixed up.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret of visible ASCII characters.
    ///
    /// # Errors
    ///
    /// When it is empty, or holds white space (a trailing newline from a file, say) or anything but visible ASCII.
    pub fn new(field: &'static str, text: impl Into<String>) -> Result<Self, ValidationError> {
        let text = Zeroizing::new(text.into());
        if text.is_empty() {
            Err(ValidationError::new(field, "must not be empty"))
        } else if text.chars().any(char::is_whitespace) {
            Err(ValidationError::new(field, "must not hold white space; is there a newline at its end?"))
        } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Err(ValidationError::new(field, "must be visible ASCII characters only"))
        } else {
            Ok(Self(text))
        }
    }

    /// Reads it from an environment variable.
    ///
    /// # Errors
    ///
    /// When the variable is not set, is not text, or holds what [`Secret::new`] refuses.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment, when a caller asks for it"
    )]
    pub fn from_env(variable: &'static str) -> Result<Self, ValidationError> {
        match std::env::var(variable) {
            Ok(text) => Self::new(variable, text),
            Err(std::env::VarError::NotPresent) => Err(ValidationError::new(variable, "is not set in the environment")),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(ValidationError::new(variable, "must be visible ASCII characters only"))
            }
        }
    }

    /// The secret itself, for the one place that sends or computes with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Makes a type of its own of a [`Secret`](crate::Secret), with the environment variable that may hold it.
///
/// ```
/// payments_core::secret_newtype! {
///     /// Authenticates requests.
///     pub struct ApiKey("api_key", "ACME_API_KEY");
/// }
///
/// let key = ApiKey::new("k-123")?;
/// assert_eq!(format!("{key:?}"), "ApiKey([redacted])");
/// assert!(ApiKey::new("k-123\n").is_err());
/// # Ok::<(), payments_core::ValidationError>(())
/// ```
///
/// A secret cannot be printed:
///
/// ```compile_fail,E0277
/// payments_core::secret_newtype! {
///     /// Authenticates requests.
///     pub struct ApiKey("api_key", "ACME_API_KEY");
/// }
/// println!("{}", ApiKey::new("k-123").unwrap());
/// ```
#[macro_export]
macro_rules! secret_newtype {
    ($(#[$meta:meta])* $vis:vis struct $name:ident($field:literal, $variable:literal);) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        $vis struct $name($crate::Secret);

        impl $name {
            /// Takes the secret as the provider shows it.
            ///
            /// # Errors
            ///
            /// When it is empty, or holds anything but visible ASCII (a trailing newline, say).
            pub fn new(text: impl Into<String>) -> Result<Self, $crate::ValidationError> {
                $crate::Secret::new($field, text).map(Self)
            }

            #[doc = concat!("Reads it from the environment variable `", $variable, "`.")]
            ///
            /// # Errors
            ///
            /// When the variable is not set, or holds what [`Self::new`] refuses.
            pub fn from_env() -> Result<Self, $crate::ValidationError> {
                $crate::Secret::from_env($variable).map(Self)
            }

            #[allow(dead_code, reason = "not every secret is sent by the crate that defines it")]
            pub(crate) fn expose(&self) -> &str {
                self.0.expose()
            }
        }
    };
}
