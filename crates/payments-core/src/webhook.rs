//! Proof that a delivery comes from the provider: nothing of it can be read before.

use std::fmt;
use std::ops::Deref;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use time::{Duration, OffsetDateTime};

use crate::json::DecodeError;
use crate::{Secret, trace};

/// Something whose origin has been proved.
///
/// Only a verification makes one, so whoever holds a `Verified<Event>` may act on it. It cannot be built by hand from bytes
/// that nobody signed, and it is not `Deserialize`:
///
/// ```compile_fail,E0451
/// use payments_core::webhook::Verified;
/// let forged = Verified { value: "paid", body: Vec::new() };
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Verified<T> {
    value: T,
    body: Vec<u8>,
}

impl<T> Verified<T> {
    /// What was proved, without the proof.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The bytes that were signed.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The SHA-256 of the bytes that were signed: the same delivery has the same digest, however often it comes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest(Sha256::digest(&self.body).into())
    }
}

impl Verified<()> {
    /// Decodes what was proved, for a provider crate.
    ///
    /// # Errors
    ///
    /// When the provider signed what cannot be read.
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

/// A digest of a delivery's bytes, to recognise a repetition by.
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

/// Why a delivery gives nothing to act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Its origin is not proved. Answer 400 and say no more: why it failed is in the trace, not for the sender.
    #[error("the delivery's origin is not proved")]
    Unproven,
    /// The provider signed it, but this version cannot read it. Answer 500, so that it is sent again.
    #[error("the provider signed what cannot be read: {0}")]
    Unreadable(DecodeError),
}

/// Refuses a delivery; the reason goes to the trace.
#[must_use]
pub fn unproven(reason: &'static str) -> VerifyError {
    trace::unproven(reason);
    VerifyError::Unproven
}

/// The value of a header that is there exactly once, such as a signature's.
///
/// # Errors
///
/// When it is missing, or there are two: which of them the provider meant, nobody can say.
pub fn one_header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a [u8], VerifyError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value.as_bytes()),
        (None, _) => Err(unproven("there is no signature header")),
        (Some(_), Some(_)) => Err(unproven("there are two signature headers")),
    }
}

/// The secrets that a provider may have signed with: one, or for the time of a rotation several.
///
/// Every signature is held against every secret in constant time.
#[derive(Clone)]
pub struct SigningSecrets(Vec<Hmac<Sha256>>);

impl SigningSecrets {
    /// With one secret, whose text's bytes are the key.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(vec![keyed(secret)])
    }

    /// And another, for the time of a rotation.
    #[must_use]
    pub fn or(mut self, secret: &Secret) -> Self {
        self.0.push(keyed(secret));
        self
    }

    /// Proves a body by the HMAC-SHA256 of `message`, the parts of which the provider's scheme puts together from it.
    ///
    /// # Errors
    ///
    /// When none of the signatures is one of ours, or the body is too long to be a delivery.
    pub fn prove(&self, body: &[u8], message: &[&[u8]], signatures: &[[u8; 32]]) -> Result<Verified<()>, VerifyError> {
        if body.len() > LONGEST_BODY {
            return Err(unproven("the body is too long to be a delivery"));
        }
        let mut proved = subtle::Choice::from(0);
        for keyed in &self.0 {
            let mut mac = keyed.clone();
            message.iter().for_each(|part| mac.update(part));
            let tag: [u8; 32] = mac.finalize().into_bytes().into();
            for signature in signatures {
                proved |= tag.ct_eq(signature);
            }
        }
        if bool::from(proved) {
            Ok(Verified { value: (), body: body.to_vec() })
        } else {
            Err(unproven("no signature fits any secret"))
        }
    }
}

impl fmt::Debug for SigningSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningSecrets([{} redacted])", self.0.len())
    }
}

fn keyed(secret: &Secret) -> Hmac<Sha256> {
    // HMAC takes a key of any length; the `Result` is for other constructions.
    Hmac::new_from_slice(secret.expose().as_bytes())
        .unwrap_or_else(|_| Hmac::new(&hmac::digest::Key::<Hmac<Sha256>>::default()))
}

/// The HMAC-SHA256 of a message, for signing what tests deliver.
#[cfg(feature = "test-util")]
#[must_use]
pub fn sign(secret: &Secret, message: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed(secret);
    message.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// How far a delivery's time may be from ours, either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance(Duration);

impl Tolerance {
    /// So many seconds, inclusive.
    #[must_use]
    pub fn seconds(seconds: u32) -> Self {
        Self(Duration::seconds(i64::from(seconds)))
    }

    /// True within it.
    #[must_use]
    pub fn covers(self, claimed: OffsetDateTime, now: OffsetDateTime) -> bool {
        (now - claimed).abs() <= self.0
    }
}

impl Default for Tolerance {
    /// Five minutes.
    fn default() -> Self {
        Self::seconds(300)
    }
}

/// Reads the 64 hexadecimal digits of a signature.
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

/// Which letters a provider's hexadecimal digits may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HexCase {
    /// `a` to `f`.
    Lower,
    /// `a` to `f` and `A` to `F`.
    Either,
}

/// Reads the base64 of a signature: the standard alphabet, padded.
#[must_use]
pub fn signature_from_base64(text: &[u8]) -> Option<[u8; 32]> {
    if text.len() != 44 {
        return None;
    }
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// What to answer a delivery with, so that the provider takes it as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Acknowledgement {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: &'static str,
}

impl Acknowledgement {
    /// A status and a body.
    #[must_use]
    pub const fn new(status: u16, body: &'static str) -> Self {
        Self { status, body }
    }
}

/// What came without proof: it yields nothing but what to ask the provider about.
///
/// Whatever amount or status it claims is out of reach. Reading one from it does not compile:
///
/// ```compile_fail,E0609
/// use payments_core::webhook::Unconfirmed;
/// fn ship(callback: Unconfirmed<String>) {
///     let _ = callback.amount;
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Unconfirmed<T> {
    claimed: T,
}

impl<T> Unconfirmed<T> {
    /// For a provider crate: what a callback says that it is about.
    pub const fn new(claimed: T) -> Self {
        Self { claimed }
    }

    /// What to ask the provider about: a claim, no more.
    pub const fn claimed(&self) -> &T {
        &self.claimed
    }
}

impl<T: fmt::Debug> fmt::Debug for Unconfirmed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unconfirmed").field(&self.claimed).finish()
    }
}

/// No provider's event comes near it; what is longer is not worth hashing.
const LONGEST_BODY: usize = 256 * 1024;
