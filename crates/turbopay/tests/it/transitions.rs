//! The documented transitions, and everything that is not one.

use turbopay::{Direction, OrderStatus, Transition, transition};

/// Every pair of different statuses that the documents know, as `from-to`.
fn known(direction: Direction, wanted: Transition) -> String {
    let pairs = OrderStatus::KNOWN.iter().flat_map(|from| OrderStatus::KNOWN.iter().map(move |to| (from, to)));
    let known = pairs.filter(|(from, to)| transition(direction, from, to) == wanted);
    known.map(|(from, to)| format!("{from}-{to}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn only_what_is_documented_is_expected_or_rare() {
    assert_eq!(
        known(Direction::Deposit, Transition::Expected),
        "new-pending new-success new-failed new-cancelled new-expired pending-success pending-failed \
         cancelled-success cancelled-failed expired-success expired-failed"
    );
    assert_eq!(known(Direction::Deposit, Transition::Rare), "success-chargeback failed-success");
    assert_eq!(
        known(Direction::Withdrawal, Transition::Expected),
        "new-pending new-success new-failed pending-success pending-failed"
    );
    assert_eq!(known(Direction::Withdrawal, Transition::Rare), "success-failed success-refunded");
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
fn a_deposit_is_never_documented_to_become_refunded() {
    for from in OrderStatus::KNOWN.iter().filter(|status| **status != OrderStatus::Refunded) {
        assert_eq!(transition(Direction::Deposit, from, &OrderStatus::Refunded), Transition::Undocumented);
    }
}

#[test]
fn a_status_that_nobody_knows_is_kept_and_never_final() {
    let odd = OrderStatus::from("on_hold");
    assert_eq!((odd.as_str(), odd.is_final()), ("on_hold", false));
    assert_eq!(transition(Direction::Deposit, &OrderStatus::New, &odd), Transition::Undocumented);
    assert_eq!(transition(Direction::Deposit, &odd, &odd), Transition::Repeated);
}
