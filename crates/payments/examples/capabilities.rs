//! Prints what each provider supports, as a Markdown table.
//!
//! `cargo run --example capabilities --features all-providers`
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use payments::CAPABILITIES;
use payments::gateway::Feature;

fn main() {
    let providers: Vec<&str> = CAPABILITIES.iter().map(|capabilities| capabilities.provider).collect();
    println!("| | {} |", providers.join(" | "));
    println!("|---|{}", "---|".repeat(providers.len()));
    for feature in Feature::ALL {
        let cells: Vec<String> = CAPABILITIES
            .iter()
            .map(|capabilities| match capabilities.table.iter().find(|row| row.feature == *feature) {
                Some(row) if row.note.is_empty() => row.support.to_string(),
                Some(row) => format!("{}: {}", row.support, row.note),
                None => String::new(),
            })
            .collect();
        println!("| {feature} | {} |", cells.join(" | "));
    }
}
