//! Prints what each provider supports, and what to do after an unknown outcome, as Markdown tables.
//!
//! `cargo run --example capabilities --features all-providers`
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use payments::CAPABILITIES;
use payments::gateway::{Capabilities, Feature, WriteOperation};

fn main() {
    print_head();
    for feature in Feature::ALL {
        print_row(feature.as_str(), |table| match table.table.iter().find(|row| row.feature == *feature) {
            Some(row) => with_note(&row.support.to_string(), row.note),
            None => String::new(),
        });
    }
    println!("\n## Recover from an unknown outcome\n");
    for line in EXPLANATION {
        println!("{line}");
    }
    println!();
    print_head();
    for operation in WriteOperation::ALL {
        print_row(operation.feature().as_str(), |table| {
            let Some(plan) = table.recovery.iter().find(|row| row.operation == *operation) else {
                return "–".to_owned();
            };
            let strategies: Vec<String> = plan.strategies.iter().map(ToString::to_string).collect();
            with_note(&strategies.join(", then "), plan.note)
        });
    }
}

fn print_head() {
    let providers: Vec<&str> = CAPABILITIES.iter().map(|capabilities| capabilities.provider).collect();
    println!("| | {} |", providers.join(" | "));
    println!("|---|{}", "---|".repeat(providers.len()));
}

fn print_row(name: &str, cell: impl Fn(&Capabilities) -> String) {
    let cells: Vec<String> = CAPABILITIES.iter().map(cell).collect();
    println!("| {name} | {} |", cells.join(" | "));
}

fn with_note(text: &str, note: &str) -> String {
    if note.is_empty() { text.to_owned() } else { format!("{text}: {note}") }
}

const EXPLANATION: &[&str] = &[
    "`Capabilities::recovery` returns the strategies of an operation, best first. A test loses the response of every",
    "operation in the sandbox, and compares the result of every strategy with the ledger.",
    "",
    "* *same key*: send the same request again under the same idempotency key.",
    "* *look up the reference*, *look up the id*: find out what happened. \"Not found\" proves nothing: the request may still be",
    "  in flight.",
    "* *same request again, accepted once*: the provider accepts the reference, or the UTR, once.",
    "* *start again*: the lost response was the only way to pay, so nobody can pay the first payment. Not after an error of",
    "  the kind `Conflict` or `MalformedResponse`, and not after a crash: the customer may have the page already.",
    "* *nothing*: only the provider can say what happened. A second request may be executed too.",
];
