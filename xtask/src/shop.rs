//! Runs the shop with the sandbox and the panel that breaks things.

use std::io::{BufRead as _, BufReader};

use crate::process::{Failure, Run, Step};
use crate::sandbox::Process;
use crate::workspace::Workspace;

/// Builds the programs, and runs the panel until Ctrl-C. The panel starts the others.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    let panel = ["--package", "payments-tests-shop", "--bin", "panel"];
    Run::cargo().args(["build", "--quiet", "--package", "shop", "--bin", "shop"]).run()?;
    Run::cargo().args(["build", "--quiet"]).args(panel).run()?;

    let programs = Workspace::load()?.target.join("debug");
    let (panel, shop) = (programs.join("panel"), programs.join("shop"));
    // Its input is closed when xtask ends, however it ends, and then the panel ends.
    let run = Run::program(panel).args(["--end-with-input", "--shop"]).args([shop]).args(args);
    let mut process = Process(run.spawn()?);
    let stdout = process.0.stdout.take().ok_or_else(|| Failure::new("the panel's output cannot be read"))?;
    for line in BufReader::new(stdout).lines() {
        println!("{}", line?);
    }
    if process.0.wait()?.success() { Ok(Step::Passed) } else { Err(Failure::already_printed()) }
}
