use crate::order::OrderStatus;

/// Which way an order's money goes. TurboPay's look-ups and webhooks do not say; the merchant knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Direction {
    /// From a customer to the merchant.
    Deposit,
    /// From the merchant to a customer.
    Withdrawal,
}

/// What the documents say of a change of status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transition {
    /// No change: the same status again, as after a delivery that was repeated.
    Repeated,
    /// A documented step.
    Expected,
    /// A documented change of a status that is normally final. Somebody should look at it.
    Rare,
    /// No document says that this happens. Look the order up before acting on it.
    Undocumented,
}

/// What the documents say of an order that goes from one status to another.
///
/// ```
/// use turbopay::{Direction, OrderStatus, Transition, transition};
///
/// let late = transition(Direction::Deposit, &OrderStatus::Expired, &OrderStatus::Success);
/// assert_eq!(late, Transition::Expected);
/// let taken_back = transition(Direction::Withdrawal, &OrderStatus::Success, &OrderStatus::Failed);
/// assert_eq!(taken_back, Transition::Rare);
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
