//! Runs the kill sweep: a merchant's process is killed at every point, and the journal recovers.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line tool")]

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use payments_test_postgres::Server;
use payments_tests::crash::{self, DatabaseKind, FleetOptions, Options};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // The program is also the processes that it kills.
    if let Some(work) = arguments.first().and_then(|role| crash::process(role)) {
        work();
        return ExitCode::SUCCESS;
    }
    let command = match parse(&arguments) {
        Ok(Some(command)) => command,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("crash: {problem}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match run(command) {
        Ok((report, passed)) => {
            // A closed pipe is not an error: the reader has read enough.
            let _ = std::io::stdout().write_all(report.as_bytes());
            if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("crash: {error}");
            ExitCode::FAILURE
        }
    }
}

enum Command {
    /// There is no `PostgreSQL`, which was said.
    Nothing,
    Sweep(Options),
    Fleet(FleetOptions),
    Limit(PathBuf),
}

/// Returns the report, and true if no promise was broken.
#[tokio::main]
async fn run(command: Command) -> Result<(String, bool), Box<dyn std::error::Error + Send + Sync>> {
    match command {
        Command::Nothing => Ok((String::new(), true)),
        Command::Sweep(options) => {
            let report = crash::run(options.show_progress()).await?;
            Ok((report.to_string(), report.passed()))
        }
        Command::Fleet(options) => {
            let report = crash::fleet(&Server::start()?, options.show_progress()).await?;
            Ok((report.to_string(), report.passed()))
        }
        Command::Limit(program) => {
            let report = crash::limit(&Server::start()?, &program).await?;
            Ok((report.to_string(), report.passed()))
        }
    }
}

/// Parses the arguments. Returns `None` for `--help`.
fn parse(arguments: &[String]) -> Result<Option<Command>, String> {
    let (mut seed, mut points, mut provider, mut run, mut control) = (7, POINTS, None, None, false);
    let (mut database, mut is_optional) = (DatabaseKind::default(), false);
    let (mut is_fleet, mut is_limit, mut intents) = (false, false, INTENTS);
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
            "--if-installed" => is_optional = true,
            "--fleet" => is_fleet = true,
            "--limit" => is_limit = true,
            "--intents" => intents = value()?.parse().map_err(|_| "--intents needs a whole number")?,
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("unknown option `{other}`")),
        }
    }
    let program = std::env::current_exe().map_err(|error| format!("this program's path is unknown: {error}"))?;
    if is_optional && Server::of_test().is_none() {
        return Ok(Some(Command::Nothing));
    }
    if is_limit {
        return Ok(Some(Command::Limit(program)));
    }
    if is_fleet {
        let options = FleetOptions::new(seed, intents, program);
        return Ok(Some(Command::Fleet(if control { options.control() } else { options })));
    }
    let mut options = Options::new(seed, points, program).database(database);
    if let Some(provider) = provider {
        options = options.provider(provider)?;
    }
    if let Some(run) = run {
        options = options.run(run)?;
    }
    Ok(Some(Command::Sweep(if control { options.control() } else { options })))
}

const POINTS: usize = 6_000;
const INTENTS: usize = 10_000;

const HELP: &str = "Usage: cargo xtask crash [--database D] [--seed N] [--points N] [--provider P] [--run RUN] [--control]
       cargo xtask crash --fleet [--seed N] [--intents N] [--control]
       cargo xtask crash --limit

Kills a merchant's process before and after every durable write and every request, lets a new process recover, and compares
the journal with the sandbox's ledger. With `--fleet`, kills and restarts four processes with two workers each at random, on
one PostgreSQL database. With `--limit`, compares the limit of lookups that sixteen processes share with that of one process.

  --database D  the journal's database: `sqlite` (default) or `postgres`; for PostgreSQL, a server is started from the
                machine's programs, or PAYMENTS_TEST_POSTGRES names one
  --if-installed
                does nothing if the machine has no PostgreSQL, unless PAYMENTS_TESTS_REQUIRE_POSTGRES is set
  --seed N      seed of what is drawn (default: 7)
  --points N    number of points at which a process is killed, half of them in pairs (default: 6000); a tenth as many
                processes are paused past their lease
  --provider P  kills at one provider only
  --run RUN     makes one run only, as printed by a failed run: `turbopay.pay-out execute works @3+7`,
                or `~7` for a pause
  --fleet       runs the fleet instead of the sweep
  --limit       measures the limit instead
  --intents N   number of intents of the fleet, over all providers (default: 10000)
  --control     lets the journal forget attempts whose lease expired, which must fail

Exits with 0 if nothing was executed twice, lost or denied, with 1 otherwise, and with 2 on a usage error.";
