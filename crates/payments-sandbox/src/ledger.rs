pub(crate) mod csv;
pub(crate) mod double;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::money::{self, AmountUnit};

pub use double::{Double, DoubleKind};

/// A snapshot of everything that the providers have executed, whatever their responses said.
///
/// Call [`Sandbox::ledger`](crate::Sandbox::ledger) again to see later entries.
#[derive(Clone)]
pub struct Ledger {
    pub(crate) entries: Arc<Vec<Entry>>,
    /// The references that the merchant uses for one order, by order.
    pub(crate) same_orders: Arc<Vec<Vec<String>>>,
    /// The text that a failed assertion shows: the timeline, the ledger, and the seed.
    pub(crate) report: Arc<dyn Fn() -> String + Send + Sync>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries.iter()).finish()
    }
}

/// One entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// The position, from 1.
    pub number: usize,
    /// When the entry was recorded, as Unix time in seconds.
    pub at: i64,
    /// The provider and the operation: `turbopay.withdraw`.
    pub operation: String,
    /// The merchant's reference.
    pub reference: String,
    /// The kind of entry.
    pub kind: EntryKind,
    /// The amount in hundredths of the currency's unit. For TurraTech, in the currency's smallest unit.
    pub amount: i64,
    /// The currency's ISO 4217 code; empty if no money moves.
    pub currency: String,
    /// True if money was moved or reserved, and false for what only begins or describes a payment.
    ///
    /// A deposit that a customer must still pay moves no money when it is created, but when it is credited.
    pub moves_money: bool,
    /// The number of the request that caused the entry; `None` if a bank, a customer or the clock caused it.
    pub request: Option<u64>,
    #[serde(skip)]
    pub(crate) unit: AmountUnit,
}

/// The kind of a ledger entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EntryKind {
    /// A payment was started that a customer must still complete. No money has moved.
    Begun,
    /// The request was executed: a deposit was created, a withdrawal was paid out, an object was created.
    Executed,
    /// A confirmation of an order was accepted.
    Confirmed,
    /// The money of an earlier entry arrived, such as that of a deposit or a direct debit.
    Credited,
    /// Money was returned: a failed or refunded withdrawal, or a refunded payment link.
    Returned,
    /// A payment was charged back.
    ChargedBack,
    /// An authorized amount was captured.
    Captured,
    /// An authorization was released, or a pending debit failed.
    Released,
    /// A payment was refunded.
    Refunded,
    /// A subscription was charged for a period after its creation.
    Charged,
    /// A request was executed that moves no money, such as an update of a customer.
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
        let (amount, note) = match self.unit {
            AmountUnit::Hundredths => (money::with_two_decimals(self.amount), ""),
            AmountUnit::Smallest if self.currency.is_empty() => (self.amount.to_string(), ""),
            AmountUnit::Smallest => (self.amount.to_string(), " (smallest unit)"),
        };
        // A reference may contain any character. A line feed must not start a new line here.
        let reference: String = self.reference.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        write!(
            f,
            "{:>3}  {:<28} {:<24} {:<12} {amount:>12} {}{note}",
            self.number, self.operation, reference, self.kind, self.currency
        )
    }
}

impl Ledger {
    /// All entries, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the entries of one order, by the merchant's reference.
    #[must_use]
    pub fn order(&self, reference: &str) -> OrderEntries<'_> {
        OrderEntries { ledger: self, reference: reference.to_owned() }
    }

    /// Returns how often an operation was executed, over all orders: `ledger.executions("turbopay.withdraw")`.
    #[must_use]
    pub fn executions(&self, operation: &str) -> usize {
        self.entries.iter().filter(|entry| entry.kind == EntryKind::Executed && entry.operation == operation).count()
    }
}

/// The entries of one order, with assertions.
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

    /// Returns how often the order was executed, over all operations.
    #[must_use]
    pub fn executions(&self) -> usize {
        self.entries().iter().filter(|entry| entry.kind == EntryKind::Executed).count()
    }

    /// Asserts that the order was executed exactly once.
    ///
    /// # Panics
    ///
    /// Panics with the timeline if the order was executed another number of times.
    #[track_caller]
    pub fn executed_once(&self) {
        self.executed_times(1);
    }

    /// Asserts that the order was never executed.
    ///
    /// # Panics
    ///
    /// Panics with the timeline if the order was executed.
    #[track_caller]
    pub fn never_executed(&self) {
        self.executed_times(0);
    }

    /// Asserts that the order was executed this number of times.
    ///
    /// # Panics
    ///
    /// Panics with the timeline if the order was executed another number of times.
    #[track_caller]
    #[expect(clippy::panic, reason = "this is an assertion")]
    pub fn executed_times(&self, times: usize) {
        let executions = self.executions();
        if executions != times {
            let (order, report) = (&self.reference, (self.ledger.report)());
            panic!("executions of order {order:?}: expected {times}, found {executions}\n{report}");
        }
    }
}
