//! Running other programs: what is run is printed, and the first failure ends it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

/// What runs a command, with the arguments after its name.
pub(crate) type Action = fn(&[String]) -> Result<Step, Failure>;

/// How a command ended that did not fail.
pub(crate) enum Step {
    Passed,
    /// Nothing was checked, and why.
    Skipped(String),
}

/// What went wrong, in a line or a few, for whoever reads a red run.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    status: u8,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), status: 1 }
    }

    /// A failure that has been told already, so that nothing follows its telling.
    pub(crate) fn told() -> Failure {
        Failure::new("")
    }

    pub(crate) fn is_told(&self) -> bool {
        self.message.is_empty()
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.status)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::new(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        Failure::new(format!("unreadable JSON: {error}"))
    }
}

/// A program, its arguments and how to show them.
pub(crate) struct Run {
    command: Command,
    shown: String,
}

impl Run {
    /// The cargo that runs us, at the root of the workspace.
    pub(crate) fn cargo() -> Run {
        #[expect(clippy::disallowed_methods, reason = "cargo says so which cargo it is")]
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut run = Run::program(cargo);
        run.shown = "cargo".to_owned();
        run
    }

    pub(crate) fn program(program: impl AsRef<OsStr>) -> Run {
        let mut command = Command::new(&program);
        command.current_dir(crate::workspace::root());
        Run { command, shown: program.as_ref().to_string_lossy().into_owned() }
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Run {
        for arg in args {
            let shown = arg.as_ref().to_string_lossy();
            let quote = if shown.is_empty() || shown.contains([' ', '"', '*']) { "'" } else { "" };
            self.shown += &format!(" {quote}{shown}{quote}");
            self.command.arg(arg);
        }
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Run {
        self.shown = format!("{name}='{value}' {}", self.shown);
        self.command.env(name, value);
        self
    }

    /// Runs it, its output going where ours goes.
    pub(crate) fn run(mut self) -> Result<(), Failure> {
        self.announce();
        let status = self.command.status().map_err(|error| cannot_start(&self.shown, &error))?;
        self.judge(status)
    }

    /// Runs it, and takes a compiler warning for a failure.
    ///
    /// `-D warnings` in `RUSTFLAGS` would build every dependency anew; reading what cargo prints does not.
    pub(crate) fn run_without_warnings(mut self) -> Result<(), Failure> {
        self.announce();
        let mut child =
            self.command.stderr(Stdio::piped()).spawn().map_err(|error| cannot_start(&self.shown, &error))?;
        let mut warned = None;
        for line in child.stderr.take().map(|stderr| BufReader::new(stderr).lines()).into_iter().flatten() {
            let line = line?;
            eprintln!("{line}");
            if counts_warnings(&line) {
                warned = Some(line);
            }
        }
        let status = child.wait()?;
        self.judge(status)?;
        match warned {
            Some(line) => Err(Failure::new(format!("`{}` passed, but not without warnings: {line}", self.shown))),
            None => Ok(()),
        }
    }

    /// Runs it and hands back what it printed.
    pub(crate) fn read(mut self) -> Result<String, Failure> {
        let output =
            self.command.stderr(Stdio::inherit()).output().map_err(|error| cannot_start(&self.shown, &error))?;
        self.judge(output.status)?;
        String::from_utf8(output.stdout).map_err(|_| Failure::new(format!("`{}` printed no UTF-8", self.shown)))
    }

    /// Whether it starts and ends well, in silence: for asking whether a tool is there.
    pub(crate) fn works(mut self) -> bool {
        let status = self.command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    /// Starts it, its standard output readable, and leaves the rest to the caller.
    pub(crate) fn spawn(mut self) -> Result<std::process::Child, Failure> {
        self.announce();
        self.command.stdout(Stdio::piped()).spawn().map_err(|error| cannot_start(&self.shown, &error))
    }

    fn announce(&self) {
        eprintln!("$ {}", self.shown);
    }

    fn judge(&self, status: ExitStatus) -> Result<(), Failure> {
        if status.success() {
            return Ok(());
        }
        let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        Err(Failure { message: format!("`{}` failed ({status})", self.shown), status: code })
    }
}

fn cannot_start(shown: &str, error: &std::io::Error) -> Failure {
    Failure::new(format!("`{shown}` does not start: {error}"))
}

/// Whether this is cargo's line at the end of a crate that has warnings.
fn counts_warnings(line: &str) -> bool {
    line.starts_with("warning: `") && line.contains(" generated ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_hands_on_its_exit_status() {
        let failure = Run::program("sh").args(["-c", "exit 7"]).run().unwrap_err();

        assert_eq!(failure.status, 7);
        assert!(failure.to_string().contains("sh -c 'exit 7'"), "{failure}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let failure = Run::program("no-such-program").run().unwrap_err();

        assert!(failure.to_string().starts_with("`no-such-program` does not start"), "{failure}");
    }

    #[test]
    fn a_warning_fails_what_must_not_warn() {
        let warns = "echo 'warning: `turbopay` (lib) generated 1 warning' >&2";

        let failure = Run::program("sh").args(["-c", warns]).run_without_warnings().unwrap_err();

        assert!(failure.to_string().contains("not without warnings"), "{failure}");
    }
}
