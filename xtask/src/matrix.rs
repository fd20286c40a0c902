//! The fault matrix is a program of `payments-tests`, for the same reason as the demo.

use crate::process::{Failure, Run, Step};

/// Runs all of it: in release, since it is ten thousand runs and more.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    Run::cargo().args(["run", "--release"]).args(MATRIX).args(args).run()?;
    Ok(Step::Passed)
}

/// Runs every fault at every provider at least once, with what the tests have built already.
pub(crate) fn short(_: &[String]) -> Result<Step, Failure> {
    Run::cargo().args(["run"]).args(MATRIX).args(["--runs", SHORT]).run()?;
    Ok(Step::Passed)
}

const MATRIX: [&str; 5] = ["--package", "payments-tests", "--bin", "matrix", "--"];

/// Under a minute on two cores.
const SHORT: &str = "600";
