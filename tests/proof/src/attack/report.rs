//! The figures of an attack, and every failure with the command that repeats it.

use std::collections::BTreeMap;
use std::fmt;

use super::{Attempt, Judgement, Options};
use crate::{Delivery, Provider};

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    seed: u64,
    /// True if the report prints the deliveries, as for a single one.
    shows: bool,
    rows: BTreeMap<(&'static str, &'static str), Row>,
    failures: Vec<Failure>,
    shown: Vec<String>,
}

/// The figures of one provider and one kind of change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// Forged and rejected.
    pub rejected: u64,
    /// The receiver's secret is invalid, so that there is no receiver.
    pub invalid_secret: u64,
    /// Unsigned, and read as the id of the genuine delivery.
    pub same_hint: u64,
    /// Unsigned, and read as another id.
    pub other_hint: u64,
    /// Accepted, because the change makes no difference. Not counted as forged.
    pub genuine: u64,
    /// Unusual, but signed by the provider. Not counted as forged.
    pub signed: u64,
    /// Not as expected.
    pub wrong: u64,
}

impl Row {
    /// The number of forged deliveries.
    #[must_use]
    pub fn forged(&self) -> u64 {
        self.rejected + self.invalid_secret + self.same_hint + self.other_hint + self.wrong
    }

    fn add(&mut self, other: Self) {
        self.rejected += other.rejected;
        self.invalid_secret += other.invalid_secret;
        self.same_hint += other.same_hint;
        self.other_hint += other.other_hint;
        self.genuine += other.genuine;
        self.signed += other.signed;
        self.wrong += other.wrong;
    }
}

/// A delivery that was not received as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The number of the delivery, to repeat it.
    pub number: u64,
    /// The provider and the kind of change.
    pub delivery: String,
    /// The actual result.
    pub problem: String,
}

impl Report {
    pub(super) fn new(options: Options) -> Self {
        let (rows, failures, shown) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { seed: options.seed, shows: options.only.is_some(), rows, failures, shown }
    }

    pub(super) fn add(&mut self, number: u64, attempt: &Attempt, judgement: Judgement) {
        let provider = name(attempt.changed.provider);
        if self.shows {
            self.shown.push(format!("{provider} {}: {judgement:?}\n{}", attempt.kind, show(&attempt.changed)));
        }
        let row = self.rows.entry((provider, attempt.kind)).or_default();
        match judgement {
            Judgement::Rejected => row.rejected += 1,
            Judgement::InvalidSecret => row.invalid_secret += 1,
            Judgement::Genuine => row.genuine += 1,
            Judgement::Signed => row.signed += 1,
            Judgement::SameHint => row.same_hint += 1,
            Judgement::OtherHint => row.other_hint += 1,
            Judgement::Wrong(problem) => {
                row.wrong += 1;
                self.failures.push(Failure { number, delivery: format!("{provider} {}", attempt.kind), problem });
            }
        }
    }

    /// The figures by provider and kind of change.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, &'static str, Row)> {
        self.rows.iter().map(|((provider, kind), row)| (*provider, *kind, *row))
    }

    /// The sum of all rows.
    #[must_use]
    pub fn total(&self) -> Row {
        let mut total = Row::default();
        self.rows.values().for_each(|row| total.add(*row));
        total
    }

    /// Every delivery that was not received as expected.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for shown in &self.shown {
            writeln!(f, "{shown}\n")?;
        }
        writeln!(f, "seed {}\n", self.seed)?;
        let names = ["forged", "rejected", "bad secret", "same hint", "other hint", "genuine", "signed", "wrong"];
        write!(f, "{:<10} {:<22}", "provider", "changed")?;
        names.iter().try_for_each(|name| write!(f, " {name:>10}"))?;
        writeln!(f)?;
        for (provider, kind, row) in self.rows() {
            line(f, provider, kind, &row)?;
        }
        let total = self.total();
        line(f, "all", "", &total)?;
        let genuine = total.forged() + total.genuine + total.signed;
        writeln!(f, "\n{genuine} genuine deliveries, {} forged deliveries, {} wrong", total.forged(), total.wrong)?;
        for Failure { number, delivery, problem } in self.failures.iter().take(SHOWN) {
            let replay = format!("cargo xtask attack --seed {} --only {number}", self.seed);
            writeln!(f, "{delivery}: {problem}\n  {replay}")?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, provider: &str, kind: &str, row: &Row) -> fmt::Result {
    write!(f, "{provider:<10} {kind:<22}")?;
    let Row { rejected, invalid_secret, same_hint, other_hint, genuine, signed, wrong } = row;
    let numbers = [&row.forged(), rejected, invalid_secret, same_hint, other_hint, genuine, signed, wrong];
    numbers.iter().try_for_each(|number| write!(f, " {number:>10}"))?;
    writeln!(f)
}

fn name(provider: Provider) -> &'static str {
    match provider {
        Provider::Turratech => "turratech",
        Provider::Turbopay => "turbopay",
        Provider::TurboTxn => "turbo-txn",
        Provider::Card3ds => "card3ds",
    }
}

/// The delivery, with long values cut.
fn show(delivery: &Delivery) -> String {
    let cut = |bytes: &[u8]| bytes[..bytes.len().min(2000)].escape_ascii().to_string();
    let mut text = format!("{:?}, secrets {:?}, clock {}\n", delivery.kind, delivery.secrets, delivery.clock);
    for (name, value) in &delivery.headers {
        text += &format!("{name}: {}\n", cut(value));
    }
    text + &cut(&delivery.body)
}

/// The number of failures that the report lists.
const SHOWN: usize = 20;
