//! Orders that were executed, credited, captured or paid twice.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

use super::{Entry, EntryKind, Ledger};

/// An order that was executed, credited, captured or paid more than once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Double {
    /// What happened twice.
    pub kind: DoubleKind,
    /// The provider and the operation: `turbopay.withdraw`. Of several operations, the first one.
    pub operation: String,
    /// The merchant's references: one, or several that [belong to one order](crate::Sandbox::same_order).
    pub references: Vec<String>,
    /// True for a payment, and false for an object without an amount, such as a customer.
    pub is_payment: bool,
}

/// What happened twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DoubleKind {
    /// One operation was executed twice for a reference. An execution that was released before the next one does not count.
    Executed,
    /// The money arrived twice. Money that was returned or charged back in between does not count.
    Credited,
    /// An authorized amount was captured twice.
    Captured,
    /// One order was paid under several references.
    Paid,
}

impl fmt::Display for Double {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let happened = match self.kind {
            DoubleKind::Executed => "executed",
            DoubleKind::Credited => "credited",
            DoubleKind::Captured => "captured",
            DoubleKind::Paid => {
                let references: Vec<String> = self.references.iter().map(|name| format!("{name:?}")).collect();
                return write!(f, "one order was paid under {}", references.join(" and "));
            }
        };
        write!(f, "{} was {happened} twice for {:?}", self.operation, self.references.concat())
    }
}

/// How often each kind of thing happened to an order, by operation.
type Counts<'a> = BTreeMap<(DoubleKind, &'a str), u32>;

impl Ledger {
    /// Returns the operation and reference of each order that was executed more than once.
    ///
    /// An execution that was [released](EntryKind::Released) before the next one does not count.
    #[must_use]
    pub fn double_executions(&self) -> Vec<(String, String)> {
        let executed = self.doubles().into_iter().filter(|double| double.kind == DoubleKind::Executed);
        executed.map(|double| (double.operation, double.references.concat())).collect()
    }

    /// Returns every order that was executed, credited, captured or paid twice.
    #[must_use]
    pub fn doubles(&self) -> Vec<Double> {
        let doubles = among(self.entries.iter()).into_iter();
        let named: HashSet<&str> = self.same_orders.iter().flatten().map(String::as_str).collect();
        let mut entries: HashMap<&str, Vec<&Entry>> = HashMap::new();
        for entry in self.entries.iter().filter(|entry| named.contains(entry.reference.as_str())) {
            entries.entry(&entry.reference).or_default().push(entry);
        }
        doubles.chain(self.same_orders.iter().filter_map(|order| paid_twice(order, &entries))).collect()
    }
}

/// Returns the order if more than one of its references was paid.
fn paid_twice(order: &[String], entries: &HashMap<&str, Vec<&Entry>>) -> Option<Double> {
    let references: BTreeSet<&String> = order.iter().collect();
    let paid: Vec<(&str, &String)> =
        references.into_iter().filter_map(|name| Some((payment(entries.get(name.as_str())?)?, name))).collect();
    let [(operation, _), _, ..] = paid.as_slice() else { return None };
    Some(Double {
        kind: DoubleKind::Paid,
        operation: (*operation).to_owned(),
        references: paid.iter().map(|(_, reference)| (*reference).clone()).collect(),
        is_payment: true,
    })
}

/// Returns the operation under which a reference was paid, unless all of the money went back.
fn payment<'a>(entries: &[&'a Entry]) -> Option<&'a str> {
    let (mut paid, mut returned, mut operation) = (0_i128, 0_i128, None);
    for entry in entries.iter().filter(|entry| entry.moves_money) {
        match entry.kind {
            // A capture takes the money that its authorization reserved.
            EntryKind::Executed | EntryKind::Credited | EntryKind::Charged => {
                paid += i128::from(entry.amount);
                operation = operation.or(Some(entry.operation.as_str()));
            }
            EntryKind::Returned | EntryKind::ChargedBack | EntryKind::Released | EntryKind::Refunded => {
                returned += i128::from(entry.amount);
            }
            EntryKind::Begun | EntryKind::Confirmed | EntryKind::Captured | EntryKind::Done => {}
        }
    }
    operation.filter(|_| returned < paid)
}

/// Returns what happened twice to one reference of one provider.
pub(crate) fn among<'a>(entries: impl Iterator<Item = &'a Entry>) -> BTreeSet<Double> {
    let mut counts: BTreeMap<(&str, &str), Counts<'_>> = BTreeMap::new();
    let mut doubles = BTreeSet::new();
    for entry in entries {
        let order = counts.entry((provider(entry), &entry.reference)).or_default();
        let ended: &[DoubleKind] = match entry.kind {
            EntryKind::Released => &[DoubleKind::Executed, DoubleKind::Captured],
            EntryKind::Returned | EntryKind::ChargedBack => &[DoubleKind::Credited],
            _ => &[],
        };
        let ended = order.iter_mut().filter(|((kind, _), _)| ended.contains(kind));
        ended.for_each(|(_, count)| *count = count.saturating_sub(1));
        let kind = match entry.kind {
            EntryKind::Executed => DoubleKind::Executed,
            EntryKind::Credited => DoubleKind::Credited,
            EntryKind::Captured => DoubleKind::Captured,
            _ => continue,
        };
        let count = order.entry((kind, &entry.operation)).or_default();
        *count += 1;
        if *count > 1 {
            let (operation, references) = (entry.operation.clone(), vec![entry.reference.clone()]);
            doubles.insert(Double { kind, operation, references, is_payment: !entry.currency.is_empty() });
        }
    }
    doubles
}

fn provider(entry: &Entry) -> &str {
    entry.operation.split('.').next().unwrap_or_default()
}
