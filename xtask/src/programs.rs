//! Runs the programs of `payments-tests`, `payments-tests-shop` and `payments-proof`, which need the SDKs and the sandbox.

use crate::process::{Failure, Run, Step};
use crate::workspace::SANDBOX;

pub(crate) fn demo(args: &[String]) -> Result<Step, Failure> {
    run("demo", &[], args)
}

/// Starts the sandbox's program, which runs until Ctrl-C.
pub(crate) fn sandbox(args: &[String]) -> Result<Step, Failure> {
    Run::cargo().args(["run", "--quiet", "--package", SANDBOX, "--", "serve"]).args(args).run()?;
    Ok(Step::Passed)
}

/// Runs in release mode, because the matrix has 20,000 runs.
pub(crate) fn matrix(args: &[String]) -> Result<Step, Failure> {
    run("matrix", RELEASE, args)
}

/// Runs every fault at every provider at least once, in debug mode, to reuse the tests' build.
pub(crate) fn short_matrix(_: &[String]) -> Result<Step, Failure> {
    run_as_tested("matrix", &["--runs".to_owned(), SHORT.to_owned()])
}

/// Runs in debug mode, to reuse the tests' build: most of a run is a wait for a lease.
pub(crate) fn crash(args: &[String]) -> Result<Step, Failure> {
    run_as_tested("crash", args)
}

/// Kills at a sample of the points, on both databases.
pub(crate) fn short_crash(_: &[String]) -> Result<Step, Failure> {
    let points = ["--points", SHORT_CRASH].map(str::to_owned);
    run_as_tested("crash", &points)?;
    let on_postgres = ["--database", "postgres", "--if-installed"].map(str::to_owned);
    run_as_tested("crash", &[&points[..], &on_postgres[..]].concat())
}

/// Runs in release mode: in debug mode, a day takes a hundred times as long.
pub(crate) fn simulate(args: &[String]) -> Result<Step, Failure> {
    run("simulate", RELEASE, args)
}

/// A quarter of the seeds.
pub(crate) fn short_simulate(_: &[String]) -> Result<Step, Failure> {
    simulate(&["--seeds", SHORT_SIMULATE].map(str::to_owned))
}

/// Runs in release mode, because the attack sends 200,000 deliveries.
pub(crate) fn attack(args: &[String]) -> Result<Step, Failure> {
    run_of("payments-proof", "attack", RELEASE, args)
}

/// Walks through the shop, which is built first.
pub(crate) fn walks(args: &[String]) -> Result<Step, Failure> {
    crate::shop::build_for_tests()?;
    run_as_tested("walks", args)
}

/// Walks often enough to see most kinds of failures.
pub(crate) fn short_walks(_: &[String]) -> Result<Step, Failure> {
    walks(&["--walks", SHORT_WALKS].map(str::to_owned))
}

/// Runs a program with the features of the tests, which have most of it built already.
fn run_as_tested(program: &str, args: &[String]) -> Result<Step, Failure> {
    Run::cargo().args(["run", "--all-features", "--bin", program, "--"]).args(args).run()?;
    Ok(Step::Passed)
}

fn run(program: &str, profile: &[&str], args: &[String]) -> Result<Step, Failure> {
    run_of("payments-tests", program, profile, args)
}

fn run_of(package: &str, program: &str, profile: &[&str], args: &[String]) -> Result<Step, Failure> {
    let run = Run::cargo().args(["run"]).args(profile).args(["--package", package, "--bin", program, "--"]);
    run.args(args).run()?;
    Ok(Step::Passed)
}

/// Without databases, which take long to compile.
const RELEASE: &[&str] = &["--release", "--no-default-features"];

/// Takes less than a minute on two cores.
const SHORT: &str = "600";

/// Takes about a minute on two cores.
const SHORT_CRASH: &str = "200";

/// Takes about half a minute on two cores.
const SHORT_WALKS: &str = "12";

/// Takes about a minute on two cores.
const SHORT_SIMULATE: &str = "5000";
