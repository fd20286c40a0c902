//! Shows the main flows of the five providers, and what the SDK and the journal do after a lost response and a crash.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line tool")]

use std::io::Write;
use std::process::ExitCode;

use payments_tests::demo;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, application @ ..] = arguments.as_slice()
        && command == demo::application::COMMAND
    {
        return ended(demo::application::run(application).await);
    }
    show(arguments).await
}

async fn show(arguments: Vec<String>) -> ExitCode {
    let (mut seed, mut json) = (7, false);
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => json = true,
            "--seed" => match arguments.next().map(|text| text.parse()) {
                Some(Ok(number)) => seed = number,
                _ => return usage_error("--seed needs a whole number"),
            },
            "--help" | "-h" => {
                println!("{HELP}");
                return ExitCode::SUCCESS;
            }
            other => return usage_error(&format!("unknown option `{other}`")),
        }
    }
    let report = match std::env::current_exe() {
        Ok(program) => demo::run(seed, &program).await,
        Err(err) => Err(err.into()),
    };
    ended(report.and_then(|report| {
        let text = if json { format!("{}\n", report.json()) } else { report.to_string() };
        // A closed pipe is not an error: the reader has read enough.
        let _ = std::io::stdout().write_all(text.as_bytes());
        if report.is_as_expected() { Ok(()) } else { Err("something is not as expected".into()) }
    }))
}

fn ended(result: Result<(), demo::Failed>) -> ExitCode {
    result.map_or_else(
        |err| {
            eprintln!("demo: {err}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

fn usage_error(problem: &str) -> ExitCode {
    eprintln!("demo: {problem}\n\n{HELP}");
    ExitCode::from(2)
}

const HELP: &str = "Usage: cargo xtask demo [--seed N] [--json]

Shows the main flows and a lost response at each provider, and a payout whose process is killed, in the sandbox.

  --seed N  seed of everything random (default: 7)
  --json    prints one JSON object

Exits with 0 if every result is as expected, with 1 if one is not, and with 2 on a usage error.";
