//! The counts of many runs.

use payments_core::Outcome;

use super::run::Run;

/// The counts of a set of runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    pub(super) runs: usize,
    pub(super) succeeded: usize,
    pub(super) not_sent: usize,
    pub(super) refused: usize,
    pub(super) unknown: usize,
    /// Calls with zero, one and more executions, when no request is in flight.
    pub(super) executed: [usize; 3],
    pub(super) double_executions: usize,
    pub(super) false_not_sent: usize,
    /// Calls that were provably not sent.
    pub(super) provably_unsent: usize,
    /// How many of the calls above the client treated as not sent.
    pub(super) recognised: usize,
    pub(super) misdirected: usize,
    /// Calls whose response was plain.
    pub(super) plain: usize,
    /// How many of the calls above ended as something else.
    pub(super) false_unknown: usize,
    /// Calls whose connections were closed after they were accepted, before they received a byte.
    pub(super) closed_without_bytes: usize,
    /// How many of the calls above the client treated as not sent.
    pub(super) returned_unsent: usize,
    /// Unknown outcomes that could be resolved.
    pub(super) resolvable: usize,
    /// How many of the outcomes above were resolved as in the ledger.
    pub(super) resolved: usize,
    /// Calls that should reuse a connection.
    pub(super) should_reuse: usize,
    /// How many of the calls above reused one.
    pub(super) reused: usize,
    /// Runs with a violation.
    pub(super) failed: usize,
}

impl Counts {
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
        self.double_executions += usize::from(facts.final_executions > 1);
        self.false_not_sent += usize::from(facts.is_false_not_sent());
        self.provably_unsent += usize::from(facts.provably_unsent);
        self.recognised += usize::from(facts.is_recognised());
        self.misdirected += facts.misdirected;
        self.plain += usize::from(facts.plain_response.is_some());
        self.false_unknown += usize::from(facts.is_false_unknown());
        self.closed_without_bytes += usize::from(facts.closed_without_bytes);
        self.returned_unsent += usize::from(facts.is_returned_unsent());
        self.resolvable += usize::from(facts.resolved);
        self.resolved += usize::from(facts.resolved && !facts.unresolved);
        // A connection that the server closes before the call cannot be reused.
        self.should_reuse += usize::from(run.cell.reused && !run.cell.fault.closes_idle_connection());
        self.reused += usize::from(facts.reused && !run.cell.fault.closes_idle_connection());
        self.failed += usize::from(!run.violations.is_empty());
    }

    /// Returns true if no run has a violation and the five required counts are met.
    pub(super) fn passed(&self) -> bool {
        let required_counts_are_met = self.double_executions == 0
            && self.false_not_sent == 0
            && self.recognised == self.provably_unsent
            && self.misdirected == 0
            && self.false_unknown == 0;
        // The client wins most of these races. If it never wins one, it no longer detects the closed connection.
        let detects_closed_connections = self.returned_unsent > 0 || self.closed_without_bytes < ENOUGH_RACES;
        self.runs > 0 && required_counts_are_met && detects_closed_connections && self.failed == 0
    }
}

const ENOUGH_RACES: usize = 20;
