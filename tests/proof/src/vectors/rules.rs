use serde::{Deserialize, Serialize};

use crate::{Kind, Provider};

/// The form that a provider's deliveries of one kind must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The provider.
    pub provider: Provider,
    /// The kind of delivery.
    pub kind: Kind,
    /// Whether the origin of such a delivery can be verified.
    #[serde(rename = "proves")]
    pub is_signed: bool,
    /// The header that carries the signature. It must be present exactly once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The form of the header, or of the body if there is no signature.
    pub form: String,
    /// The accepted encodings of a signature or of encrypted data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub encodings: Vec<String>,
    /// What is signed or encrypted, and with which algorithm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// The largest distance, in seconds and inclusive, between the delivery's time and the receiver's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<u32>,
    /// The number of header entries that a receiver reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u32>,
    /// The longest body that a receiver reads, in bytes and inclusive.
    pub longest_body: u32,
}

pub(super) fn all() -> Vec<Rules> {
    let turratech = "t=<Unix seconds, plain digits>,v1=<signature>; several v1 allowed, one t";
    let turbo_txn = "{\"encryptedData\":\"<base64 of vector and blocks>\"} around {\"orderId\":..}";
    let card3ds = |kind, form| Rules::new(Provider::Card3ds, kind, form, &[], None, 64);
    vec![
        Rules {
            tolerance: Some(300),
            entries: Some(16),
            ..Rules::new(
                Provider::Turratech,
                Kind::Webhook,
                turratech,
                &["64 lower-case hexadecimal digits"],
                Some("HMAC-SHA256 of <t>.<raw body>; the key is the secret's text"),
                256,
            )
        },
        Rules::new(
            Provider::Turbopay,
            Kind::Webhook,
            "<signature>",
            &["64 hexadecimal digits of either case", "base64 of the standard alphabet, padded: 44 characters"],
            Some("HMAC-SHA256 of the raw body; the key is the secret's text"),
            256,
        ),
        Rules::new(
            Provider::TurboTxn,
            Kind::Callback,
            turbo_txn,
            &["base64 of the standard alphabet, padded"],
            Some("AES-256-CBC, PKCS #7, vector of 16 bytes in front; the key is base64 of 32 bytes"),
            256,
        ),
        card3ds(Kind::ThreeDs, "a form with paymentId and securityKey once each"),
        card3ds(Kind::ThreeDsFailure, "a form with paymentId once"),
        card3ds(Kind::Checkout, "a form with checkoutId once"),
    ]
}

impl Rules {
    fn new(provider: Provider, kind: Kind, form: &str, encodings: &[&str], scheme: Option<&str>, kib: u32) -> Self {
        let header = Some(provider.signature_header().to_owned()).filter(|header| !header.is_empty());
        Self {
            provider,
            kind,
            is_signed: header.is_some(),
            header,
            form: form.to_owned(),
            encodings: encodings.iter().map(|&encoding| encoding.to_owned()).collect(),
            scheme: scheme.map(str::to_owned),
            tolerance: None,
            entries: None,
            longest_body: kib * 1024,
        }
    }
}
