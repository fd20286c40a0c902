//! Runs the control for the crash tests, in the workspace `comparisons`.

use crate::bench::comparisons;
use crate::process::{Failure, Step};
use crate::workspace::Workspace;

/// Kills workers of a job queue after the provider executed a payment. Fails if the queue executes none of them twice.
///
/// CI does not run it, because it builds the job queue.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    let target = Workspace::load()?.target.join("comparisons").join("control");
    let control = comparisons(&["run", "--package", "control-apalis"]);
    control.args(["--target-dir".as_ref(), target.as_os_str()]).args(["--", "run"]).args(args).run()?;
    Ok(Step::Passed)
}
