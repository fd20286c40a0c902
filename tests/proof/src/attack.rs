//! Hundreds of thousands of random deliveries, each sent once genuine and once changed.
//!
//! A receiver must accept every genuine delivery, reject every forged one, and never panic. Each delivery depends only
//! on the seed and its number, so that any single one can be repeated.

mod judge;
mod report;
mod test_vector;

use std::panic::{AssertUnwindSafe, catch_unwind};

use payments_test_progress::Progress;

use crate::{Delivery, Provider, Random, Verdict, card3ds, signed, turbo_txn};
pub use report::{Failure, Report, Row};
use test_vector::TestVectors;

/// The options of a run.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "a program fills it in")]
pub struct Options {
    /// The seed of all randomness.
    pub seed: u64,
    /// The number of deliveries.
    pub deliveries: u64,
    /// Sends only the delivery with this number.
    pub only: Option<u64>,
}

/// A receiver under attack. Returns `None` if it contradicts itself.
pub type Receiver = fn(&Delivery) -> Option<Verdict>;

/// Attacks the receivers of the SDKs.
#[must_use]
pub fn run(options: Options) -> Report {
    run_against(options, crate::receive)
}

/// Attacks the receivers of the SDKs, with a progress bar on a terminal.
#[must_use]
pub fn run_with_progress(options: Options) -> Report {
    let total = options.only.map_or(options.deliveries, |_| 1);
    attack(options, crate::receive, &Progress::on_terminal(total, "deliveries"))
}

/// Attacks any receiver. A run against a receiver that accepts forgeries must fail.
#[must_use]
pub fn run_against(options: Options, receiver: Receiver) -> Report {
    attack(options, receiver, &Progress::hidden())
}

fn attack(options: Options, receiver: Receiver, progress: &Progress) -> Report {
    let mut report = Report::new(options);
    let vectors = TestVectors::load();
    for number in options.only.map_or(0..options.deliveries, |only| only..only.saturating_add(1)) {
        let mut random = Random::of(options.seed, number);
        let attempt = attempt(&vectors, &mut random);
        let judged = catch_unwind(AssertUnwindSafe(|| judge::judge(&attempt, receiver)));
        report.add(number, &attempt, judged.unwrap_or_else(|_| Judgement::Wrong("a panic".to_owned())));
        progress.advance();
    }
    report
}

fn attempt(vectors: &TestVectors, random: &mut Random) -> Attempt {
    let provider = random.pick(PROVIDERS);
    if random.one_in(12) {
        return vectors.attempt(provider, random);
    }
    match provider {
        Provider::Turratech | Provider::Turbopay => signed::attempt(provider, random),
        Provider::TurboTxn => turbo_txn::attempt(random),
        Provider::Card3ds => card3ds::attempt(random),
    }
}

/// A genuine delivery and a changed one.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// The kind of change.
    pub(crate) kind: &'static str,
    pub(crate) genuine: Delivery,
    pub(crate) changed: Delivery,
    pub(crate) expected: Expected,
}

/// The result that a receiver may have for the changed delivery.
#[derive(Debug)]
pub(crate) enum Expected {
    /// The signature.
    Signature,
    /// The delivery is unsigned. It may give an id to look up, which is this one if the delivery is genuine.
    Hint { id: String },
    /// The delivery is unsigned and must be rejected: it names two ids, or the receiver has another key.
    NoHint { id: String },
}

/// The judgement of one attempt.
#[derive(Debug)]
enum Judgement {
    /// Forged and rejected.
    Rejected,
    /// The receiver's secret is invalid, so that there is no receiver.
    InvalidSecret,
    /// Unsigned; the receiver read the id of the genuine delivery.
    SameHint,
    /// Unsigned; the receiver read another id.
    OtherHint,
    /// Accepted, because the change makes no difference.
    Genuine,
    /// Verified, because the provider signed the unusual body.
    Signed,
    /// Not as expected.
    Wrong(String),
}

/// Providers that sign come twice as often.
const PROVIDERS: &[Provider] = &[
    Provider::Turratech,
    Provider::Turratech,
    Provider::Turbopay,
    Provider::Turbopay,
    Provider::TurboTxn,
    Provider::Card3ds,
];
