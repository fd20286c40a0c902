use std::sync::Arc;

use payments_core::clock::{Clock, SystemClock};
use payments_core::http::HeaderMap;
use payments_core::time::OffsetDateTime;
use payments_core::webhook::{
    Acknowledgement, HexCase, SigningSecrets, Tolerance, Verified, VerifyError, one_header, rejected,
    signature_from_hex,
};
use payments_core::{Secret, secret_newtype};
use serde::{Deserialize, Deserializer};

use crate::event::Event;

secret_newtype! {
    /// Signs webhooks: the signing secret of a webhook endpoint.
    pub struct WebhookSecret("webhook_secret", "TURRATECH_WEBHOOK_SECRET");
}

impl WebhookSecret {
    pub(crate) fn secret(&self) -> &Secret {
        &self.0
    }

    /// For reading the answer that brings it.
    pub(crate) fn as_it_came<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Believes deliveries to a merchant's webhook address, or refuses them.
///
/// The document names the header, and says that every payload is signed with the endpoint's secret. How is inferred:
/// `t=<unix seconds>,v1=<hex>`, where `v1` is the HMAC-SHA256 of `<t>.<raw body>`.
///
/// ```
/// use turratech::payments_core::http::HeaderMap;
/// use turratech::{WebhookVerifier, WebhookSecret};
///
/// let endpoint = WebhookVerifier::new(WebhookSecret::new("whsec_123")?);
///
/// let body = br#"{"id":"evt_1","type":"payment.succeeded"}"#;
/// assert!(endpoint.verify(body, &HeaderMap::new()).is_err());
/// # Ok::<(), turratech::ValidationError>(())
/// ```
#[derive(Debug, Clone)]
pub struct WebhookVerifier {
    secrets: SigningSecrets,
    tolerance: Tolerance,
    clock: Arc<dyn Clock>,
}

impl WebhookVerifier {
    /// What to answer a delivery that was taken in: 200, within 30 seconds (documented).
    ///
    /// So store it, answer, then work. That TurraTech sends a delivery again without this response is inferred: the
    /// document says only to expect duplicates.
    pub const ACKNOWLEDGEMENT: Acknowledgement = Acknowledgement::new(200, "");

    /// The header that carries the signature (documented).
    pub const SIGNATURE_HEADER: &'static str = "turratech-signature";

    /// Believes what is signed with this secret.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a secret is handed over")]
    pub fn new(secret: WebhookSecret) -> Self {
        Self {
            secrets: SigningSecrets::new(secret.secret()),
            tolerance: Tolerance::default(),
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// And what is signed with this one.
    ///
    /// For the time of a rotation, or for another endpoint at the same address.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a secret is handed over")]
    pub fn also_accept(mut self, secret: WebhookSecret) -> Self {
        self.secrets = self.secrets.also_accept(secret.secret());
        self
    }

    /// How far a delivery's time may be from ours, either way. Standard: 300 seconds.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Tells the time by another clock than this machine's.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Proves a delivery's origin, and reads it. `body` is the raw body, byte for byte.
    ///
    /// Events come more than once (documented): work once per [`Event::id`]. What was captured on its way can be sent
    /// again for as long as its time is within the tolerance; the same id tells of that too.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Rejected`] when the signature is missing, too old, or fits no secret: answer 400 (documented).
    pub fn verify(&self, body: &[u8], headers: &HeaderMap) -> Result<Verified<Event>, VerifyError> {
        self.verify_signature(body, one_header(headers, Self::SIGNATURE_HEADER)?)
    }

    /// The same, for a web framework with header types of its own.
    ///
    /// `signature` is the header's whole value. One time, in plain digits; one signature or more, in lower-case
    /// hexadecimal digits; entries of other versions are ignored. What stands behind the sixteenth entry is not
    /// looked at.
    ///
    /// # Errors
    ///
    /// As [`WebhookVerifier::verify`].
    pub fn verify_signature(&self, body: &[u8], signature: &[u8]) -> Result<Verified<Event>, VerifyError> {
        let Header { time, signatures } = Header::read(signature)?;
        let claimed = seconds(time).ok_or_else(|| rejected("the time is no time"))?;
        if !self.tolerance.covers(claimed, self.clock.now()) {
            return Err(rejected("the time is too far from ours"));
        }
        self.secrets.verify(body, &[time, b".", body], &signatures)?.decode(Event::read)
    }
}

/// `turratech-signature`, taken apart.
struct Header<'a> {
    /// As it was signed: the digits themselves.
    time: &'a [u8],
    signatures: Vec<[u8; 32]>,
}

impl<'a> Header<'a> {
    fn read(text: &'a [u8]) -> Result<Self, VerifyError> {
        let (mut time, mut signatures) = (None, Vec::new());
        for entry in text.split(|byte| *byte == b',').take(ENTRIES) {
            if let Some(digits) = entry.strip_prefix(b"t=") {
                if time.replace(digits).is_some() {
                    return Err(rejected("there are two times"));
                }
            } else if let Some(hex) = entry.strip_prefix(b"v1=") {
                signatures.extend(signature_from_hex(hex, HexCase::Lower));
            }
        }
        let time = time.ok_or_else(|| rejected("there is no time"))?;
        if signatures.is_empty() {
            return Err(rejected("there is no signature of version 1"));
        }
        Ok(Self { time, signatures })
    }
}

/// Unix seconds in plain decimal digits: no sign, no zero in front, nothing else.
fn seconds(text: &[u8]) -> Option<OffsetDateTime> {
    let plain = text.iter().all(u8::is_ascii_digit) && (text == b"0" || !text.starts_with(b"0"));
    let seconds = std::str::from_utf8(text).ok().filter(|_| plain)?.parse().ok()?;
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

/// A rotation needs two or three; a header of thousands is an attack on the verifier's time.
const ENTRIES: usize = 16;
