//! Draws the documented changes of status of each provider as Mermaid diagrams.
//!
//! `cargo run -p payments --example status_changes --features all-providers`
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use payments::gateway::{StatusChanges, WriteOperation};
use payments::{CAPABILITIES, PaymentStatus};

fn main() {
    for capabilities in CAPABILITIES {
        for row in capabilities.status_changes {
            let operations: Vec<String> = row.operations.iter().map(WriteOperation::to_string).collect();
            println!("\n### {}: {}\n", capabilities.provider, operations.join(", "));
            row.note.split("; ").for_each(|note| println!("* {note}"));
            if !row.changes.is_empty() {
                draw(row);
            }
        }
    }
}

fn draw(row: &StatusChanges) {
    println!("\n```mermaid\nstateDiagram-v2");
    for (from, to) in row.changes {
        println!("    {} --> {}", id(from), id(to));
    }
    println!("```");
}

/// The id of a status in a diagram, which must not contain spaces.
fn id(status: &PaymentStatus) -> String {
    status.as_str().replace(' ', "_")
}
