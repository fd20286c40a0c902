//! Tests the sandbox's control API against its own OpenAPI description, with Schemathesis.

use std::fs;

use crate::process::{Failure, Run, Step};
use crate::sandbox::Sandbox;
use crate::workspace::{self, Workspace};

/// Hypothesis is pinned too: Schemathesis uses parts of it that change.
const PACKAGES: [&str; 2] = ["schemathesis==4.32.5", "hypothesis==6.170.17"];

const SETTINGS: &str = "xtask/src/schemathesis/settings.toml";

pub(crate) fn run(_: &[String]) -> Result<Step, Failure> {
    if !Run::program("python3").args(["-c", "import venv, ensurepip"]).works() {
        return Ok(Step::Skipped("Python 3 with venv is not installed".to_owned()));
    }
    let dir = Workspace::load()?.target.join("schemathesis");
    fs::create_dir_all(&dir)?;
    let programs = dir.join("venv").join("bin");
    // A file that is named after the versions shows that exactly these are installed.
    let installed = dir.join(PACKAGES.join("_"));
    if !installed.exists() {
        let venv = dir.join("venv");
        Run::program("python3").args(["-m", "venv", "--clear"]).args([&venv]).run()?;
        Run::program(programs.join("pip")).args(["install", "--quiet"]).args(PACKAGES).run()?;
        fs::write(&installed, "")?;
    }

    let sandbox = Sandbox::start()?;
    let url = &sandbox.addresses.control_url;
    Run::program(programs.join("schemathesis"))
        .args(["--config-file".as_ref(), workspace::root().join(SETTINGS).as_os_str()])
        .args([
            "run",
            &format!("{url}/openapi.json"),
            "--url",
            url,
            "--seed",
            "1",
            "--max-examples",
            "60",
            "--no-color",
        ])
        // It keeps its findings in its directory.
        .directory(&dir)
        // Never send loopback requests through a configured proxy.
        .env("NO_PROXY", "127.0.0.1,localhost")
        .run()?;
    Ok(Step::Passed)
}
