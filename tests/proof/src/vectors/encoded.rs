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
