//! Checks with additional tools. They take too long to install or run for every change.

use crate::process::{Failure, Run, Step};
use crate::workspace;

pub(crate) fn supply_chain(args: &[String]) -> Result<Step, Failure> {
    install("deny", "cargo-deny")?;
    Run::cargo().args(["deny", "--workspace", "--all-features", "check"]).args(args).run()?;
    Ok(Step::Passed)
}

/// The source files that decide whether money may have moved, how much, and whether a request is sent, by package.
const MUTATED: &[(&str, &[&str])] = &[
    ("payments-core", &["classify", "error", "outcome", "executor", "retry", "webhook", "money"]),
    ("payments-journal", &["evidence", "next", "plan", "review", "rules", "state"]),
];

pub(crate) fn mutants(args: &[String]) -> Result<Step, Failure> {
    let file = |package, name| format!("crates/{package}/src/{name}.rs");
    let files: Vec<_> =
        MUTATED.iter().flat_map(|(package, names)| names.iter().map(move |name| file(package, name))).collect();
    if let Some(file) = files.iter().find(|file| !workspace::root().join(file).is_file()) {
        return Err(Failure::new(format!("{file} does not exist: update MUTATED in xtask/src/tools.rs")));
    }
    install("mutants", "cargo-mutants")?;
    Run::cargo()
        .args(["mutants", "--all-features"])
        .args(MUTATED.iter().flat_map(|(package, _)| ["--package", package]))
        .args(files.iter().flat_map(|file| ["--file", file]))
        .args(args)
        .run()?;
    Ok(Step::Passed)
}

/// Compares the API with a git revision, by default the newest tag.
pub(crate) fn semver(args: &[String]) -> Result<Step, Failure> {
    let revision = match args.first() {
        Some(revision) => revision.clone(),
        None => Run::program("git")
            .args(["describe", "--tags", "--abbrev=0"])
            .read()
            .map_err(|_| Failure::new("no tag to compare with: pass a git revision"))?,
    };
    install("semver-checks", "cargo-semver-checks")?;
    Run::cargo().args(["semver-checks", "--workspace", "--baseline-rev", revision.trim()]).run()?;
    Ok(Step::Passed)
}

fn install(subcommand: &str, krate: &str) -> Result<(), Failure> {
    if Run::cargo().args([subcommand, "--version"]).works() {
        return Ok(());
    }
    Run::cargo().args(["install", "--locked", krate]).run()
}
