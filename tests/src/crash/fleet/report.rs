//! The report of a fleet.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use payments_journal::State;

use super::FleetOptions;
use super::WORKERS_PER_PROCESS;
use super::host::Records;
use super::measure::{Lookups, Resolution, percentile};
use super::worker::{LEASE, LOOKUPS};

/// The results of a fleet.
#[derive(Debug)]
pub struct FleetReport {
    seed: u64,
    intents: usize,
    processes: usize,
    records: Records,
    pub(super) elapsed: Duration,
    operations: BTreeMap<&'static str, Counts>,
    pub(super) lookups: Lookups,
    /// By the provider.
    pub(super) resolutions: Vec<(&'static str, Resolution)>,
    violations: Vec<String>,
}

/// What became of one intent.
pub(super) struct Row {
    pub(super) executions: usize,
    pub(super) state: State,
}

#[derive(Debug, Default)]
struct Counts {
    intents: usize,
    /// Intents by the number of executions in the ledger: none, one, more.
    executed: [usize; 3],
    states: BTreeMap<State, usize>,
}

impl FleetReport {
    pub(super) fn new(options: &FleetOptions, records: Records) -> Self {
        let failures = records.failures.iter().map(|problem| format!("a process failed: {problem}")).collect();
        Self {
            seed: options.seed,
            intents: options.intents,
            processes: options.roles.len(),
            records,
            elapsed: Duration::ZERO,
            operations: BTreeMap::new(),
            lookups: Lookups::default(),
            resolutions: Vec::new(),
            violations: failures,
        }
    }

    pub(super) fn add(&mut self, operation: &'static str, row: &Row) {
        let counts = self.operations.entry(operation).or_default();
        counts.intents += 1;
        counts.executed[row.executions.min(2)] += 1;
        *counts.states.entry(row.state).or_default() += 1;
    }

    pub(super) fn violates(&mut self, violation: String) {
        self.violations.push(violation);
    }

    /// Returns true if no promise was broken.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.violations.is_empty()
    }

    /// The number of processes that were killed.
    #[must_use]
    pub fn kills(&self) -> usize {
        self.records.kills
    }

    /// The number of intents that were executed this often; `2` for more than once.
    #[must_use]
    pub fn executed(&self, times: usize) -> usize {
        self.operations.values().map(|counts| counts.executed[times.min(2)]).sum()
    }

    /// The number of intents whose process was killed while it worked on them.
    #[must_use]
    pub fn interrupted(&self) -> usize {
        self.resolutions.len()
    }

    /// The most lookups of `TurboPay` in any minute, as the sandbox counts them.
    #[must_use]
    pub fn most_lookups_in_a_minute(&self) -> usize {
        self.lookups.most_in_a_minute
    }

    fn times(&self, is_counted: impl Fn(&str, &Resolution) -> bool) -> Times {
        let counted = self.resolutions.iter().filter(|(provider, resolution)| is_counted(provider, resolution));
        let mut times: Vec<Duration> = counted.map(|(_, resolution)| resolution.took).collect();
        times.sort_unstable();
        Times(times)
    }
}

impl fmt::Display for FleetReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Executions are what the sandbox's ledger has. States are what the journal reports.\n")?;
        writeln!(
            f,
            "{:<34}{:>8} |{:>6}{:>7}{:>6} |{:>10}{:>8}{:>8}",
            "operation", "intents", "0", "1", "more", "succeeded", "pending", "review"
        )?;
        for (name, counts) in &self.operations {
            let Counts { intents, executed: [none, one, more], states } = counts;
            let [succeeded, pending, review] = [State::Succeeded, State::Pending, State::NeedsReview]
                .map(|state| states.get(&state).copied().unwrap_or_default());
            writeln!(f, "{name:<34}{intents:>8} |{none:>6}{one:>7}{more:>6} |{succeeded:>10}{pending:>8}{review:>8}")?;
        }
        let Lookups { total, most_in_a_minute, refused } = self.lookups;
        writeln!(
            f,
            "\nTurboPay's lookups: {total}, at most {most_in_a_minute} in any minute (limit {LOOKUPS}), {refused} refused"
        )?;
        writeln!(f, "from a crash until the journal knew, with a lease of {} ms:", LEASE.as_millis())?;
        let has_it = |resolution: &Resolution| resolution.provider_has_it;
        for (name, times) in [
            ("the provider had it", self.times(|provider, resolution| has_it(resolution) && provider != LIMITED)),
            ("... and limits lookups", self.times(|provider, resolution| has_it(resolution) && provider == LIMITED)),
            ("the provider did not have it", self.times(|_, resolution| !has_it(resolution))),
        ] {
            writeln!(f, "  {name:<30}{times}")?;
        }
        let most = self.violations.len().min(MAX_REPORTED);
        self.violations[..most].iter().try_for_each(|violation| writeln!(f, "VIOLATION: {violation}"))?;
        let (verdict, seed) = (if self.passed() { "passed" } else { "FAILED" }, self.seed);
        let (intents, processes, violations) = (self.intents, self.processes, self.violations.len());
        let (kills, restarts, seconds) = (self.records.kills, self.records.restarts, self.elapsed.as_secs().max(1));
        writeln!(
            f,
            "\nfleet {verdict}: {intents} intents, {} workers in {processes} processes, {kills} kills and {restarts} restarts, \
             {} executed once, {} not, {} more than once, {violations} violations, {seconds} s, seed {seed}",
            processes * WORKERS_PER_PROCESS,
            self.executed(1),
            self.executed(0),
            self.executed(2),
        )
    }
}

/// Sorted.
struct Times(Vec<Duration>);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99] = [50, 99].map(|percent| percentile(&self.0, percent).as_millis());
        write!(f, "{:>6} intents, p50 {p50} ms, p99 {p99} ms", self.0.len())
    }
}

/// The provider that limits lookups.
const LIMITED: &str = "turbopay";
const MAX_REPORTED: usize = 20;
