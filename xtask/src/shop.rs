//! Runs the shop with the sandbox and the panel that breaks things.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;

use crate::process::{Failure, Run, Step};
use crate::sandbox::Process;
use crate::workspace::Workspace;

/// Builds the programs, and runs the panel until Ctrl-C. The panel starts the others.
///
/// With `--build`, it only builds both variants of the shop, for the tests.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    if args == ["--build"] {
        build_both_for_tests()?;
        return Ok(Step::Passed);
    }
    println!("The first build takes several minutes.");
    let programs = build(args.iter().any(|arg| arg == "--postgres"))?;
    Run::cargo().args(["build", "--quiet", "--package", "payments-tests-shop", "--bin", "panel"]).run()?;
    // Its input is closed when xtask ends, however it ends, and then the panel ends.
    let mut process = Process(Run::program(programs.join("panel")).args(["--end-with-input"]).args(args).spawn()?);
    let stdout = process.0.stdout.take().ok_or_else(|| Failure::new("the panel's output cannot be read"))?;
    for line in BufReader::new(stdout).lines() {
        println!("{}", line?);
    }
    if process.0.wait()?.success() { Ok(Step::Passed) } else { Err(Failure::already_printed()) }
}

/// Builds `shop`, and before it `shop-postgres` if it is wanted. Returns the directory with the programs.
fn build(with_postgres: bool) -> Result<PathBuf, Failure> {
    if with_postgres {
        build_postgres()?;
    }
    // Last, because both variants are built to one file.
    shop().run()?;
    programs()
}

/// Builds `shop` with the features of the tests, which have most of it built already.
pub(crate) fn build_for_tests() -> Result<(), Failure> {
    Run::cargo().args(["build", "--quiet", "--workspace", "--all-features", "--bin", "shop"]).run()
}

/// Builds both variants for the tests.
pub(crate) fn build_both_for_tests() -> Result<(), Failure> {
    build_postgres()?;
    build_for_tests()
}

fn build_postgres() -> Result<(), Failure> {
    shop().args(["--no-default-features", "--features", "postgres"]).run()?;
    let (programs, suffix) = (programs()?, std::env::consts::EXE_SUFFIX);
    let (built, copy) = (programs.join(format!("shop{suffix}")), programs.join(format!("shop-postgres{suffix}")));
    // A program that runs cannot be overwritten, but replaced.
    let new = programs.join("shop-postgres.new");
    fs::copy(built, &new)?;
    fs::rename(new, copy)?;
    Ok(())
}

fn shop() -> Run {
    Run::cargo().args(["build", "--quiet", "--package", "shop", "--bin", "shop"])
}

fn programs() -> Result<PathBuf, Failure> {
    Ok(Workspace::load()?.target.join("debug"))
}
