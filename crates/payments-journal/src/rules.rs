//! What a provider documents, as far as the journal needs it.

use payments_core::PaymentStatus;
use payments_core::gateway::{Capabilities, Recovery, WriteOperation};

use crate::evidence::Protection;

/// The provider's rules for one operation.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Rules {
    /// What can be done after an unknown outcome, best first.
    pub strategies: &'static [Recovery],
    /// The documented changes of status: from, to.
    pub transitions: &'static [(PaymentStatus, PaymentStatus)],
    /// The operation, which decides what a final status means for the intent.
    pub operation: WriteOperation,
}

/// What a provider's status means for the intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Meaning {
    Pending,
    Succeeded,
    Failed,
    Reversed,
}

impl Rules {
    /// Returns a provider's rules for an operation, or `None` if the provider does not offer the operation.
    ///
    /// ```
    /// use payments_core::gateway::{Capabilities, Recovery, RecoveryPlan, WriteOperation};
    /// use payments_journal::Rules;
    ///
    /// const CAPABILITIES: Capabilities = Capabilities {
    ///     provider: "acme-pay",
    ///     table: &[],
    ///     recovery: &[RecoveryPlan::new(WriteOperation::PayOut, &[Recovery::LookupByReference], "documented")],
    ///     status_changes: &[],
    /// };
    ///
    /// let rules = Rules::of(&CAPABILITIES, WriteOperation::PayOut).unwrap();
    /// assert_eq!(rules.strategies, [Recovery::LookupByReference]);
    /// assert!(Rules::of(&CAPABILITIES, WriteOperation::Refund).is_none());
    /// ```
    #[must_use]
    pub fn of(capabilities: &Capabilities, operation: WriteOperation) -> Option<Self> {
        let plan = capabilities.recovery.iter().find(|plan| plan.operation == operation)?;
        Some(Self { strategies: plan.strategies, transitions: capabilities.status_changes(operation), operation })
    }

    /// Returns the status as the documented changes name it.
    ///
    /// A lookup may not say whether an order is a payment or a payout. Nobody waits for the customer of a payout.
    pub(crate) fn status(&self, reported: &PaymentStatus) -> PaymentStatus {
        match (self.operation, reported) {
            (WriteOperation::PayOut, PaymentStatus::AwaitingCustomer) => PaymentStatus::Processing,
            (_, reported) => reported.clone(),
        }
    }

    /// True if the operation is about a payment that existed before, whose status it shares with other causes: the customer, the
    /// bank, the clock. A refund is an order of its own.
    pub(crate) fn is_about_a_payment(&self) -> bool {
        matches!(self.operation, WriteOperation::Confirm | WriteOperation::Capture | WriteOperation::Cancel)
    }

    /// The protection of an attempt: the provider's own, where it documents one.
    pub(crate) fn protection(&self) -> Protection {
        let protections = self.strategies.iter().map(|strategy| match strategy {
            Recovery::SameKey { .. } => Protection::Key,
            Recovery::TakenOnce => Protection::Reference,
            _ => Protection::None,
        });
        protections.fold(Protection::None, |best, next| if best == Protection::None { next } else { best })
    }

    /// Returns true if the provider documents this change of status, directly or in several steps.
    pub(crate) fn follows(&self, from: &PaymentStatus, to: &PaymentStatus) -> bool {
        let (mut reached, mut left) = (vec![from], vec![from]);
        while let Some(status) = left.pop() {
            for (before, after) in self.transitions {
                if before == status && !reached.contains(&after) {
                    reached.push(after);
                    left.push(after);
                }
            }
        }
        from != to && reached.contains(&to)
    }

    /// Returns what a status means for the operation. A status that is not final means nothing yet.
    pub(crate) fn meaning(&self, status: &PaymentStatus, is_final: bool) -> Meaning {
        match (self.operation, status) {
            _ if !is_final => Meaning::Pending,
            (WriteOperation::Cancel, PaymentStatus::Cancelled) => Meaning::Succeeded,
            // The payment was captured, so it was not cancelled.
            (
                WriteOperation::Cancel,
                PaymentStatus::Succeeded | PaymentStatus::Refunded | PaymentStatus::ChargedBack,
            ) => Meaning::Failed,
            (WriteOperation::Refund, PaymentStatus::Refunded) => Meaning::Succeeded,
            // Money that was returned was not paid out.
            (WriteOperation::PayOut, PaymentStatus::Refunded) => Meaning::Failed,
            (_, PaymentStatus::Succeeded) => Meaning::Succeeded,
            (_, PaymentStatus::Failed | PaymentStatus::Cancelled | PaymentStatus::Expired) => Meaning::Failed,
            (_, PaymentStatus::Refunded | PaymentStatus::ChargedBack) => Meaning::Reversed,
            _ => Meaning::Pending,
        }
    }
}
