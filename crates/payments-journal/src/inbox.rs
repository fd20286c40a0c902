//! Messages of providers: stored before they are acknowledged, and applied to the intents that they are about.

use payments_core::time::OffsetDateTime;

use crate::intent::Account;

/// A verified event, or an unverified hint, in its stored form: facts from a list, and never a body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Message {
    /// The account that received it.
    pub account: Account,
    /// Where it is from, unique per account: the provider's id of the event, or the digest of the body.
    pub source: String,
    /// The merchant's reference, if the message contains it.
    pub reference: Option<String>,
    /// The provider's id of the order, if the message contains it.
    pub object_id: Option<String>,
    /// The operations whose intents it can be about, by their stored names. A reference alone matches these only.
    pub operations: Vec<String>,
    /// What the event reports, in its stored form; empty for a hint.
    pub report: String,
    /// When it was received.
    pub received_at: OffsetDateTime,
}

impl Message {
    /// True if the message is unverified: it schedules a lookup, and is never evidence.
    #[must_use]
    pub fn is_hint(&self) -> bool {
        self.report.is_empty()
    }
}

/// The store's id of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InboxId(i64);

impl InboxId {
    /// Creates an id from the store's number.
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The store's number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}
