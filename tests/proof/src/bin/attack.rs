//! Attacks every receiver with changed deliveries. No receiver may accept a forged delivery or panic.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line tool")]

use std::io::Write as _;
use std::process::ExitCode;

use payments_proof::attack::{self, Options};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let options = match parse(&arguments) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("attack: {problem}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let report = attack::run_with_progress(options);
    // A closed pipe is not an error: the reader has read enough.
    let _ = std::io::stdout().write_all(report.to_string().as_bytes());
    if report.failures().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Parses the arguments. Returns `None` for `--help`.
fn parse(arguments: &[String]) -> Result<Option<Options>, String> {
    let mut options = Options { seed: 7, deliveries: DELIVERIES, only: None };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let value = arguments.next().and_then(|text| text.parse().ok());
            value.ok_or_else(|| format!("`{argument}` needs a whole number"))
        };
        match argument.as_str() {
            "--seed" => options.seed = number()?,
            "--deliveries" => options.deliveries = number()?,
            "--only" => options.only = Some(number()?),
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("unknown option `{other}`")),
        }
    }
    Ok(Some(options))
}

/// Enough for more than 100,000 forged deliveries. Some changes make no difference, so not every delivery is forged.
const DELIVERIES: u64 = 200_000;

const HELP: &str = "Usage: cargo xtask attack [--seed N] [--deliveries N] [--only N]

Sends random deliveries to every receiver of webhooks and callbacks, each once genuine and once changed.

  --seed N        seed of everything random (default: 7)
  --deliveries N  number of deliveries (default: 200000)
  --only N        sends only delivery number N, and prints it

Exits with 0 if every genuine delivery was accepted, every forged one was rejected, and nothing panicked.";
