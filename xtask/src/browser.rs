//! Runs the tests of the sandbox's pages and of the shop in Chromium, and installs what they load into the pages.

use std::fs;
use std::path::Path;

use crate::process::{Failure, Run, Step};
use crate::shop;
use crate::workspace::{self, Workspace};

/// Arguments go to the test runner.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    let missing = PROGRAMS.iter().find(|program| !Run::program(program).args(["--version"]).works());
    if let Some(program) = missing {
        let problem =
            format!("no {program}: install Chromium and its driver (Debian: apt-get install chromium chromium-driver)");
        return if is_required() { Err(Failure::new(problem)) } else { Ok(Step::Skipped(problem)) };
    }
    let target = Workspace::load()?.target;
    let without_axe = !install_axe(&target.join("browser"))?;
    // The tests of the shop find its program beside their own.
    shop::build_for_tests()?;
    // What the workspace has built of the same dependencies is used again.
    let tests = || {
        let tests = Run::cargo().args(["test", "--locked", "--manifest-path", MANIFEST, "--test", "it"]);
        tests.args(["--target-dir".as_ref(), target.as_os_str()])
    };
    tests().args(["--no-run"]).run_without_warnings()?;
    let tests = if without_axe { tests().env("PAYMENTS_TESTS_WITHOUT_AXE", "1") } else { tests() };
    tests.args(["--quiet", "--"]).args(args).run()?;
    println!("screenshots: {}", target.join("browser").join("screenshots").display());
    if without_axe {
        println!("skipped: axe-core, because npm is not installed");
    }
    Ok(Step::Passed)
}

/// Installs axe-core as the lock file says. Returns false without npm.
fn install_axe(dir: &Path) -> Result<bool, Failure> {
    if !Run::program("npm").args(["--version"]).works() {
        return Ok(false);
    }
    let source = workspace::root().join("tests/browser");
    let is_installed = FILES.iter().all(|file| fs::read(dir.join(file)).ok() == fs::read(source.join(file)).ok());
    if is_installed && dir.join("node_modules/axe-core/axe.min.js").is_file() {
        return Ok(true);
    }
    fs::create_dir_all(dir)?;
    for file in FILES {
        fs::copy(source.join(file), dir.join(file))?;
    }
    let prefix = ["ci".as_ref(), "--prefix".as_ref(), dir.as_os_str()];
    Run::program("npm").args(prefix).args(["--ignore-scripts", "--no-audit", "--no-fund"]).run()?;
    Ok(true)
}

#[expect(clippy::disallowed_methods, reason = "CI sets the variable")]
fn is_required() -> bool {
    std::env::var_os("PAYMENTS_TESTS_REQUIRE_BROWSER").is_some()
}

const MANIFEST: &str = "tests/browser/Cargo.toml";

const PROGRAMS: [&str; 2] = ["chromium", "chromedriver"];

const FILES: [&str; 2] = ["package.json", "package-lock.json"];
