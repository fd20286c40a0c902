//! Measures what can be measured in a running process, ours beside what is used instead, and prints a line of JSON each.
//!
//! `cargo xtask bench` runs it and knows what is allowed. An argument names the rows that are wanted, by their beginning.

mod callback;
mod flight;
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
        ["child", "tls", certificate, key] => post::over_tls(certificate, key),
        ["child", "pager"] => memory::pager(),
        ["child", "stack"] => stack::verify_and_decode(),
        ["child", "sandbox"] => sandbox::started(),
        wanted => rows(wanted),
    }
}

fn rows(wanted: &[&str]) {
    let rows: [(&str, fn()); 9] = [
        ("post", post::plain),
        ("tls", post::tls),
        ("flight", flight::throughput),
        ("webhook", webhook::all),
        ("callback", callback::decrypt_and_decode),
        ("stack", stack::fits),
        ("pager-memory", memory::of_the_pager),
        ("pager-growth", memory::growth),
        ("sandbox", sandbox::all),
    ];
    for (name, row) in rows {
        if wanted.is_empty() || wanted.iter().any(|wanted| name.starts_with(wanted)) {
            row();
        }
    }
}

/// A row of the table: what ours takes, and what the other does, both in the unit.
fn report(row: &str, unit: &str, ours: u64, theirs: u64) {
    let ratio = if theirs == 0 { 0.0 } else { ours as f64 / theirs as f64 };
    println!("{{\"row\":\"{row}\",\"unit\":\"{unit}\",\"ours\":{ours},\"theirs\":{theirs},\"ratio\":{ratio:.3}}}");
    std::io::stdout().flush().unwrap();
}

/// This program again, in another part.
fn child(part: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("child").args(part);
    command
}

/// What a child printed, which has to end well.
fn said(mut child: Command) -> String {
    let output = child.stderr(std::process::Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{child:?} failed");
    String::from_utf8(output.stdout).unwrap()
}
