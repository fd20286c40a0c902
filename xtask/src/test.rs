//! Tests, with whichever runner is installed.

use crate::process::{Failure, Run, Step};

/// Runs every test; with arguments, only what they ask the runner for.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    if !Run::cargo().args(["nextest", "--version"]).works() {
        Run::cargo().args(["test", "--workspace", "--all-features"]).args(args).run()?;
        return Ok(Step::Passed);
    }
    Run::cargo().args(["nextest", "run", "--workspace", "--all-features"]).args(args).run()?;
    // nextest runs no doctests, and its arguments mean nothing to the one that does.
    if args.is_empty() {
        Run::cargo().args(["test", "--doc", "--workspace", "--all-features"]).run()?;
    }
    Ok(Step::Passed)
}
