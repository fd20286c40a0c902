use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Bytes as `webhooks.json` writes them. Long values are described, not written out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Encoded {
    /// ASCII text.
    Text(String),
    /// Bytes that are not ASCII.
    Base64 {
        /// Standard alphabet, padded.
        base64: String,
    },
    /// A repeated value.
    Repeat {
        /// The value.
        repeat: Box<Encoded>,
        /// The number of repetitions.
        times: usize,
    },
    /// Concatenated values.
    Parts {
        /// The values in order.
        parts: Vec<Encoded>,
    },
}

impl Encoded {
    /// Writes the bytes out.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => Self::Text(text.to_owned()),
            _ => Self::Base64 { base64: STANDARD.encode(bytes) },
        }
    }

    /// Repeats a value.
    pub fn repeat(value: impl Into<Self>, times: usize) -> Self {
        Self::Repeat { repeat: Box::new(value.into()), times }
    }

    /// Concatenates values.
    pub fn parts(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::Parts { parts: parts.into_iter().collect() }
    }

    /// The described bytes.
    ///
    /// # Errors
    ///
    /// Returns an error if a base64 text is invalid.
    pub fn bytes(&self) -> Result<Vec<u8>, base64::DecodeError> {
        match self {
            Self::Text(text) => Ok(text.clone().into_bytes()),
            Self::Base64 { base64 } => STANDARD.decode(base64),
            Self::Repeat { repeat, times } => Ok(repeat.bytes()?.repeat(*times)),
            Self::Parts { parts } => Ok(parts.iter().map(Self::bytes).collect::<Result<Vec<_>, _>>()?.concat()),
        }
    }
}

impl From<&str> for Encoded {
    fn from(text: &str) -> Self {
        Self::of(text.as_bytes())
    }
}

impl From<String> for Encoded {
    fn from(text: String) -> Self {
        Self::of(text.as_bytes())
    }
}

impl From<&[u8]> for Encoded {
    fn from(bytes: &[u8]) -> Self {
        Self::of(bytes)
    }
}

impl From<Vec<u8>> for Encoded {
    fn from(bytes: Vec<u8>) -> Self {
        Self::of(&bytes)
    }
}
