//! One run: prepared, hit, settled, resolved, and held against the ledger.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use payments_core::{Error, Outcome};
use payments_sandbox::Sandbox;

use super::Failed;
use super::bench::Bench;
use super::cell::Cell;
use super::fault::{Fault, Obstacle};
use super::operation::{Ready, Resolve};
use super::patience::with_time;
use super::rig::Rig;
use super::seen::{Mark, Seen};
use super::verdict::{Facts, Wrong};
use crate::random::Random;

/// One run, and what came of it.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) cell: Cell,
    pub(super) seed: u64,
    pub(super) facts: Facts,
    pub(super) wrong: Vec<Wrong>,
    /// What happened, on both sides: of a run that came out wrong, or was asked for alone.
    pub(super) story: String,
}

impl Run {
    /// The command that runs it again.
    pub(super) fn replay(&self) -> String {
        format!("cargo xtask matrix --seed {} --cell '{}'", self.seed, self.cell)
    }
}

/// Runs a cell.
pub(super) async fn run(cell: Cell, seed: u64, rig: Rig) -> Result<Run, Failed> {
    let (bench, held) = Bench::set_up(&cell, seed, rig).await?;
    let result = in_it(&cell, seed, bench).await.map_err(|err| format!("{cell}, seed {seed}: {err}"));
    drop(held);
    let (facts, story) = result?;
    let wrong = facts.judge(&cell);
    Ok(Run { cell, seed, facts, wrong, story })
}

async fn in_it(cell: &Cell, seed: u64, bench: Bench) -> Result<(Facts, String), Failed> {
    let sandbox = Arc::clone(&bench.sandbox);
    let operation = cell.operation;
    let Ready { send, resolve } = (operation.prepare)(bench.clone()).await?;
    let armed = if cell.fault.closes_idle() { arm(cell, &sandbox) } else { None };
    if cell.reused {
        let warm = operation.provider.warm(&bench)?.await;
        // A connection that closes right behind an answer may take that with it.
        if armed.is_none() {
            warm?;
        }
        settle_pool(cell, seed).await;
    }
    let mark = Mark::now(&sandbox);
    let mut told = vec![(mark.line(), format!("client: {operation} is sent; {}", cell.fault))];
    let armed = armed.or_else(|| arm(cell, &sandbox)).unwrap_or(mark);
    let result = match cell.fault {
        // The connect timeout is the transport's, and real.
        Fault::Before(Obstacle::SilentHandshake) => send().await,
        _ => with_time(&sandbox, send()).await,
    };
    hear_out(cell, mark, &sandbox).await;
    let seen = Seen { faults: armed.seen(&sandbox, operation).faults, ..mark.seen(&sandbox, operation) };
    let at_once = mark.executions(&sandbox, operation);
    told.push((sandbox.timeline().len(), format!("client: {}", words(&result))));
    sandbox.clear_faults();
    let mut facts = Facts::new(cell, &result, seen, at_once);
    let unknown = result.as_ref().err().filter(|err| err.outcome() == Outcome::Unknown);
    if let (Some(_), Resolve::Look(look)) = (unknown, &resolve) {
        // What is not found now may be done yet; what is found was done.
        let found = look().await?;
        facts.unresolved |= found != (mark.executions(&sandbox, operation) == 1);
    }
    late_things_happen(cell, &sandbox, seen).await;
    facts.executions = mark.executions(&sandbox, operation);
    if let Some(err) = unknown {
        facts.unresolved |= !resolved(&resolve, err, mark, cell, &sandbox).await?;
        facts.resolved = !matches!(resolve, Resolve::Nothing);
        told.push((sandbox.timeline().len(), "client: has looked what became of it".to_owned()));
    }
    facts.in_the_end = mark.executions(&sandbox, operation);
    Ok((facts, story(&sandbox, &told)))
}

/// Makes the fault ready that the sandbox is to do, and says since when.
fn arm(cell: &Cell, sandbox: &Sandbox) -> Option<Mark> {
    let line = match cell.fault {
        Fault::Before(Obstacle::SilentHandshake) => format!("{} @accept stall x*", cell.operation.provider.name()),
        _ => cell.fault_line()?,
    };
    sandbox.fault(&line);
    Some(Mark::now(sandbox))
}

/// A connection goes back to the pool once its answer was read, in a task of its own.
///
/// Where the server closes it meanwhile, the two race, and how long is waited decides which is first.
async fn settle_pool(cell: &Cell, seed: u64) {
    for _ in 0..Random::new(seed).below(64) {
        tokio::task::yield_now().await;
    }
    if !cell.fault.closes_idle() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Waits until the sandbox has heard out what it closed as it was accepted: whether a byte came is what was sent.
async fn hear_out(cell: &Cell, mark: Mark, sandbox: &Sandbox) {
    if !cell.is_heard_out() {
        return;
    }
    for _ in 0..MOST_LOOKS {
        let seen = mark.seen(sandbox, cell.operation);
        if seen.heard_out >= seen.faults {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Everything that was to be done later is.
async fn late_things_happen(cell: &Cell, sandbox: &Sandbox, seen: Seen) {
    sandbox.clock().advance(LATER);
    if !cell.fault.is_done_later() {
        return;
    }
    // What was held back is done by its connection's own task.
    let is_done = |what: &str| what.ends_with(" is done now") || what.contains(" is done now: answer ");
    let done = || sandbox.timeline().iter().filter(|entry| is_done(&entry.what)).count();
    for _ in 0..MOST_LOOKS {
        // A look at the ledger does what is due.
        let _ = sandbox.ledger();
        if done() >= seen.faults {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Whether what the failure left behind leads to the truth, now that nothing is under way any longer.
async fn resolved(resolve: &Resolve, err: &Error, mark: Mark, cell: &Cell, sandbox: &Sandbox) -> Result<bool, Failed> {
    match (resolve, err.idempotency_key()) {
        (Resolve::Look(look), _) => {
            let found = look().await?;
            Ok(found == (mark.executions(sandbox, cell.operation) == 1))
        }
        (Resolve::Again(again), Some(key)) => {
            let done = again(key.clone()).await.is_ok();
            Ok(done && mark.executions(sandbox, cell.operation) == 1)
        }
        // A failure under a key hands it back.
        (Resolve::Again(_), None) => Ok(false),
        (Resolve::Nothing, _) => Ok(true),
    }
}

/// What the client says, in a line.
fn words(result: &Result<(), Error>) -> String {
    match result {
        Ok(()) => "success".to_owned(),
        Err(err) => format!("{:?}, {} attempts: {err}", err.outcome(), err.attempts()),
    }
}

/// Both sides' lines in one order, and the ledger.
fn story(sandbox: &Sandbox, told: &[(usize, String)]) -> String {
    let mut story = String::new();
    let timeline = sandbox.timeline();
    for line in 0..=timeline.len() {
        for (_, words) in told.iter().filter(|(at, _)| *at == line) {
            let _ = writeln!(story, "    {words}");
        }
        if let Some(entry) = timeline.get(line) {
            let _ = writeln!(story, "  {entry}");
        }
    }
    story.push_str("  the ledger:\n");
    for entry in sandbox.ledger().entries() {
        let _ = writeln!(story, "  {entry}");
    }
    story
}

/// Beyond everything that a fault puts off.
const LATER: Duration = Duration::from_secs(10 * 60);

/// Far more than it ever takes.
const MOST_LOOKS: usize = 20_000;
