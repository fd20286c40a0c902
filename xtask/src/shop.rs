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
        build(true)?;
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
pub(crate) fn build(with_postgres: bool) -> Result<PathBuf, Failure> {
    let programs = Workspace::load()?.target.join("debug");
    let shop = || Run::cargo().args(["build", "--quiet", "--package", "shop", "--bin", "shop"]);
    if with_postgres {
        shop().args(["--no-default-features", "--features", "postgres"]).run()?;
        let suffix = std::env::consts::EXE_SUFFIX;
        let (built, copy) = (programs.join(format!("shop{suffix}")), programs.join(format!("shop-postgres{suffix}")));
        // A program that runs cannot be overwritten, but replaced.
        let new = programs.join("shop-postgres.new");
        fs::copy(built, &new)?;
        fs::rename(new, copy)?;
    }
    // Last, because both variants are built to one file.
    shop().run()?;
    Ok(programs)
}
