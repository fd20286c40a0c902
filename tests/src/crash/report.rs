//! The report: one row per operation, the reviews per provider, and the failed runs in full.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use payments_journal::State;

use super::database::DatabaseKind;
use super::run::Run;
use super::verdict::Violation;

/// The results of all runs.
#[derive(Debug, Default)]
pub struct Report {
    seed: u64,
    database: DatabaseKind,
    pub(super) elapsed: Duration,
    /// True if one run was selected, which is then shown in full.
    is_single: bool,
    operations: BTreeMap<&'static str, Counts>,
    /// The reviews, by the provider and the reason.
    reviews: BTreeMap<(&'static str, String), usize>,
    /// The violations, by the operation and in words.
    violations: BTreeMap<String, usize>,
    reported: Vec<Run>,
}

/// The results of one operation, or of all.
#[derive(Debug, Default)]
struct Counts {
    runs: usize,
    kills: usize,
    pauses: usize,
    /// Runs by the number of executions in the ledger: none, one, more.
    executed: [usize; 3],
    states: BTreeMap<State, usize>,
    effects: usize,
    lost: usize,
    denied: usize,
    other: usize,
}

impl Report {
    pub(super) fn new(seed: u64, database: DatabaseKind, is_single: bool) -> Self {
        Self { seed, database, is_single, ..Self::default() }
    }

    pub(super) fn add(&mut self, run: Run) {
        let scenario = run.plan.variant.scenario;
        self.operations.entry(scenario.name).or_default().add(&run);
        if let Ok(outcome) = &run.outcome
            && let Some(review) = outcome.review
        {
            *self.reviews.entry((scenario.provider_name(), review.to_string())).or_default() += 1;
        }
        for violation in &run.violations {
            *self.violations.entry(format!("{}: {violation}", scenario.name)).or_default() += 1;
        }
        if self.is_single || (!run.violations.is_empty() && self.reported.len() < MAX_REPORTED) {
            self.reported.push(run);
        }
    }

    /// Returns true if no promise was broken.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.violations.is_empty()
    }

    /// The number of processes that were killed.
    #[must_use]
    pub fn kills(&self) -> usize {
        self.operations.values().map(|counts| counts.kills).sum()
    }

    /// The number of processes that were paused past their lease.
    #[must_use]
    pub fn pauses(&self) -> usize {
        self.operations.values().map(|counts| counts.pauses).sum()
    }

    /// The number of runs whose operation was executed more than once.
    #[must_use]
    pub fn executed_twice(&self) -> usize {
        self.operations.values().map(|counts| counts.executed[2]).sum()
    }

    /// Returns the commands that repeat the reported failures.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        self.reported.iter().filter(|run| !run.violations.is_empty()).map(|run| run.plan.command()).collect()
    }
}

impl Counts {
    fn add(&mut self, run: &Run) {
        self.runs += 1;
        self.kills += run.killed.len();
        self.pauses += usize::from(run.paused.is_some());
        self.executed[run.executions.min(2)] += 1;
        if let Ok(outcome) = &run.outcome {
            *self.states.entry(outcome.state).or_default() += 1;
            self.effects += outcome.effects.len();
        }
        for violation in &run.violations {
            match violation {
                Violation::ExecutedTwice(_) => {}
                Violation::Lost(_) => self.lost += 1,
                Violation::Denied(_) => self.denied += 1,
                _ => self.other += 1,
            }
        }
    }

    fn state(&self, state: State) -> usize {
        self.states.get(&state).copied().unwrap_or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_single {
            self.table(f)?;
            self.reviews(f)?;
        }
        for run in &self.reported {
            writeln!(f, "\n{run}")?;
        }
        let runs: usize = self.operations.values().map(|counts| counts.runs).sum();
        let (kills, pauses, seconds) = (self.kills(), self.pauses(), self.elapsed.as_secs().max(1));
        let (verdict, seed) = (if self.passed() { "passed" } else { "FAILED" }, self.seed);
        let database = self.database;
        writeln!(
            f,
            "\ncrash on {database} {verdict}: {kills} kills and {pauses} pauses in {runs} runs, {} violations, {seconds} s, seed {seed}",
            self.violations.values().sum::<usize>()
        )
    }
}

impl Report {
    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Executions are what the sandbox's ledger has. States are what the journal reports.\n")?;
        writeln!(f, "{:<61} | {:^18} | {:^35} | required: 0", "", "executions", "states")?;
        writeln!(
            f,
            "{:<40}{:>6}{:>7}{:>8} |{:>6}{:>6}{:>7} |{:>10}{:>8}{:>8}{:>10} |{:>5}{:>8}{:>7}",
            "operation",
            "runs",
            "kills",
            "pauses",
            "0",
            "1",
            "more",
            "succeeded",
            "pending",
            "review",
            "abandoned",
            "lost",
            "denied",
            "other"
        )?;
        for (name, counts) in &self.operations {
            let Counts { runs, kills, pauses, executed, lost, denied, other, .. } = counts;
            let [succeeded, pending, review, abandoned] =
                [State::Succeeded, State::Pending, State::NeedsReview, State::Abandoned]
                    .map(|state| counts.state(state));
            writeln!(
                f,
                "{name:<40}{runs:>6}{kills:>7}{pauses:>8} |{:>6}{:>6}{:>7} |{succeeded:>10}{pending:>8}{review:>8}{abandoned:>10} \
                 |{lost:>5}{denied:>8}{other:>7}",
                executed[0], executed[1], executed[2]
            )?;
        }
        let effects: usize = self.operations.values().map(|counts| counts.effects).sum();
        writeln!(
            f,
            "\neffects in the merchant's table: {effects}, exactly one per change unless a violation says otherwise"
        )
    }

    fn reviews(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nreviews, by the provider and the reason:")?;
        for ((provider, reason), count) in &self.reviews {
            writeln!(f, "{count:>6}  {provider}: {reason}")?;
        }
        if !self.violations.is_empty() {
            writeln!(f, "\nviolations, by the operation:")?;
        }
        self.violations.iter().try_for_each(|(violation, count)| writeln!(f, "{count:>6}  {violation}"))
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, killed, paused, executions, outcome, violations, ledger } = self;
        writeln!(f, "{plan}")?;
        for violation in violations {
            writeln!(f, "  VIOLATION: {violation}")?;
        }
        for name in killed {
            writeln!(f, "  killed {name}")?;
        }
        if let Some(name) = paused {
            writeln!(f, "  paused {name}")?;
        }
        if let Ok(outcome) = outcome {
            let problem = outcome.problem.as_deref().unwrap_or("none");
            writeln!(f, "  state: {}, executions: {executions}, last problem: {problem}", outcome.state)?;
            writeln!(f, "  the last process's points: {}", outcome.points.join("; "))?;
            outcome.evidence.iter().try_for_each(|fact| writeln!(f, "  evidence: {fact:?}"))?;
        }
        write!(f, "  repeat: {}\n  ledger:\n{ledger}", plan.command())
    }
}

/// The number of failures that are printed in full. All of them are counted.
const MAX_REPORTED: usize = 5;
