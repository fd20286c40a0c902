//! Mutated deliveries by the hundred thousand: none is believed, none makes a receiver panic, every genuine one passes.
//!
//! Each delivery follows from the seed and its number alone, so that any of them can be made again by itself. What is
//! due to one is told by comparing it with what was signed, never by reading it as a receiver does.

mod mutate;
mod report;
mod signed;
mod unsigned;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::random::Random;
pub use report::{Failure, Report, Row};

/// What to run.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What everything random comes from.
    pub seed: u64,
    /// How many deliveries.
    pub deliveries: u64,
    /// Only this one of them.
    pub only: Option<u64>,
}

/// Makes the deliveries, and hands each to its receiver.
#[must_use]
pub fn run(options: Options) -> Report {
    let mut report = Report::new(options);
    let numbers = options.only.map_or(0..options.deliveries, |only| only..only.saturating_add(1));
    for number in numbers {
        let mut attempt = Attempt { provider: PROVIDERS[0].0, kind: "", shown: String::new() };
        let outcome = catch_unwind(AssertUnwindSafe(|| deliver(options, number, &mut attempt)));
        report.add(number, &attempt, outcome.unwrap_or_else(|_| Outcome::Wrong("a panic".to_owned())));
    }
    report
}

fn deliver(options: Options, number: u64, attempt: &mut Attempt) -> Outcome {
    let mut random = Random::of(options.seed, number);
    let (provider, attack) = random.pick(PROVIDERS);
    attempt.provider = provider;
    attack(&mut random, attempt)
}

/// What is being tried, filled in as it is made, so that it is known when a receiver panics.
#[derive(Debug)]
struct Attempt {
    provider: &'static str,
    kind: &'static str,
    /// The mutated delivery, for whoever replays it.
    shown: String,
}

/// What became of a mutated delivery.
#[derive(Debug)]
enum Outcome {
    /// Not believed, as is due.
    Refused,
    /// The receiver cannot even be made with such a secret.
    RefusedWhenBuilt,
    /// Believed, as is due: the change changes nothing.
    Equal,
    /// Signed with the right secret though it is odd: its origin is proved, whether it can be read or not.
    Signed,
    /// Without proof, and it names the order of the genuine one.
    SameHint,
    /// Without proof, and it names another order.
    OtherHint,
    /// Not what is due.
    Wrong(String),
}

type Attack = fn(&mut Random, &mut Attempt) -> Outcome;

/// What can prove its origin comes more often.
const PROVIDERS: &[(&str, Attack)] = &[
    ("turratech", signed::turratech),
    ("turratech", signed::turratech),
    ("turbopay", signed::turbopay),
    ("turbopay", signed::turbopay),
    ("turbo-txn", unsigned::turbo_txn),
    ("card3ds", unsigned::card3ds),
];
