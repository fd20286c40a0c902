//! The demo, as a user runs it.

use std::process::Command;

use serde_json::Value;

#[test]
fn the_demo_pays_twice_without_the_journal_after_a_kill_and_once_with_it() {
    let output = Command::new(env!("CARGO_BIN_EXE_demo")).arg("--json").output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");

    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["as_expected"], true);
    let killed = &report["killed_payout"];
    assert_eq!(killed["naive"]["payouts"], 2, "{killed}");
    assert_eq!(killed["journaled"]["payouts"], 1, "{killed}");
    let steps = killed["journaled"]["steps"].to_string();
    assert!(steps.contains("unknown -> succeeded") && steps.contains("payout-8 is paid"), "{steps}");
}
