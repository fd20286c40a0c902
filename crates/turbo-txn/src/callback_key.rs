use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use payments_core::{Secret, ValidationError};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Decrypts callbacks: what the document calls "secretKey", from Turbo Transactions' team.
///
/// It comes as the base64 of 32 bytes. It is another secret than the header's [`SecretKey`](crate::SecretKey), and
/// another type. Like it, it shows nothing of itself, is compared in constant time, and is wiped when it is dropped.
///
/// ```
/// use turbo_txn::CallbackKey;
///
/// let key = CallbackKey::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")?;
/// assert_eq!(format!("{key:?}"), "CallbackKey([redacted])");
///
/// let raw = CallbackKey::new("0123456789abcdef0123456789abcdef").unwrap_err();
/// assert_eq!(raw.rule(), "must be base64 of 32 bytes; it is of 24. Is it the key itself?");
/// # Ok::<(), turbo_txn::ValidationError>(())
/// ```
#[derive(Clone)]
pub struct CallbackKey(Box<Zeroizing<[u8; LENGTH]>>);

impl CallbackKey {
    /// Takes the key as Turbo Transactions gives it: base64 of the standard alphabet, padded.
    ///
    /// # Errors
    ///
    /// When it is anything else: the key itself, the URL-safe alphabet, another length, a newline at its end.
    pub fn new(text: impl Into<String>) -> Result<Self, ValidationError> {
        Self::of(FIELD, &Secret::new(FIELD, text)?)
    }

    /// Reads it from the environment variable `TURBO_TXN_CALLBACK_KEY`.
    ///
    /// # Errors
    ///
    /// When the variable is not set, or holds what [`Self::new`] refuses.
    pub fn from_env() -> Result<Self, ValidationError> {
        Self::of(VARIABLE, &Secret::from_env(VARIABLE)?)
    }

    fn of(field: &'static str, secret: &Secret) -> Result<Self, ValidationError> {
        let text = secret.expose();
        if text.contains(['-', '_']) {
            return Err(ValidationError::new(field, "must be base64 with `+` and `/`, not with `-` and `_`"));
        }
        let bytes = STANDARD.decode(text).map(Zeroizing::new);
        let bytes =
            bytes.map_err(|_| ValidationError::new(field, "must be base64, padded, of 32 bytes: 44 characters"))?;
        if bytes.len() != LENGTH {
            let hint = if text.len() == LENGTH { ". Is it the key itself?" } else { "" };
            return Err(ValidationError::new(
                field,
                format!("must be base64 of 32 bytes; it is of {}{hint}", bytes.len()),
            ));
        }
        // On the heap before it holds anything, so that moving it leaves no copy behind.
        let mut key = Box::new(Zeroizing::new([0; LENGTH]));
        key.copy_from_slice(&bytes);
        Ok(Self(key))
    }

    pub(crate) fn bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

impl PartialEq for CallbackKey {
    fn eq(&self, other: &Self) -> bool {
        self.bytes().ct_eq(other.bytes()).into()
    }
}

impl Eq for CallbackKey {}

impl fmt::Debug for CallbackKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackKey([redacted])")
    }
}

/// AES-256 (documented).
const LENGTH: usize = 32;

const FIELD: &str = "callback_key";
const VARIABLE: &str = "TURBO_TXN_CALLBACK_KEY";
