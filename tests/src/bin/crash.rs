//! Runs the kill sweep: a merchant's process is killed at every point, and the journal recovers.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line tool")]

use std::io::Write;
use std::process::ExitCode;

use payments_tests::crash::{self, DatabaseKind, Options};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|argument| argument == "child") {
        crash::work();
        return ExitCode::SUCCESS;
    }
    let options = match parse(&arguments) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("crash: {problem}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match sweep(options) {
        Ok(report) => {
            // A closed pipe is not an error: the reader has read enough.
            let _ = std::io::stdout().write_all(report.to_string().as_bytes());
            if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("crash: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn sweep(options: Options) -> Result<crash::Report, Box<dyn std::error::Error + Send + Sync>> {
    crash::run(options.show_progress()).await
}

/// Parses the arguments. Returns `None` for `--help`.
fn parse(arguments: &[String]) -> Result<Option<Options>, String> {
    let (mut seed, mut points, mut provider, mut run, mut control) = (7, POINTS, None, None, false);
    let mut database = DatabaseKind::default();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--seed" => seed = value()?.parse().map_err(|_| "--seed needs a whole number")?,
            "--points" => points = value()?.parse().map_err(|_| "--points needs a whole number")?,
            "--database" => database = value()?.parse()?,
            "--provider" => provider = Some(value()?),
            "--run" => run = Some(value()?),
            "--control" => control = true,
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("unknown option `{other}`")),
        }
    }
    let program = std::env::current_exe().map_err(|error| format!("this program's path is unknown: {error}"))?;
    let mut options = Options::new(seed, points, program).database(database);
    if let Some(provider) = provider {
        options = options.provider(provider)?;
    }
    if let Some(run) = run {
        options = options.run(run)?;
    }
    Ok(Some(if control { options.control() } else { options }))
}

const POINTS: usize = 6_000;

const HELP: &str = "Usage: cargo xtask crash [--database D] [--seed N] [--points N] [--provider P] [--run RUN] [--control]

Kills a merchant's process before and after every durable write and every request, lets a new process recover, and compares
the journal with the sandbox's ledger.

  --database D  the journal's database: `sqlite` (default) or `postgres`; for PostgreSQL, a server is started from the
                machine's programs, or PAYMENTS_TEST_POSTGRES names one
  --seed N      seed of what is drawn (default: 7)
  --points N    number of points at which a process is killed, half of them in pairs (default: 6000); a tenth as many
                processes are paused past their lease
  --provider P  kills at one provider only
  --run RUN     makes one run only, as printed by a failed run: `turbopay.pay-out execute works @3+7`,
                or `~7` for a pause
  --control     lets the journal forget attempts whose lease expired, which must fail

Exits with 0 if nothing was executed twice, lost or denied, with 1 otherwise, and with 2 on a usage error.";
