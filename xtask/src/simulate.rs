//! Simulated days are lived by a program of `payments-tests`, because it needs the SDK and the sandbox and xtask may need
//! neither.

use crate::process::{Failure, Run, Step};

/// In release: a day takes a hundred times as long otherwise.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    Run::cargo()
        .args(["run", "--quiet", "--release", "--package", "payments-tests", "--bin", "simulate", "--"])
        .args(args)
        .run()?;
    Ok(Step::Passed)
}
