//! The documentation builds without a warning, whichever features are on.

use crate::process::{Failure, Run, Step};

pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    for features in ["--all-features", "--no-default-features"] {
        Run::cargo()
            .args(["doc", "--no-deps", "--workspace", features])
            .args(args)
            .env("RUSTDOCFLAGS", "-D warnings")
            .run()?;
    }
    Ok(Step::Passed)
}
