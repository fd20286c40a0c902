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
    check_migrations(revision.trim())?;
    install("semver-checks", "cargo-semver-checks")?;
    Run::cargo().args(["semver-checks", "--workspace", "--baseline-rev", revision.trim()]).run()?;
    Ok(Step::Passed)
}

/// Returns an error if a migration of the journal's tables was changed, renamed or removed since the revision: databases keep what it made
/// of them. A new one may be added.
fn check_migrations(revision: &str) -> Result<(), Failure> {
    let changed = Run::program("git")
        .args(["-C".as_ref(), workspace::root().as_os_str()])
        .args(["diff", "--no-renames", "--name-only", "--diff-filter=a", revision, "--"])
        .args([":(glob)crates/payments-journal-sqlx/migrations/*/0*.sql"])
        .read()?;
    match changed.trim() {
        "" => Ok(()),
        changed => Err(Failure::new(format!(
            "these migrations were changed since {revision}, which databases keep as they were: add another one instead\n{changed}"
        ))),
    }
}

fn install(subcommand: &str, krate: &str) -> Result<(), Failure> {
    if Run::cargo().args([subcommand, "--version"]).works() {
        return Ok(());
    }
    Run::cargo().args(["install", "--locked", krate]).run()
}
