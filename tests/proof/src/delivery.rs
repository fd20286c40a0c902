//! A delivery to a merchant, and whether the provider signed it.

use serde::{Deserialize, Serialize};

use crate::crypto::{base64, hex, hmac};

/// A provider that sends webhooks or callbacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Provider {
    /// Sends signed events.
    Turratech,
    /// Sends signed order statuses.
    Turbopay,
    /// Sends encrypted callbacks.
    TurboTxn,
    /// Sends forms through the customer's browser.
    Card3ds,
}

impl Provider {
    /// The header that carries the signature; empty for providers that sign nothing.
    #[must_use]
    pub fn signature_header(self) -> &'static str {
        match self {
            Self::Turratech => "turratech-signature",
            Self::Turbopay => "x-pay-signature",
            Self::TurboTxn | Self::Card3ds => "",
        }
    }
}

/// The kind of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// Signed, so its origin can be verified.
    Webhook,
    /// Encrypted, which does not prove its origin.
    Callback,
    /// A form for the return address of a 3-D Secure payment.
    ThreeDs,
    /// A form for the failure address of a 3-D Secure payment.
    ThreeDsFailure,
    /// A form for the callback address of a checkout.
    Checkout,
}

/// A request to a merchant's endpoint, together with what the merchant has configured.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build deliveries")]
pub struct Delivery {
    /// The provider that sent the delivery, or that it pretends to come from.
    pub provider: Provider,
    /// The kind of the delivery.
    pub kind: Kind,
    /// The merchant's signing secrets or callback keys.
    pub secrets: Vec<String>,
    /// The merchant's clock in Unix seconds.
    pub clock: i64,
    /// Header names and values in the order in which they were sent.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The raw body.
    pub body: Vec<u8>,
}

impl Delivery {
    /// Returns true if one of the merchant's secrets signed this body, in the provider's scheme and at an acceptable time.
    ///
    /// Always false for providers that do not sign.
    #[must_use]
    pub fn is_genuine(&self) -> bool {
        let header = self.provider.signature_header();
        let mut values = self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(header)).map(|(_, v)| v);
        let (Some(value), None) = (values.next(), values.next()) else { return false };
        self.body.len() <= LONGEST && self.secrets.iter().any(|secret| self.is_signed_by(secret.as_bytes(), value))
    }

    fn is_signed_by(&self, secret: &[u8], value: &[u8]) -> bool {
        match self.provider {
            Provider::Turbopay => {
                let tag = hmac(secret, &[&self.body]);
                value.eq_ignore_ascii_case(hex(&tag).as_bytes()) || value == base64(&tag).as_bytes()
            }
            Provider::Turratech => {
                let entries: Vec<&[u8]> = value.split(|byte| *byte == b',').take(16).collect();
                let mut times = entries.iter().filter_map(|entry| entry.strip_prefix(b"t="));
                let (Some(time), None) = (times.next(), times.next()) else { return false };
                let tag = hmac(secret, &[time, b".", &self.body]);
                let mut signatures = entries.iter().filter_map(|entry| entry.strip_prefix(b"v1="));
                self.is_recent(time) && signatures.any(|digits| digits.eq_ignore_ascii_case(hex(&tag).as_bytes()))
            }
            Provider::TurboTxn | Provider::Card3ds => false,
        }
    }

    /// Returns true if the time is in plain digits, without leading zeros, and at most 300 seconds from the clock.
    fn is_recent(&self, time: &[u8]) -> bool {
        let seconds = std::str::from_utf8(time).ok().and_then(|text| text.parse::<u64>().ok());
        seconds.is_some_and(|seconds| {
            seconds.to_string().as_bytes() == time && (i128::from(seconds) - i128::from(self.clock)).abs() <= 300
        })
    }
}

/// The longest body that a receiver of signed webhooks reads.
const LONGEST: usize = 256 * 1024;
