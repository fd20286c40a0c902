//! The journal's keys: what they protect can be recognised and read only with them.

#[cfg(test)]
mod tests;

use std::fmt;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use payments_core::ValidationError;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

payments_core::secret_newtype! {
    /// A master key of the journal: at least 32 random characters, such as 32 random bytes in Base64.
    ///
    /// Whoever has the key and the database can read account numbers. Keep the key out of the database and its backups.
    pub struct JournalKey("journal_key", "PAYMENTS_JOURNAL_KEY");
}

/// The keys of a journal, each with an id that is stored beside what the key protects.
///
/// To change the key, first accept the new key in every process. Then make it the current one, and accept the old one as well. New
/// rows get the new key. Older rows keep theirs, so keep the old key as long as a row has its id.
///
/// ```
/// use payments_journal::{JournalKey, JournalKeys};
///
/// let old = JournalKey::new("0f1e2d3c4b5a69788796a5b4c3d2e1f0")?;
/// let new = JournalKey::new("f0e1d2c3b4a5968778695a4b3c2d1e0f")?;
/// let keys = JournalKeys::new("2027", new)?.also_accept("2026", old)?;
///
/// assert_eq!(keys.current(), "2027");
/// # Ok::<(), payments_core::ValidationError>(())
/// ```
///
/// An id is never used for another key: what was stored under it could not be read.
#[derive(Clone)]
pub struct JournalKeys {
    current: Key,
    older: Vec<Key>,
}

impl JournalKeys {
    /// Creates the keys from the current one. Its id has 1 to 32 visible ASCII characters, such as `2026-11`.
    ///
    /// # Errors
    ///
    /// Returns an error if the id is invalid, or if the key has less than 32 characters.
    pub fn new(id: impl Into<String>, key: JournalKey) -> Result<Self, ValidationError> {
        Ok(Self { current: Key::derive(id.into(), key)?, older: Vec::new() })
    }

    /// Accepts an older key as well: what it protects stays readable.
    ///
    /// # Errors
    ///
    /// Returns an error if the id is invalid or already has a key, or if the key has less than 32 characters.
    pub fn also_accept(mut self, id: impl Into<String>, key: JournalKey) -> Result<Self, ValidationError> {
        let key = Key::derive(id.into(), key)?;
        if self.find(&key.id).is_ok() {
            return Err(ValidationError::new("key_id", "must not have another key already"));
        }
        self.older.push(key);
        Ok(self)
    }

    /// The id of the current key, under which new rows are stored.
    #[must_use]
    pub fn current(&self) -> &str {
        &self.current.id
    }

    /// Returns the MAC of a row's parameters under the current key.
    pub(crate) fn mac(&self, identity: &Identity<'_>, parameters: &[u8]) -> [u8; 32] {
        self.current.mac_of(identity, parameters).finalize().into_bytes().into()
    }

    /// Returns true if the parameters are those of the row with this MAC.
    ///
    /// # Errors
    ///
    /// Returns an error if the row's key is missing.
    pub(crate) fn verify_mac(
        &self,
        key_id: &str,
        identity: &Identity<'_>,
        parameters: &[u8],
        mac: &[u8],
    ) -> Result<bool, KeyError> {
        Ok(self.find(key_id)?.mac_of(identity, parameters).verify_slice(mac).is_ok())
    }

    /// Seals a value of a row under the current key. Returns the nonce, the ciphertext and the tag.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system provides no randomness.
    pub(crate) fn seal(&self, identity: &Identity<'_>, plaintext: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| KeyError::NoRandomness)?;
        let mut sealed = Vec::with_capacity(NONCE + plaintext.len() + TAG);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let cipher = self.current.cipher();
        let tag =
            cipher.encrypt_inout_detached(&XNonce::from(nonce), &identity.to_bytes(), (&mut sealed[NONCE..]).into());
        let Ok(tag) = tag else {
            sealed.zeroize();
            return Err(KeyError::TooLong);
        };
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Opens a sealed value of a row.
    ///
    /// # Errors
    ///
    /// Returns an error if the row's key is missing, or if the value is not what was sealed for this row.
    pub(crate) fn open(
        &self,
        key_id: &str,
        identity: &Identity<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let key = self.find(key_id)?;
        let changed = || KeyError::Changed { id: key.id.clone() };
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE>().ok_or_else(changed)?;
        let mut value = Zeroizing::new(ciphertext.to_vec());
        let opened = key.cipher().decrypt_in_place(&XNonce::from(*nonce), &identity.to_bytes(), &mut *value);
        opened.map_err(|_| changed())?;
        Ok(value)
    }

    fn find(&self, id: &str) -> Result<&Key, KeyError> {
        let mut keys = std::iter::once(&self.current).chain(&self.older);
        keys.find(|key| key.id == id).ok_or_else(|| KeyError::Missing { id: id.to_owned() })
    }
}

impl fmt::Debug for JournalKeys {
    /// Shows the ids only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let older: Vec<_> = self.older.iter().map(|key| &key.id).collect();
        f.debug_struct("JournalKeys").field("current", &self.current.id).field("older", &older).finish_non_exhaustive()
    }
}

/// A key that a row needs is missing, or the row was changed. The error never contains the row's data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The journal does not have the key with this id.
    #[error(
        "the journal does not have the key `{id}`, under which the row is stored: add it with `JournalKeys::also_accept`"
    )]
    Missing {
        /// The key's id.
        id: String,
    },
    /// The value was changed, belongs to another row, or was sealed with another key under the same id.
    #[error(
        "a value that was sealed with the key `{id}` was changed, belongs to another row, or was sealed with another key \
         of this id"
    )]
    Changed {
        /// The key's id.
        id: String,
    },
    /// The value is too long to be sealed.
    #[error("the value is too long to be sealed")]
    TooLong,
    /// The operating system provided no randomness.
    #[error("the operating system provided no randomness to seal a value")]
    NoRandomness,
}

/// What identifies a row. It is part of each MAC and each sealed value, so that neither can be moved to another row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identity<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) account: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) reference: &'a str,
    /// The version of the stored parameters.
    pub(crate) version: u32,
}

impl Identity<'_> {
    /// Returns an unambiguous encoding. The lengths separate ("a", "bc") from ("ab", "c"), and it shows where it ends.
    fn to_bytes(self) -> Vec<u8> {
        let Self { tenant, provider, account, operation, reference, version } = self;
        let mut bytes = format!("{version}:").into_bytes();
        for text in [tenant, provider, account, operation, reference] {
            bytes.extend_from_slice(format!("{}:{text}", text.len()).as_bytes());
        }
        bytes
    }
}

/// A key with its id. MACs and sealing have keys of their own, derived from the master key.
#[derive(Clone)]
struct Key {
    id: String,
    mac: Hmac<Sha256>,
    seal: Zeroizing<[u8; 32]>,
}

impl Key {
    fn derive(id: String, JournalKey(master): JournalKey) -> Result<Self, ValidationError> {
        if !(1..=32).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ValidationError::new("key_id", "must be 1 to 32 visible ASCII characters"));
        }
        if master.expose().len() < MIN_KEY {
            return Err(ValidationError::new("journal_key", "must have at least 32 characters"));
        }
        // HKDF (RFC 5869): extract once, then expand each key, which is not longer than one block of output.
        let master = hmac(b"payments-journal").chain_update(master.expose());
        let master = Zeroizing::new(<[u8; 32]>::from(master.finalize().into_bytes()));
        let subkey = |label: &[u8]| {
            let key = hmac(&*master).chain_update(label).chain_update([1]);
            Zeroizing::new(<[u8; 32]>::from(key.finalize().into_bytes()))
        };
        Ok(Self { id, mac: hmac(&*subkey(b"mac")), seal: subkey(b"seal") })
    }

    fn mac_of(&self, identity: &Identity<'_>, parameters: &[u8]) -> Hmac<Sha256> {
        self.mac.clone().chain_update(identity.to_bytes()).chain_update(parameters)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.seal).into())
    }
}

/// Creates an HMAC-SHA256. Its key must not be longer than a block of the hash, which is 64 bytes.
fn hmac(key: &[u8]) -> Hmac<Sha256> {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    block[..key.len()].copy_from_slice(key);
    let hmac = Hmac::new(&block);
    block.as_mut_slice().zeroize();
    hmac
}

/// The least length of a master key, in characters.
const MIN_KEY: usize = 32;
/// The length of a nonce in bytes: so long that random ones do not repeat, however many rows there are.
const NONCE: usize = 24;
/// The length of a tag in bytes.
const TAG: usize = 16;
