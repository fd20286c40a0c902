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
    /// True if the origin of such a delivery can be verified.
    #[serde(rename = "signed")]
    pub is_signed: bool,
    /// The header that carries the signature. It must be present exactly once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The form of the header, or of the body if there is no signature.
    pub form: String,
    /// The accepted encodings of a signature or of encrypted data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub encodings: Vec<String>,
    /// The signed or encrypted data, and the algorithm.
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
