//! What each provider can do, as a table in Markdown.
//!
//! `cargo run --example capabilities --features all-providers`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use payments::CAPABILITIES;
use payments::gateway::Feature;

fn main() {
    let providers: Vec<&str> = CAPABILITIES.iter().map(|one| one.provider).collect();
    println!("| | {} |", providers.join(" | "));
    println!("|---|{}", "---|".repeat(providers.len()));
    for feature in Feature::ALL {
        let cells: Vec<String> = CAPABILITIES
            .iter()
            .map(|one| match one.table.iter().find(|row| row.feature == *feature) {
                Some(row) if row.note.is_empty() => row.support.to_string(),
                Some(row) => format!("{}: {}", row.support, row.note),
                None => String::new(),
            })
            .collect();
        println!("| {feature} | {} |", cells.join(" | "));
    }
}
