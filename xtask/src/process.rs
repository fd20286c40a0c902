//! Runs other programs, and prints each command line.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

/// The function of a command. It gets the arguments after the command's name.
pub(crate) type Action = fn(&[String]) -> Result<Step, Failure>;

/// The result of a command that did not fail.
pub(crate) enum Step {
    Passed,
    /// Nothing was checked, for this reason.
    Skipped(String),
}

/// A failure: a message and an exit status.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    status: u8,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), status: 1 }
    }

    /// Returns a failure whose message is already printed.
    pub(crate) fn already_printed() -> Failure {
        Failure::new("")
    }

    pub(crate) fn is_printed(&self) -> bool {
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
        Failure::new(format!("invalid JSON: {error}"))
    }
}

/// A program with its arguments, and the command line to print.
pub(crate) struct Run {
    command: Command,
    command_line: String,
}

impl Run {
    /// Runs the cargo that runs xtask, in the workspace's root.
    pub(crate) fn cargo() -> Run {
        #[expect(clippy::disallowed_methods, reason = "cargo sets `CARGO` to its own path")]
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut run = Run::program(cargo);
        run.command_line = "cargo".to_owned();
        run
    }

    pub(crate) fn program(program: impl AsRef<OsStr>) -> Run {
        let mut command = Command::new(&program);
        command.current_dir(crate::workspace::root());
        Run { command, command_line: program.as_ref().to_string_lossy().into_owned() }
    }

    /// Runs the program in this directory, in place of the workspace's root.
    pub(crate) fn directory(mut self, directory: &std::path::Path) -> Run {
        self.command.current_dir(directory);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Run {
        for arg in args {
            let text = arg.as_ref().to_string_lossy();
            let quote = if text.is_empty() || text.contains([' ', '"', '*']) { "'" } else { "" };
            self.command_line += &format!(" {quote}{text}{quote}");
            self.command.arg(arg);
        }
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Run {
        self.command_line = format!("{name}='{value}' {}", self.command_line);
        self.command.env(name, value);
        self
    }

    /// Runs the program with inherited output.
    pub(crate) fn run(mut self) -> Result<(), Failure> {
        self.print_command_line();
        let status = self.command.status().map_err(|error| cannot_start(&self.command_line, &error))?;
        self.check(status)
    }

    /// Runs cargo, and fails on a compiler warning.
    ///
    /// Reads cargo's output, because `-D warnings` in `RUSTFLAGS` would rebuild every dependency.
    pub(crate) fn run_without_warnings(mut self) -> Result<(), Failure> {
        self.print_command_line();
        let mut child =
            self.command.stderr(Stdio::piped()).spawn().map_err(|error| cannot_start(&self.command_line, &error))?;
        let mut warned = None;
        for line in child.stderr.take().map(|stderr| BufReader::new(stderr).lines()).into_iter().flatten() {
            let line = line?;
            eprintln!("{line}");
            if is_warning_summary(&line) {
                warned = Some(line);
            }
        }
        let status = child.wait()?;
        self.check(status)?;
        match warned {
            Some(line) => Err(Failure::new(format!("`{}` passed with warnings: {line}", self.command_line))),
            None => Ok(()),
        }
    }

    /// Runs the program and returns its standard output.
    pub(crate) fn read(mut self) -> Result<String, Failure> {
        let output =
            self.command.stderr(Stdio::inherit()).output().map_err(|error| cannot_start(&self.command_line, &error))?;
        self.check(output.status)?;
        String::from_utf8(output.stdout)
            .map_err(|_| Failure::new(format!("the output of `{}` is not UTF-8", self.command_line)))
    }

    /// Runs the program and passes each line of its standard output to `each` when it arrives.
    pub(crate) fn read_lines(mut self, mut each: impl FnMut(&str) -> Result<(), Failure>) -> Result<(), Failure> {
        let spawned = self.command.stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| cannot_start(&self.command_line, &error))?;
        let mut lines = child.stdout.take().map(|stdout| BufReader::new(stdout).lines()).into_iter().flatten();
        let read = lines.try_for_each(|line| each(&line?));
        if read.is_err() {
            child.kill()?;
        }
        let status = child.wait()?;
        read?;
        self.check(status)
    }

    /// Returns true if the program starts and succeeds. Discards its output. Used to detect installed tools.
    pub(crate) fn works(mut self) -> bool {
        let status = self.command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    /// Starts the program with a readable standard output. Its standard input is closed when xtask ends.
    pub(crate) fn spawn(mut self) -> Result<std::process::Child, Failure> {
        self.print_command_line();
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| cannot_start(&self.command_line, &error))
    }

    fn print_command_line(&self) {
        eprintln!("$ {}", self.command_line);
    }

    fn check(&self, status: ExitStatus) -> Result<(), Failure> {
        if status.success() {
            return Ok(());
        }
        let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        Err(Failure { message: format!("`{}` failed ({status})", self.command_line), status: code })
    }
}

fn cannot_start(command_line: &str, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot start `{command_line}`: {error}"))
}

/// Returns true for cargo's summary line of a crate with warnings.
fn is_warning_summary(line: &str) -> bool {
    line.starts_with("warning: `") && line.contains(" generated ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_the_exit_status_of_the_program() {
        let failure = Run::program("sh").args(["-c", "exit 7"]).run().unwrap_err();

        assert_eq!(failure.status, 7);
        assert!(failure.to_string().contains("sh -c 'exit 7'"), "{failure}");
    }

    #[test]
    fn a_missing_program_is_reported_by_name() {
        let failure = Run::program("no-such-program").run().unwrap_err();

        assert!(failure.to_string().starts_with("cannot start `no-such-program`"), "{failure}");
    }

    #[test]
    fn lines_are_read_until_one_is_rejected() {
        let mut lines = Vec::new();

        let failure = Run::program("sh").args(["-c", "echo 1; echo 2; exec sleep 60"]).read_lines(|line| {
            lines.push(line.to_owned());
            if line == "2" { Err(Failure::new("no")) } else { Ok(()) }
        });

        assert_eq!((failure.unwrap_err().to_string(), lines), ("no".to_owned(), vec!["1".to_owned(), "2".to_owned()]));
    }

    #[test]
    fn a_warning_is_a_failure() {
        let warns = "echo 'warning: `turbopay` (lib) generated 1 warning' >&2";

        let failure = Run::program("sh").args(["-c", warns]).run_without_warnings().unwrap_err();

        assert!(failure.to_string().contains("passed with warnings"), "{failure}");
    }
}
