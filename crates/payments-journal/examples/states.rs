//! Draws the changes of an intent's state as a Mermaid diagram.
//!
//! `cargo run -p payments-journal --example states`
//!
//! They are the README's table, which a test compares with every change that the model has seen.
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use payments_journal::State;

fn main() {
    println!("```mermaid\nstateDiagram-v2\n    [*] --> {}", State::Intended);
    let rows = README.lines().skip_while(|line| *line != "| state | can become |").skip(2);
    for row in rows.take_while(|line| line.starts_with('|')) {
        let mut states = row.split('`').skip(1).step_by(2);
        let Some(from) = states.next() else { continue };
        states.for_each(|to| println!("    {from} --> {to}"));
    }
    println!("```");
}

const README: &str = include_str!("../README.md");
