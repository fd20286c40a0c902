//! What the shop's references stand for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::belief::{Belief, Intent};
use super::super::movements::Movement;
use super::Kind;

/// The shop's references, by kind.
pub(super) struct Subjects<'a> {
    /// The order of each payment.
    payments: HashMap<&'a str, &'a str>,
    /// The payment of each refund.
    refunds: HashMap<&'a str, &'a str>,
    payouts: BTreeSet<&'a str>,
    intents: HashMap<&'a str, Vec<&'a Intent>>,
}

impl<'a> Subjects<'a> {
    pub(super) fn of(belief: &'a Belief) -> Self {
        let mut intents: HashMap<&str, Vec<&Intent>> = HashMap::new();
        for intent in &belief.intents {
            intents.entry(&intent.reference).or_default().push(intent);
        }
        let payments = belief.payments.iter().map(|payment| (payment.reference.as_str(), payment.order.as_str()));
        let refunds = belief.refunds.iter().map(|(refund, payment)| (refund.as_str(), payment.as_str()));
        Self {
            payments: payments.collect(),
            refunds: refunds.collect(),
            payouts: belief.payouts.iter().map(String::as_str).collect(),
            intents,
        }
    }

    pub(super) fn intents(&self, reference: &str) -> &[&'a Intent] {
        self.intents.get(reference).map_or(&[], Vec::as_slice)
    }

    pub(super) fn kind(&self, reference: &str) -> Kind {
        if self.payments.contains_key(reference) {
            Kind::Payment
        } else if self.refunds.contains_key(reference) {
            Kind::Refund
        } else if self.payouts.contains(reference) {
            Kind::Payout
        } else {
            Kind::Unknown
        }
    }

    /// The order of a payment or a refund.
    pub(super) fn order(&self, reference: &str) -> Option<&'a str> {
        let payment = self.refunds.get(reference).copied().unwrap_or(reference);
        self.payments.get(payment).copied()
    }

    /// The payment that a refund belongs to.
    pub(super) fn refunded(&self, refund: &str) -> Option<&'a str> {
        self.refunds.get(refund).copied()
    }
}

/// Returns every reference with its currencies: first those that the shop knows, in the order in which they were recorded.
pub(super) fn keys(movements: &[Movement], belief: &Belief) -> Vec<(String, String)> {
    let mut references: Vec<&str> = Vec::new();
    let known = belief.intents.iter().map(|intent| intent.reference.as_str());
    let known = known.chain(belief.payments.iter().map(|payment| payment.reference.as_str()));
    let known = known.chain(belief.payouts.iter().map(String::as_str));
    let known = known.chain(belief.refunds.iter().map(|(refund, _)| refund.as_str()));
    let known = known.chain(belief.bookings.iter().map(|booking| booking.reference.as_str()));
    let mut seen = BTreeSet::new();
    for reference in known.chain(movements.iter().map(|movement| movement.reference.as_str())) {
        if seen.insert(reference) {
            references.push(reference);
        }
    }

    let mut currencies: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let moved = movements.iter().map(|movement| (&movement.reference, &movement.currency));
    let booked = belief.bookings.iter().map(|booking| (&booking.reference, &booking.currency));
    let asked = belief.payments.iter().map(|payment| (&payment.reference, &payment.currency));
    let intended = belief.intents.iter().filter_map(|intent| Some((&intent.reference, intent.currency.as_ref()?)));
    for (reference, currency) in moved.chain(booked).chain(asked).chain(intended) {
        currencies.entry(reference).or_default().insert(currency);
    }
    let none = BTreeSet::from([""]);
    let keys = references.into_iter().flat_map(|reference| {
        let of_reference = currencies.get(reference).unwrap_or(&none).iter();
        of_reference.map(|currency| (reference.to_owned(), (*currency).to_owned())).collect::<Vec<_>>()
    });
    keys.collect()
}
