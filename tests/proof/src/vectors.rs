//! Fixed deliveries with their expected outcome: the file `tests/vectors/webhooks.json`.

mod encoded;
mod rules;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Delivery, Kind, Outcome, Provider};
pub use encoded::Encoded;
pub use rules::Rules;

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The format version: 1.
    pub format: u32,
    /// The form that each kind of delivery must have.
    pub rules: Vec<Rules>,
    /// All deliveries.
    pub vectors: Vec<Vector>,
}

impl File {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a file of vectors.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Prints the file in its canonical form: one vector per line, so that diffs are readable.
    ///
    /// # Errors
    ///
    /// Returns an error if serialization fails.
    pub fn print(&self) -> Result<String, serde_json::Error> {
        let rules = self.rules.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?.join(",\n");
        let vectors = self.vectors.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?.join(",\n");
        Ok(format!("{{\"format\":{},\n\"rules\":[\n{rules}\n],\n\"vectors\":[\n{vectors}\n]}}\n", self.format))
    }
}

/// The text of the file.
pub const FILE: &str = include_str!("../../vectors/webhooks.json");

/// A delivery, its receiver and its expected outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// The provider that sent the delivery, or that it pretends to come from.
    pub provider: Provider,
    /// The kind of the delivery.
    pub kind: Kind,
    /// The name, unique within the provider.
    pub name: String,
    /// The expected outcome.
    pub expect: Outcome,
    /// The reason in words.
    pub reason: String,
    /// The merchant's signing secrets or callback keys, as text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Encoded>,
    /// The receiver's time in Unix seconds, if it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<i64>,
    /// Header names and values in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, Encoded)>,
    /// The raw body.
    pub body: Encoded,
    /// The values that the receiver must read; it may read more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reads: BTreeMap<String, String>,
}

impl Vector {
    /// Writes all bytes out, so that a receiver can be called.
    ///
    /// # Errors
    ///
    /// Returns an error if a base64 text is invalid or a secret is not UTF-8.
    pub fn delivery(&self) -> Result<Delivery, Box<dyn std::error::Error>> {
        let secrets = self.secrets.iter().map(|secret| Ok(String::from_utf8(secret.bytes()?)?));
        let headers = self.headers.iter().map(|(name, value)| Ok((name.clone(), value.bytes()?)));
        Ok(Delivery {
            provider: self.provider,
            kind: self.kind,
            secrets: secrets.collect::<Result<_, Box<dyn std::error::Error>>>()?,
            clock: self.clock.unwrap_or_default(),
            headers: headers.collect::<Result<_, Box<dyn std::error::Error>>>()?,
            body: self.body.bytes()?,
        })
    }
}
