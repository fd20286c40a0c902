use super::recovery::WriteOperation;
use crate::PaymentStatus;

/// The documented changes of status after some operations: a row of [`Capabilities::status_changes`].
///
/// Also the rare ones, such as a chargeback. A change that the provider does not document is missing: whoever sees it
/// must look the payment up again, and must not guess which of the two statuses is newer.
///
/// [`Capabilities::status_changes`]: super::Capabilities#structfield.status_changes
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "provider crates build it")]
pub struct StatusChanges {
    /// The operations whose payments have these statuses.
    pub operations: &'static [WriteOperation],
    /// The changes, in one step each: from, to. Empty if none is documented.
    pub changes: &'static [(PaymentStatus, PaymentStatus)],
    /// Details: the provider's own statuses, the source, and what is not documented.
    pub note: &'static str,
}

impl StatusChanges {
    /// A row of the table.
    #[must_use]
    pub const fn new(
        operations: &'static [WriteOperation],
        changes: &'static [(PaymentStatus, PaymentStatus)],
        note: &'static str,
    ) -> Self {
        Self { operations, changes, note }
    }
}
