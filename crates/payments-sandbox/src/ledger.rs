use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::money;

/// What the providers really did, whatever their answers said. It only ever grows.
///
/// This is a view of a moment; ask the sandbox again for a later one.
#[derive(Clone)]
pub struct Ledger {
    pub(crate) entries: Arc<Vec<Entry>>,
    /// What a failed assertion shows: the timeline, and how to run it again.
    pub(crate) report: Arc<dyn Fn() -> String + Send + Sync>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries.iter()).finish()
    }
}

/// One thing that a provider did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// The position, from 1.
    pub number: usize,
    /// When, in seconds since 1970.
    pub at: i64,
    /// The provider and the operation: `turbopay.withdraw`.
    pub operation: String,
    /// The merchant's reference.
    pub reference: String,
    /// What it did.
    #[serde(rename = "what")]
    pub kind: EntryKind,
    /// The amount in hundredths of the currency's unit; of TurraTech's in its smallest unit, whatever that is.
    pub amount: i64,
    /// The currency.
    pub currency: String,
    /// The request that did it, where one did.
    pub request: Option<u64>,
}

/// What a provider did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EntryKind {
    /// It took in what a customer is yet to do: no money moves before.
    Begun,
    /// It did what it was asked: created a deposit, paid out.
    Executed,
    /// It took in what confirms an order.
    Confirmed,
    /// The money came in that was asked for before: a deposit's, a direct debit's.
    Credited,
    /// A withdrawal's money came back.
    Returned,
    /// What was paid was charged back.
    ChargedBack,
    /// What was authorized was taken.
    Captured,
    /// What was authorized, or asked of a bank, was let go of.
    Released,
    /// What was taken was given back.
    Refunded,
    /// What was agreed on before was charged: another period, or the first after a trial.
    Charged,
    /// It did what it was asked, and that moves no money: a customer was changed.
    Done,
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Begun => "begun",
            Self::Executed => "executed",
            Self::Confirmed => "confirmed",
            Self::Credited => "credited",
            Self::Returned => "returned",
            Self::ChargedBack => "charged back",
            Self::Captured => "captured",
            Self::Released => "released",
            Self::Refunded => "refunded",
            Self::Charged => "charged",
            Self::Done => "done",
        })
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = money::with_two_decimals(self.amount);
        // A reference is any text; here it is to stay on its line.
        let reference: String = self.reference.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        write!(
            f,
            "{:>3}  {:<28} {:<24} {:<12} {amount:>12} {}",
            self.number, self.operation, reference, self.kind, self.currency
        )
    }
}

impl Ledger {
    /// Every entry, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries of one order, by the merchant's reference.
    #[must_use]
    pub fn order(&self, reference: &str) -> OrderEntries<'_> {
        OrderEntries { ledger: self, reference: reference.to_owned() }
    }

    /// How often an operation was executed, over all orders: `ledger.executions("turbopay.withdraw")`.
    #[must_use]
    pub fn executions(&self, operation: &str) -> usize {
        self.entries.iter().filter(|entry| entry.kind == EntryKind::Executed && entry.operation == operation).count()
    }

    /// What was executed for one order while it was already, which a provider's own rules should make impossible.
    ///
    /// What was released in between does not count: it can be done anew.
    #[must_use]
    pub fn double_executions(&self) -> Vec<(String, String)> {
        let mut executed: BTreeMap<(&str, &str), BTreeMap<&str, u32>> = BTreeMap::new();
        let mut double = BTreeSet::new();
        for entry in self.entries.iter() {
            let provider = entry.operation.split('.').next().unwrap_or_default();
            let order = executed.entry((provider, &entry.reference)).or_default();
            if entry.kind == EntryKind::Executed {
                let count = order.entry(&entry.operation).or_default();
                *count += 1;
                if *count > 1 {
                    double.insert((entry.operation.clone(), entry.reference.clone()));
                }
            } else if entry.kind == EntryKind::Released {
                order.values_mut().for_each(|count| *count = count.saturating_sub(1));
            }
        }
        double.into_iter().collect()
    }
}

/// One order's entries, to make assertions about.
#[derive(Debug, Clone)]
pub struct OrderEntries<'a> {
    ledger: &'a Ledger,
    reference: String,
}

impl OrderEntries<'_> {
    /// The order's entries, in order.
    #[must_use]
    pub fn entries(&self) -> Vec<&Entry> {
        self.ledger.entries.iter().filter(|entry| entry.reference == self.reference).collect()
    }

    /// How often something was executed for it.
    #[must_use]
    pub fn executions(&self) -> usize {
        self.entries().iter().filter(|entry| entry.kind == EntryKind::Executed).count()
    }

    /// Holds that exactly one thing was executed for it.
    ///
    /// # Panics
    ///
    /// Otherwise, with the timeline.
    #[track_caller]
    pub fn executed_once(&self) {
        self.executed_times(1);
    }

    /// Holds that nothing was executed for it.
    ///
    /// # Panics
    ///
    /// Otherwise, with the timeline.
    #[track_caller]
    pub fn never_executed(&self) {
        self.executed_times(0);
    }

    /// Holds how often something was executed for it.
    ///
    /// # Panics
    ///
    /// Otherwise, with the timeline.
    #[track_caller]
    #[expect(clippy::panic, reason = "it is an assertion")]
    pub fn executed_times(&self, times: usize) {
        let found = self.executions();
        if found != times {
            panic!("executions of order {:?}: {found}, not {times}\n{}", self.reference, (self.ledger.report)());
        }
    }
}
