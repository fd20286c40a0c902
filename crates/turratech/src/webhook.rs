use std::sync::Arc;

use payments_core::clock::{Clock, SystemClock};
use payments_core::http::HeaderMap;
use payments_core::time::OffsetDateTime;
use payments_core::webhook::{
    Acknowledgement, Delivery, HexCase, SigningSecrets, Tolerance, Verified, VerifyError, one_header, rejected,
    signature_from_hex,
};
use payments_core::{Secret, secret_newtype};
use serde::{Deserialize, Deserializer};

use crate::event::Event;

secret_newtype! {
    /// The signing secret of a webhook endpoint.
    pub struct WebhookSecret("webhook_secret", "TURRATECH_WEBHOOK_SECRET");
}

impl WebhookSecret {
    pub(crate) fn secret(&self) -> &Secret {
        &self.0
    }

    /// Deserializes the secret from the response that creates the endpoint.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Verifies the signatures of webhooks.
///
/// The document names the header, and says that every payload is signed with the endpoint's secret. The form of the
/// signature is inferred: `t=<unix seconds>,v1=<hex>`, where `v1` is the HMAC-SHA256 of `<t>.<raw body>`.
///
/// ```
/// use turratech::payments_core::http::HeaderMap;
/// use turratech::{WebhookSecret, WebhookVerifier};
///
/// let verifier = WebhookVerifier::new(WebhookSecret::new("whsec_123")?);
///
/// let body = br#"{"id":"evt_1","type":"payment.succeeded"}"#;
/// assert!(verifier.verify(body, &HeaderMap::new()).is_err());
/// # Ok::<(), turratech::ValidationError>(())
/// ```
#[derive(Debug, Clone)]
pub struct WebhookVerifier {
    secrets: SigningSecrets,
    tolerance: Tolerance,
    clock: Arc<dyn Clock>,
}

impl WebhookVerifier {
    /// The response to an accepted webhook: 200, within 30 seconds (documented).
    ///
    /// Store the event, respond, and process the event afterwards. That TurraTech sends a webhook again without this
    /// response is inferred: the document says only to expect duplicates.
    pub const ACKNOWLEDGEMENT: Acknowledgement = Acknowledgement::new(200, "");

    /// The header that carries the signature (documented).
    pub const SIGNATURE_HEADER: &'static str = "turratech-signature";

    /// Creates a verifier with this secret.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "the verifier takes ownership of the secret")]
    pub fn new(secret: WebhookSecret) -> Self {
        Self {
            secrets: SigningSecrets::new(secret.secret()),
            tolerance: Tolerance::default(),
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Also accepts webhooks signed with this secret.
    ///
    /// Use it while you rotate a secret, or if several endpoints share a URL.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "the verifier takes ownership of the secret")]
    pub fn also_accept(mut self, secret: WebhookSecret) -> Self {
        self.secrets = self.secrets.also_accept(secret.secret());
        self
    }

    /// Sets how far a webhook's time may differ from the clock, in either direction. The default is 300 seconds.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the clock that a webhook's time is compared with. The default is the system clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Verifies a webhook and returns its event. `body` is the raw body, byte for byte.
    ///
    /// An event may be delivered more than once (documented), so process each [`Event::id`] once. This also protects from
    /// an attacker who repeats a captured webhook within the tolerance.
    ///
    /// # Errors
    ///
    /// Returns [`VerifyError::Rejected`] if the signature is missing, too old, or matches no secret. Respond with 400
    /// (documented). Returns [`VerifyError::Unreadable`] if TurraTech signed the body, but this version cannot read the
    /// event's id, type, mode or object.
    pub fn verify(&self, body: &[u8], headers: &HeaderMap) -> Result<Verified<Event>, VerifyError> {
        self.verify_signature(body, one_header(headers, Self::SIGNATURE_HEADER)?)
    }

    /// Verifies a webhook like [`WebhookVerifier::verify`], for web frameworks with their own header types.
    ///
    /// `signature` is the whole value of the header, in this form (inferred):
    ///
    /// - exactly one time, in decimal digits
    /// - one or more signatures, in hexadecimal digits of either case
    /// - entries of other versions are ignored, as is everything after the sixteenth entry
    ///
    /// # Errors
    ///
    /// Returns the errors of [`WebhookVerifier::verify`].
    pub fn verify_signature(&self, body: &[u8], signature: &[u8]) -> Result<Verified<Event>, VerifyError> {
        self.verify_at(self.now(), body, signature)
    }

    /// Verifies a webhook that was stored when it was received, like [`WebhookVerifier::verify`].
    ///
    /// The webhook's time is compared with the time of receipt. Also accept the secret of that time, if secrets were rotated
    /// since.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`WebhookVerifier::verify`].
    pub fn verify_delivery(&self, delivery: &Delivery) -> Result<Verified<Event>, VerifyError> {
        let signature = one_header(delivery.headers(), Self::SIGNATURE_HEADER)?;
        self.verify_at(delivery.received_at(), delivery.body(), signature)
    }

    /// The current time, by the verifier's clock: the time of receipt of a [`Delivery`].
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    fn verify_at(&self, now: OffsetDateTime, body: &[u8], signature: &[u8]) -> Result<Verified<Event>, VerifyError> {
        let SignatureHeader { time, signatures } = SignatureHeader::parse(signature)?;
        let claimed = parse_time(time).ok_or_else(|| rejected("the signature's time is not a valid Unix timestamp"))?;
        if !self.tolerance.covers(claimed, now) {
            return Err(rejected("the signature's time is outside the tolerance"));
        }
        self.secrets.verify(body, &[time, b".", body], &signatures)?.decode(Event::read)
    }
}

/// The entries of `turratech-signature`.
struct SignatureHeader<'a> {
    /// The digits of the time, exactly as signed.
    time: &'a [u8],
    signatures: Vec<[u8; 32]>,
}

impl<'a> SignatureHeader<'a> {
    fn parse(text: &'a [u8]) -> Result<Self, VerifyError> {
        let (mut time, mut signatures) = (None, Vec::new());
        for entry in text.split(|byte| *byte == b',').take(MAX_ENTRIES) {
            if let Some(digits) = entry.strip_prefix(b"t=") {
                if time.replace(digits).is_some() {
                    return Err(rejected("the signature has two times"));
                }
            } else if let Some(hex) = entry.strip_prefix(b"v1=") {
                signatures.extend(signature_from_hex(hex, HexCase::Either));
            }
        }
        let time = time.ok_or_else(|| rejected("the signature has no time"))?;
        if signatures.is_empty() {
            return Err(rejected("the signature has no readable `v1` entry"));
        }
        Ok(Self { time, signatures })
    }
}

/// Parses Unix seconds in decimal digits, without a sign or leading zeros.
fn parse_time(text: &[u8]) -> Option<OffsetDateTime> {
    let is_plain = text.iter().all(u8::is_ascii_digit) && (text == b"0" || !text.starts_with(b"0"));
    let seconds = std::str::from_utf8(text).ok().filter(|_| is_plain)?.parse().ok()?;
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

/// The most entries that are read. A rotation needs two or three; thousands would only cost time.
const MAX_ENTRIES: usize = 16;
