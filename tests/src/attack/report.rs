use std::collections::BTreeMap;
use std::fmt;

use super::{Attempt, Options, Outcome};

/// What became of all deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    seed: u64,
    /// Where one delivery alone was asked for, it is shown.
    shows: bool,
    rows: BTreeMap<(&'static str, &'static str), Row>,
    failures: Vec<Failure>,
    shown: Vec<String>,
}

/// What became of one provider's deliveries that were changed in one way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Row {
    /// Not believed.
    pub refused: u64,
    /// No receiver was made, since its secret is none.
    pub refused_when_built: u64,
    /// Without proof, naming the order of the genuine one.
    pub same_hint: u64,
    /// Without proof, naming another order.
    pub other_hint: u64,
    /// Believed as is due, since the change changes nothing. Not counted as an attack.
    pub equal: u64,
    /// Odd, but signed with the right secret. Not counted as an attack.
    pub signed: u64,
    /// Not what is due.
    pub wrong: u64,
}

impl Row {
    /// How many were attacks.
    #[must_use]
    pub fn attacks(&self) -> u64 {
        self.refused + self.refused_when_built + self.same_hint + self.other_hint + self.wrong
    }

    fn plus(self, other: Self) -> Self {
        Self {
            refused: self.refused + other.refused,
            refused_when_built: self.refused_when_built + other.refused_when_built,
            same_hint: self.same_hint + other.same_hint,
            other_hint: self.other_hint + other.other_hint,
            equal: self.equal + other.equal,
            signed: self.signed + other.signed,
            wrong: self.wrong + other.wrong,
        }
    }
}

/// A delivery that did not get what is due to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which, to make it again.
    pub number: u64,
    /// Whose, and how it was changed.
    pub what: String,
    /// What happened instead.
    pub problem: String,
}

impl Report {
    pub(super) fn new(options: Options) -> Self {
        let (rows, failures, shown) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { seed: options.seed, shows: options.only.is_some(), rows, failures, shown }
    }

    pub(super) fn add(&mut self, number: u64, attempt: &Attempt, outcome: Outcome) {
        if self.shows {
            self.shown.push(format!("{} {}: {outcome:?}\n{}", attempt.provider, attempt.kind, attempt.shown));
        }
        let row = self.rows.entry((attempt.provider, attempt.kind)).or_default();
        match outcome {
            Outcome::Refused => row.refused += 1,
            Outcome::RefusedWhenBuilt => row.refused_when_built += 1,
            Outcome::Equal => row.equal += 1,
            Outcome::Signed => row.signed += 1,
            Outcome::SameHint => row.same_hint += 1,
            Outcome::OtherHint => row.other_hint += 1,
            Outcome::Wrong(problem) => {
                row.wrong += 1;
                let what = format!("{} {}", attempt.provider, attempt.kind);
                self.failures.push(Failure { number, what, problem });
            }
        }
    }

    /// What became of each provider's deliveries, by how they were changed.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, &'static str, Row)> {
        self.rows.iter().map(|((provider, kind), row)| (*provider, *kind, *row))
    }

    /// All of them together.
    #[must_use]
    pub fn total(&self) -> Row {
        self.rows.values().fold(Row::default(), |total, row| total.plus(*row))
    }

    /// Every delivery that did not get what is due to it.
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
        let names = ["attacks", "refused", "unbuilt", "same hint", "other hint", "equal", "signed", "wrong"];
        write!(f, "{:<10} {:<20}", "provider", "changed")?;
        names.iter().try_for_each(|name| write!(f, " {name:>10}"))?;
        writeln!(f)?;
        for (provider, kind, row) in self.rows() {
            line(f, provider, kind, &row)?;
        }
        let total = self.total();
        line(f, "all", "", &total)?;
        let genuine = total.attacks() + total.equal + total.signed;
        writeln!(f, "\n{genuine} genuine deliveries, {} attacks, {} wrong", total.attacks(), total.wrong)?;
        for Failure { number, what, problem } in self.failures.iter().take(SHOWN) {
            let replay = format!("cargo xtask attack --seed {} --only {number}", self.seed);
            writeln!(f, "{what}: {problem}\n  {replay}")?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, provider: &str, kind: &str, row: &Row) -> fmt::Result {
    write!(f, "{provider:<10} {kind:<20}")?;
    let Row { refused, refused_when_built, same_hint, other_hint, equal, signed, wrong } = row;
    let numbers = [&row.attacks(), refused, refused_when_built, same_hint, other_hint, equal, signed, wrong];
    numbers.iter().try_for_each(|number| write!(f, " {number:>10}"))?;
    writeln!(f)
}

/// When a rule is broken, thousands fail: the first few tell as much.
const SHOWN: usize = 20;
