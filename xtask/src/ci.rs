//! Runs all checks, up to the first failure.

use std::time::{Duration, Instant};

use crate::process::{Action, Failure, Step};
use crate::{
    browser, consumers, docs, features, fuzz, instructions, newman, package, programs, schemathesis, test, tidy,
};

/// Quick checks that often fail come first.
const STEPS: &[(&str, Action)] = &[
    ("tidy", tidy::run),
    ("docs", docs::run),
    ("test", test::run),
    ("matrix", programs::short_matrix),
    ("crash", programs::short_crash),
    ("walks", programs::short_walks),
    ("features", features::short),
    ("simulate", programs::short_simulate),
    ("attack", programs::attack),
    ("fuzz", fuzz::run),
    ("instructions", instructions::run),
    ("newman", newman::run),
    ("browser", browser::run),
    ("schemathesis", schemathesis::run),
    ("consumers", consumers::run),
    ("package", package::run),
];

pub(crate) fn run(_: &[String]) -> Result<Step, Failure> {
    let mut report = Report::default();
    for (name, step) in STEPS {
        println!("\n== {name}");
        #[expect(clippy::disallowed_methods, reason = "the duration is only printed")]
        let start = Instant::now();
        let result = step(&[]);
        report.add(name, start.elapsed(), &result);
        if let Err(failure) = result {
            eprintln!("xtask {name}: {failure}");
            break;
        }
    }
    print!("{report}");
    match report.failed {
        0 => Ok(Step::Passed),
        _ => Err(Failure::already_printed()),
    }
}

#[derive(Default)]
struct Report {
    rows: String,
    passed: u32,
    failed: u32,
}

impl Report {
    fn add(&mut self, name: &str, elapsed: Duration, result: &Result<Step, Failure>) {
        let result = match result {
            Ok(Step::Passed) => {
                self.passed += 1;
                "passed".to_owned()
            }
            Ok(Step::Skipped(reason)) => format!("skipped: {reason}"),
            Err(_) => {
                self.failed += 1;
                "failed".to_owned()
            }
        };
        self.rows += &format!("{name:<12} {:>4} s  {result}\n", elapsed.as_secs());
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\n{}\nci: {} passed, {} failed\n", self.rows, self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last_line(results: &[Result<Step, Failure>]) -> String {
        let mut report = Report::default();
        for result in results {
            report.add("step", Duration::from_secs(1), result);
        }
        report.to_string().lines().last().unwrap_or_default().to_owned()
    }

    #[test]
    fn skipped_and_failed_steps_do_not_count_as_passed() {
        assert_eq!(last_line(&[Ok(Step::Passed), Ok(Step::Skipped("no npm".into()))]), "ci: 1 passed, 0 failed");
        assert_eq!(last_line(&[Ok(Step::Passed), Err(Failure::new("no"))]), "ci: 1 passed, 1 failed");
    }
}
