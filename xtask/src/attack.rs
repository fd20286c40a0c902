//! The attack on webhooks is a program of `payments-tests`, because it needs the SDKs and xtask may need none.

use crate::process::{Failure, Run, Step};

/// Runs it in release, since it is a hundred thousand deliveries and more.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    Run::cargo().args(["run", "--release", "--package", "payments-tests", "--bin", "attack", "--"]).args(args).run()?;
    Ok(Step::Passed)
}
