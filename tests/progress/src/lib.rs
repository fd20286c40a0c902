//! A progress bar for commands that run for long.
//!
//! ```
//! use payments_test_progress::Progress;
//!
//! let progress = Progress::on_terminal(3, "days");
//! for day in 1..=3 {
//!     if day == 2 {
//!         progress.suspend(|| println!("day 2 is a holiday"));
//!     }
//!     progress.advance();
//! }
//! ```

pub mod terminal;

use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

/// A progress bar on the standard error, if that is a terminal.
///
/// The bar disappears when the last clone is dropped. Elsewhere nothing is ever printed, so that a log stays the same.
/// The bar has no colours, so `NO_COLOR` makes no difference.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Shows a bar of `total` steps, which are called `unit`.
    ///
    /// There is no bar if the standard error is not a terminal, if `CI` is set, or if `TERM` is `dumb`.
    #[must_use]
    pub fn on_terminal(total: u64, unit: &'static str) -> Self {
        if !stderr().is_terminal() || is_unwanted() {
            return Self::hidden();
        }
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr())
            .with_style(style())
            .with_message(unit)
            .with_finish(ProgressFinish::AndClear);
        bar.tick();
        // A thread redraws from now on. `advance` draws nothing, and the clock runs also while a step takes long.
        bar.enable_steady_tick(REDRAW_INTERVAL);
        Self { bar: Some(bar) }
    }

    /// Shows no bar.
    #[must_use]
    pub fn hidden() -> Self {
        Self::default()
    }

    /// Counts one step.
    pub fn advance(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// Removes the bar while `print` runs. Print inside of it only.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

/// Returns true in CI, whose logs keep each drawing of a bar, and on a terminal that cannot move its cursor.
fn is_unwanted() -> bool {
    #[expect(clippy::disallowed_methods, reason = "how to print depends on the user's environment")]
    let variable = std::env::var_os;
    variable("CI").is_some_and(|value| !value.is_empty()) || variable("TERM").is_some_and(|term| term == "dumb")
}

const REDRAW_INTERVAL: Duration = Duration::from_millis(100);

const TEMPLATE: &str = "[{elapsed_precise}] [{bar:30}] {pos} of {len} {msg}, {eta} left";
