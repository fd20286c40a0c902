//! The fault matrix: every provider, every operation, every way in which an exchange can end badly, over new and used
//! connections, plain and through TLS; and what the provider then really did, held against what the client says.
//!
//! `cargo xtask matrix` runs it. What counts is the sandbox's ledger and what it saw of requests, never the client.

// What is run.
mod cell;
mod fault;
mod operation;
mod plan;
mod providers;

// How.
mod bench;
mod once;
mod patience;
mod proxy;
mod seen;

// Who.
mod rig;

// What comes of it.
mod figures;
mod show;
mod verdict;

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use cell::Cell;
use figures::Figures;
use once::Run;
use providers::Provider;

pub use fault::unpaired;
pub use rig::{Rig, Wiring};

/// Anything that keeps the matrix from being run.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// What to run.
#[derive(Debug, Clone)]
#[must_use = "nothing is run by itself"]
pub struct Options {
    seed: u64,
    runs: usize,
    provider: Option<Provider>,
    cell: Option<Cell>,
    rig: Rig,
    controls: bool,
}

impl Options {
    /// At least so many runs of the SDK, from this seed; all that there are of providers and faults at least once.
    pub fn new(seed: u64, runs: usize) -> Self {
        Self { seed, runs, provider: None, cell: None, rig: Rig::sdk(), controls: false }
    }

    /// One provider alone.
    ///
    /// # Errors
    ///
    /// When there is no such provider.
    pub fn provider(self, name: &str) -> Result<Self, String> {
        Ok(Self { provider: Some(name.parse()?), ..self })
    }

    /// One cell alone, as a failure prints it; the seed is then the run's own.
    ///
    /// # Errors
    ///
    /// When there is no such cell.
    pub fn cell(self, text: &str) -> Result<Self, String> {
        Ok(Self { cell: Some(text.parse()?), ..self })
    }

    /// Another client than the SDK as it is.
    pub fn rig(self, rig: Rig) -> Self {
        Self { rig, ..self }
    }

    /// What would be run, in order: each cell and the seed that it is run under.
    #[must_use]
    pub fn planned(&self) -> Vec<(String, u64)> {
        self.plan().into_iter().map(|(cell, seed)| (cell.to_string(), seed)).collect()
    }

    fn plan(&self) -> Vec<(Cell, u64)> {
        match self.cell {
            Some(cell) => plan::of_one(cell, self.seed, self.runs),
            None => plan::of_all(self.seed, self.runs, self.provider),
        }
    }

    /// Runs the two controls as well: they must fail, or the matrix proves nothing.
    pub fn controls(self) -> Self {
        Self { controls: true, ..self }
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    seed: u64,
    /// As it was asked for, to be replayed.
    single: bool,
    sdk: Tally,
    controls: Vec<Tally>,
}

/// What came of one client.
#[derive(Debug)]
struct Tally {
    rig: Rig,
    faults: BTreeMap<fault::Fault, Figures>,
    providers: BTreeMap<Provider, Figures>,
    total: Figures,
    /// Those that came out wrong, or were asked for alone.
    told: Vec<Run>,
}

impl Report {
    /// True when the SDK did nothing wrong, and the controls did what they must.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.sdk.total.is_clean() && self.controls.iter().all(Tally::is_caught)
    }

    /// How many runs there were of the client under test.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.sdk.total.runs
    }

    /// How often something was executed more than once for one call.
    #[must_use]
    pub fn double_executions(&self) -> usize {
        self.sdk.total.doubles
    }

    /// How often a request that was seen was said not to have been sent.
    #[must_use]
    pub fn false_not_sent(&self) -> usize {
        self.sdk.total.false_not_sent
    }

    /// How many requests went to another host or path.
    #[must_use]
    pub fn astray(&self) -> usize {
        self.sdk.total.astray
    }

    /// How many calls were provably not sent, and how many of them the client recognised.
    #[must_use]
    pub fn provable(&self) -> (usize, usize) {
        (self.sdk.total.provable, self.sdk.total.recognised)
    }

    /// Each run that came out wrong, as the command that replays it alone.
    #[must_use]
    pub fn replays(&self) -> Vec<String> {
        self.sdk.told.iter().filter(|run| !run.wrong.is_empty()).map(Run::replay).collect()
    }
}

impl Tally {
    fn new(rig: Rig) -> Self {
        Self { rig, faults: BTreeMap::new(), providers: BTreeMap::new(), total: Figures::default(), told: Vec::new() }
    }

    fn add(&mut self, run: Run, always_told: bool) {
        self.faults.entry(run.cell.fault).or_default().add(&run);
        self.providers.entry(run.cell.operation.provider).or_default().add(&run);
        self.total.add(&run);
        if always_told || !run.wrong.is_empty() && self.told.len() < MOST_TOLD {
            self.told.push(run);
        }
    }

    /// Whether a control failed at every provider that offers no protection of its own.
    fn is_caught(&self) -> bool {
        let of = |provider| self.providers.get(provider);
        Provider::ALL.iter().filter(|provider| provider.is_unprotected_without_keys()).all(|provider| {
            // What was not run has nothing to show.
            of(provider).is_none_or(|figures| figures.doubles > 0)
        })
    }
}

/// Runs it.
///
/// # Errors
///
/// When a sandbox cannot be started.
pub async fn run(options: Options) -> Result<Report, Failed> {
    let plan = options.plan();
    let Options { seed, runs, provider, cell, rig, controls } = options;
    let single = cell.is_some();
    let sdk = tally(rig, plan, single).await?;
    let mut tallies = Vec::new();
    if controls {
        for control in Rig::controls() {
            tallies.push(tally(control, plan::of_writes(seed, runs, provider), false).await?);
        }
    }
    Ok(Report { seed, single, sdk, controls: tallies })
}

async fn tally(rig: Rig, plan: Vec<(Cell, u64)>, always_told: bool) -> Result<Tally, Failed> {
    let at_once = std::thread::available_parallelism().map_or(2, std::num::NonZero::get) * RUNS_A_CORE;
    let room = Arc::new(Semaphore::new(at_once));
    let mut under_way = JoinSet::new();
    let mut tally = Tally::new(rig);
    for (cell, seed) in plan {
        let place = Arc::clone(&room).acquire_owned().await?;
        while let Some(run) = under_way.try_join_next() {
            tally.add(run??, always_told);
        }
        under_way.spawn(async move {
            let run = once::run(cell, seed, rig).await;
            drop(place);
            run
        });
    }
    while let Some(run) = under_way.join_next().await {
        tally.add(run??, always_told);
    }
    Ok(tally)
}

/// Some runs wait for real time: a connect timeout, the client's end of a closed connection.
const RUNS_A_CORE: usize = 6;

/// The first failures tell enough; the figures count them all.
const MOST_TOLD: usize = 5;
