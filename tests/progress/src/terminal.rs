//! Runs programs on a terminal, for tests of their bars.

use std::process::{Command, Stdio};

/// What appeared on a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Output {
    /// The number of steps that each drawing of the bar showed.
    pub counts: Vec<u64>,
    /// The text after the bar was removed, or the whole text if there was no bar.
    pub printed: String,
}

/// Runs a program whose three streams are a terminal.
///
/// Returns `None` if util-linux's `script`, which creates the terminal, is not installed. No argument may contain a
/// single quote.
#[must_use]
pub fn run(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Option<Output> {
    let version = Command::new("script").arg("--version").output().ok()?;
    if !String::from_utf8_lossy(&version.stdout).contains("util-linux") {
        return None;
    }
    let quoted = [&[program], arguments].concat().into_iter().map(|argument| format!("'{argument}'"));
    let command_line = quoted.collect::<Vec<_>>().join(" ");
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &command_line, "/dev/null"]).stdin(Stdio::null());
    let output = script.env_remove("CI").env("TERM", "xterm").envs(variables.iter().copied()).output().ok()?;
    Some(Output::read(&String::from_utf8_lossy(&output.stdout)))
}

impl Output {
    fn read(text: &str) -> Self {
        let (bar, printed) = text.rsplit_once(CLEAR_LINE).unwrap_or(("", text));
        let count = |drawing: &str| drawing.rsplit_once("] ")?.1.split_once(" of ")?.0.parse().ok();
        Self { counts: bar.split(CLEAR_LINE).filter_map(count).collect(), printed: printed.to_owned() }
    }
}

/// The escape sequence that removes a drawing.
const CLEAR_LINE: &str = "\r\x1b[2K";
