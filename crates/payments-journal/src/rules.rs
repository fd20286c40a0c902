//! What a provider documents, as far as the journal needs it.

use payments_core::PaymentStatus;
use payments_core::gateway::Recovery;

/// The provider's rules for one operation.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Rules {
    /// What can be done after an unknown outcome, best first.
    pub strategies: &'static [Recovery],
    /// The documented changes of status: from, to.
    pub transitions: &'static [(PaymentStatus, PaymentStatus)],
    /// True for payouts: money that was returned was not paid out.
    pub is_payout: bool,
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
    /// Returns true if the provider documents this change of status, directly or in several steps.
    pub(crate) fn follows(&self, from: &PaymentStatus, to: &PaymentStatus) -> bool {
        let (mut reached, mut next) = (vec![from], 0);
        while let Some(status) = reached.get(next).copied() {
            next += 1;
            for (before, after) in self.transitions {
                if before == status && !reached.contains(&after) {
                    reached.push(after);
                }
            }
        }
        from != to && reached.contains(&to)
    }

    /// Returns what a status means. A status that is not final means nothing yet.
    pub(crate) fn meaning(&self, status: &PaymentStatus, is_final: bool) -> Meaning {
        match status {
            _ if !is_final => Meaning::Pending,
            PaymentStatus::Succeeded => Meaning::Succeeded,
            PaymentStatus::Failed | PaymentStatus::Cancelled | PaymentStatus::Expired => Meaning::Failed,
            PaymentStatus::Refunded if self.is_payout => Meaning::Failed,
            PaymentStatus::Refunded | PaymentStatus::ChargedBack => Meaning::Reversed,
            _ => Meaning::Pending,
        }
    }
}
