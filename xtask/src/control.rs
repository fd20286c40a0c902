//! Runs the controls for the crash tests, in the workspace `comparisons`.

use crate::bench::{comparisons, underway};
use crate::process::{Failure, Step};
use crate::workspace::Workspace;

/// Kills workers of two job queues after the provider executed a payment. Fails if a queue executes none of them twice.
///
/// CI does not run it, because it builds the job queues.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    let target = Workspace::load()?.target.join("comparisons").join("control");
    for control in [comparisons(&["run", "--package", "control-apalis"]), underway(&["run"])] {
        control.args(["--target-dir".as_ref(), target.as_os_str()]).args(["--", "run"]).args(args).run()?;
    }
    Ok(Step::Passed)
}
