//! Deliveries to a merchant, genuine and not, and what is due to each: the file `tests/vectors/webhooks.json`.
//!
//! Nothing here signs or encrypts with the SDK, so that a mistake in it cannot make its own proof.

mod blob;
mod card3ds;
pub(crate) mod crypto;
mod due;
mod judge;
mod turbo_txn;
mod turbopay;
mod turratech;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use blob::Blob;
pub use due::Due;
pub use judge::{Prepared, Verdict};

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The version of its format: 1.
    pub format: u32,
    /// What each provider's deliveries have to look like.
    pub due: Vec<Due>,
    /// Every delivery.
    pub vectors: Vec<Vector>,
}

impl File {
    /// Makes all of it.
    #[must_use]
    pub fn generate() -> Self {
        let vectors = [turratech::vectors(), turbopay::vectors(), turbo_txn::vectors(), card3ds::vectors()].concat();
        Self { format: 1, due: due::all(), vectors }
    }

    /// The text of the file: JSON with one vector a line, so that changes can be read.
    ///
    /// # Errors
    ///
    /// Never for what [`File::generate`] makes.
    pub fn print(&self) -> Result<String, serde_json::Error> {
        let due = self.due.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?.join(",\n");
        let vectors = self.vectors.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?.join(",\n");
        Ok(format!("{{\"format\":{},\n\"due\":[\n{due}\n],\n\"vectors\":[\n{vectors}\n]}}\n", self.format))
    }
}

/// One delivery, to whom, and what is due to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// Whose delivery it is, or claims to be.
    pub provider: Provider,
    /// What kind of delivery.
    pub kind: Kind,
    /// A name that no other vector of the provider has.
    pub name: String,
    /// What is due.
    pub expect: Expect,
    /// Why, in words.
    pub reason: String,
    /// What the merchant has configured: signing secrets or callback keys, as text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Blob>,
    /// The receiver's time in Unix seconds, where it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<i64>,
    /// Names and values, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, Blob)>,
    /// The raw body.
    pub body: Blob,
    /// What has to be read from it, where something may be.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reads: BTreeMap<String, String>,
}

/// A provider that delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Provider {
    /// Signed events.
    Turratech,
    /// Signed order statuses.
    Turbopay,
    /// Encrypted callbacks.
    TurboTxn,
    /// Forms, posted through the customer's browser.
    Card3ds,
}

/// A kind of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// Signed: it can be proved.
    Webhook,
    /// Encrypted: it proves nothing.
    Callback,
    /// A form to a 3-D Secure payment's return address.
    ThreeDs,
    /// A form to a 3-D Secure payment's failure address.
    ThreeDsFailure,
    /// A form to a checkout's callback address.
    Checkout,
}

/// What is due to a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Expect {
    /// Its origin is proved, and it is read.
    Accepted,
    /// It proves nothing, and yields an id to ask the provider about; no amount and no status.
    Hint,
    /// Its origin is not proved, or it yields nothing: one error, whatever the reason.
    Rejected,
    /// The provider signed it, and it cannot be read.
    Unreadable,
    /// The receiver cannot even be made with such a secret.
    RefusedWhenBuilt,
}

impl Vector {
    fn new(provider: Provider, kind: Kind, name: &str, expect: Expect, reason: &str) -> Self {
        Self {
            provider,
            kind,
            name: name.to_owned(),
            expect,
            reason: reason.to_owned(),
            secrets: Vec::new(),
            clock: None,
            headers: Vec::new(),
            body: Blob::of(b""),
            reads: BTreeMap::new(),
        }
    }

    fn secrets<T: AsRef<[u8]>>(mut self, secrets: impl IntoIterator<Item = T>) -> Self {
        self.secrets = secrets.into_iter().map(|secret| Blob::of(secret.as_ref())).collect();
        self
    }

    fn at(mut self, clock: i64) -> Self {
        self.clock = Some(clock);
        self
    }

    fn headers<V: Into<Blob>>(mut self, name: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.headers = values.into_iter().map(|value| (name.to_owned(), value.into())).collect();
        self
    }

    fn body(mut self, body: impl Into<Blob>) -> Self {
        self.body = body.into();
        self
    }

    fn reads(mut self, name: &str, value: impl Into<String>) -> Self {
        self.reads.insert(name.to_owned(), value.into());
        self
    }
}
