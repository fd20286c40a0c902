//! Prints `tests/vectors/webhooks.json`.
#![expect(clippy::print_stderr, reason = "a program speaks through its output")]

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    match payments_tests::vectors::File::generate().print() {
        Ok(text) => {
            // A reader that has gone away has seen what it wanted.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(err) => {
            eprintln!("vectors: {err}");
            ExitCode::FAILURE
        }
    }
}
