//! Runs the tests with nextest if it is installed, otherwise with `cargo test`.

use crate::process::{Failure, Run, Step};

/// Runs every test. Arguments go to the test runner.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    if !Run::cargo().args(["nextest", "--version"]).works() {
        Run::cargo().args(["test", "--workspace", "--all-features"]).args(args).run()?;
        return Ok(Step::Passed);
    }
    Run::cargo().args(["nextest", "run", "--workspace", "--all-features"]).args(args).run()?;
    // nextest runs no doctests, and `cargo test --doc` does not understand its arguments.
    if args.is_empty() {
        Run::cargo().args(["test", "--doc", "--workspace", "--all-features"]).run()?;
    }
    Ok(Step::Passed)
}
