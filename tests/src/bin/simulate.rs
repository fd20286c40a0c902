//! Simulates days of a merchant and lives of journaled intents, and compares each with the sandbox's ledger.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line tool")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use payments_test_progress::Progress;
use payments_tests::simulate::lives::{self, life};
use payments_tests::simulate::{Flaw, Tally, Violation, day, timeline};

fn main() -> ExitCode {
    let mut run = Run { from: 1, seeds: 20_000, jobs: std::thread::available_parallelism().map_or(1, usize::from) };
    let (mut single, mut only) = (None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => {
                println!("{HELP}");
                return ExitCode::SUCCESS;
            }
            "--journal" => {
                only = Some(Kind::Lives);
                continue;
            }
            "--days" => {
                only = Some(Kind::Days);
                continue;
            }
            _ => {}
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
    match (single, only) {
        (Some(seed), Some(Kind::Lives)) => replay(seed, life(seed, lives::Flaw::None).map(|tally| tally.steps), || {
            lives::timeline(seed, lives::Flaw::None)
        }),
        (Some(seed), _) => replay(seed, day(seed, Flaw::None).map(|tally| tally.steps), || timeline(seed, Flaw::None)),
        (None, only) => {
            let days = only == Some(Kind::Lives) || run.days();
            let lives = only == Some(Kind::Days) || run.lives();
            if days && lives { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

/// What is simulated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Days,
    Lives,
}

/// Prints the timeline of one seed.
fn replay(seed: u64, result: Result<u64, Box<Violation>>, timeline: impl FnOnce() -> String) -> ExitCode {
    match result {
        Ok(steps) => {
            print!("{}", timeline());
            println!("seed {seed}: no violation in {steps} steps");
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
    fn days(&self) -> bool {
        let simulate = |seed| day(seed, Flaw::None);
        let (tally, failed, elapsed) = self.all("days", simulate, Tally::default(), Tally::and);
        let Tally { days, steps, orders, requests, messages, unknown, not_executed, entries, .. } = tally;
        println!(
            "days:     {days} without a violation, {failed} with a violation\n\
             activity: {steps} steps, {orders} orders, {requests} requests, {messages} messages\n\
             calls:    {unknown} with an unknown outcome, {not_executed} not executed (not sent, or refused)\n\
             ledgers:  {entries} entries\n\
             time:     {}",
            self.rate(days + failed, elapsed, "days"),
        );
        failed == 0
    }

    fn lives(&self) -> bool {
        let simulate = |seed| life(seed, lives::Flaw::None);
        let (tally, failed, elapsed) = self.all("lives", simulate, lives::Tally::default(), lives::Tally::and);
        println!("{}", tally.summary(failed));
        println!("time:     {}", self.rate(tally.lives + failed, elapsed, "lives"));
        failed == 0
    }

    /// Simulates every seed, and adds up the counts.
    fn all<T: Copy + Send + Sync>(
        &self,
        unit: &'static str,
        simulate: impl Fn(u64) -> Result<T, Box<Violation>> + Sync,
        zero: T,
        and: impl Fn(T, T) -> T + Sync,
    ) -> (T, u64, Duration) {
        #[expect(clippy::disallowed_methods, reason = "the elapsed time is only printed")]
        let start = Instant::now();
        let (next, failed) = (AtomicU64::new(0), AtomicU64::new(0));
        let sum = Mutex::new(zero);
        let progress = Progress::on_terminal(self.seeds, unit);
        std::thread::scope(|scope| {
            for _ in 0..self.jobs {
                scope.spawn(|| {
                    let mut own = zero;
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= self.seeds {
                            break;
                        }
                        match simulate(self.from.wrapping_add(number)) {
                            Ok(tally) => own = and(own, tally),
                            Err(violation) => {
                                let printed = failed.fetch_add(1, Ordering::Relaxed);
                                progress.suspend(|| print_violation(&violation, printed));
                            }
                        }
                        progress.advance();
                    }
                    if let Ok(mut sum) = sum.lock() {
                        *sum = and(*sum, own);
                    }
                });
            }
        });
        drop(progress);
        (sum.into_inner().unwrap_or(zero), failed.into_inner(), start.elapsed())
    }

    fn rate(&self, count: u64, elapsed: Duration, unit: &str) -> String {
        let per_second = u128::from(count) * 1000 / elapsed.as_millis().max(1);
        let (seconds, millis, jobs) = (elapsed.as_secs(), elapsed.subsec_millis(), self.jobs);
        let per_thread = per_second / u128::try_from(jobs).unwrap_or(1);
        format!("{seconds}.{millis:03} s, {per_second} {unit} per second, {per_thread} on each of {jobs} threads")
    }
}

/// Prints the first violation with its timeline, and up to 19 more in one line each.
fn print_violation(violation: &Violation, printed: u64) {
    if printed == 0 {
        println!("{violation}");
    } else if printed < MAX_PRINTED {
        println!("{}\nreplay: {}", violation.what, violation.replay);
    }
}

fn usage_error(problem: &str) -> ExitCode {
    eprintln!("simulate: {problem}\n\n{HELP}");
    ExitCode::from(2)
}

/// One mistake often causes many violations.
const MAX_PRINTED: u64 = 20;

const HELP: &str = "Usage: cargo xtask simulate [--days | --journal] [--seeds N] [--from S] [--jobs N]
       cargo xtask simulate [--journal] --seed S

Simulates days of a merchant, and lives of journaled intents in processes that crash. Compares each with the sandbox's ledger.

  --days     simulates days only
  --journal  simulates lives of journaled intents only
  --seeds N  number of days, and of lives; each has its own seed (default: 20000)
  --from S   first seed (default: 1)
  --jobs N   number of threads (default: one per core)
  --seed S   simulates this day only, or this life, and prints its timeline

Exits with 0 if no invariant was violated, with 1 if one was, and with 2 on a usage error.";
