//! Which records a list or a stream contains.

use super::{Record, RecordKind};

/// Conditions that a record meets. A condition that is missing is met by every record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) kind: Option<RecordKind>,
    /// The merchant's reference.
    pub(crate) order: Option<String>,
    pub(crate) provider: Option<String>,
}

impl Filter {
    pub(crate) fn matches(&self, record: &Record) -> bool {
        self.kind.is_none_or(|kind| record.kind == kind)
            && self.order.as_ref().is_none_or(|order| record.reference.as_ref() == Some(order))
            && self.provider.as_ref().is_none_or(|provider| record.provider == Some(provider))
    }
}
