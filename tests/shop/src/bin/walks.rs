//! Makes random walks through the shop. `cargo xtask walks` builds the shop and starts this program.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line tool")]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use payments_test_progress::Progress;
use stage::Failed;
use stage::walk::{self, Options};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments = match Arguments::parse(&arguments) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("walks: {problem} (see --help)");
            return ExitCode::from(2);
        }
    };
    #[expect(clippy::disallowed_methods, reason = "the duration is only printed")]
    let start = Instant::now();
    match run(arguments).await {
        Ok((report, passed)) => {
            // A closed pipe is not an error: the reader has read enough.
            let _ = writeln!(std::io::stdout(), "{report}  {} s", start.elapsed().as_secs());
            if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(failed) => {
            eprintln!("walks: {failed}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the report, and true if it is as it must be.
async fn run(arguments: Arguments) -> Result<(String, bool), Failed> {
    let default = if arguments.mutants { WALKS_PER_MUTANT } else { WALKS };
    let walks = arguments.walk.map_or(0..arguments.walks.unwrap_or(default), |walk| walk..walk + 1);
    let count = walks.end - walks.start;
    let mut options = Options::new(arguments.seed, walks);
    options.program = arguments.shop;
    options.jobs = arguments.jobs.unwrap_or(options.jobs);
    if arguments.mutants {
        let passed = walk::mutants(&options, |line| println!("{line}")).await?;
        return Ok((String::new(), passed));
    }
    options.progress = Progress::on_terminal(count, "walks");
    let report = walk::run(&options).await?;
    Ok((report.to_string(), report.passed()))
}

struct Arguments {
    seed: u64,
    walks: Option<u64>,
    walk: Option<u64>,
    jobs: Option<usize>,
    shop: Option<PathBuf>,
    mutants: bool,
}

impl Arguments {
    /// Returns `None` if help is requested.
    fn parse(arguments: &[String]) -> Result<Option<Self>, String> {
        let mut parsed = Self { seed: 1, walks: None, walk: None, jobs: None, shop: None, mutants: false };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            let number = |value: &String| value.parse().map_err(|_| format!("{argument} needs a whole number"));
            match argument.as_str() {
                "--seed" => parsed.seed = number(value()?)?,
                "--walks" => parsed.walks = Some(number(value()?)?),
                "--walk" => parsed.walk = Some(number(value()?)?),
                "--jobs" => parsed.jobs = Some(usize::try_from(number(value()?)?).unwrap_or(usize::MAX)),
                "--shop" => parsed.shop = Some(value()?.into()),
                "--mutants" => parsed.mutants = true,
                "-h" | "--help" => return Ok(None),
                other => return Err(format!("unknown argument `{other}`")),
            }
        }
        Ok(Some(parsed))
    }
}

const WALKS: u64 = 200;
const WALKS_PER_MUTANT: u64 = 40;

const HELP: &str = "Usage: cargo xtask walks [--walks N] [--seed S] [--walk K] [--jobs N]
       cargo xtask walks --mutants [--walks N] [--seed S]

Lets customers and a back office use the shop at random, while providers and networks fail and the shop is killed. At the end
of each walk, compares the shop's books with the sandbox's ledger. With `--mutants`, walks through shops with a planted
defect, and each must be found.

  --walks N    number of walks (default: 200, and 40 for each planted defect)
  --seed S     seed of all walks (default: 1)
  --walk K     makes walk K only, and prints its steps: the same intentions, but not the same timing
  --jobs N     number of walks at the same time (default: 12)
  --shop PATH  the shop's program. Default: `shop` beside this program

Exits with 0 if nothing is wrong, with 1 otherwise, and with 2 on a usage error.";
