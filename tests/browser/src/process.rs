//! The driver and its browser, which end with the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::machine;

/// Starts the driver in a session of its own. When the shell's input is closed, also because the test was killed, it kills all
/// processes of the session, and those outside of it that name the directory, as Chromium's crash handler does. Then it removes
/// the directory.
const SHELL: &str = r#"trap '' HUP INT TERM; directory=$1; shift
    setsid "$@" >"$directory/log" 2>&1 </dev/null & session=$!
    read -r closed
    end() { [ "$1" != $$ ] && kill -KILL "$1" 2>/dev/null && alive=1; }
    alive=1
    while [ "$alive" ]; do
        alive=
        for process in /proc/[0-9]*; do
            { read -r line <"$process/stat"; } 2>/dev/null || continue
            set -- ${line##*) }
            [ "$4" = "$session" ] && [ "$1" != Z ] && end "${process#/proc/}"
        done
        for process in $(grep -lsF -- "$directory" /proc/[0-9]*/cmdline); do
            process=${process%/cmdline}
            end "${process#/proc/}"
        done
    done
    wait; rm -rf "$directory""#;

/// A running driver. Its browser is one of its processes.
#[derive(Debug)]
pub(crate) struct Driver {
    shell: Child,
    directory: PathBuf,
}

impl Driver {
    /// Starts it, in an empty directory of its own.
    pub(crate) fn start() -> Self {
        let directory = TempDir::with_prefix("payments-browser-").expect("no temporary directory").keep();
        fs::create_dir(directory.join("profile")).expect("no directory for the browser");
        let mut shell = Command::new("sh");
        shell.args(["-c", SHELL, "sh"]).arg(&directory).arg(machine::program("chromedriver")).arg("--port=0");
        // Chromium puts its caches and settings there, too.
        shell.env("TMPDIR", &directory).env("HOME", &directory);
        let shell = shell.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("no shell");
        Self { shell, directory }
    }

    /// An empty directory for the browser's user data.
    pub(crate) fn profile(&self) -> PathBuf {
        self.directory.join("profile")
    }

    /// The directory that its processes name.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// What the driver and the browser have printed.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    /// Where it accepts commands. `None` while it starts.
    pub(crate) fn url(&self) -> Option<String> {
        let log = self.log();
        let (port, _) = log.split_once("successfully on port ")?.1.split_once('.')?;
        Some(format!("http://127.0.0.1:{port}"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // It fails only if the shell has already ended.
        let _ = self.shell.wait();
    }
}

/// How many processes name a directory in their command line.
pub(crate) fn naming(directory: &Path) -> usize {
    let name = directory.to_string_lossy();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(&*name)).count()
}
