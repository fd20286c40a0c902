//! Sums over the ledger.

use std::collections::BTreeMap;

use super::SharedState;
use crate::ledger::EntryKind;
use crate::money::AmountUnit;

/// The sum of a provider's ledger entries of one kind and one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Total {
    pub(crate) provider: &'static str,
    /// Empty for entries that move no money.
    pub(crate) currency: String,
    pub(crate) unit: AmountUnit,
    pub(crate) kind: EntryKind,
    pub(crate) entries: usize,
    /// Exact: as many entries as fit into the memory cannot exceed it.
    pub(crate) amount: i128,
}

impl SharedState {
    /// Returns the sums by provider, currency and kind. Kinds without entries are left out.
    pub(crate) fn totals(&self) -> Vec<Total> {
        self.tick();
        let state = self.lock();
        let mut totals = Vec::new();
        for engine in state.engines() {
            let spec = engine.spec();
            let mut sums: BTreeMap<(&str, EntryKind), (usize, i128)> = BTreeMap::new();
            for entry in state.ledger.iter() {
                if entry.operation.split('.').next() == Some(spec.name) {
                    let (entries, amount) = sums.entry((&entry.currency, entry.kind)).or_default();
                    *entries += 1;
                    *amount += i128::from(entry.amount);
                }
            }
            totals.extend(sums.into_iter().map(|((currency, kind), (entries, amount))| Total {
                provider: spec.name,
                currency: currency.to_owned(),
                unit: spec.unit,
                kind,
                entries,
                amount,
            }));
        }
        totals
    }
}
