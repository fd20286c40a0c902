//! The fault matrix: what the SDK says of calls that go wrong, held against what the providers did.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks through its output")]

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
    match matrix::run(options).await {
        Ok(report) => {
            let shown = if json { format!("{}\n", report.json()) } else { report.to_string() };
            // A reader that has gone away has seen what it wanted.
            let _ = std::io::stdout().write_all(shown.as_bytes());
            if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(err) => {
            eprintln!("matrix: {err}");
            ExitCode::FAILURE
        }
    }
}

/// Nothing where help is asked for.
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
            other => return Err(format!("`{other}` is no option")),
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

const HELP: &str = "cargo xtask matrix [--seed N] [--runs N] [--provider P] [--json] [--cell CELL]

  --seed N      what everything random comes from (7)
  --runs N      how many runs, and at least one of every fault at every provider (20000)
  --provider P  one provider alone
  --json        for machines, as one object
  --cell CELL   one cell alone, as a failure prints it; the seed is then that run's

The exit status is 0 when everything came out as it must.";
