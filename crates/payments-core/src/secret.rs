use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::ValidationError;

/// A secret text, such as an API key or a signing secret.
///
/// - `Debug` shows `[redacted]`. There is no `Display` and no `Serialize`.
/// - Comparison takes constant time.
/// - The memory is wiped on drop. Copies inside the HTTP stack are not wiped.
///
/// Provider crates wrap it with [`secret_newtype!`](crate::secret_newtype), so that two kinds of secret cannot be mixed
/// up.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Creates a secret from visible ASCII characters. `field` names it in errors.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is empty or contains other characters, such as the trailing newline of a file.
    pub fn new(field: &'static str, text: impl Into<String>) -> Result<Self, ValidationError> {
        let text = Zeroizing::new(text.into());
        if text.is_empty() {
            Err(ValidationError::new(field, "must not be empty"))
        } else if text.chars().any(char::is_whitespace) {
            Err(ValidationError::new(field, "must not contain whitespace; check for a newline at the end"))
        } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Err(ValidationError::new(field, "must contain only visible ASCII characters"))
        } else {
            Ok(Self(text))
        }
    }

    /// Reads a secret from an environment variable.
    ///
    /// # Errors
    ///
    /// Returns an error if the variable is not set, is not valid Unicode, or has a value that [`Secret::new`] rejects.
    #[expect(clippy::disallowed_methods, reason = "the only code that reads the environment, at the caller's request")]
    pub fn from_env(variable: &'static str) -> Result<Self, ValidationError> {
        match std::env::var(variable) {
            Ok(text) => Self::new(variable, text),
            Err(std::env::VarError::NotPresent) => Err(ValidationError::new(variable, "is not set in the environment")),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(ValidationError::new(variable, "must contain only visible ASCII characters"))
            }
        }
    }

    /// Returns the secret text. Call this only in the code that sends it or signs with it.
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

/// Defines a type for one kind of [`Secret`](crate::Secret), with the name of its environment variable.
///
/// ```
/// payments_core::secret_newtype! {
///     /// The API key that authenticates requests.
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
///     /// The API key that authenticates requests.
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
            /// Creates the secret from its text.
            ///
            /// # Errors
            ///
            /// Returns an error if the text is empty or contains anything but visible ASCII, such as a trailing
            /// newline.
            pub fn new(text: impl Into<String>) -> Result<Self, $crate::ValidationError> {
                $crate::Secret::new($field, text).map(Self)
            }

            #[doc = concat!("Reads the secret from the environment variable `", $variable, "`.")]
            ///
            /// # Errors
            ///
            /// Returns an error if the variable is not set, or has a value that [`Self::new`] rejects.
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
