use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use payments_core::{Secret, ValidationError};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The key that decrypts callbacks: 32 bytes, passed in base64.
///
/// Turbo Transactions' team provides it. The documentation calls it "secretKey"; it is not the
/// [`SecretKey`](crate::SecretKey) of the request header. The key is redacted in `Debug`, compared in constant time and
/// wiped from memory when dropped.
///
/// ```
/// use turbo_txn::CallbackKey;
///
/// let key = CallbackKey::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")?;
/// assert_eq!(format!("{key:?}"), "CallbackKey([redacted])");
///
/// let raw = CallbackKey::new("0123456789abcdef0123456789abcdef").unwrap_err();
/// assert_eq!(raw.rule(), "must be 32 bytes in base64, but decodes to 24 bytes; is this the raw key?");
/// # Ok::<(), turbo_txn::ValidationError>(())
/// ```
#[derive(Clone)]
pub struct CallbackKey(Box<Zeroizing<[u8; LENGTH]>>);

impl CallbackKey {
    /// Decodes the key from padded base64 with the standard alphabet.
    ///
    /// # Errors
    ///
    /// Returns an error for any other text, for example the raw key, the URL-safe alphabet, another length, or a
    /// trailing newline.
    pub fn new(text: impl Into<String>) -> Result<Self, ValidationError> {
        Self::decode(FIELD, &Secret::new(FIELD, text)?)
    }

    /// Reads the key from the environment variable `TURBO_TXN_CALLBACK_KEY`.
    ///
    /// # Errors
    ///
    /// Returns an error if the variable is not set, or if [`Self::new`] rejects its value.
    pub fn from_env() -> Result<Self, ValidationError> {
        Self::decode(VARIABLE, &Secret::from_env(VARIABLE)?)
    }

    fn decode(field: &'static str, secret: &Secret) -> Result<Self, ValidationError> {
        let text = secret.expose();
        if text.contains(['-', '_']) {
            let rule = "must be standard base64 with `+` and `/`, not URL-safe base64 with `-` and `_`";
            return Err(ValidationError::new(field, rule));
        }
        let bytes = STANDARD.decode(text).map(Zeroizing::new).map_err(|_| {
            ValidationError::new(field, "must be 32 bytes in padded base64, which is a text of 44 characters")
        })?;
        if bytes.len() != LENGTH {
            let hint = if text.len() == LENGTH { "; is this the raw key?" } else { "" };
            return Err(ValidationError::new(
                field,
                format!("must be 32 bytes in base64, but decodes to {} bytes{hint}", bytes.len()),
            ));
        }
        // Allocated on the heap before it is filled, so that moving the key leaves no copy behind.
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

/// The length of an AES-256 key in bytes (*documented*).
const LENGTH: usize = 32;

const FIELD: &str = "callback_key";
const VARIABLE: &str = "TURBO_TXN_CALLBACK_KEY";
