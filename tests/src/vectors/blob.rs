use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Bytes as they stand in the file: what is long is described instead of written out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Blob {
    /// ASCII, as it is.
    Text(String),
    /// Anything else.
    Base64 {
        /// The standard alphabet, padded.
        base64: String,
    },
    /// One thing, many times.
    Repeat {
        /// What.
        repeat: Box<Blob>,
        /// How often.
        times: usize,
    },
    /// One thing after another.
    Parts {
        /// In this order.
        parts: Vec<Blob>,
    },
}

impl Blob {
    /// These bytes, written out.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => Self::Text(text.to_owned()),
            _ => Self::Base64 { base64: STANDARD.encode(bytes) },
        }
    }

    /// One thing, many times.
    pub fn repeat(what: impl Into<Self>, times: usize) -> Self {
        Self::Repeat { repeat: Box::new(what.into()), times }
    }

    /// One thing after another.
    pub fn parts(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::Parts { parts: parts.into_iter().collect() }
    }

    /// The bytes that it describes.
    ///
    /// # Errors
    ///
    /// When base64 is not what it says it is.
    pub fn bytes(&self) -> Result<Vec<u8>, base64::DecodeError> {
        match self {
            Self::Text(text) => Ok(text.clone().into_bytes()),
            Self::Base64 { base64 } => STANDARD.decode(base64),
            Self::Repeat { repeat, times } => Ok(repeat.bytes()?.repeat(*times)),
            Self::Parts { parts } => Ok(parts.iter().map(Self::bytes).collect::<Result<Vec<_>, _>>()?.concat()),
        }
    }
}

impl From<&str> for Blob {
    fn from(text: &str) -> Self {
        Self::of(text.as_bytes())
    }
}

impl From<String> for Blob {
    fn from(text: String) -> Self {
        Self::of(text.as_bytes())
    }
}

impl From<&[u8]> for Blob {
    fn from(bytes: &[u8]) -> Self {
        Self::of(bytes)
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self::of(&bytes)
    }
}
