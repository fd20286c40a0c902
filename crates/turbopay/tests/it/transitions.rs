//! Documented and undocumented transitions.

use payments_core::PaymentStatus;
use payments_core::gateway::WriteOperation;
use turbopay::{Client, Direction, OrderStatus, Transition, transition};

/// Lists the pairs of known statuses with this transition, as `from-to`.
fn pairs_with(direction: Direction, expected: Transition) -> String {
    let pairs = OrderStatus::KNOWN.iter().flat_map(|from| OrderStatus::KNOWN.iter().map(move |to| (from, to)));
    let matching = pairs.filter(|(from, to)| transition(direction, from, to) == expected);
    matching.map(|(from, to)| format!("{from}-{to}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn only_what_is_documented_is_expected_or_rare() {
    assert_eq!(
        pairs_with(Direction::Deposit, Transition::Expected),
        "new-pending new-success new-failed new-cancelled new-expired pending-success pending-failed \
         cancelled-success cancelled-failed expired-success expired-failed"
    );
    assert_eq!(pairs_with(Direction::Deposit, Transition::Rare), "success-chargeback failed-success");
    assert_eq!(
        pairs_with(Direction::Withdrawal, Transition::Expected),
        "new-pending new-success new-failed pending-success pending-failed"
    );
    assert_eq!(pairs_with(Direction::Withdrawal, Transition::Rare), "success-failed success-refunded");
}

#[test]
fn an_expired_or_cancelled_deposit_may_still_succeed() {
    for late in [OrderStatus::Expired, OrderStatus::Cancelled] {
        assert!(!late.is_final());
        assert_eq!(transition(Direction::Deposit, &late, &OrderStatus::Success), Transition::Expected);
        assert_eq!(transition(Direction::Withdrawal, &late, &OrderStatus::Success), Transition::Undocumented);
    }
}

#[test]
fn no_documented_transition_leads_a_deposit_to_refunded() {
    for from in OrderStatus::KNOWN.iter().filter(|status| **status != OrderStatus::Refunded) {
        assert_eq!(transition(Direction::Deposit, from, &OrderStatus::Refunded), Transition::Undocumented);
    }
}

#[test]
fn an_unrecognised_status_is_kept_and_never_final() {
    let unknown = OrderStatus::from("on_hold");
    assert_eq!((unknown.as_str(), unknown.is_final()), ("on_hold", false));
    assert_eq!(transition(Direction::Deposit, &OrderStatus::New, &unknown), Transition::Undocumented);
    assert_eq!(transition(Direction::Deposit, &unknown, &unknown), Transition::Repeated);
}

/// Compares a table of the shared vocabulary with `transition`, for every pair of known statuses.
#[track_caller]
fn check_common(operation: WriteOperation, direction: Direction, common: impl Fn(&OrderStatus) -> PaymentStatus) {
    let changes = Client::capabilities().status_changes(operation);
    let mut documented = Vec::new();
    for from in OrderStatus::KNOWN {
        for to in OrderStatus::KNOWN {
            let change = (common(from), common(to));
            let is_documented = matches!(transition(direction, from, to), Transition::Expected | Transition::Rare);
            if is_documented && change.0 != change.1 {
                assert!(changes.contains(&change), "{operation}: {from} to {to}");
                documented.push(change);
            }
        }
    }
    assert!(changes.iter().all(|change| documented.contains(change)), "{operation}: {changes:?}");
}

#[test]
fn the_shared_vocabulary_has_the_same_transitions() {
    check_common(WriteOperation::StartPayment, Direction::Deposit, OrderStatus::common);
    check_common(WriteOperation::Confirm, Direction::Deposit, OrderStatus::common);
    check_common(WriteOperation::PayOut, Direction::Withdrawal, |status| match status {
        // Nobody waits for the customer of a payout.
        OrderStatus::New => PaymentStatus::Processing,
        status => status.common(),
    });
}
