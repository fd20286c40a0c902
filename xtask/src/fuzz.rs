//! Runs the fuzz targets: quickly for every change, or for a given time under libFuzzer.

use std::fs;
use std::path::PathBuf;

use crate::process::{Failure, Run, Step};
use crate::workspace::{self, Workspace};

pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    match Command::read(args)? {
        Command::Smoke(inputs) => smoke(&inputs),
        Command::Target { name, seconds } => explore(&name, seconds),
    }
}

/// The parsed arguments.
#[derive(Debug, PartialEq, Eq)]
enum Command {
    /// Runs the smoke program with these arguments.
    Smoke(Vec<String>),
    /// Runs one target under libFuzzer.
    Target { name: String, seconds: u32 },
}

impl Command {
    fn read(args: &[String]) -> Result<Command, Failure> {
        let usage = || Failure::new("usage: fuzz [MUTATIONS] | fuzz TARGET [--seconds N] | fuzz TARGET FILE");
        let Some(name) = args.first().filter(|name| name.parse::<u64>().is_err()) else {
            return Ok(Command::Smoke(args.to_vec()));
        };
        let seconds = match &args[1..] {
            [] => HOUR,
            [option, seconds] if option == "--seconds" => seconds.parse().map_err(|_| usage())?,
            [file] if !file.starts_with('-') => return Ok(Command::Smoke(args.to_vec())),
            _ => return Err(usage()),
        };
        Ok(Command::Target { name: name.clone(), seconds })
    }
}

/// In release, with overflow checks: see the profile in `fuzz/Cargo.toml`.
fn smoke(args: &[String]) -> Result<Step, Failure> {
    let target = target_dir()?;
    Run::cargo()
        .args(["run", "--quiet", "--release", "--locked", "--manifest-path", MANIFEST, "--bin", "smoke"])
        .args(["--target-dir".as_ref(), target.as_os_str()])
        .args(["--"])
        .args(args)
        .run()?;
    Ok(Step::Passed)
}

fn explore(name: &str, seconds: u32) -> Result<Step, Failure> {
    if !workspace::root().join("fuzz/fuzz_targets").join(format!("{name}.rs")).is_file() {
        return Err(Failure::new(format!("unknown target: fuzz/fuzz_targets/{name}.rs does not exist")));
    }
    if !Run::cargo().args(["fuzz", "--version"]).works() {
        Run::cargo().args(["install", "--locked", "cargo-fuzz"]).run()?;
    }
    let mut run = Run::cargo().args(["fuzz", "run", "--features", "libfuzzer", "--target-dir"]);
    run = run.args([target_dir()?.as_os_str()]);
    if !is_nightly() {
        // Sanitizers need the nightly standard library. Coverage guidance does not.
        run = run.args(["--sanitizer", "none"]).env("RUSTC_BOOTSTRAP", "1");
    }
    // New inputs go to a separate directory. Add the useful ones to the corpus by hand.
    let found = format!("fuzz/artifacts/found/{name}");
    fs::create_dir_all(workspace::root().join(&found))?;
    let corpus = format!("fuzz/corpus/{name}");
    let limits = [format!("-max_total_time={seconds}"), "-max_len=8192".to_owned(), "-timeout=10".to_owned()];
    run.args([name, &found, &corpus, "--"]).args(limits).run()?;
    Ok(Step::Passed)
}

fn target_dir() -> Result<PathBuf, Failure> {
    Ok(Workspace::load()?.target.join("fuzz"))
}

fn is_nightly() -> bool {
    Run::program("rustc").args(["--version"]).read().is_ok_and(|version| version.contains("nightly"))
}

const MANIFEST: &str = "fuzz/Cargo.toml";

/// In seconds.
const HOUR: u32 = 60 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Option<Command> {
        Command::read(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>()).ok()
    }

    #[test]
    fn a_target_runs_for_an_hour_by_default() {
        let named = |seconds| Some(Command::Target { name: "json".to_owned(), seconds });

        assert_eq!(read(&["json"]), named(3600));
        assert_eq!(read(&["json", "--seconds", "60"]), named(60));
        assert_eq!(read(&["json", "--seconds"]), None);
        assert_eq!(read(&["json", "--seconds", "soon"]), None);
    }

    #[test]
    fn without_a_target_the_smoke_program_runs() {
        assert_eq!(read(&[]), Some(Command::Smoke(Vec::new())));
        assert_eq!(read(&["500"]), Some(Command::Smoke(vec!["500".to_owned()])));
        assert_eq!(read(&["json", "a-file"]), Some(Command::Smoke(vec!["json".to_owned(), "a-file".to_owned()])));
    }
}
