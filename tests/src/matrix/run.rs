//! One run of a cell: prepare the call, inject the fault, resolve an unknown outcome, and compare with the ledger.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use payments_core::{Error, Outcome};
use payments_sandbox::Sandbox;

use super::Failed;
use super::cell::Cell;
use super::client::TestClient;
use super::fault::{Fault, Obstacle};
use super::observation::{Checkpoint, Observed};
use super::operation::{PreparedCall, Resolution};
use super::setup::Setup;
use super::verdict::{Facts, Violation};
use super::virtual_time::run_with_virtual_time;
use crate::random::Random;

/// A finished run with its violations.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) cell: Cell,
    pub(super) seed: u64,
    pub(super) facts: Facts,
    pub(super) violations: Vec<Violation>,
    /// The events of the client and the sandbox in order, and the ledger.
    pub(super) log: String,
}

impl Run {
    /// Returns the command that replays the run.
    pub(super) fn replay(&self) -> String {
        format!("cargo xtask matrix --seed {} --cell '{}'", self.seed, self.cell)
    }
}

/// Runs a cell.
pub(super) async fn run(cell: Cell, seed: u64, client: TestClient) -> Result<Run, Failed> {
    let (setup, resources) = Setup::create(&cell, seed, client).await?;
    let result = run_in(&cell, seed, setup).await.map_err(|err| format!("{cell}, seed {seed}: {err}"));
    drop(resources);
    let (facts, log) = result?;
    let violations = facts.violations(&cell);
    Ok(Run { cell, seed, facts, violations, log })
}

async fn run_in(cell: &Cell, seed: u64, setup: Setup) -> Result<(Facts, String), Failed> {
    let sandbox = Arc::clone(&setup.sandbox);
    let operation = cell.operation;
    let PreparedCall { send, resolution } = (operation.prepare)(setup.clone()).await?;
    let armed_early = if cell.fault.closes_idle_connection() { arm(cell, &sandbox) } else { None };
    if cell.reused {
        let warm_up = operation.provider.warm_up(&setup)?.await;
        // A connection that closes right after the response may lose the response too.
        if armed_early.is_none() {
            warm_up?;
        }
        settle_pool(cell, seed).await;
    }
    let start = Checkpoint::now(&sandbox);
    let mut client_lines = vec![(start.line(), format!("client: sends {operation}; fault: {}", cell.fault))];
    let armed = armed_early.or_else(|| arm(cell, &sandbox)).unwrap_or(start);
    let result = match cell.fault {
        // The connect timeout belongs to the transport and runs in real time.
        Fault::Connect(Obstacle::SilentHandshake) => send().await,
        _ => run_with_virtual_time(&sandbox, send()).await,
    };
    wait_for_closed_connections(cell, start, &sandbox).await;
    let observed =
        Observed { faults: armed.observed(&sandbox, operation).faults, ..start.observed(&sandbox, operation) };
    let executions_at_response = start.executions(&sandbox, operation);
    client_lines.push((sandbox.timeline().len(), format!("client: {}", describe(&result))));
    sandbox.clear_faults();
    let mut facts = Facts::new(cell, &result, observed, executions_at_response);
    let unknown = result.as_ref().err().filter(|err| err.outcome() == Outcome::Unknown);
    if let (Some(_), Resolution::Lookup(look_up)) = (unknown, &resolution) {
        // A call that is not found may still be executed later, but a call that is found was executed.
        let found = look_up().await?;
        facts.unresolved |= found != (start.executions(&sandbox, operation) == 1);
    }
    run_late_executions(cell, &sandbox, observed).await;
    facts.executions = start.executions(&sandbox, operation);
    if let Some(err) = unknown {
        facts.unresolved |= !resolve(&resolution, err, start, cell, &sandbox).await?;
        facts.resolved = !matches!(resolution, Resolution::None);
        client_lines.push((sandbox.timeline().len(), "client: has resolved the unknown outcome".to_owned()));
    }
    facts.final_executions = start.executions(&sandbox, operation);
    Ok((facts, log(&sandbox, &client_lines)))
}

/// Adds the sandbox's fault for this cell, and returns a checkpoint. Returns `None` if the fault is not the sandbox's.
fn arm(cell: &Cell, sandbox: &Sandbox) -> Option<Checkpoint> {
    let line = match cell.fault {
        Fault::Connect(Obstacle::SilentHandshake) => format!("{} @accept stall x*", cell.operation.provider.name()),
        _ => cell.fault_line()?,
    };
    sandbox.fault(&line);
    Some(Checkpoint::now(sandbox))
}

/// Waits until the connection is back in the pool. The client returns it in a separate task, after the response.
///
/// If the server closes the idle connection, the close races with the next request. The seed varies the winner.
async fn settle_pool(cell: &Cell, seed: u64) {
    for _ in 0..Random::new(seed).below(64) {
        tokio::task::yield_now().await;
    }
    if !cell.fault.closes_idle_connection() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Waits until the sandbox knows how many bytes each connection received that it had closed after accepting it.
async fn wait_for_closed_connections(cell: &Cell, start: Checkpoint, sandbox: &Sandbox) {
    if !cell.shows_received_bytes() {
        return;
    }
    for _ in 0..MAX_POLLS {
        let observed = start.observed(sandbox, cell.operation);
        if observed.closed_at_accept >= observed.faults {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Advances the clock past every delay, and waits until the sandbox has executed the delayed requests.
async fn run_late_executions(cell: &Cell, sandbox: &Sandbox, observed: Observed) {
    sandbox.clock().advance(LATER);
    if !cell.fault.executes_later() {
        return;
    }
    // The connection's own task executes a delayed request.
    let is_execution = |text: &str| text.ends_with(" is executed now") || text.contains(" is executed now: response ");
    let executed = || sandbox.timeline().iter().filter(|entry| is_execution(&entry.text)).count();
    for _ in 0..MAX_POLLS {
        // Reading the ledger executes everything that is due.
        let _ = sandbox.ledger();
        if executed() >= observed.faults {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Resolves an unknown outcome, and returns true if the result agrees with the ledger.
async fn resolve(
    resolution: &Resolution,
    err: &Error,
    start: Checkpoint,
    cell: &Cell,
    sandbox: &Sandbox,
) -> Result<bool, Failed> {
    match (resolution, err.idempotency_key()) {
        (Resolution::Lookup(look_up), _) => {
            let found = look_up().await?;
            Ok(found == (start.executions(sandbox, cell.operation) == 1))
        }
        (Resolution::SameKey(send_again), Some(key)) => {
            let succeeded = send_again(key.clone()).await.is_ok();
            Ok(succeeded && start.executions(sandbox, cell.operation) == 1)
        }
        // An error of a call with a key must return the key.
        (Resolution::SameKey(_), None) => Ok(false),
        (Resolution::None, _) => Ok(true),
    }
}

/// Describes the client's result in one line.
fn describe(result: &Result<(), Error>) -> String {
    match result {
        Ok(()) => "success".to_owned(),
        Err(err) => format!("{:?}, {} attempts: {err}", err.outcome(), err.attempts()),
    }
}

/// Returns the lines of the client and the sandbox in order, and the ledger.
fn log(sandbox: &Sandbox, client_lines: &[(usize, String)]) -> String {
    let mut log = String::new();
    let timeline = sandbox.timeline();
    for line in 0..=timeline.len() {
        for (_, text) in client_lines.iter().filter(|(position, _)| *position == line) {
            let _ = writeln!(log, "    {text}");
        }
        if let Some(entry) = timeline.get(line) {
            let _ = writeln!(log, "  {entry}");
        }
    }
    log.push_str("  ledger:\n");
    for entry in sandbox.ledger().entries() {
        let _ = writeln!(log, "  {entry}");
    }
    log
}

/// Longer than any fault's delay.
const LATER: Duration = Duration::from_secs(10 * 60);

/// Far more polls than any run needs.
const MAX_POLLS: usize = 20_000;
