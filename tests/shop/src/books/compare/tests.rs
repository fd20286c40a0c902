//! Planted mistakes: each must be found, and what is right must stay right.

use std::collections::{BTreeMap, BTreeSet};

use super::super::belief::{Belief, Booking, Intent, Order, Payment};
use super::super::movements::{Effect, Movement};
use super::{Row, Verdict, compare};

const ORDER: &str = "ORD-1";
const FIRST: &str = "ORD-1-1";

fn moved(reference: &str, effect: Effect, amount: i64) -> Movement {
    Movement {
        operation: "turbopay.deposit".into(),
        reference: reference.into(),
        currency: "INR".into(),
        amount,
        effect,
    }
}

fn booking(reference: &str, kind: &str, amount: i64) -> Booking {
    Booking { reference: reference.into(), kind: kind.into(), amount, currency: "INR".into() }
}

fn intent(reference: &str, operation: &str, state: &str) -> Intent {
    Intent {
        reference: reference.into(),
        operation: operation.into(),
        state: state.into(),
        review: (state == "needs_review").then(|| "nothing_to_ask".to_owned()),
        order_amount: None,
        currency: Some("INR".into()),
        is_being_told: false,
        hook_problem: None,
    }
}

/// An order with one payment of 500, in this state of the journal, that the shop has not booked.
fn unbooked(state: &str) -> Belief {
    Belief {
        orders: vec![Order { id: ORDER.into(), is_shipped: false }],
        payments: vec![payment(FIRST)],
        intents: vec![intent(FIRST, "start_payment", state)],
        ..Belief::default()
    }
}

fn payment(reference: &str) -> Payment {
    Payment { reference: reference.into(), order: ORDER.into(), amount: 500, currency: "INR".into() }
}

/// An order that is paid, booked and shipped.
fn shipped() -> Belief {
    let mut belief = unbooked("succeeded");
    belief.orders[0].is_shipped = true;
    belief.bookings.push(booking(FIRST, "payment", 500));
    belief
}

fn payout(state: &str) -> Belief {
    Belief { payouts: vec!["PO-1".into()], intents: vec![intent("PO-1", "pay_out", state)], ..Belief::default() }
}

fn rows(movements: &[Movement], belief: &Belief) -> Vec<Row> {
    compare(movements, belief, &BTreeSet::new(), &BTreeMap::new())
}

/// Compares, and expects one row with this verdict: its name, or its whole reason after `WRONG: `.
#[track_caller]
fn check(movements: &[Movement], belief: &Belief, expected: &str) {
    let rows = rows(movements, belief);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(describe(&rows[0]), expected, "{}", rows[0]);
}

fn describe(row: &Row) -> String {
    match &row.verdict {
        Verdict::Wrong(reason) => format!("WRONG: {reason}"),
        other => other.name().to_owned(),
    }
}

const PAID: Effect = Effect::In;
const RETURNED: Effect = Effect::Out;
const NOT_BOOKED: &str = "WRONG: money moved, and the shop has neither booked it nor is it open";

#[test]
fn a_paid_and_booked_order_is_equal() {
    check(&[moved(FIRST, PAID, 500)], &shipped(), "equal");
}

#[test]
fn a_payment_that_is_not_booked_is_excused_only_while_the_shop_knows_that_it_does_not_know() {
    let paid = [moved(FIRST, PAID, 500)];
    for state in ["intended", "sending", "pending", "unknown"] {
        check(&paid, &unbooked(state), "open");
    }
    check(&paid, &unbooked("needs_review"), "in review");
    for state in ["succeeded", "failed", "refused", "abandoned", "reversed"] {
        check(&paid, &unbooked(state), NOT_BOOKED);
    }
    let mut being_told = unbooked("succeeded");
    being_told.intents[0].is_being_told = true;
    check(&paid, &being_told, "open");
}

#[test]
fn a_message_that_has_not_arrived_excuses_a_late_booking() {
    let belief = payout("succeeded");
    let mut booked = belief.clone();
    booked.bookings.push(booking("PO-1", "payout", -500));
    let returned = [moved("PO-1", Effect::Out, 500), moved("PO-1", Effect::In, 500)];
    let verdict = |belief: &Belief, movements: &[Movement]| {
        describe(&compare(movements, belief, &BTreeSet::from(["PO-1".to_owned()]), &BTreeMap::new())[0])
    };
    assert_eq!(verdict(&booked, &returned), "on the way");
    check(&returned, &booked, NOT_BOOKED);
    // It does not excuse a booking that was never right.
    booked.bookings[0].amount = -400;
    assert_eq!(verdict(&booked, &returned), "WRONG: booked with another amount than moved");
}

#[test]
fn a_booking_without_money_is_wrong_in_every_state() {
    for state in ["succeeded", "unknown", "needs_review"] {
        let mut belief = payout(state);
        belief.bookings.push(booking("PO-1", "payout", -500));
        check(&[], &belief, "WRONG: booked, and no money moved");
    }
}

#[test]
fn another_amount_currency_or_direction_is_wrong() {
    let mut belief = payout("succeeded");
    belief.bookings.push(booking("PO-1", "payout", -500));
    let paid_out = |amount| [moved("PO-1", Effect::Out, amount)];
    check(&paid_out(500), &belief, "equal");
    check(&paid_out(501), &belief, "WRONG: booked with another amount than moved");
    check(&[moved("PO-1", Effect::In, 500)], &belief, "WRONG: booked with another amount than moved");
    let mut in_dollars = paid_out(500);
    in_dollars[0].currency = "USD".into();
    let rows = rows(&in_dollars, &belief);
    let verdicts: BTreeSet<String> = rows.iter().map(describe).collect();
    let expected = ["WRONG: booked, and no money moved", NOT_BOOKED].map(str::to_owned);
    assert_eq!(verdicts, BTreeSet::from(expected));
}

#[test]
fn a_booking_that_was_made_twice_is_wrong() {
    let mut belief = shipped();
    belief.bookings.push(booking(FIRST, "payment", 500));
    check(&[moved(FIRST, PAID, 500)], &belief, "WRONG: booked with another amount than moved");
}

#[test]
fn a_returned_payout_is_booked_back() {
    let mut belief = payout("failed");
    belief.bookings = vec![booking("PO-1", "payout", -500), booking("PO-1", "payout", 500)];
    check(&[moved("PO-1", Effect::Out, 500), moved("PO-1", Effect::In, 500)], &belief, "equal");
    check(&[moved("PO-1", Effect::Out, 500)], &belief, NOT_BOOKED);
}

#[test]
fn a_booking_of_another_kind_is_wrong() {
    let mut belief = payout("succeeded");
    belief.bookings.push(booking("PO-1", "refund", -500));
    check(&[moved("PO-1", Effect::Out, 500)], &belief, "WRONG: booked as a refund");
}

#[test]
fn a_payment_that_the_shop_does_not_know_is_wrong() {
    let paid = [moved("PO-9", Effect::Out, 500)];
    check(&paid, &Belief::default(), "WRONG: money moved under a reference that the shop does not know");
}

#[test]
fn an_operation_that_the_shop_does_not_use_is_wrong() {
    let captured = moved(FIRST, Effect::Unexpected, 500);
    check(&[captured], &shipped(), "WRONG: turbopay.deposit moved money, and the shop books no such operation");
}

#[test]
fn an_order_that_is_shipped_without_a_payment_is_wrong() {
    for state in ["failed", "pending", "needs_review"] {
        let mut belief = unbooked(state);
        belief.orders[0].is_shipped = true;
        check(&[], &belief, "WRONG: the order is shipped, and not paid");
    }
    let without_payment = Belief { orders: vec![Order { id: ORDER.into(), is_shipped: true }], ..Belief::default() };
    check(&[], &without_payment, "WRONG: the order is shipped, and not paid");
}

#[test]
fn an_order_that_is_shipped_for_less_than_its_price_is_wrong() {
    let mut belief = shipped();
    belief.bookings[0].amount = 400;
    check(&[moved(FIRST, PAID, 400)], &belief, "WRONG: the order is shipped, and paid less than its price");
    // Also if the provider has changed the amount.
    belief.intents[0].order_amount = Some(400);
    check(&[moved(FIRST, PAID, 400)], &belief, "WRONG: the order is shipped, and paid less than its price");
    belief.orders[0].is_shipped = false;
    check(&[moved(FIRST, PAID, 400)], &belief, "equal");
}

#[test]
fn a_booked_payment_of_an_order_that_is_not_shipped_is_wrong() {
    let mut belief = shipped();
    belief.orders[0] = Order { id: ORDER.into(), is_shipped: false };
    check(&[moved(FIRST, PAID, 500)], &belief, "WRONG: the payment is booked, and the order is not shipped");
}

#[test]
fn an_order_that_is_paid_under_two_references_is_wrong_also_while_one_is_open() {
    let mut belief = shipped();
    belief.payments.push(payment("ORD-1-2"));
    belief.intents.push(intent("ORD-1-2", "start_payment", "unknown"));
    let twice = [moved(FIRST, PAID, 500), moved("ORD-1-2", PAID, 500)];
    for row in rows(&twice, &belief) {
        assert_eq!(describe(&row), "WRONG: the order is paid under ORD-1-1 and ORD-1-2");
    }
    // Also if the shop has forgotten the second one.
    belief.payments.pop();
    belief.intents.pop();
    for row in rows(&twice, &belief) {
        assert_eq!(describe(&row), "WRONG: the order is paid under ORD-1-1 and ORD-1-2");
    }
}

#[test]
fn a_refund_is_compared_under_its_own_reference() {
    let mut belief = shipped();
    belief.refunds.push(("ORD-1-1-r1".into(), FIRST.into()));
    belief.intents.push(intent("ORD-1-1-r1", "refund", "succeeded"));
    belief.bookings.push(booking("ORD-1-1-r1", "refund", -500));
    let refunded = [moved(FIRST, PAID, 500), moved("ORD-1-1-r1", RETURNED, 500)];
    for row in rows(&refunded, &belief) {
        assert_eq!(describe(&row), "equal");
        assert_eq!(row.order.as_deref(), Some(ORDER));
    }
    belief.bookings.pop();
    assert_eq!(describe(&rows(&refunded, &belief)[0]), NOT_BOOKED);
}

#[test]
fn a_second_payment_after_a_refunded_one_is_no_second_payment() {
    let mut belief = shipped();
    belief.refunds.push(("ORD-1-1-r1".into(), FIRST.into()));
    belief.intents.push(intent("ORD-1-1-r1", "refund", "succeeded"));
    belief.bookings.push(booking("ORD-1-1-r1", "refund", -500));
    belief.payments.push(payment("ORD-1-2"));
    belief.intents.push(intent("ORD-1-2", "start_payment", "succeeded"));
    belief.bookings.push(booking("ORD-1-2", "payment", 500));
    let moved = [moved(FIRST, PAID, 500), moved("ORD-1-1-r1", RETURNED, 500), moved("ORD-1-2", PAID, 500)];
    for row in rows(&moved, &belief) {
        assert_eq!(describe(&row), "equal", "{row}");
    }
}

#[test]
fn a_completion_decides_about_a_3d_secure_payment() {
    let mut belief = unbooked("pending");
    let paid = [moved(FIRST, PAID, 500)];
    for (state, expected) in [
        ("sending", "open"),
        ("unknown", "open"),
        ("needs_review", "in review"),
        ("succeeded", NOT_BOOKED),
        ("refused", NOT_BOOKED),
    ] {
        belief.intents.truncate(1);
        belief.intents.push(intent(FIRST, "card3ds.complete_3ds", state));
        check(&paid, &belief, expected);
    }
}

#[test]
fn what_the_sandbox_found_twice_is_wrong_whatever_the_shop_believes() {
    let doubles = BTreeMap::from([("PO-1".to_owned(), "turbopay.withdraw was executed twice".to_owned())]);
    let twice = [moved("PO-1", Effect::Out, 500), moved("PO-1", Effect::Out, 500)];
    let rows = compare(&twice, &payout("unknown"), &BTreeSet::new(), &doubles);
    assert_eq!(describe(&rows[0]), "WRONG: turbopay.withdraw was executed twice");
}

#[test]
fn the_newest_reference_comes_first() {
    let mut belief = payout("pending");
    belief.payouts.push("PO-2".into());
    belief.intents.push(intent("PO-2", "pay_out", "pending"));
    let rows = rows(&[], &belief);
    assert_eq!(rows.iter().map(|row| row.reference.as_str()).collect::<Vec<_>>(), ["PO-2", "PO-1"]);
}
