//! The control for the journal's crash tests: a job queue that runs a job again after a crash charges twice.
//!
//! A control starts a worker in another process and kills it with SIGKILL when the provider has charged the card and the
//! response has not arrived. The next worker recovers with what the queue documents for this. The provider's ledger shows
//! how often each card was charged. If no card is charged twice, the harness proves nothing about the journal, and the
//! program fails.

mod harness;
mod provider;
mod report;

use std::process::ExitCode;

pub use harness::{Counts, Queue, kill_workers};
pub use provider::Provider;
pub use report::{locked_version, print_head, print_row};

/// What a control was started for.
pub enum Part {
    /// To be a worker, until the process is killed. The arguments say where the queue is.
    Worker(Provider, Vec<String>),
    /// To kill so many workers.
    Kills(usize),
}

/// Reads the program's arguments.
pub fn part() -> Result<Part, ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["worker", url, key, secret, ..] => Ok(Part::Worker(Provider::new(url, key, secret), arguments[4..].to_vec())),
        ["run"] => Ok(Part::Kills(10)),
        ["run", "--kills", kills] => match kills.parse() {
            Ok(kills) if kills > 0 => Ok(Part::Kills(kills)),
            _ => Err(usage_error("--kills needs a whole number above 0")),
        },
        _ => Err(usage_error("unknown arguments")),
    }
}

/// Fails if the harness proves nothing.
pub fn verdict(counts: &[Counts]) -> ExitCode {
    let twice: usize = counts.iter().map(|counts| counts.twice).sum();
    let never: usize = counts.iter().map(|counts| counts.never).sum();
    if twice == 0 || never > 0 {
        eprintln!("control: {twice} jobs were executed twice and {never} never, so the harness proves nothing");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Ends this process when its standard input is closed, because the program that started it has ended.
pub fn end_with_parent() {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
}

fn usage_error(problem: &str) -> ExitCode {
    eprintln!("control: {problem}\n\nusage: cargo xtask control [--kills N], by default 10");
    ExitCode::from(2)
}
