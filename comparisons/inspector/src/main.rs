//! Measures what the sandbox's records cost, and prints one line of JSON per row.
//!
//! `cargo xtask bench --inspector` runs this program and checks the limits. Arguments select rows by prefix.

mod client;
mod events;
mod memory;
mod recording;
mod start;

use std::io::Write as _;

fn main() {
    let selected: Vec<String> = std::env::args().skip(1).collect();
    match selected.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["child", "memory", "without"] => return memory::fill(false),
        ["child", "memory", "with"] => return memory::fill(true),
        _ => {}
    }
    let rows: [(&str, fn()); 6] = [
        ("recording-sdk", recording::with_the_sdk),
        ("recording-plain", recording::with_a_plain_client),
        ("recording-timeline", recording::against_the_timeline),
        ("records-memory", memory::measure),
        ("serve-start", start::measure),
        ("events", events::measure),
    ];
    for (name, row) in rows {
        if selected.is_empty() || selected.iter().any(|prefix| name.starts_with(prefix.as_str())) {
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

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}
