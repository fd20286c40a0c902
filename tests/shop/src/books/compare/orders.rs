//! Mistakes about whole orders: paid twice, shipped unpaid.

use std::collections::BTreeMap;

use super::super::belief::{Belief, Order};
use super::super::movements::{Effect, Movement};
use super::subjects::Subjects;

/// The money of one of an order's references.
struct Paid<'a> {
    reference: &'a str,
    /// What the order's price is under this reference; `None` if the shop does not know the reference.
    price: Option<i64>,
    received: i64,
    /// What was received and not returned.
    kept: i64,
}

/// Returns each mistake by the reference of a payment, or by the order's id if it has no payment.
pub(super) fn mistakes(movements: &[Movement], belief: &Belief, subjects: &Subjects<'_>) -> BTreeMap<String, String> {
    let mut mistakes = BTreeMap::new();
    for order in &belief.orders {
        let paid = paid(order, movements, belief, subjects);
        let kept: Vec<&str> = paid.iter().filter(|paid| paid.kept > 0).map(|paid| paid.reference).collect();
        if kept.len() > 1 {
            let mistake = format!("the order is paid under {}", kept.join(" and "));
            mistakes.extend(kept.iter().map(|reference| ((*reference).to_owned(), mistake.clone())));
        }
        let last = paid.last().map_or(order.id.as_str(), |paid| paid.reference);
        let is_paid = paid.iter().any(|paid| paid.price.is_some_and(|price| paid.received >= price));
        if order.is_shipped && !is_paid {
            let less = if paid.iter().any(|paid| paid.received > 0) { "paid less than its price" } else { "not paid" };
            mistakes.entry(last.to_owned()).or_insert_with(|| format!("the order is shipped, and {less}"));
        }
        let is_booked = |paid: &&Paid<'_>| {
            let bookings = belief.bookings.iter().filter(|booking| booking.reference == paid.reference);
            let is_in_full = paid.kept > 0 && paid.price.is_none_or(|price| paid.kept >= price);
            is_in_full && bookings.map(|booking| booking.amount).sum::<i64>() > 0
        };
        if let Some(paid) = paid.iter().find(is_booked).filter(|_| !order.is_shipped) {
            let mistake = || "the payment is booked, and the order is not shipped".to_owned();
            mistakes.entry(paid.reference.to_owned()).or_insert_with(mistake);
        }
    }
    mistakes
}

/// Returns the references of an order: those that the shop knows, and those in the ledger that are named after the order.
fn paid<'a>(order: &Order, movements: &'a [Movement], belief: &'a Belief, subjects: &Subjects<'_>) -> Vec<Paid<'a>> {
    let mut references: Vec<(&str, Option<i64>)> = Vec::new();
    for payment in belief.payments.iter().filter(|payment| payment.order == order.id) {
        // The provider may have changed the amount. Less than the price does not pay the order.
        references.push((&payment.reference, Some(payment.amount)));
    }
    for movement in movements {
        let number = movement.reference.strip_prefix(&order.id).and_then(|rest| rest.strip_prefix('-'));
        let is_payment = number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        if is_payment && references.iter().all(|(reference, _)| *reference != movement.reference) {
            references.push((&movement.reference, None));
        }
    }
    let paid = references.into_iter().map(|(reference, price)| {
        let (mut received, mut returned) = (0, 0);
        for movement in movements {
            if movement.reference == reference || subjects.refunded(&movement.reference) == Some(reference) {
                match movement.effect {
                    Effect::In | Effect::Unexpected => received += movement.amount,
                    Effect::Out => returned += movement.amount,
                }
            }
        }
        Paid { reference, price, received, kept: received - returned }
    });
    paid.collect()
}
