//! The shop's process: started, killed as a machine kills it, and started again.

mod log;

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use log::Log;

use crate::Failed;

/// Becomes the program. A copy of the shell stays, and kills the program when the shell's input is closed: also if this process
/// was killed.
const SHELL: &str = r#"exec 3<&0
    (read -r closed <&3; kill -KILL $$) >/dev/null 2>&1 &
    exec "$@" 3<&- </dev/null"#;

/// One process of the shop. It is killed when this value is dropped, and when this process ends.
#[derive(Debug)]
pub struct Shop {
    program: PathBuf,
    port: u16,
    environment: Vec<(String, String)>,
    log: Log,
    process: Mutex<Process>,
    /// Held while the process starts, so that it is started once.
    starting: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Process {
    child: Option<Child>,
    /// How the last process ended.
    ended: Option<ExitStatus>,
}

impl Shop {
    pub(crate) fn new(program: PathBuf, port: u16, environment: Vec<(String, String)>, echoes: bool) -> Self {
        Self {
            program,
            port,
            environment,
            log: Log::new(echoes),
            process: Mutex::default(),
            starting: tokio::sync::Mutex::default(),
        }
    }

    /// The port that the shop listens on. It stays the same when the shop is started again.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The shop's address for a browser: `http://localhost:3000`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Starts the process, and returns when it accepts requests.
    ///
    /// # Errors
    ///
    /// Returns an error with the last lines of the process if it runs already, ends, or does not start within a minute.
    pub async fn start(&self) -> Result<(), Failed> {
        let _starting = self.starting.lock().await;
        if self.is_running() {
            return Err(Failed::new("the shop runs already"));
        }
        let is_open = Arc::new(AtomicBool::new(false));
        let mut child = self.spawn()?;
        self.log.follow(child.stdout.take(), Some(Arc::clone(&is_open)));
        self.log.follow(child.stderr.take(), None);
        self.process().child = Some(child);
        match tokio::time::timeout(STARTS_WITHIN, self.opens(&is_open)).await {
            Ok(opened) => opened,
            Err(_) => {
                self.kill();
                Err(Failed::new(format!("the shop did not start within {STARTS_WITHIN:?}:\n{}", self.last_lines())))
            }
        }
    }

    fn spawn(&self) -> Result<Child, Failed> {
        let mut command = Command::new("sh");
        command.args(["-c", SHELL, "sh"]).arg(&self.program);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C goes to this process only, which then ends the shop.
        command.process_group(0);
        command.spawn().map_err(|error| Failed::new(format!("cannot start {}: {error}", self.program.display())))
    }

    /// Waits until the process says that it is open, and responds.
    async fn opens(&self, is_open: &AtomicBool) -> Result<(), Failed> {
        while !is_open.load(Ordering::Acquire) {
            self.check_running()?;
            tokio::time::sleep(STEP).await;
        }
        let health = format!("http://127.0.0.1:{}/health", self.port);
        let client = reqwest::Client::new();
        while !client.get(&health).send().await.is_ok_and(|response| response.status().is_success()) {
            self.check_running()?;
            tokio::time::sleep(STEP).await;
        }
        Ok(())
    }

    fn check_running(&self) -> Result<(), Failed> {
        if self.is_running() {
            return Ok(());
        }
        self.log.complete();
        Err(Failed::new(format!("the shop ended while it started ({}):\n{}", self.ending(), self.last_lines())))
    }

    /// Kills the process with SIGKILL, and returns when it is gone. Does nothing if it does not run.
    pub fn kill(&self) {
        let mut process = self.process();
        if let Some(mut child) = process.child.take() {
            // Both fail only if the process has already ended.
            let _ = child.kill();
            drop(child.stdin.take());
            process.ended = child.wait().ok();
        }
    }

    /// True if the process runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        let mut process = self.process();
        let Some(child) = &mut process.child else { return false };
        match child.try_wait() {
            Ok(Some(status)) => {
                process.ended = Some(status);
                process.child = None;
                false
            }
            _ => true,
        }
    }

    /// The id of the process, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        if self.is_running() { self.process().child.as_ref().map(Child::id) } else { None }
    }

    /// How the last process ended; `None` before the first one has ended.
    #[must_use]
    pub fn exit_status(&self) -> Option<ExitStatus> {
        let _updated = self.is_running();
        self.process().ended
    }

    /// The last lines that the shop's processes have printed.
    #[must_use]
    pub fn last_lines(&self) -> String {
        self.log.last_lines()
    }

    fn ending(&self) -> String {
        self.exit_status().map_or_else(|| "killed".to_owned(), |status| status.to_string())
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The database that a program of the shop is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Variant {
    /// SQLite: the program `shop`.
    Sqlite,
    /// `PostgreSQL`: the program `shop-postgres`.
    Postgres,
}

impl Variant {
    fn file_name(self) -> &'static str {
        match self {
            Self::Sqlite => "shop",
            Self::Postgres => "shop-postgres",
        }
    }
}

/// Finds the shop's program in the target directory of the running program.
///
/// # Errors
///
/// Returns how to build the shop if its program is not there.
pub fn program(variant: Variant) -> Result<PathBuf, Failed> {
    let running = std::env::current_exe()?;
    let directory = running.parent().unwrap_or(Path::new("."));
    // Tests run in `deps`, one below.
    let directories = [Some(directory), directory.parent()];
    let name = variant.file_name();
    let mut programs = directories.into_iter().flatten().map(|directory| directory.join(name));
    programs.find(|program| program.is_file()).ok_or_else(|| {
        Failed::new(format!(
            "there is no program `{name}` in {}: `cargo xtask shop --build` builds it",
            directory.display()
        ))
    })
}

/// Far longer than a start takes, also on a busy machine.
const STARTS_WITHIN: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_millis(5);
