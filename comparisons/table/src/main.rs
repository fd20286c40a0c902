//! Measures the rows that need no build, and prints one line of JSON per row.
//!
//! `cargo xtask bench` runs this program and checks the limits. Arguments select rows by prefix.

mod callback;
mod flight;
mod journal;
mod memory;
mod post;
mod sandbox;
mod server;
mod side_by_side;
mod stack;
mod stripe_side;
mod turratech_side;
mod webhook;

use std::io::Write as _;
use std::process::Command;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["child", "tls", certificate, key] => post::measure_tls(certificate, key),
        ["child", "pager"] => memory::read_lists(),
        ["child", "stack"] => stack::verify_and_decode(),
        ["child", "sandbox"] => sandbox::serve(),
        ["child", "journal-call-slow-sync"] => journal::call::measure_traced(),
        selected => rows(selected),
    }
}

fn rows(selected: &[&str]) {
    let rows: [(&str, fn()); 19] = [
        ("post", post::plain),
        ("tls", post::tls),
        ("flight", flight::throughput),
        ("webhook", webhook::all),
        ("callback", callback::decrypt_and_decode),
        ("stack", stack::measure),
        ("pager-memory", memory::pager_memory),
        ("pager-growth", memory::growth),
        ("sandbox", sandbox::all),
        ("journal-call", journal::call::measure),
        ("journal-call-slow-sync", journal::call::measure_with_slow_syncs),
        ("journal-worker", journal::worker::measure),
        ("journal-settled", journal::settled::measure),
        ("journal-crash", journal::crash::measure),
        ("postgres-call", journal::postgres::call::measure),
        ("postgres-call-slow-sync", journal::postgres::call::measure_with_slow_syncs),
        ("postgres-claims", journal::postgres::claims::measure),
        ("postgres-idle", journal::postgres::idle::measure),
        ("postgres-settled", journal::postgres::settled::measure),
    ];
    for (name, row) in rows {
        if selected.is_empty() || selected.iter().any(|prefix| name.starts_with(prefix)) {
            row();
        }
    }
}

/// Prints a row: our value and theirs, both in `unit`.
fn report(row: &str, unit: &str, ours: u64, theirs: u64) {
    let ratio = if theirs == 0 { 0.0 } else { ours as f64 / theirs as f64 };
    println!("{{\"row\":\"{row}\",\"unit\":\"{unit}\",\"ours\":{ours},\"theirs\":{theirs},\"ratio\":{ratio:.3}}}");
    std::io::stdout().flush().unwrap();
}

/// Returns a command that runs another part of this program.
fn child(part: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("child").args(part);
    command
}

/// Runs a child process and returns its output. Panics if the child fails.
fn output_of(mut child: Command) -> String {
    let output = child.stderr(std::process::Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{child:?} failed");
    String::from_utf8(output.stdout).unwrap()
}
