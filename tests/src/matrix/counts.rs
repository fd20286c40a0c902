//! What many runs come to.

use payments_core::Outcome;

use super::once::Run;

/// Figures of some runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Figures {
    pub(super) runs: usize,
    pub(super) succeeded: usize,
    pub(super) not_sent: usize,
    pub(super) refused: usize,
    pub(super) unknown: usize,
    /// How many calls were executed never, once, and more often, by the time that nothing was under way any longer.
    pub(super) executed: [usize; 3],
    pub(super) doubles: usize,
    pub(super) false_not_sent: usize,
    pub(super) provable: usize,
    pub(super) recognised: usize,
    pub(super) astray: usize,
    /// Calls whose connections were closed at once and brought nothing, and how many of them came back as they were.
    pub(super) brought_nothing: usize,
    pub(super) handed_back: usize,
    /// Unknown outcomes that could be resolved, and how many came out as the ledger has it.
    pub(super) resolvable: usize,
    pub(super) resolved: usize,
    /// Calls over a connection that was to be used again, and how many really were.
    pub(super) to_reuse: usize,
    pub(super) reused: usize,
    pub(super) wrong: usize,
}

impl Figures {
    pub(super) fn add(&mut self, run: &Run) {
        let facts = &run.facts;
        self.runs += 1;
        match facts.outcome {
            None => self.succeeded += 1,
            Some(Outcome::NotSent) => self.not_sent += 1,
            Some(Outcome::Refused) => self.refused += 1,
            Some(Outcome::Unknown) => self.unknown += 1,
        }
        self.executed[facts.executions.min(2)] += 1;
        self.doubles += usize::from(facts.in_the_end > 1);
        self.false_not_sent += usize::from(facts.is_false_not_sent());
        self.provable += usize::from(facts.provable);
        self.recognised += usize::from(facts.is_recognised());
        self.astray += facts.astray;
        self.brought_nothing += usize::from(facts.brought_nothing);
        self.handed_back += usize::from(facts.is_handed_back());
        self.resolvable += usize::from(facts.resolved);
        self.resolved += usize::from(facts.resolved && !facts.unresolved);
        // One that the server closes beforehand is not.
        self.to_reuse += usize::from(run.cell.reused && !run.cell.fault.closes_idle());
        self.reused += usize::from(facts.reused && !run.cell.fault.closes_idle());
        self.wrong += usize::from(!run.wrong.is_empty());
    }

    /// The four figures, and everything else that a run is held to.
    pub(super) fn is_clean(&self) -> bool {
        let four =
            self.doubles == 0 && self.false_not_sent == 0 && self.recognised == self.provable && self.astray == 0;
        // A race that is never won shows that nobody looks any longer.
        let handed_back = self.handed_back > 0 || self.brought_nothing < ENOUGH;
        self.runs > 0 && four && handed_back && self.wrong == 0
    }
}

/// Most such races are won.
const ENOUGH: usize = 20;
