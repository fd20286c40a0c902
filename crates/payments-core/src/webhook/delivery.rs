use std::fmt;

use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;

use crate::stored::{self, Stored, StoredAs};
use crate::text;

/// A webhook or callback as it was received: the raw body, the headers of its signature, and the time of receipt.
///
/// Store it, respond to the provider, and verify it later, in another process too. The provider's verifier compares the
/// signature's time with the time of receipt: `WebhookVerifier::verify_delivery`.
///
/// ```
/// use payments_core::http::HeaderMap;
/// use payments_core::time::OffsetDateTime;
/// use payments_core::webhook::Delivery;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("x-pay-signature", "2d2187551b62a515".parse()?);
/// headers.insert("cookie", "session=1".parse()?); // never kept
///
/// let delivery = Delivery::new(r#"{"status":"success"}"#, &headers, OffsetDateTime::UNIX_EPOCH);
/// let stored = serde_json::to_string(&delivery)?;
/// assert!(!stored.contains("session"));
/// assert_eq!(serde_json::from_str::<Delivery>(&stored)?, delivery);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Nothing about a delivery is verified, and its body is stored unmasked: protect it like your orders. Do not store a form
/// that contains a key, such as the one that completes a 3-D Secure payment. The time of receipt is trusted: load
/// deliveries from your own database only.
///
/// # Kept headers
///
/// Only headers whose name contains `signature`, `timestamp`, `digest` or `hmac` are kept. Every other header is dropped,
/// because a cookie or an authorization header does not belong in a database. A header that occurs twice stays twice, so
/// that a verifier still rejects it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    stored: StoredAs<Self>,
    #[serde(with = "base64_text")]
    body: Vec<u8>,
    #[serde(with = "header_list")]
    headers: HeaderMap,
    #[serde(with = "stored::time")]
    received_at: OffsetDateTime,
}

impl Stored for Delivery {
    const TAG: &'static str = "payments.delivery/1";
}

impl Delivery {
    /// Creates a delivery from the raw body, byte for byte, the request's headers, and the current time.
    #[must_use]
    pub fn new(body: impl Into<Vec<u8>>, headers: &HeaderMap, received_at: OffsetDateTime) -> Self {
        let mut kept = HeaderMap::new();
        for (name, value) in headers {
            if is_kept(name) {
                kept.append(name, value.clone());
            }
        }
        Self { stored: StoredAs::new(), body: body.into(), headers: kept, received_at }
    }

    /// The raw body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The headers that verification may need.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The time of receipt.
    #[must_use]
    pub fn received_at(&self) -> OffsetDateTime {
        self.received_at
    }
}

impl fmt::Debug for Delivery {
    /// Shows the names of the headers and the length of the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("received_at", &self.received_at)
            .finish_non_exhaustive()
    }
}

fn is_kept(name: &HeaderName) -> bool {
    KEPT.iter().any(|word| name.as_str().contains(word))
}

const KEPT: &[&str] = &["signature", "timestamp", "digest", "hmac"];

/// Bytes as base64, because a body need not be UTF-8, and some databases store no NUL in a text.
mod base64_text {
    use base64::Engine as _;

    use super::{Deserializer, STANDARD, Serializer, text};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        text::deserialize(deserializer, |text| STANDARD.decode(text).map_err(|_| "the body is not base64"))
    }
}

/// Headers as a list of names and values. Each byte of a value is one character, from U+0001 to U+00FF.
mod header_list {
    use serde::de::Error as _;

    use super::{Deserialize, Deserializer, HeaderMap, HeaderName, HeaderValue, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(headers: &HeaderMap, serializer: S) -> Result<S::Ok, S::Error> {
        let value = |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect::<String>();
        let list: Vec<_> = headers.iter().map(|(name, text)| (name.as_str(), value(text))).collect();
        list.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderMap, D::Error> {
        let mut headers = HeaderMap::new();
        for (name, value) in Vec::<(String, String)>::deserialize(deserializer)? {
            let bytes: Option<Vec<u8>> = value.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
            let value = bytes.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok());
            let (Some(name), Some(value)) = (HeaderName::try_from(name).ok(), value) else {
                return Err(D::Error::custom("a header's name or value is invalid"));
            };
            headers.try_append(name, value).map_err(D::Error::custom)?;
        }
        Ok(headers)
    }
}
