//! Replays TurboPay's recorded exchanges against the sandbox with Newman.
//!
//! TurboPay publishes a Postman collection whose examples are exchanges with the live service. Each example becomes a
//! request. The sandbox's response must have the recorded status and the recorded JSON structure.

mod collection;
mod recording;
mod setup;
mod shape;

use std::fs;

use serde_json::Value;

use crate::process::{Failure, Run, Step};
use crate::sandbox::Sandbox;
use crate::workspace::{self, Workspace};

const VERSION: &str = "6.2.2";

const RECORDING: &str = "crates/turbopay/tests/fixtures/recorded.postman_collection.json";

pub(crate) fn run(_: &[String]) -> Result<Step, Failure> {
    if !Run::program("npm").args(["--version"]).works() {
        return Ok(Step::Skipped("npm is not installed".to_owned()));
    }
    let dir = Workspace::load()?.target.join("newman");
    fs::create_dir_all(&dir)?;
    let newman = dir.join("node_modules").join(".bin").join("newman");
    if !installed(&newman) {
        let prefix = ["install".as_ref(), "--prefix".as_ref(), dir.as_os_str()];
        let package = format!("newman@{VERSION}");
        Run::program("npm").args(prefix).args(["--no-audit", "--no-fund", &package]).run()?;
    }

    let exchanges = recording::read(&fs::read_to_string(workspace::root().join(RECORDING))?)?;
    let sandbox = Sandbox::start()?;
    let collection = collection::derive(&exchanges, &sandbox.addresses)?;
    let (derived, report) = (dir.join("turbopay.json"), dir.join("report.json"));
    fs::write(&derived, serde_json::to_string_pretty(&collection.json)?)?;
    if report.exists() {
        fs::remove_file(&report)?;
    }

    let result = Run::program(&newman)
        .args(["run".as_ref(), derived.as_os_str()])
        .args(["--reporters", "cli,json", "--color", "off", "--timeout-request", "10000"])
        .args(["--reporter-cli-no-banner", "--reporter-cli-no-success-assertions"])
        .args(["--reporter-json-export".as_ref(), report.as_os_str()])
        // Never send loopback requests through a configured proxy.
        .env("NO_PROXY", "127.0.0.1,localhost")
        .run();
    let tally = Tally::read(&fs::read_to_string(&report).unwrap_or_default());
    println!("newman: {} exchanges, {} assertions passed, {} failed", exchanges.len(), tally.passed, tally.failed);
    result?;
    if tally.failed != 0 || tally.passed != collection.assertions {
        return Err(Failure::new(format!("expected {} assertions to pass", collection.assertions)));
    }
    Ok(Step::Passed)
}

fn installed(newman: &std::path::Path) -> bool {
    newman.exists() && Run::program(newman).args(["--version"]).read().is_ok_and(|version| version.trim() == VERSION)
}

#[derive(Default, Debug, PartialEq)]
struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    /// Reads the assertion counts from Newman's report. An unreadable report has no passed assertions.
    fn read(report: &str) -> Tally {
        let report: Value = serde_json::from_str(report).unwrap_or_default();
        let assertions = &report["run"]["stats"]["assertions"];
        let failed = assertions["failed"].as_u64().unwrap_or_default();
        Tally { passed: assertions["total"].as_u64().unwrap_or_default().saturating_sub(failed), failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_report_has_no_passed_assertions() {
        assert_eq!(Tally::read(""), Tally { passed: 0, failed: 0 });
        let report = r#"{"run": {"stats": {"assertions": {"total": 40, "pending": 0, "failed": 3}}}}"#;
        assert_eq!(Tally::read(report), Tally { passed: 37, failed: 3 });
    }
}
