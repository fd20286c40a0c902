//! The documentation builds without a warning, whichever features are on, and says of the providers what their crates say.

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

/// The table of what each provider can do is the one that the crates give.
fn check_capabilities() -> Result<(), Failure> {
    let table = Run::cargo()
        .args(["run", "--quiet", "--package", "payments", "--features", "all-providers", "--example", "capabilities"])
        .read()?;
    let page = std::fs::read_to_string(workspace::root().join(CAPABILITIES))?;
    if page.replace('\r', "").ends_with(&table) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "the table in {CAPABILITIES} is not the one that its command prints; run it and put that in"
    )))
}

const CAPABILITIES: &str = "docs/capabilities.md";
