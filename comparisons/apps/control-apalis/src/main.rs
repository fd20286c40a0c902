//! A control for the journal's crash tests: apalis on SQLite. `cargo xtask control` runs it.
//!
//! apalis recovers with what it documents for this: the jobs of a worker without a heartbeat are re-enqueued.

mod queue;
mod worker;

use std::process::ExitCode;

use control::{Part, locked_version};

use crate::queue::Charges;

#[tokio::main]
async fn main() -> ExitCode {
    match control::part() {
        Ok(Part::Worker(provider, arguments)) => {
            worker::run(&arguments[0], provider).await;
            ExitCode::SUCCESS
        }
        Ok(Part::Kills(kills)) => run(kills).await,
        Err(code) => code,
    }
}

/// Runs the harness once for each number of attempts that apalis is given.
async fn run(kills: usize) -> ExitCode {
    let version = |package| locked_version(include_str!("../../../Cargo.lock"), package);
    control::print_head(&format!("apalis {} with apalis-sqlite {}", version("apalis"), version("apalis-sqlite")));
    let mut all = Vec::new();
    for max_attempts in [None, Some(1)] {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("queue.db").to_str().unwrap().to_owned();
        let mut charges = Charges { queue: queue::open(&database).await, max_attempts };
        let counts = control::kill_workers(&mut charges, &[&database], kills).await;
        control::print_row(max_attempts, &counts);
        all.push(counts);
    }
    control::verdict(&all)
}
