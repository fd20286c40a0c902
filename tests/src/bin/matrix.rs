//! Runs the fault matrix: every operation under every fault, compared with the sandbox's ledger.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line tool")]

use std::io::Write;
use std::process::ExitCode;

use payments_tests::matrix::{self, Options};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (options, json) = match parse(&arguments) {
        Ok(Some(parsed)) => parsed,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("matrix: {problem}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match matrix::run(options.show_progress()).await {
        Ok(report) => {
            let text = if json { format!("{}\n", report.json()) } else { report.to_string() };
            // A closed pipe is not an error: the reader has read enough.
            let _ = std::io::stdout().write_all(text.as_bytes());
            if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(err) => {
            eprintln!("matrix: {err}");
            ExitCode::FAILURE
        }
    }
}

/// Parses the arguments. Returns `None` for `--help`.
fn parse(arguments: &[String]) -> Result<Option<(Options, bool)>, String> {
    let (mut seed, mut runs, mut provider, mut cell, mut json) = (7, None, None, None, false);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--json" => json = true,
            "--seed" => seed = value()?.parse().map_err(|_| "--seed needs a whole number")?,
            "--runs" => runs = Some(value()?.parse().map_err(|_| "--runs needs a whole number")?),
            "--provider" => provider = Some(value()?),
            "--cell" => cell = Some(value()?),
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("unknown option `{other}`")),
        }
    }
    let options = match cell {
        Some(cell) => Options::new(seed, runs.unwrap_or(1)).cell(cell)?,
        None => Options::new(seed, runs.unwrap_or(RUNS)).controls(),
    };
    let options = match provider {
        Some(provider) => options.provider(provider)?,
        None => options,
    };
    Ok(Some((options, json)))
}

const RUNS: usize = 20_000;

const HELP: &str = "Usage: cargo xtask matrix [--seed N] [--runs N] [--provider P] [--json] [--cell CELL]

Runs every operation under every fault, and compares each result with the sandbox's ledger.

  --seed N      seed of everything random (default: 7)
  --runs N      number of runs; every fault runs at every provider at least once (default: 20000)
  --provider P  runs one provider only
  --cell CELL   runs one cell only, as printed by a failed run, with --seed as the seed of the run
  --json        prints one JSON object

Exits with 0 if the matrix passed, with 1 if it failed, and with 2 on a usage error.";
