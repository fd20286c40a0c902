//! A control for the journal's crash tests: underway on PostgreSQL. `cargo xtask control` runs it.
//!
//! underway recovers with what it documents for this: a task without a heartbeat is stalled, and another worker takes it.
//! The program is also underway's side of the comparisons on PostgreSQL: `claims` and `idle`.

mod measure;
mod queue;

use std::process::ExitCode;

use control::{Part, locked_version};
use own_postgres::Server;
use underway::Worker;

use crate::queue::{Charge, Charges, POLL_INTERVAL};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["claims", jobs, at_a_time, directory, database] => {
            let (jobs, at_a_time) = (jobs.parse().unwrap(), at_a_time.parse().unwrap());
            println!("{}", runtime.block_on(measure::claims(jobs, at_a_time, directory, database)).as_nanos());
            ExitCode::SUCCESS
        }
        ["idle", directory, database] => {
            runtime.block_on(measure::idle(directory, database));
            ExitCode::SUCCESS
        }
        _ => tokio::runtime::Runtime::new().unwrap().block_on(control()),
    }
}

async fn control() -> ExitCode {
    match control::part() {
        Ok(Part::Worker(provider, arguments)) => {
            control::end_with_parent();
            let queue = queue::open(&queue::pool(&arguments[0], &arguments[1], 10).await).await;
            let worker = Worker::new(queue.into(), Charge { provider: Some(provider), max_attempts: None });
            worker.run_every(POLL_INTERVAL.try_into().unwrap()).await.unwrap();
            ExitCode::SUCCESS
        }
        Ok(Part::Kills(kills)) => run(kills).await,
        Err(code) => code,
    }
}

/// Runs the harness once for each number of attempts that underway is given.
async fn run(kills: usize) -> ExitCode {
    let server = match Server::start(&[]) {
        Ok(server) => server,
        Err(problem) => {
            println!("skipped underway: {problem}");
            return ExitCode::SUCCESS;
        }
    };
    let version = locked_version(include_str!("../Cargo.lock"), "underway");
    control::print_head(&format!("underway {version} on PostgreSQL"));
    let mut all = Vec::new();
    for max_attempts in [None, Some(1)] {
        let database = format!("queue_{}", max_attempts.unwrap_or_default());
        server.create(&database).await;
        let directory = server.directory().to_str().unwrap();
        let pool = queue::pool(directory, &database, 10).await;
        let queue = queue::open(&pool).await;
        let mut charges = Charges { queue, pool, charge: Charge { provider: None, max_attempts } };
        let counts = control::kill_workers(&mut charges, &[directory, &database], kills).await;
        control::print_row(max_attempts, &counts);
        all.push(counts);
    }
    control::verdict(&all)
}
