//! The kill sweep: a merchant's process is killed before and after every durable write and every request, and a new one
//! recovers. The sandbox's ledger judges the journal.
//!
//! `cargo xtask crash` runs it.

// What the merchant does.
mod card3ds;
mod scenario;
mod turbo_txn;
mod turbopay;
mod turratech;
mod variant;

// The merchant's process.
mod child;
mod database;
mod hook;
mod job;
mod points;
mod store;
mod transport;

// The process that kills it.
mod fleet;
mod limit;
mod pause;
mod report;
mod run;
mod verdict;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use payments_core::clock::{Clock as _, SystemClock};
use payments_test_progress::Progress;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::random::Random;
use database::Databases;
use run::{Plan, Run};
use variant::Variant;

pub use database::DatabaseKind;
pub use fleet::{FleetOptions, FleetReport, Role, fleet};
pub use limit::{LimitReport, limit};
pub use report::Report;

/// Returns what the program does as one of the processes that the parent starts: its first argument says so.
#[must_use]
pub fn process(role: &str) -> Option<fn()> {
    match role {
        run::CHILD => Some(child::work),
        fleet::WORKER => Some(fleet::work),
        limit::LOOKS_UP => Some(limit::work),
        _ => None,
    }
}

/// An error that prevents a run, such as a sandbox that cannot be started.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The runs to make.
#[derive(Debug, Clone)]
#[must_use = "call `crash::run` to make the runs"]
pub struct Options {
    seed: u64,
    kills: usize,
    program: PathBuf,
    database: DatabaseKind,
    provider: Option<&'static str>,
    run: Option<Plan>,
    control: bool,
    show_progress: bool,
}

impl Options {
    /// Selects about this many kills over all operations. `program` does what [`process`] returns.
    pub fn new(seed: u64, kills: usize, program: impl Into<PathBuf>) -> Self {
        let program = program.into();
        let database = DatabaseKind::default();
        Self { seed, kills, program, database, provider: None, run: None, control: false, show_progress: false }
    }

    /// Selects the database that the journal is kept in.
    pub fn database(self, database: DatabaseKind) -> Self {
        Self { database, ..self }
    }

    /// Selects one provider.
    ///
    /// # Errors
    ///
    /// Returns an error if no operation of this provider is journaled.
    pub fn provider(self, name: &str) -> Result<Self, String> {
        let names = scenario::provider_names();
        let found = names.get(name).copied();
        let found = found.ok_or_else(|| format!("unknown provider `{name}`; the providers are {names:?}"))?;
        Ok(Self { provider: Some(found), ..self })
    }

    /// Selects one run, in the form that a failure prints.
    ///
    /// # Errors
    ///
    /// Returns an error if the run does not exist.
    pub fn run(self, text: &str) -> Result<Self, String> {
        Ok(Self { run: Some(Plan { seed: self.seed, ..text.parse()? }), ..self })
    }

    /// Lets the journal forget each attempt whose lease expired. The sweep must detect it, or its results prove nothing.
    pub fn control(self) -> Self {
        Self { control: true, ..self }
    }

    /// Also shows a progress bar, on a terminal.
    pub fn show_progress(self) -> Self {
        Self { show_progress: true, ..self }
    }
}

/// Makes the selected runs.
///
/// # Errors
///
/// Returns an error if a sandbox or a process cannot be started.
pub async fn run(options: Options) -> Result<Report, Failed> {
    let clock = SystemClock::new();
    let start = clock.monotonic();
    let databases = Databases::start(options.database).await?;
    let mut sweep = Sweep::new(&options, databases.clone());
    match options.run.clone() {
        Some(plan) => {
            let plan = Plan { control: options.control, database: options.database, ..plan };
            drop(sweep.make(vec![plan]).await?);
        }
        None => sweep.sweep(options.kills).await?,
    }
    databases.end().await?;
    sweep.report.elapsed = clock.monotonic().saturating_sub(start);
    Ok(sweep.report)
}

struct Sweep<'a> {
    options: &'a Options,
    databases: Databases,
    random: Random,
    report: Report,
    progress: Progress,
}

/// A run, and the points of its last process, at which that process can be killed too.
struct Next {
    plan: Plan,
    points: Vec<String>,
}

impl<'a> Sweep<'a> {
    fn new(options: &'a Options, databases: Databases) -> Self {
        let report = Report::new(options.seed, options.database, options.run.is_some());
        let total = options.kills.try_into().unwrap_or(u64::MAX);
        let progress = if options.show_progress { Progress::on_terminal(total, "kills") } else { Progress::hidden() };
        Self { options, databases, random: Random::new(options.seed), report, progress }
    }

    /// Runs every variant without a kill, then single kills, then pairs, then pauses.
    async fn sweep(&mut self, kills: usize) -> Result<(), Failed> {
        let Options { seed, provider, control, database, .. } = *self.options;
        let is_wanted = |variant: &Variant| provider.is_none_or(|name| name == variant.scenario.provider_name());
        let unharmed = Variant::all().filter(is_wanted);
        let unharmed =
            unharmed.map(|variant| Plan { variant, kills: Vec::new(), pause: None, seed, control, database });
        let unharmed = self.make(unharmed.collect()).await?;
        let mut pauses = self.draw(unharmed.iter().flat_map(Next::paused), usize::MAX);
        let singles = self.draw(unharmed.iter().flat_map(Next::killed), kills.div_ceil(2));
        let singles = self.make(singles).await?;
        let rest = kills.saturating_sub(self.report.kills());
        let pairs = self.draw(singles.iter().flat_map(Next::killed), rest.div_ceil(2));
        self.make(pairs).await?;
        // A process may end before the point at which it would be paused. Then another run takes its place.
        loop {
            let missing = (kills / PAUSES).saturating_sub(self.report.pauses()).min(pauses.len());
            if missing == 0 {
                return Ok(());
            }
            self.make(pauses.drain(..missing).collect()).await?;
        }
    }

    fn draw(&mut self, plans: impl Iterator<Item = Plan>, limit: usize) -> Vec<Plan> {
        let mut plans: Vec<Plan> = plans.collect();
        self.random.shuffle(&mut plans);
        plans.truncate(limit);
        plans
    }

    /// Makes runs, and returns what can be done next in the order of the plans: what is drawn from it depends on the seed.
    async fn make(&mut self, plans: Vec<Plan>) -> Result<Vec<Next>, Failed> {
        let concurrency = std::thread::available_parallelism().map_or(2, std::num::NonZero::get) * RUNS_PER_CORE;
        let semaphore = Arc::new(Semaphore::new(concurrency));
        let (mut running, mut next) = (JoinSet::new(), BTreeMap::new());
        for (number, plan) in plans.into_iter().enumerate() {
            let permit = Arc::clone(&semaphore).acquire_owned().await?;
            while let Some(ended) = running.try_join_next() {
                let (number, run) = ended?;
                next.extend(self.add(run?).map(|run| (number, run)));
            }
            let (program, databases) = (self.options.program.clone(), self.databases.clone());
            running.spawn(async move {
                let run = run::run(plan, &program, &databases).await;
                drop(permit);
                (number, run)
            });
        }
        while let Some(ended) = running.join_next().await {
            let (number, run) = ended?;
            next.extend(self.add(run?).map(|run| (number, run)));
        }
        Ok(next.into_values().collect())
    }

    fn add(&mut self, run: Run) -> Option<Next> {
        for _ in &run.killed {
            self.progress.advance();
        }
        // A process that ended before its point needs no further kills.
        let outcome = run.outcome.as_ref().ok().filter(|_| run.killed.len() == run.plan.kills.len());
        let next = outcome.map(|outcome| Next { plan: run.plan.clone(), points: outcome.points.clone() });
        self.report.add(run);
        next
    }
}

impl Next {
    /// The same run with one more kill, at each point of its last process.
    fn killed(&self) -> impl Iterator<Item = Plan> {
        (1..=self.points.len()).map(|point| {
            let kills = self.plan.kills.iter().copied().chain([point]).collect();
            Plan { kills, ..self.plan.clone() }
        })
    }

    /// The same run with a pause, at each point where its only process holds no lock.
    fn paused(&self) -> impl Iterator<Item = Plan> {
        let points = (1..).zip(&self.points).filter(|(_, name)| pause::can_pause(name));
        points.map(|(point, _)| Plan { pause: Some(point), ..self.plan.clone() })
    }
}

/// One pause for this many kills.
const PAUSES: usize = 10;

/// More than one, because most of a run is a wait for a lease.
const RUNS_PER_CORE: usize = 8;
