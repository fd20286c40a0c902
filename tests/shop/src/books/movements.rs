//! Which ledger entries move the merchant's money, and in which direction.

use payments_sandbox::{Entry, EntryKind};

/// What an entry does to the merchant's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// The merchant receives the amount.
    In,
    /// The merchant pays the amount.
    Out,
    /// Money has moved, and the shop neither starts such an operation nor can book it: it is a mistake.
    Unexpected,
}

/// The entries that the shop books. Every other entry that moves money is [unexpected](Effect::Unexpected), except payments of
/// tur.bo links: the shop shows their status, and books nothing.
///
/// | provider | what happens | entries |
/// |---|---|---|
/// | TurraTech | a payment with a stored payment method | `executed`: received; `charged back`: returned |
/// | | a refund, under its own reference | `refunded`: returned |
/// | Turbo Transactions | a payment on its page | `executed`: only created; `credited`: received |
/// | card3ds | 3-D Secure | `begun`: only started; `executed` at the completion: received |
/// | | a checkout | `begun`: only created; `executed`: received |
/// | TurboPay | a deposit | `executed`: only created; `credited`: received; `charged back`: returned |
/// | | a payout | `executed`: paid; `returned`: received back |
pub const OPERATIONS: &[(&str, EntryKind, Effect)] = &[
    ("turratech.create-payment", EntryKind::Executed, Effect::In),
    ("turratech.create-payment", EntryKind::ChargedBack, Effect::Out),
    ("turratech.create-refund", EntryKind::Refunded, Effect::Out),
    ("turbo-txn.initiate", EntryKind::Credited, Effect::In),
    ("card3ds.complete-3ds", EntryKind::Executed, Effect::In),
    ("card3ds.checkout", EntryKind::Executed, Effect::In),
    ("turbopay.deposit", EntryKind::Credited, Effect::In),
    ("turbopay.deposit", EntryKind::ChargedBack, Effect::Out),
    ("turbopay.host-to-host-deposit", EntryKind::Credited, Effect::In),
    ("turbopay.host-to-host-deposit", EntryKind::ChargedBack, Effect::Out),
    ("turbopay.withdraw", EntryKind::Executed, Effect::Out),
    ("turbopay.withdraw", EntryKind::Returned, Effect::In),
];

/// The operation of tur.bo links' entries.
const LINKS: &str = "turbo-link.payment";

/// Money that moved at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build it")]
pub struct Movement {
    /// The provider and the operation: `turbopay.withdraw`.
    pub operation: String,
    /// The merchant's reference.
    pub reference: String,
    /// The currency's code.
    pub currency: String,
    /// The amount in the currency's smallest unit. It is never negative.
    pub amount: i64,
    /// The direction.
    pub effect: Effect,
}

impl Movement {
    /// Returns the movement of an entry; `None` if no money of the shop moved.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        if !entry.moves_money || entry.operation == LINKS {
            return None;
        }
        let mut operations = OPERATIONS.iter();
        let listed = operations.find(|(name, kind, _)| *name == entry.operation && *kind == entry.kind);
        Some(Self {
            operation: entry.operation.clone(),
            reference: entry.reference.clone(),
            currency: entry.currency.clone(),
            amount: entry.amount,
            effect: listed.map_or(Effect::Unexpected, |(_, _, effect)| *effect),
        })
    }

    /// The amount: positive if the merchant receives it, negative if the merchant pays it.
    #[must_use]
    pub fn signed(&self) -> i64 {
        match self.effect {
            Effect::In | Effect::Unexpected => self.amount,
            Effect::Out => -self.amount,
        }
    }
}
