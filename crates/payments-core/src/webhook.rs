//! Verification of webhooks: an event is readable only after its signature was verified.

mod delivery;

use std::fmt;
use std::ops::Deref;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroize as _;

pub use delivery::Delivery;

use crate::json::DecodeError;
use crate::{Secret, trace};

/// A value whose origin was verified. Code that has a `Verified<Event>` may act on it.
///
/// Only a verification creates one. It cannot be built from unsigned bytes:
///
/// ```compile_fail,E0451
/// use payments_core::webhook::Verified;
/// let forged = Verified { value: "paid", body: Vec::new() };
/// ```
///
/// It does not implement `Deserialize`. Store the [`Delivery`], and verify it again:
///
/// ```compile_fail,E0277
/// use payments_core::webhook::Verified;
/// let forged: Verified<String> = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Verified<T> {
    value: T,
    body: Vec<u8>,
}

impl<T> Verified<T> {
    /// Returns the value and drops the proof.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The signed body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns the SHA-256 of the signed body. Repeated deliveries of the same body have the same digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest(Sha256::digest(&self.body).into())
    }
}

impl Verified<()> {
    /// Decodes the verified body. For provider crates.
    ///
    /// # Errors
    ///
    /// Returns [`VerifyError::Unreadable`] if `read` fails.
    pub fn decode<T>(self, read: impl FnOnce(&[u8]) -> Result<T, DecodeError>) -> Result<Verified<T>, VerifyError> {
        let value = read(&self.body).map_err(VerifyError::Unreadable)?;
        Ok(Verified { value, body: self.body })
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Verified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Verified").field(&self.value).finish()
    }
}

/// An unverified claim from outside. It exposes only what to look up at the provider.
///
/// A claimed amount or status is not accessible. Reading one does not compile:
///
/// ```compile_fail,E0609
/// use payments_core::webhook::Unverified;
/// fn ship(callback: Unverified<String>) {
///     let _ = callback.amount;
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Unverified<T> {
    claimed: T,
}

impl<T> Unverified<T> {
    /// Creates a value from the claimed id or reference. For provider crates.
    pub const fn new(claimed: T) -> Self {
        Self { claimed }
    }

    /// The claimed id or reference. Look it up at the provider; trust only the response.
    pub const fn claimed(&self) -> &T {
        &self.claimed
    }
}

impl<T: fmt::Debug> fmt::Debug for Unverified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unverified").field(&self.claimed).finish()
    }
}

/// The reason why a delivery is not a verified event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The delivery could not be verified: a signature is missing or wrong, or the body does not decrypt.
    ///
    /// Respond with 400 and no details. The reason is in the trace, for the operator and not for the sender.
    #[error("the delivery could not be verified")]
    Rejected,
    /// The signature is right, but this version cannot decode the body. Respond with 500, so that it is sent again.
    #[error("the verified body could not be decoded: {0}")]
    Unreadable(DecodeError),
}

/// Rejects a delivery. The reason is recorded in the trace only.
#[must_use]
pub fn rejected(reason: &'static str) -> VerifyError {
    trace::rejected(reason);
    VerifyError::Rejected
}

/// Returns the value of a header that must occur exactly once, such as a signature.
///
/// # Errors
///
/// Returns an error if the header is missing or occurs twice.
pub fn one_header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a [u8], VerifyError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value.as_bytes()),
        (None, _) => Err(rejected("the signature header is missing")),
        (Some(_), Some(_)) => Err(rejected("the signature header occurs twice")),
    }
}

/// The secrets that a provider may have signed with: usually one, or several while a secret is being rotated.
///
/// Each signature is compared with each secret in constant time.
#[derive(Clone)]
pub struct SigningSecrets(Vec<Hmac<Sha256>>);

impl SigningSecrets {
    /// Starts with one secret. The bytes of its text are the HMAC key.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(vec![hmac(secret)])
    }

    /// Also accepts this secret, for example during a rotation.
    #[must_use]
    pub fn also_accept(mut self, secret: &Secret) -> Self {
        self.0.push(hmac(secret));
        self
    }

    /// Verifies a body by the HMAC-SHA256 of `message`, which the provider's scheme composes from the body.
    ///
    /// # Errors
    ///
    /// Returns an error if no signature matches a secret, or if the body is longer than [`MAX_BODY`].
    pub fn verify(&self, body: &[u8], message: &[&[u8]], signatures: &[[u8; 32]]) -> Result<Verified<()>, VerifyError> {
        if body.len() > MAX_BODY {
            return Err(rejected("the body is larger than the limit"));
        }
        let mut matches = subtle::Choice::from(0);
        for hmac in &self.0 {
            let tag = tag(hmac.clone(), message);
            for signature in signatures {
                matches |= tag.ct_eq(signature);
            }
        }
        if bool::from(matches) {
            Ok(Verified { value: (), body: body.to_vec() })
        } else {
            Err(rejected("no signature matches a secret"))
        }
    }
}

impl fmt::Debug for SigningSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningSecrets([{} redacted])", self.0.len())
    }
}

/// Returns the HMAC-SHA256 of a message, for tests that sign deliveries.
#[cfg(feature = "test-util")]
#[must_use]
pub fn sign(secret: &Secret, message: &[&[u8]]) -> [u8; 32] {
    tag(hmac(secret), message)
}

fn tag(mut hmac: Hmac<Sha256>, message: &[&[u8]]) -> [u8; 32] {
    message.iter().for_each(|part| hmac.update(part));
    hmac.finalize().into_bytes().into()
}

/// Creates an HMAC-SHA256 with a secret of any length as its key.
///
/// The key is padded to the hash's block size here (RFC 2104, section 2), because the fallible constructor for slices
/// would need a fallback key for an error that cannot occur.
fn hmac(secret: &Secret) -> Hmac<Sha256> {
    let secret = secret.expose().as_bytes();
    let mut key = hmac::digest::Key::<Hmac<Sha256>>::default();
    if secret.len() > key.len() {
        let digest = Sha256::digest(secret);
        key[..digest.len()].copy_from_slice(&digest);
    } else {
        key[..secret.len()].copy_from_slice(secret);
    }
    let hmac = Hmac::new(&key);
    key.as_mut_slice().zeroize();
    hmac
}

/// The largest difference between a delivery's timestamp and the current time, in either direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance(Duration);

impl Tolerance {
    /// Creates a tolerance of this many seconds, inclusive.
    #[must_use]
    pub fn seconds(seconds: u32) -> Self {
        Self(Duration::seconds(i64::from(seconds)))
    }

    /// Returns true if the claimed time is within the tolerance.
    #[must_use]
    pub fn covers(self, claimed: OffsetDateTime, now: OffsetDateTime) -> bool {
        (now - claimed).abs() <= self.0
    }
}

impl Default for Tolerance {
    /// Returns a tolerance of five minutes.
    fn default() -> Self {
        Self::seconds(300)
    }
}

/// A digest of a delivery's body, for recognising repeated deliveries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// Decodes a signature from 64 hexadecimal digits.
#[must_use]
pub fn signature_from_hex(text: &[u8], case: HexCase) -> Option<[u8; 32]> {
    let nibble = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' if case == HexCase::Either => Some(byte - b'A' + 10),
        _ => None,
    };
    let mut signature = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in signature.iter_mut().zip(text.chunks_exact(2)) {
        *byte = nibble(pair[0])? * 16 + nibble(pair[1])?;
    }
    Some(signature)
}

/// The letters that are accepted as hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HexCase {
    /// `a` to `f`.
    Lower,
    /// `a` to `f` and `A` to `F`.
    Either,
}

/// Decodes a signature from base64: the standard alphabet, with padding.
#[must_use]
pub fn signature_from_base64(text: &[u8]) -> Option<[u8; 32]> {
    if text.len() != 44 {
        return None;
    }
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// The HTTP response that tells a provider that its delivery was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Acknowledgement {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: &'static str,
}

impl Acknowledgement {
    /// Creates a response from a status and a body.
    #[must_use]
    pub const fn new(status: u16, body: &'static str) -> Self {
        Self { status, body }
    }
}

/// The largest body that is verified, in bytes: 256 KiB, inclusive. No documented event comes near it.
pub const MAX_BODY: usize = 256 * 1024;
