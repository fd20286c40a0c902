//! The demo is a program of `payments-tests`, because it needs the SDK and the sandbox and xtask may need neither.

use crate::process::{Failure, Run, Step};

pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    Run::cargo().args(["run", "--package", "payments-tests", "--bin", "demo", "--"]).args(args).run()?;
    Ok(Step::Passed)
}
