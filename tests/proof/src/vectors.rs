//! Fixed deliveries with their expected outcome: the file `tests/vectors/webhooks.json`.

mod encoded;
mod rules;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Delivery, Kind, Outcome, Provider, card3ds, signed, turbo_txn};
pub use encoded::Encoded;
pub use rules::Rules;

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The format version: 1.
    pub format: u32,
    /// The form that each kind of delivery must have.
    #[serde(rename = "due")]
    pub rules: Vec<Rules>,
    /// All deliveries.
    pub vectors: Vec<Vector>,
}

impl File {
    /// Generates the content.
    #[must_use]
    pub fn generate() -> Self {
        let vectors = [signed::vectors(), turbo_txn::vectors(), card3ds::vectors()].concat();
        Self { format: 1, rules: rules::all(), vectors }
    }

    /// The text of the file: JSON with one vector per line, so that diffs are readable.
    ///
    /// # Errors
    ///
    /// Returns an error if serialization fails, which it does not for generated content.
    pub fn print(&self) -> Result<String, serde_json::Error> {
        let rules = self.rules.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?.join(",\n");
        let vectors = self.vectors.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?.join(",\n");
        Ok(format!("{{\"format\":{},\n\"due\":[\n{rules}\n],\n\"vectors\":[\n{vectors}\n]}}\n", self.format))
    }
}

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

    /// A vector without a name, a header or a reason.
    pub(crate) fn new(provider: Provider, kind: Kind, body: impl Into<Encoded>) -> Self {
        Self {
            provider,
            kind,
            name: String::new(),
            expect: Outcome::Rejected,
            reason: String::new(),
            secrets: Vec::new(),
            clock: None,
            headers: Vec::new(),
            body: body.into(),
            reads: BTreeMap::new(),
        }
    }

    pub(crate) fn expect(self, expect: Outcome, name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { expect, name: name.into(), reason: reason.into(), ..self }
    }

    pub(crate) fn secrets<T: AsRef<[u8]>>(self, secrets: impl IntoIterator<Item = T>) -> Self {
        Self { secrets: secrets.into_iter().map(|secret| Encoded::of(secret.as_ref())).collect(), ..self }
    }

    pub(crate) fn at(self, clock: i64) -> Self {
        Self { clock: Some(clock), ..self }
    }

    pub(crate) fn headers<V: Into<Encoded>>(self, name: &str, values: impl IntoIterator<Item = V>) -> Self {
        Self { headers: values.into_iter().map(|value| (name.to_owned(), value.into())).collect(), ..self }
    }

    pub(crate) fn body(self, body: impl Into<Encoded>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub(crate) fn reads(mut self, name: &str, value: impl Into<String>) -> Self {
        self.reads.insert(name.to_owned(), value.into());
        self
    }
}

/// A table of vectors: `[provider] outcome name, reason => vector;` in each row.
macro_rules! rows {
    ($genuine:expr; $($who:ident $outcome:ident $name:expr, $reason:expr => $vector:expr;)*) => {
        [$($genuine.$who($crate::Outcome::$outcome, $name, $reason, $vector)),*].into_iter().flatten().collect::<Vec<_>>()
    };
    ($($outcome:ident $name:expr, $reason:expr => $vector:expr;)*) => {
        vec![$($vector.expect($crate::Outcome::$outcome, $name, $reason)),*]
    };
}
pub(crate) use rows;

/// Wraps the body in 10,000 levels of a member that no model knows.
pub(crate) fn nested(body: &str, open: &str, inner: &str, close: &str) -> Encoded {
    let (open, close) = (Encoded::repeat(open, 10_000), Encoded::repeat(close, 10_000));
    let inner = if inner.is_empty() { None } else { Some(inner.into()) };
    let parts = [Some("{\"x\":".into()), Some(open), inner, Some(close), Some(format!(",{}", &body[1..]).into())];
    Encoded::parts(parts.into_iter().flatten())
}

/// Extends the body to this length with spaces.
pub(crate) fn padded(body: &str, length: usize) -> Encoded {
    Encoded::parts([body.into(), Encoded::repeat(" ", length - body.len())])
}

/// Adds a first member to an object.
pub(crate) fn with_member(body: &str, member: &str) -> String {
    body.replacen('{', &format!("{{{member},"), 1)
}

pub(crate) const MEBIBYTE: usize = 1024 * 1024;

/// The longest body that receivers of JSON read.
pub(crate) const LONGEST_JSON: usize = 256 * 1024;
