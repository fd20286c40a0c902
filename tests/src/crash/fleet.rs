//! The fleet: workers in several processes on one `PostgreSQL` database, which are killed at random and restarted.
//!
//! `cargo xtask crash --fleet` runs it.

mod host;
mod job;
mod measure;
mod orders;
mod report;
mod worker;

use std::path::PathBuf;
use std::time::Duration;

use payments_core::clock::{Clock as _, SystemClock};
use payments_test_postgres::Server;
use payments_test_progress::Progress;

use super::Failed;
use host::Host;
use orders::Orders;

pub(super) use host::WORKER;
pub use job::Role;
pub use report::FleetReport;
pub(super) use worker::work;

/// The fleet, and what it has to do.
#[derive(Debug, Clone)]
#[must_use = "call `crash::fleet` to run it"]
pub struct FleetOptions {
    seed: u64,
    intents: usize,
    kills: usize,
    program: PathBuf,
    roles: Vec<Role>,
    control: bool,
    show_progress: bool,
}

impl FleetOptions {
    /// This many intents over all providers, and four processes. `program` does what [`process`](super::process) returns.
    pub fn new(seed: u64, intents: usize, program: impl Into<PathBuf>) -> Self {
        let (program, roles) = (program.into(), vec![Role::Both; PROCESSES]);
        let kills = (intents / INTENTS_PER_KILL).max(FEWEST_KILLS);
        Self { seed, intents, kills, program, roles, control: false, show_progress: false }
    }

    /// Sets how often a process is killed, at most: the fleet ends when every intent rests.
    pub fn kills(self, kills: usize) -> Self {
        Self { kills, ..self }
    }

    /// Selects the processes, by what each does.
    pub fn roles(self, roles: &[Role]) -> Self {
        Self { roles: roles.to_vec(), ..self }
    }

    /// Lets the journal forget each attempt whose lease expired. The fleet must detect it, or its results prove nothing.
    pub fn control(self) -> Self {
        Self { control: true, ..self }
    }

    /// Also shows a progress bar, on a terminal.
    pub fn show_progress(self) -> Self {
        Self { show_progress: true, ..self }
    }
}

/// Runs the fleet until every intent rests.
///
/// # Errors
///
/// Returns an error if the sandbox, the database or a process cannot be started.
pub async fn fleet(server: &Server, options: FleetOptions) -> Result<FleetReport, Failed> {
    let clock = SystemClock::new();
    let start = clock.monotonic();
    let name = format!("fleet_{}_{}", std::process::id(), clock.now().unix_timestamp_nanos());
    let database = server.create(&name, None).await?;
    let total = options.intents.try_into().unwrap_or(u64::MAX);
    let progress = if options.show_progress { Progress::on_terminal(total, "intents") } else { Progress::hidden() };
    let mut orders = Orders::start(&options, database).await?;
    let mut host = Host::new(&options, &mut orders);
    let rests = host.run(&progress).await?;
    let records = host.into_records();
    let mut report = orders.judge(&options, &records, rests).await?;
    report.elapsed = clock.monotonic().saturating_sub(start);
    orders.end().await;
    server.drop(&name).await?;
    Ok(report)
}

/// Two workers in each.
const PROCESSES: usize = 4;
const WORKERS_PER_PROCESS: usize = 2;

const INTENTS_PER_KILL: usize = 80;
const FEWEST_KILLS: usize = 8;

/// Far longer than the fleet needs for an intent. `TurboPay`'s orders wait for their lookups.
const LONGEST: Duration = Duration::from_secs(1200);
