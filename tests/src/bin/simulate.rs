//! Simulates days of a merchant and compares each with the sandbox's ledger.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line tool")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use payments_test_progress::Progress;
use payments_tests::simulate::{Flaw, Tally, Violation, day, timeline};

fn main() -> ExitCode {
    let mut run = Run { from: 1, seeds: 20_000, jobs: std::thread::available_parallelism().map_or(1, usize::from) };
    let mut single = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if matches!(argument.as_str(), "--help" | "-h") {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        let number = arguments.next().and_then(|text| text.replace('_', "").parse::<u64>().ok());
        match (argument.as_str(), number) {
            ("--seed", Some(seed)) => single = Some(seed),
            ("--from", Some(seed)) => run.from = seed,
            ("--seeds", Some(seeds)) => run.seeds = seeds,
            ("--jobs", Some(jobs)) if jobs > 0 => run.jobs = usize::try_from(jobs).unwrap_or(1),
            ("--jobs", _) => return usage_error("--jobs needs a whole number above 0"),
            ("--seed" | "--from" | "--seeds", _) => {
                return usage_error(&format!("{argument} needs a whole number"));
            }
            (other, _) => return usage_error(&format!("unknown option `{other}`")),
        }
    }
    single.map_or_else(|| run.all(), replay)
}

/// Simulates one day and prints its timeline.
fn replay(seed: u64) -> ExitCode {
    match day(seed, Flaw::None) {
        Ok(tally) => {
            print!("{}", timeline(seed, Flaw::None));
            println!("seed {seed}: no violation in {} steps", tally.steps);
            ExitCode::SUCCESS
        }
        Err(violation) => {
            println!("{violation}");
            ExitCode::FAILURE
        }
    }
}

struct Run {
    from: u64,
    seeds: u64,
    jobs: usize,
}

impl Run {
    fn all(&self) -> ExitCode {
        #[expect(clippy::disallowed_methods, reason = "the elapsed time is only printed")]
        let start = Instant::now();
        let (next, failed) = (AtomicU64::new(0), AtomicU64::new(0));
        let sum = Mutex::new(Tally::default());
        let progress = Progress::on_terminal(self.seeds, "days");
        std::thread::scope(|scope| {
            for _ in 0..self.jobs {
                scope.spawn(|| {
                    let tally = self.work(&next, &failed, &progress);
                    if let Ok(mut sum) = sum.lock() {
                        *sum = sum.and(tally);
                    }
                });
            }
        });
        drop(progress);
        let tally = sum.into_inner().unwrap_or_default();
        let failed = failed.into_inner();
        println!("{}", summary(tally, failed, start.elapsed(), self.jobs));
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// Simulates days until no seed is left.
    fn work(&self, next: &AtomicU64, failed: &AtomicU64, progress: &Progress) -> Tally {
        let mut sum = Tally::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= self.seeds {
                return sum;
            }
            match day(self.from.wrapping_add(number), Flaw::None) {
                Ok(tally) => sum = sum.and(tally),
                Err(violation) => {
                    let printed = failed.fetch_add(1, Ordering::Relaxed);
                    progress.suspend(|| print_violation(&violation, printed));
                }
            }
            progress.advance();
        }
    }
}

/// Prints the first violation with its timeline, and up to 19 more in one line each.
fn print_violation(violation: &Violation, printed: u64) {
    if printed == 0 {
        println!("{violation}");
    } else if printed < MAX_PRINTED {
        println!("seed {}: {}", violation.seed, violation.what);
    }
}

fn summary(tally: Tally, failed: u64, elapsed: Duration, jobs: usize) -> String {
    let Tally { days, steps, orders, requests, messages, unknown, not_executed, entries, .. } = tally;
    let millis = elapsed.as_millis().max(1);
    let per_second = u128::from(days + failed) * 1000 / millis;
    let per_thread = per_second / u128::try_from(jobs).unwrap_or(1);
    format!(
        "days:     {days} without a violation, {failed} with a violation\n\
         activity: {steps} steps, {orders} orders, {requests} requests, {messages} messages\n\
         calls:    {unknown} with an unknown outcome, {not_executed} not executed (not sent, or refused)\n\
         ledgers:  {entries} entries\n\
         time:     {}.{:03} s, {per_second} days per second, {per_thread} on each of {jobs} threads",
        elapsed.as_secs(),
        elapsed.subsec_millis()
    )
}

fn usage_error(problem: &str) -> ExitCode {
    eprintln!("simulate: {problem}\n\n{HELP}");
    ExitCode::from(2)
}

/// One mistake often causes many violations.
const MAX_PRINTED: u64 = 20;

const HELP: &str = "Usage: cargo xtask simulate [--seeds N] [--from S] [--jobs N]
       cargo xtask simulate --seed S

Simulates days of a merchant, and compares the merchant's records with the sandbox's ledger.

  --seeds N  number of days; each has its own seed (default: 20000)
  --from S   first seed (default: 1)
  --jobs N   number of threads (default: one per core)
  --seed S   simulates this day only, and prints its timeline

Exits with 0 if no invariant was violated, with 1 if one was, and with 2 on a usage error.";
