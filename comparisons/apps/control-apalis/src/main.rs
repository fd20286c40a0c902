//! The control for the journal's crash tests: a job queue that runs a job again after a crash charges twice.
//!
//! `cargo xtask control` runs this program. It starts a worker in another process and kills it with SIGKILL when the
//! provider has charged the card and the response has not arrived. The next worker recovers with what apalis documents
//! for this: the jobs of a worker without a heartbeat are re-enqueued. The provider's ledger shows how often each card
//! was charged. If no card is charged twice, the harness proves nothing about the journal, and the program fails.

mod harness;
mod queue;
mod report;
mod worker;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["worker", database, base_url, key, secret] => {
            worker::run(database, base_url, key, secret).await;
            ExitCode::SUCCESS
        }
        ["run"] => run(10).await,
        ["run", "--kills", kills] => match kills.parse() {
            Ok(kills) if kills > 0 => run(kills).await,
            _ => usage_error("--kills needs a whole number above 0"),
        },
        _ => usage_error("unknown arguments"),
    }
}

/// Runs the harness once for each number of attempts that apalis is given.
async fn run(kills: usize) -> ExitCode {
    report::print_head();
    let (mut twice, mut never) = (0, 0);
    for max_attempts in [None, Some(1)] {
        let counts = harness::run(kills, max_attempts).await;
        report::print_row(max_attempts, &counts);
        twice += counts.twice;
        never += counts.never;
    }
    if twice == 0 || never > 0 {
        eprintln!("control: {twice} jobs were executed twice and {never} never, so the harness proves nothing");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn usage_error(problem: &str) -> ExitCode {
    eprintln!("control: {problem}\n\nusage: cargo xtask control [--kills N], by default 10");
    ExitCode::from(2)
}
