//! The fault matrix: every operation of every provider under every fault, over new and reused connections, with and
//! without TLS.
//!
//! Each run compares the client's result with the sandbox's ledger and with the requests that the sandbox received.
//! `cargo xtask matrix` runs it.

// The cells to run.
mod cell;
mod fault;
mod operation;
mod plan;
mod providers;

// One run.
mod client;
mod observation;
mod proxy;
mod run;
mod setup;
mod virtual_time;

// The results.
mod counts;
mod report;
mod verdict;

use std::collections::BTreeMap;
use std::sync::Arc;

use payments_test_progress::Progress;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use cell::Cell;
use counts::Counts;
use providers::Provider;
use run::Run;

pub use client::{ConnectionSettings, TestClient};
pub use fault::unpaired_faults;

/// An error that prevents a run, such as a sandbox that cannot be started.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The cells to run, and the client to run them with.
#[derive(Debug, Clone)]
#[must_use = "call `matrix::run` to run the cells"]
pub struct Options {
    seed: u64,
    runs: usize,
    provider: Option<Provider>,
    cell: Option<Cell>,
    client: TestClient,
    controls: bool,
    show_progress: bool,
}

impl Options {
    /// Selects at least this many runs of the SDK. Every fault runs at every provider at least once.
    pub fn new(seed: u64, runs: usize) -> Self {
        let client = TestClient::sdk();
        Self { seed, runs, provider: None, cell: None, client, controls: false, show_progress: false }
    }

    /// Selects one provider.
    ///
    /// # Errors
    ///
    /// Returns an error if no provider has this name.
    pub fn provider(self, name: &str) -> Result<Self, String> {
        Ok(Self { provider: Some(name.parse()?), ..self })
    }

    /// Selects one cell, in the form that a failure prints. The seed is then the seed of the run.
    ///
    /// # Errors
    ///
    /// Returns an error if the cell does not exist.
    pub fn cell(self, text: &str) -> Result<Self, String> {
        Ok(Self { cell: Some(text.parse()?), ..self })
    }

    /// Runs another client instead of the SDK.
    pub fn client(self, client: TestClient) -> Self {
        Self { client, ..self }
    }

    /// Returns the planned runs in order: each cell and its seed.
    #[must_use]
    pub fn planned(&self) -> Vec<(String, u64)> {
        self.plan().into_iter().map(|(cell, seed)| (cell.to_string(), seed)).collect()
    }

    fn plan(&self) -> Vec<(Cell, u64)> {
        match self.cell {
            Some(cell) => plan::single(cell, self.seed, self.runs),
            None => plan::all(self.seed, self.runs, self.provider),
        }
    }

    /// Also runs two faulty clients. The matrix must detect them, or its results prove nothing.
    pub fn controls(self) -> Self {
        Self { controls: true, ..self }
    }

    /// Also shows a progress bar, on a terminal.
    pub fn show_progress(self) -> Self {
        Self { show_progress: true, ..self }
    }
}

/// The results of all runs.
#[derive(Debug)]
pub struct Report {
    seed: u64,
    /// True if one cell was selected.
    is_single: bool,
    sdk: Tally,
    controls: Vec<Tally>,
}

/// The results of one client.
#[derive(Debug)]
struct Tally {
    client: TestClient,
    faults: BTreeMap<fault::Fault, Counts>,
    providers: BTreeMap<Provider, Counts>,
    total: Counts,
    /// The runs to print: the first failures, or every run of a selected cell.
    reported: Vec<Run>,
}

impl Report {
    /// Returns true if the client has no violation and both controls were detected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.sdk.total.passed() && self.controls.iter().all(Tally::is_detected)
    }

    /// The number of runs of the client under test.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.sdk.total.runs
    }

    /// The number of calls that were executed more than once.
    #[must_use]
    pub fn double_executions(&self) -> usize {
        self.sdk.total.double_executions
    }

    /// The number of calls reported as not sent although the sandbox received a request.
    #[must_use]
    pub fn false_not_sent(&self) -> usize {
        self.sdk.total.false_not_sent
    }

    /// The number of requests to another host or path.
    #[must_use]
    pub fn misdirected(&self) -> usize {
        self.sdk.total.misdirected
    }

    /// The number of calls whose response plainly reported a success or a refusal, and how many of them ended otherwise.
    #[must_use]
    pub fn plain_responses(&self) -> (usize, usize) {
        (self.sdk.total.plain, self.sdk.total.false_unknown)
    }

    /// The number of calls that were provably not sent, and how many of them the client recognised.
    #[must_use]
    pub fn provably_unsent(&self) -> (usize, usize) {
        (self.sdk.total.provably_unsent, self.sdk.total.recognised)
    }

    /// Returns the commands that replay the reported failures.
    #[must_use]
    pub fn replays(&self) -> Vec<String> {
        self.sdk.reported.iter().filter(|run| !run.violations.is_empty()).map(Run::replay).collect()
    }
}

impl Tally {
    fn new(client: TestClient) -> Self {
        Self {
            client,
            faults: BTreeMap::new(),
            providers: BTreeMap::new(),
            total: Counts::default(),
            reported: Vec::new(),
        }
    }

    fn add(&mut self, run: Run, report_all: bool) {
        self.faults.entry(run.cell.fault).or_default().add(&run);
        self.providers.entry(run.cell.operation.provider).or_default().add(&run);
        self.total.add(&run);
        if report_all || !run.violations.is_empty() && self.reported.len() < MAX_REPORTED {
            self.reported.push(run);
        }
    }

    /// Returns true if a control caused a double execution at every provider that does not prevent them itself.
    fn is_detected(&self) -> bool {
        Provider::ALL.iter().filter(|provider| provider.is_unprotected_without_keys()).all(|provider| {
            // A provider without runs cannot show anything.
            self.providers.get(provider).is_none_or(|counts| counts.double_executions > 0)
        })
    }
}

/// Runs the selected cells.
///
/// # Errors
///
/// Returns an error if a sandbox cannot be started.
pub async fn run(options: Options) -> Result<Report, Failed> {
    let plan = options.plan();
    let Options { seed, runs, provider, cell, client, controls, show_progress } = options;
    let controls: Vec<_> = if controls { TestClient::controls().into() } else { Vec::new() };
    let writes = if controls.is_empty() { Vec::new() } else { plan::writes(seed, runs, provider) };
    let total = u64::try_from(plan.len() + controls.len() * writes.len())?;
    let progress = if show_progress { Progress::on_terminal(total, "runs") } else { Progress::hidden() };
    let is_single = cell.is_some();
    let sdk = tally(client, plan, is_single, &progress).await?;
    let mut tallies = Vec::new();
    for control in controls {
        tallies.push(tally(control, writes.clone(), false, &progress).await?);
    }
    Ok(Report { seed, is_single, sdk, controls: tallies })
}

async fn tally(
    client: TestClient,
    plan: Vec<(Cell, u64)>,
    report_all: bool,
    progress: &Progress,
) -> Result<Tally, Failed> {
    let concurrency = std::thread::available_parallelism().map_or(2, std::num::NonZero::get) * RUNS_PER_CORE;
    let semaphore = Arc::new(Semaphore::new(concurrency));
    let mut running = JoinSet::new();
    let mut tally = Tally::new(client);
    for (cell, seed) in plan {
        let permit = Arc::clone(&semaphore).acquire_owned().await?;
        while let Some(run) = running.try_join_next() {
            tally.add(run??, report_all);
            progress.advance();
        }
        running.spawn(async move {
            let run = run::run(cell, seed, client).await;
            drop(permit);
            run
        });
    }
    while let Some(run) = running.join_next().await {
        tally.add(run??, report_all);
        progress.advance();
    }
    Ok(tally)
}

/// More than one, because some runs wait in real time: for a connect timeout, or for a closed connection.
const RUNS_PER_CORE: usize = 6;

/// The number of failures that are printed in full. All of them are counted.
const MAX_REPORTED: usize = 5;
