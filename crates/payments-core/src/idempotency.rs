#[cfg(feature = "random-keys")]
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use crate::{ValidationError, stored};

/// An idempotency key, its creation time, and whether it may already have been used.
///
/// A provider executes a request at most once per key, but only as long as it remembers the key. So the key's age
/// matters: the stored form has the value and the creation time. In a table with a column for each, pass both to
/// [`IdempotencyKey::new`] when you load the key.
///
/// A loaded key always counts as possibly used:
///
/// ```
/// use payments_core::{IdempotencyKey, time::OffsetDateTime};
///
/// let key = IdempotencyKey::new("order-7421", OffsetDateTime::UNIX_EPOCH)?.assume_unused();
/// let stored = serde_json::to_string(&key).unwrap();
/// assert_eq!(stored, r#"{"value":"order-7421","created_at":"1970-01-01T00:00:00Z"}"#);
///
/// let loaded: IdempotencyKey = serde_json::from_str(&stored).unwrap();
/// assert!(loaded.may_have_been_used());
/// # Ok::<(), payments_core::ValidationError>(())
/// ```
///
/// The clones of a key know of each other: once a call was sent under one of them, all may have been used.
#[derive(Debug, Clone, Serialize)]
pub struct IdempotencyKey {
    value: Box<str>,
    #[serde(with = "stored::time")]
    created_at: OffsetDateTime,
    #[serde(skip)]
    may_have_been_used: bool,
    #[serde(skip)]
    uses: Uses,
}

/// How many attempts under a key or its clones are in flight or may have been executed.
#[derive(Debug, Clone, Default)]
struct Uses(Arc<AtomicU32>);

impl PartialEq for IdempotencyKey {
    fn eq(&self, other: &Self) -> bool {
        let parts = |key: &Self| (key.created_at, key.may_have_been_used());
        self.value == other.value && parts(self) == parts(other)
    }
}

impl Eq for IdempotencyKey {}

impl Hash for IdempotencyKey {
    /// Hashes what never changes.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.value, self.created_at).hash(state);
    }
}

impl<'de> Deserialize<'de> for IdempotencyKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct StoredKey {
            value: String,
            #[serde(with = "stored::time")]
            created_at: OffsetDateTime,
        }
        let StoredKey { value, created_at } = StoredKey::deserialize(deserializer)?;
        Self::new(value, created_at).map_err(D::Error::custom)
    }
}

impl IdempotencyKey {
    /// Creates a key from 1 to 255 visible ASCII characters, stored or self-chosen.
    ///
    /// The key counts as possibly used, for example by an earlier process that had stored it. A call under it starts
    /// with the outcome `Unknown`, and is not sent once the provider may have forgotten the key. If you know that no
    /// request was sent under it, say so with [`IdempotencyKey::assume_unused`].
    ///
    /// # Errors
    ///
    /// Returns an error if the value is empty, too long, or contains other characters.
    pub fn new(value: impl Into<String>, created_at: OffsetDateTime) -> Result<Self, ValidationError> {
        let value = value.into();
        if !(1..=255).contains(&value.len()) || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ValidationError::new("idempotency_key", "must be 1 to 255 visible ASCII characters"));
        }
        Ok(Self { value: value.into(), created_at, may_have_been_used: true, uses: Uses::default() })
    }

    /// Creates a random, unused key (a version 4 UUID).
    ///
    /// The key exists only in memory. If a payment must survive a crash, store the key before sending, or use a
    /// [derived](Self::derived) key.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system provides no randomness.
    #[cfg(feature = "random-keys")]
    #[cfg_attr(docsrs, doc(cfg(feature = "random-keys")))]
    pub fn random(created_at: OffsetDateTime) -> Result<Self, NoRandomness> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|_| NoRandomness(()))?;
        Ok(Self { value: uuid(bytes, 4), created_at, may_have_been_used: false, uses: Uses::default() })
    }

    /// Derives the key of an order. Every process derives the same key from the same arguments.
    ///
    /// - `operation_id` says what is done (`"refund"`). It must never change for the same kind of operation.
    /// - `reference` is the merchant's own reference.
    /// - `created_at` is when the order was created, **as stored by the merchant**. Do not pass the current time: the
    ///   key would never seem to expire, and a request after its real expiry would pay again.
    ///
    /// An earlier process may have used the key, so a call under it starts with the outcome `Unknown`.
    #[must_use]
    pub fn derived(operation_id: &str, reference: &str, created_at: OffsetDateTime) -> Self {
        // The length separates ("a", "bc") from ("ab", "c").
        let digest: [u8; 32] = Sha256::new()
            .chain_update(format!("{}:{operation_id}:", operation_id.len()))
            .chain_update(reference)
            .finalize()
            .into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self { value: uuid(bytes, 8), created_at, may_have_been_used: true, uses: Uses::default() }
    }

    /// Stands in for the key of a call that is never sent.
    #[cfg(feature = "random-keys")]
    pub(crate) fn placeholder() -> Self {
        Self {
            value: "none".into(),
            created_at: OffsetDateTime::UNIX_EPOCH,
            may_have_been_used: false,
            uses: Uses::default(),
        }
    }

    /// Returns the same key, marked as unused: the caller guarantees that no request was sent under it.
    #[must_use]
    pub fn assume_unused(self) -> Self {
        Self { may_have_been_used: false, uses: Uses::default(), ..self }
    }

    /// True if an earlier process or a settled call may have used the key, whatever its clones do.
    pub(crate) fn was_used_before(&self) -> bool {
        self.may_have_been_used
    }

    /// Counts an attempt, before it is sent.
    pub(crate) fn begin_use(&self) {
        self.uses.0.fetch_add(1, Ordering::SeqCst);
    }

    /// Takes back an attempt that was provably not sent.
    pub(crate) fn end_use(&self) {
        self.uses.0.fetch_sub(1, Ordering::SeqCst);
    }

    /// True if calls other than the one with these uses may have used the key, or are using it now.
    pub(crate) fn is_used_elsewhere(&self, own_uses: u32) -> bool {
        self.may_have_been_used || self.uses.0.load(Ordering::SeqCst) > own_uses
    }

    pub(crate) fn used(self) -> Self {
        Self { may_have_been_used: true, ..self }
    }

    /// The key's text.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The time when the key was created. Its age counts from then.
    #[must_use]
    pub fn created_at(&self) -> OffsetDateTime {
        self.created_at
    }

    /// True if a request may already have been sent under the key, or under a clone of it.
    #[must_use]
    pub fn may_have_been_used(&self) -> bool {
        self.is_used_elsewhere(0)
    }
}

/// The operating system provided no randomness for an idempotency key.
#[cfg(feature = "random-keys")]
#[cfg_attr(docsrs, doc(cfg(feature = "random-keys")))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRandomness(());

#[cfg(feature = "random-keys")]
impl fmt::Display for NoRandomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operating system provided no randomness for an idempotency key")
    }
}

#[cfg(feature = "random-keys")]
impl std::error::Error for NoRandomness {}

/// Formats sixteen bytes as a UUID of this version (RFC 9562): 4 is random, 8 is vendor-specific.
fn uuid(mut bytes: [u8; 16], version: u8) -> Box<str> {
    bytes[6] = bytes[6] & 0x0f | version << 4;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = [b'-'; 36];
    for (byte, at) in bytes.into_iter().zip([0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]) {
        text[at] = HEX[usize::from(byte >> 4)];
        text[at + 1] = HEX[usize::from(byte & 0x0f)];
    }
    // Digits and hyphens are ASCII, so this cannot fail.
    std::str::from_utf8(&text).unwrap_or_default().into()
}

const HEX: &[u8; 16] = b"0123456789abcdef";
