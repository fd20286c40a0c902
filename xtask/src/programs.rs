//! The programs of `payments-tests` and `payments-proof`. They need the SDKs and the sandbox, which xtask must not.

use crate::process::{Failure, Run, Step};

pub(crate) fn demo(args: &[String]) -> Result<Step, Failure> {
    run("demo", &[], args)
}

/// In release, since it is ten thousand runs and more.
pub(crate) fn matrix(args: &[String]) -> Result<Step, Failure> {
    run("matrix", RELEASE, args)
}

/// Every fault at every provider at least once, with what the tests have built already.
pub(crate) fn short_matrix(_: &[String]) -> Result<Step, Failure> {
    run("matrix", &[], &["--runs".to_owned(), SHORT.to_owned()])
}

/// In release: a day takes a hundred times as long otherwise.
pub(crate) fn simulate(args: &[String]) -> Result<Step, Failure> {
    run("simulate", RELEASE, args)
}

/// In release, because it sends 200,000 deliveries.
pub(crate) fn attack(args: &[String]) -> Result<Step, Failure> {
    run_of("payments-proof", "attack", RELEASE, args)
}

fn run(program: &str, profile: &[&str], args: &[String]) -> Result<Step, Failure> {
    run_of("payments-tests", program, profile, args)
}

fn run_of(package: &str, program: &str, profile: &[&str], args: &[String]) -> Result<Step, Failure> {
    let run = Run::cargo().args(["run"]).args(profile).args(["--package", package, "--bin", program, "--"]);
    run.args(args).run()?;
    Ok(Step::Passed)
}

const RELEASE: &[&str] = &["--release"];

/// Under a minute on two cores.
const SHORT: &str = "600";
