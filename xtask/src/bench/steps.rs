//! Says on a terminal which step runs, because most steps are silent for minutes.

use std::fmt::Display;
use std::io::{IsTerminal as _, stderr};

/// The steps of a run, printed as `[3 of 61] ...` on a terminal. Elsewhere nothing is printed.
pub(super) struct Steps {
    done: usize,
    total: usize,
}

impl Steps {
    pub(super) fn new(total: usize) -> Steps {
        Steps { done: 0, total }
    }

    /// Counts a step that starts or ends now.
    pub(super) fn next(&mut self, step: impl Display) {
        self.done += 1;
        if stderr().is_terminal() {
            eprintln!("[{} of {}] {step}", self.done, self.total);
        }
    }
}
