//! Days of a merchant by the thousand, each from its seed; the ledger says whether one went wrong.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks through its output")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use payments_tests::simulate::{Rig, Tally, Violation, day, timeline};

fn main() -> ExitCode {
    let mut run = Run { from: 1, seeds: 20_000, jobs: std::thread::available_parallelism().map_or(1, usize::from) };
    let mut one = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if matches!(argument.as_str(), "--help" | "-h") {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        let number = arguments.next().and_then(|text| text.replace('_', "").parse::<u64>().ok());
        match (argument.as_str(), number) {
            ("--seed", Some(seed)) => one = Some(seed),
            ("--from", Some(seed)) => run.from = seed,
            ("--seeds", Some(seeds)) => run.seeds = seeds,
            ("--jobs", Some(jobs)) if jobs > 0 => run.jobs = usize::try_from(jobs).unwrap_or(1),
            ("--seed" | "--from" | "--seeds" | "--jobs", _) => {
                return misused(&format!("{argument} needs a whole number"));
            }
            (other, _) => return misused(&format!("`{other}` is no option")),
        }
    }
    one.map_or_else(|| run.all(), replay)
}

/// One day, with all that happened on it.
fn replay(seed: u64) -> ExitCode {
    match day(seed, Rig::Sound) {
        Ok(tally) => {
            print!("{}", timeline(seed, Rig::Sound));
            println!("seed {seed}: nothing went wrong in {} steps", tally.steps);
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
        #[expect(clippy::disallowed_methods, reason = "how long it took is for people to read")]
        let began = Instant::now();
        let (next, failed) = (AtomicU64::new(0), AtomicU64::new(0));
        let sum = Mutex::new(Tally::default());
        std::thread::scope(|scope| {
            for _ in 0..self.jobs {
                scope.spawn(|| {
                    let tally = self.some(&next, &failed);
                    if let Ok(mut sum) = sum.lock() {
                        *sum = sum.and(tally);
                    }
                });
            }
        });
        let tally = sum.into_inner().unwrap_or_default();
        let failed = failed.into_inner();
        println!("{}", told(tally, failed, began.elapsed(), self.jobs));
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// Takes seeds until there are none left.
    fn some(&self, next: &AtomicU64, failed: &AtomicU64) -> Tally {
        let mut tally = Tally::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= self.seeds {
                return tally;
            }
            match day(self.from.wrapping_add(number), Rig::Sound) {
                Ok(lived) => tally = tally.and(lived),
                Err(violation) => show(&violation, failed.fetch_add(1, Ordering::Relaxed)),
            }
        }
    }
}

/// The first is told in full: the others may be of the same kind.
fn show(violation: &Violation, before: u64) {
    if before == 0 {
        println!("{violation}");
    } else if before < MOST_SHOWN {
        println!("seed {}: {}", violation.seed, violation.what);
    }
}

fn told(tally: Tally, failed: u64, took: Duration, jobs: usize) -> String {
    let Tally { days, steps, orders, requests, messages, unknown, not_done, entries, .. } = tally;
    let millis = took.as_millis().max(1);
    let a_second = u128::from(days + failed) * 1000 / millis;
    let a_core = a_second / u128::try_from(jobs).unwrap_or(1);
    format!(
        "{days} days without a violation, {failed} with one\n\
         {steps} steps, {orders} orders, {requests} requests, {messages} messages\n\
         {unknown} calls ended unknown, {not_done} provably undone; {entries} entries in the ledgers\n\
         {}.{:03} s, {a_second} days a second, {a_core} on each of {jobs} threads",
        took.as_secs(),
        took.subsec_millis()
    )
}

fn misused(problem: &str) -> ExitCode {
    eprintln!("simulate: {problem}\n\n{HELP}");
    ExitCode::from(2)
}

/// What is wrong once is often wrong a thousand times.
const MOST_SHOWN: u64 = 20;

const HELP: &str = "cargo xtask simulate [--seeds N] [--from S] [--jobs N]
cargo xtask simulate --seed S

  --seeds N  how many days, each from a seed of its own (20000)
  --from S   the first of the seeds (1)
  --jobs N   threads (as many as this machine has)
  --seed S   this day alone, with all that happened on it

The exit status is 0 when nothing happened that must not.";
