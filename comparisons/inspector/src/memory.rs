//! The memory of 100,000 records.

use std::process::Command;

use payments_sandbox::Sandbox;

use crate::client::{self, address};
use crate::report;

/// Compares two processes that make the same calls, with and without records.
pub fn measure() {
    let [with, without] = ["with", "without"].map(|records| {
        let child = Command::new(std::env::current_exe().unwrap()).args(["child", "memory", records]).output().unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        String::from_utf8(child.stdout).unwrap().trim().parse::<u64>().unwrap()
    });
    report("records-memory", "KiB", with.saturating_sub(without), 0);
}

/// Prints by how much the resident memory has grown.
pub fn fill(records: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    println!("{}", runtime.block_on(withdraw(records)));
}

/// Withdraws until there are 100,000 records, and returns by how much the resident memory has grown.
async fn withdraw(records: bool) -> u64 {
    let builder = Sandbox::builder().seed(7);
    let sandbox = if records { builder.record_contents() } else { builder.without_timeline() }.start().await;
    let (server, key) = (address(sandbox.turbopay().base_url()), sandbox.turbopay().api_key().to_owned());
    let headers = format!("Authorization: {key}\r\n");
    let before = resident();
    let mut client = client::Client::connect(server).await;
    // More than enough: a withdrawal has at least four records.
    for number in 0..RECORDS / 4 {
        client.post("/api/withdraw/new", &headers, &client::withdrawal(&format!("order-{number}"))).await;
    }
    if records {
        let kept = sandbox.records().len();
        assert!(kept > RECORDS * 9 / 10, "only {kept} records are kept");
    }
    let after = resident();
    sandbox.abandon();
    after.saturating_sub(before)
}

/// The resident memory in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

const RECORDS: usize = 100_000;
