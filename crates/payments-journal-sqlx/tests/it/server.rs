//! A `PostgreSQL` server of the tests' own, which ends with them.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tempfile::TempDir;

pub(crate) const HOW_TO: &str = "install PostgreSQL 13 or later (Debian: apt-get install postgresql), or set PAYMENTS_TEST_POSTGRES to the URL of \
    a server on which the tests may create databases";

/// The options of the server that all tests of this process share. `None` if the machine has none: then the test is skipped.
///
/// # Panics
///
/// Panics instead of skipping if `PAYMENTS_TESTS_REQUIRE_POSTGRES` is set.
pub(crate) fn shared() -> Option<PgConnectOptions> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    if let Some(options) = existing() {
        return Some(options);
    }
    match SERVER.get_or_init(|| Server::start(Path::new(DIRECTORY), &[])) {
        Ok(server) => Some(server.options()),
        Err(problem) => skip(&format!("no PostgreSQL: {problem}: {HOW_TO}")),
    }
}

/// A server with these settings for one test alone.
pub(crate) fn start(settings: &[&str]) -> Option<Server> {
    let server = Server::start(Path::new(DIRECTORY), settings);
    server.map_or_else(|problem| skip(&format!("no PostgreSQL: {problem}: {HOW_TO}")), Some)
}

/// Where the files of a server are. The path is short enough for a socket.
pub(crate) const DIRECTORY: &str = "/tmp";

/// The options of the server that a variable names, instead of one of the tests' own.
pub(crate) fn existing() -> Option<PgConnectOptions> {
    let url = variable("PAYMENTS_TEST_POSTGRES")?;
    Some(url.parse().unwrap_or_else(|error| panic!("PAYMENTS_TEST_POSTGRES: {error}")))
}

/// Skips a test that needs what the machine does not have.
pub(crate) fn skip<T>(problem: &str) -> Option<T> {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or_default();
    assert!(variable("PAYMENTS_TESTS_REQUIRE_POSTGRES").is_none(), "{problem}");
    eprintln!("skipped {name}: {problem}");
    let problem = problem.replace('\n', " ");
    // `cargo xtask test` names what was skipped at its end.
    if let Some(list) = variable("PAYMENTS_TESTS_SKIPPED") {
        let list = File::options().create(true).append(true).open(list);
        if let Err(error) = list.and_then(|mut list| writeln!(list, "{name}\t{problem}")) {
            panic!("{name} was skipped, and is not listed: {error}");
        }
    }
    None
}

#[expect(clippy::disallowed_methods, reason = "tests are configured by variables")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    programs: PathBuf,
    directory: PathBuf,
    /// When it is closed, also because the process was killed, the shell kills the server and removes the directory.
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// Signals to the test's process group do not keep it from removing the directory. `QUIT` stops `PostgreSQL` immediately: it writes
/// nothing more, and recovers when it starts again.
const SHELL: &str = "trap '' HUP INT TERM; directory=$1; signal=$2; shift 2
    start() { \"$@\" >>\"$directory/log\" 2>&1 & server=$!; }
    stop() { kill -$signal $server; wait $server; }
    start \"$@\"
    while read -r command; do
        case $command in start) start \"$@\";; stop) stop; echo stopped;; esac
    done
    stop; rm -rf \"$directory\"";

impl Server {
    /// Starts a server with these settings, and with its files below this directory.
    pub(crate) fn start(place: &Path, settings: &[&str]) -> Result<Self, String> {
        let programs = programs().ok_or("its programs are not on this machine")?;
        Self::start_with(&programs, place, settings).map_err(|error| error.to_string())
    }

    fn start_with(programs: &Path, place: &Path, settings: &[&str]) -> io::Result<Self> {
        let template = template(programs)?;
        let directory = directory(place)?.keep();
        copy(&template, &directory.join("data"))?;
        own(&directory)?;
        let mut shell = in_shell(&directory, "QUIT", programs.join("postgres"));
        shell.arg("-D").arg(directory.join("data")).arg("-k").arg(&directory).args(["-h", "", "-N", "100"]);
        shell.args(settings.iter().flat_map(|setting| ["-c", setting]));
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let commands = shell.stdin.take().ok_or(ErrorKind::BrokenPipe)?;
        let answers = BufReader::new(shell.stdout.take().ok_or(ErrorKind::BrokenPipe)?);
        let server = Self { programs: programs.to_owned(), directory, commands, answers };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&self) -> io::Result<()> {
        let mut is_ready = Command::new(self.programs.join("pg_isready"));
        is_ready.arg("-h").arg(&self.directory);
        // Recovery on a busy disk takes a while.
        for _ in 0..6_000 {
            if is_ready.output()?.status.success() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(io::Error::other(fs::read_to_string(self.directory.join("log")).unwrap_or_default()))
    }

    /// The socket on which it listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.join(".s.PGSQL.5432")
    }

    /// Stops the server immediately, as `pg_ctl stop -m immediate` does.
    pub(crate) fn stop(&mut self) -> io::Result<()> {
        self.commands.write_all(b"stop\n")?;
        self.answers.read_line(&mut String::new()).map(drop)
    }

    /// Starts the server again after it was stopped.
    pub(crate) fn start_again(&mut self) -> io::Result<()> {
        self.commands.write_all(b"start\n")?;
        self.wait_until_ready()
    }

    /// Makes a base backup while the server runs. It must archive its WAL.
    pub(crate) fn back_up(&self) -> io::Result<()> {
        let mut backup = as_server(self.programs.join("pg_basebackup"));
        backup.args(["-U", "postgres", "-X", "none", "--checkpoint=fast", "--no-sync", "-h"]).arg(&self.directory);
        run(backup.arg("-D").arg(self.directory.join("backup"))).map(drop)
    }

    /// Replaces the database of a server that is stopped by its backup, with these settings of the recovery.
    pub(crate) fn restore(&self, settings: &[&str]) -> io::Result<()> {
        let data = self.directory.join("data");
        run(Command::new("rm").arg("-rf").arg(&data))?;
        copy(&self.directory.join("backup"), &data)?;
        fs::write(data.join("recovery.signal"), "")?;
        let mut configuration = fs::read_to_string(data.join("postgresql.auto.conf"))?;
        for setting in settings {
            configuration += &format!("{setting}\n");
        }
        fs::write(data.join("postgresql.auto.conf"), configuration)?;
        own(&data)
    }

    /// Lets a restored server stay a standby.
    pub(crate) fn become_standby(&self) -> io::Result<()> {
        let data = self.directory.join("data");
        fs::rename(data.join("recovery.signal"), data.join("standby.signal"))
    }

    /// Where its socket is.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(&self.directory).username("postgres").database("postgres")
    }
}

/// A shell that runs a program as the server's user, and ends it by this signal when the shell's input is closed. The program's output
/// goes to `log`.
pub(crate) fn in_shell(directory: &Path, signal: &str, program: PathBuf) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", SHELL, "sh"]).arg(directory).arg(signal).args(unprivileged()).arg(program);
    shell
}

/// The directory with `initdb` and `postgres`.
fn programs() -> Option<PathBuf> {
    let paths = variable("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&paths).collect();
    // Debian's own, the newest first.
    let mut versions: Vec<PathBuf> =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    versions.sort();
    places.extend(versions.into_iter().rev().map(|version| version.join("bin")));
    // A link to the program does not find what lies beside the program.
    let programs = places.iter().filter_map(|place| fs::canonicalize(place.join("initdb")).ok());
    programs.filter_map(|initdb| initdb.parent().map(Path::to_owned)).find(|place| place.join("pg_isready").exists())
}

/// A new cluster, to be copied: to initialize one takes a second.
fn template(programs: &Path) -> io::Result<PathBuf> {
    let name = programs.display().to_string().replace('/', "_");
    // Beside the test's own program, so that it goes with the build.
    let program = std::env::current_exe()?;
    let template = program.parent().unwrap_or(Path::new("/tmp")).join(format!("postgres{name}"));
    let lock = File::create(template.with_extension("lock"))?;
    lock.lock()?;
    if !template.exists() {
        let new = directory(Path::new(DIRECTORY))?;
        own(new.path())?;
        let data = new.path().join("data");
        let options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--wal-segsize=1", "--no-sync"];
        run(as_server(programs.join("initdb")).args(options).arg("-D").arg(&data))?;
        let partial = template.with_extension("partial");
        run(Command::new("rm").arg("-rf").arg(&partial))?;
        copy(&data, &partial)?;
        fs::rename(partial, &template)?;
    }
    Ok(template)
}

pub(crate) fn directory(place: &Path) -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("payments-pg-").tempdir_in(place)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    run(Command::new("cp").args(["-a", "--"]).arg(from).arg(to)).map(drop)
}

/// Gives a directory to the server's user.
pub(crate) fn own(directory: &Path) -> io::Result<()> {
    if is_root() {
        run(Command::new("chown").args(["-R", USER]).arg(directory))?;
    }
    Ok(())
}

/// `PostgreSQL` refuses to run as root.
const USER: &str = "postgres";

fn is_root() -> bool {
    run(Command::new("id").arg("-u")).is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn unprivileged() -> Vec<String> {
    if !is_root() {
        return Vec::new();
    }
    ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"].map(str::to_owned).to_vec()
}

fn as_server(program: PathBuf) -> Command {
    let mut words = unprivileged().into_iter();
    let Some(first) = words.next() else { return Command::new(program) };
    let mut command = Command::new(first);
    command.args(words).arg(program).current_dir("/tmp");
    command
}

fn run(command: &mut Command) -> io::Result<Output> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(output);
    }
    Err(io::Error::other(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))))
}
