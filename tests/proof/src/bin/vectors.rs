//! Prints `tests/vectors/webhooks.json`.
#![expect(clippy::print_stderr, reason = "a program speaks through its output")]

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    match payments_proof::vectors::File::generate().print() {
        Ok(text) => {
            // A closed pipe is not an error: the reader has seen enough.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(err) => {
            eprintln!("vectors: {err}");
            ExitCode::FAILURE
        }
    }
}
