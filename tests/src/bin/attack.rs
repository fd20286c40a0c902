//! Mutated deliveries against every receiver: none is believed, none makes one panic.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks through its output")]

use std::io::Write as _;
use std::process::ExitCode;

use payments_tests::attack::{self, Options};

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
    let report = attack::run(options);
    // A reader that has gone away has seen what it wanted.
    let _ = std::io::stdout().write_all(report.to_string().as_bytes());
    if report.failures().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Nothing where help is asked for.
fn parse(arguments: &[String]) -> Result<Option<Options>, String> {
    let mut options = Options { seed: 7, deliveries: DELIVERIES, only: None };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let value = arguments.next().and_then(|text| text.parse().ok());
            value.ok_or_else(|| format!("{argument} needs a whole number"))
        };
        match argument.as_str() {
            "--seed" => options.seed = number()?,
            "--deliveries" => options.deliveries = number()?,
            "--only" => options.only = Some(number()?),
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("`{other}` is no option")),
        }
    }
    Ok(Some(options))
}

/// Some are no attacks, since a change can change nothing: of so many, more than 100,000 are.
const DELIVERIES: u64 = 200_000;

const HELP: &str = "cargo xtask attack [--seed N] [--deliveries N] [--only N]

  --seed N        what everything random comes from (7)
  --deliveries N  how many (200000)
  --only N        only this one of them, and shown

The exit status is 0 when every genuine delivery was accepted, no other was, and nothing panicked.";
