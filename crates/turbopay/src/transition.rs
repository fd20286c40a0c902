use serde::{Deserialize, Serialize};

use crate::order::OrderStatus;

/// The direction of an order. TurboPay's lookups and webhooks do not report it.
///
/// Store it with the order, as `deposit` or `withdrawal`. Any other text is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Direction {
    /// From a customer to the merchant.
    Deposit,
    /// From the merchant to a customer.
    Withdrawal,
}

/// How TurboPay documents a change of status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transition {
    /// The status did not change, for example because a webhook was sent twice.
    Repeated,
    /// A documented change.
    Expected,
    /// A documented change of a status that is normally final. A person should look at it.
    Rare,
    /// A change that is not documented. Look up the order before acting on it.
    Undocumented,
}

/// Returns how TurboPay documents the change from one status to another.
///
/// ```
/// use turbopay::{Direction, OrderStatus, Transition, transition};
///
/// let late = transition(Direction::Deposit, &OrderStatus::Expired, &OrderStatus::Success);
/// assert_eq!(late, Transition::Expected);
/// let reversed = transition(Direction::Withdrawal, &OrderStatus::Success, &OrderStatus::Failed);
/// assert_eq!(reversed, Transition::Rare);
/// ```
#[must_use]
pub fn transition(direction: Direction, from: &OrderStatus, to: &OrderStatus) -> Transition {
    if from == to {
        return Transition::Repeated;
    }
    let table = match direction {
        Direction::Deposit => DEPOSIT,
        Direction::Withdrawal => WITHDRAWAL,
    };
    let row = table.iter().find(|(before, after, _)| before == from && after == to);
    row.map_or(Transition::Undocumented, |(_, _, transition)| *transition)
}

use OrderStatus::{Cancelled, Chargeback, Expired, Failed, New, Pending, Refunded, Success};
use Transition::{Expected, Rare};

type Row = (OrderStatus, OrderStatus, Transition);

const DEPOSIT: &[Row] = &[
    (New, Pending, Expected),
    (New, Cancelled, Expected),
    (New, Expired, Expected),
    (New, Success, Expected),
    (New, Failed, Expected),
    (Pending, Success, Expected),
    (Pending, Failed, Expected),
    (Expired, Failed, Expected),
    (Expired, Success, Expected),
    (Cancelled, Failed, Expected),
    (Cancelled, Success, Expected),
    (Failed, Success, Rare),
    (Success, Chargeback, Rare),
];

const WITHDRAWAL: &[Row] = &[
    (New, Pending, Expected),
    (New, Success, Expected),
    (New, Failed, Expected),
    (Pending, Success, Expected),
    (Pending, Failed, Expected),
    (Success, Failed, Rare),
    (Success, Refunded, Rare),
];
