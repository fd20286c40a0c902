use std::fmt;

use super::{DecodeError, RawJson};

/// An item of a list that could not be read. The other items of the list are not affected.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnreadableItem {
    /// The item's position on its page, from 0.
    pub index: usize,
    /// The item's id, if it can be read.
    pub id: Option<String>,
    /// The problem, with its path in the page.
    pub error: DecodeError,
    /// The item as received.
    pub raw: RawJson,
}

impl UnreadableItem {
    /// Creates an item, for provider crates.
    #[must_use]
    pub fn new(index: usize, id: Option<String>, error: DecodeError, raw: RawJson) -> Self {
        Self { index, id, error, raw }
    }
}

impl fmt::Display for UnreadableItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an item of the list could not be read: {}", self.error)
    }
}

impl fmt::Debug for UnreadableItem {
    /// Shows the problem, but not the id, which may be private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnreadableItem").field("error", &self.error).field("raw", &self.raw).finish_non_exhaustive()
    }
}

impl std::error::Error for UnreadableItem {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
