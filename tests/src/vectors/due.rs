use serde::{Deserialize, Serialize};

use super::{Kind, Provider};

/// What a provider's deliveries of a kind have to look like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Due {
    /// Whose.
    pub provider: Provider,
    /// Which.
    pub kind: Kind,
    /// Whether such a delivery can prove where it comes from.
    pub proves: bool,
    /// The header of the signature, which has to be there exactly once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The form of the header, or of the body where that carries the secret.
    pub form: String,
    /// How the bytes of a signature may be written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub encodings: Vec<String>,
    /// What is signed or encrypted, and with what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// How many seconds a delivery's time may be from the receiver's, either way and inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<u32>,
    /// How many entries of the header are looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u32>,
    /// The longest body that is looked at, in bytes.
    pub longest_body: u32,
}

pub(super) fn all() -> Vec<Due> {
    let unsigned = |kind, form: &str| Due {
        provider: Provider::Card3ds,
        kind,
        proves: false,
        header: None,
        form: form.to_owned(),
        encodings: Vec::new(),
        scheme: None,
        tolerance: None,
        entries: None,
        longest_body: 64 * 1024,
    };
    vec![
        Due {
            provider: Provider::Turratech,
            kind: Kind::Webhook,
            proves: true,
            header: Some("turratech-signature".to_owned()),
            form: "t=<Unix seconds, plain digits>,v1=<signature>; several v1 allowed, one t".to_owned(),
            encodings: vec!["64 lower-case hexadecimal digits".to_owned()],
            scheme: Some("HMAC-SHA256 of <t>.<raw body>; the key is the secret's text".to_owned()),
            tolerance: Some(300),
            entries: Some(16),
            longest_body: 256 * 1024,
        },
        Due {
            provider: Provider::Turbopay,
            kind: Kind::Webhook,
            proves: true,
            header: Some("x-pay-signature".to_owned()),
            form: "<signature>".to_owned(),
            encodings: vec![
                "64 hexadecimal digits of either case".to_owned(),
                "base64 of the standard alphabet, padded: 44 characters".to_owned(),
            ],
            scheme: Some("HMAC-SHA256 of the raw body; the key is the secret's text".to_owned()),
            tolerance: None,
            entries: None,
            longest_body: 256 * 1024,
        },
        Due {
            provider: Provider::TurboTxn,
            kind: Kind::Callback,
            proves: false,
            header: None,
            form: "{\"encryptedData\":\"<base64 of vector and blocks>\"} around {\"orderId\":..}".to_owned(),
            encodings: vec!["base64 of the standard alphabet, padded".to_owned()],
            scheme: Some("AES-256-CBC, PKCS #7, vector of 16 bytes in front; the key is base64 of 32 bytes".to_owned()),
            tolerance: None,
            entries: None,
            longest_body: 256 * 1024,
        },
        unsigned(Kind::ThreeDs, "a form with paymentId and securityKey once each"),
        unsigned(Kind::ThreeDsFailure, "a form with paymentId once"),
        unsigned(Kind::Checkout, "a form with checkoutId once"),
    ]
}
