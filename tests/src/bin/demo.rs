//! What this project does, in a minute: five providers, and the answers that are lost.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks through its output")]

use std::io::Write;
use std::process::ExitCode;

use payments_tests::demo::{self, Report};

#[tokio::main]
async fn main() -> ExitCode {
    let (mut seed, mut json) = (7, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => json = true,
            "--seed" => match arguments.next().map(|text| text.parse()) {
                Some(Ok(number)) => seed = number,
                _ => return misused("--seed needs a whole number"),
            },
            "--help" | "-h" => {
                println!("{HELP}");
                return ExitCode::SUCCESS;
            }
            other => return misused(&format!("`{other}` is no option")),
        }
    }
    match demo::run(seed).await {
        Ok(report) => {
            let shown = if json { format!("{}\n", report.json()) } else { report.to_string() };
            // A reader that has gone away has seen what it wanted.
            let _ = std::io::stdout().write_all(shown.as_bytes());
            verdict(&report)
        }
        Err(err) => {
            eprintln!("demo: {err}");
            ExitCode::FAILURE
        }
    }
}

/// Success when everything came out as the demo says it does.
fn verdict(report: &Report) -> ExitCode {
    if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn misused(problem: &str) -> ExitCode {
    eprintln!("demo: {problem}\n\n{HELP}");
    ExitCode::from(2)
}

const HELP: &str = "cargo xtask demo [--seed N] [--json]

  --seed N  what everything random comes from (7)
  --json    the same for machines, as one object

The exit status is 0 when everything came out as it should.";
