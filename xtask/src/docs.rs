//! Builds the documentation without warnings, and checks the table of capabilities.

use crate::process::{Failure, Run, Step};
use crate::workspace;

pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    for features in ["--all-features", "--no-default-features"] {
        Run::cargo()
            .args(["doc", "--no-deps", "--workspace", features])
            .args(args)
            .env("RUSTDOCFLAGS", "-D warnings")
            .run()?;
    }
    check_capabilities()?;
    Ok(Step::Passed)
}

/// Checks that the committed table equals the output of the example `capabilities`.
fn check_capabilities() -> Result<(), Failure> {
    let table = Run::cargo()
        .args(["run", "--quiet", "--package", "payments", "--features", "all-providers", "--example", "capabilities"])
        .read()?;
    let page = std::fs::read_to_string(workspace::root().join(CAPABILITIES))?;
    if page.replace('\r', "").ends_with(&table) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "the table in {CAPABILITIES} is out of date; replace it with the output of the command in that file"
    )))
}

const CAPABILITIES: &str = "docs/capabilities.md";
