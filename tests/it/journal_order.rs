//! The claim is on the disk before the first byte of the request leaves the process, as the kernel sees it: under `strace`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the child prints its attempts, and a skipped test says so"
)]

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;

use payments_core::gateway::PayoutRequest;
use payments_core::{Currency, Money};
use payments_journal::{Fact, Gateway, Intent, Journal, JournalKey, JournalKeys, State};
use payments_journal_sqlx::SqliteStore;
use payments_sandbox::Sandbox;
use payments_sandbox::turbopay::{Settings, Settle};
use sqlx::sqlite::{SqlitePoolOptions, SqliteSynchronous};
use tempfile::TempDir;
use tokio::process::Command;
use turbopay::{ApiKey, Client, Traffic};

#[tokio::test]
async fn the_claim_is_synced_before_the_first_byte_of_the_request() {
    if let Some(child) = Child::from_env() {
        return child.pay().await;
    }
    if let Some(problem) = no_strace().await {
        return skip(&problem);
    }
    let test = "journal_order::the_claim_is_synced_before_the_first_byte_of_the_request";

    let calls = calls();
    let full = trace(test, calls, false).await;
    assert_eq!(full, Counts { synced: calls, calls });

    // The control: with `synchronous = NORMAL`, SQLite leaves the WAL to the next checkpoint.
    let normal = trace(test, CONTROL_CALLS, true).await;
    assert_eq!(normal.calls, CONTROL_CALLS);
    assert!(normal.synced < CONTROL_CALLS / 10, "the control passed, so the test proves nothing: {normal:?}");
}

/// The number of calls: 200, or as many as a variable says. 1,000 take minutes.
#[expect(clippy::disallowed_methods, reason = "a longer run is asked for by a variable")]
fn calls() -> usize {
    std::env::var("PAYMENTS_TESTS_ORDER_CALLS").map_or(200, |calls| calls.parse().unwrap())
}

const CONTROL_CALLS: usize = 50;

/// How many requests were sent after the sync of their claim.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    synced: usize,
    calls: usize,
}

/// Runs a child under `strace`, and compares the order of its writes.
async fn trace(test: &str, calls: usize, is_control: bool) -> Counts {
    let directory = directory();
    let settings = Settings::default().opening_balance(1_000_000_000).withdrawals(Settle::AtOnce);
    let sandbox = Sandbox::builder().turbopay(settings).start().await;
    let trace = directory.path().join("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-s", "8192", "-e", "trace=pwrite64,fsync,fdatasync,sendto,sendmsg,write,writev"]);
    strace.arg("-o").arg(&trace).arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    let child = Child {
        database: directory.path().join("journal.db").display().to_string(),
        base_url: sandbox.turbopay().base_url().to_owned(),
        api_key: sandbox.turbopay().api_key().to_owned(),
        calls,
        is_control,
    };
    strace.env(CHILD, child.to_text()).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = strace.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), calls);
    sandbox.finish();

    let attempts: HashMap<String, String> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split_once(CLAIMED))
        .filter_map(|(_, pair)| pair.split_once(' '))
        .map(|(reference, attempt)| (reference.to_owned(), attempt.to_owned()))
        .collect();
    let trace = String::from_utf8_lossy(&std::fs::read(trace).unwrap()).into_owned();
    let log = Log::read(&trace);
    let is_synced = |(reference, attempt): &(&String, &String)| log.claim_is_synced_before_request(reference, attempt);
    Counts { synced: attempts.iter().filter(is_synced).count(), calls: attempts.len() }
}

/// The writes of a process, by the number of their line.
struct Log<'a> {
    /// Writes to the WAL, with what they write.
    wal_writes: Vec<(usize, &'a str)>,
    /// When a sync of the WAL had ended.
    wal_syncs: Vec<usize>,
    /// The first write of each request, and the write that has its body.
    requests: Vec<(usize, &'a str)>,
}

impl<'a> Log<'a> {
    fn read(trace: &'a str) -> Self {
        let mut log = Self { wal_writes: Vec::new(), wal_syncs: Vec::new(), requests: Vec::new() };
        let (mut syncing, mut request) = (HashMap::new(), 0);
        for (number, line) in trace.lines().enumerate() {
            // `-f` puts the thread in front.
            let Some((thread, call)) = line.split_once(' ') else { continue };
            let call = call.trim_start();
            let is_sync = call.starts_with("fdatasync(") || call.starts_with("fsync(");
            if call.starts_with("pwrite64(") && call.contains("-wal>") {
                log.wal_writes.push((number, call));
            } else if is_sync && call.contains("-wal>") {
                if call.contains("<unfinished") {
                    syncing.insert(thread, ());
                } else {
                    log.wal_syncs.push(number);
                }
            } else if call.starts_with("<... fdatasync resumed>") || call.starts_with("<... fsync resumed>") {
                if syncing.remove(thread).is_some() {
                    log.wal_syncs.push(number);
                }
            } else if call.contains("<socket:[") || call.contains("<TCP:[") {
                if call.contains("\"POST ") {
                    request = number;
                }
                log.requests.push((request, call));
            }
        }
        log
    }

    fn claim_is_synced_before_request(&self, reference: &str, attempt: &str) -> bool {
        let sent = self.requests.iter().find(|(_, call)| call.contains(reference)).map(|(first, _)| *first);
        let sent = sent.unwrap();
        let claimed = self.wal_writes.iter().find(|(_, call)| call.contains(attempt)).map(|(number, _)| *number);
        let claimed = claimed.unwrap();
        self.wal_syncs.iter().any(|synced| claimed < *synced && *synced < sent)
    }
}

/// What the child does.
struct Child {
    database: String,
    base_url: String,
    api_key: String,
    calls: usize,
    is_control: bool,
}

impl Child {
    fn to_text(&self) -> String {
        let Self { database, base_url, api_key, calls, is_control } = self;
        format!("{database}\n{base_url}\n{api_key}\n{calls}\n{is_control}")
    }

    #[expect(clippy::disallowed_methods, reason = "a child process receives its arguments as a variable")]
    fn from_env() -> Option<Self> {
        let text = std::env::var(CHILD).ok()?;
        let mut parts = text.lines();
        let mut part = || parts.next().unwrap().to_owned();
        let (database, base_url, api_key) = (part(), part(), part());
        Some(Self { database, base_url, api_key, calls: part().parse().unwrap(), is_control: part() == "true" })
    }

    /// Pays out through the journal, one payout after another, and prints the attempt of each.
    async fn pay(&self) {
        let journal = self.journal().await;
        for number in 0..self.calls {
            let reference = format!("order-{number:06}");
            let amount = Money::parse("500", Currency::INR).unwrap();
            let request = PayoutRequest::new(&reference, amount, "customer-9", "065432123456789", "HDFC0000053");
            let mut transaction = journal.store().pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
            let recorded = journal.record(&mut transaction, &Intent::new("turbopay", request)).await.unwrap();
            transaction.commit().await.unwrap();
            let ticket = recorded.ticket();
            let id = ticket.intent();
            assert_eq!(journal.execute(ticket).await.unwrap().state, State::Pending);

            let report = journal.report(id).await.unwrap();
            let attempts: Vec<String> =
                report.evidence.iter().filter_map(|entry| claim(&entry.evidence.fact)).collect();
            assert_eq!(attempts.len(), 1);
            println!("{CLAIMED}{reference} {}", attempts[0]);
        }
    }

    async fn journal(&self) -> Journal<SqliteStore> {
        let options = SqliteStore::options(&self.database);
        let pool = if self.is_control {
            // The store refuses the setting. A table with the name of the function it reads hides the setting from it.
            let pretend = "CREATE TEMP TABLE pragma_synchronous AS SELECT 2 AS synchronous";
            let pool = SqlitePoolOptions::new().after_connect(move |connection, _| {
                Box::pin(async move { sqlx::raw_sql(pretend).execute(connection).await.map(drop) })
            });
            pool.connect_with(options.synchronous(SqliteSynchronous::Normal)).await.unwrap()
        } else {
            SqlitePoolOptions::new().connect_with(options).await.unwrap()
        };
        let store = SqliteStore::new(pool);
        store.migrate().await.unwrap();
        let builder = Client::builder(ApiKey::new(&self.api_key).unwrap()).base_url(&self.base_url);
        let builder = builder.status_url("http://127.0.0.1:9/status").redirect_url("http://127.0.0.1:9/return");
        let client = builder.traffic(Traffic::Standard).build().unwrap();
        let gateway = Gateway::new("turbopay".into(), &Client::capabilities()).pays_out(client);
        let keys = JournalKeys::new("2026", JournalKey::new("0f1e2d3c4b5a69788796a5b4c3d2e1f0").unwrap()).unwrap();
        Journal::builder(store, keys).gateway(gateway).build().unwrap()
    }
}

fn claim(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Claimed { attempt, .. } => Some(attempt.to_string()),
        _ => None,
    }
}

/// A directory in memory if possible: the order is the same, and a sync takes no time.
fn directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// Why nothing can be traced here.
async fn no_strace() -> Option<String> {
    match Command::new("strace").args(["-o", "/dev/null", "true"]).stdin(Stdio::null()).output().await {
        Err(_) => Some("strace is not installed: `apt-get install strace`".to_owned()),
        Ok(output) if !output.status.success() => {
            let why = String::from_utf8_lossy(&output.stderr);
            Some(format!("strace may not trace here; a container needs the capability SYS_PTRACE: {why}"))
        }
        Ok(_) => None,
    }
}

/// Ends the test, unless `.ci/run` requires it.
#[expect(clippy::disallowed_methods, reason = "variables say what to do about a test that is skipped")]
fn skip(problem: &str) {
    assert!(std::env::var_os(REQUIRED).is_none(), "{problem}");
    let thread = std::thread::current();
    let name = thread.name().unwrap_or_default();
    eprintln!("skipped {name}: {problem}");
    let problem = problem.replace('\n', " ");
    // `cargo xtask test` names what was skipped at its end.
    if let Some(list) = std::env::var_os("PAYMENTS_TESTS_SKIPPED") {
        let mut list = std::fs::File::options().create(true).append(true).open(list).unwrap();
        std::io::Write::write_fmt(&mut list, format_args!("{name}\t{problem}\n")).unwrap();
    }
}

const CHILD: &str = "PAYMENTS_TESTS_ORDER_CHILD";
const CLAIMED: &str = "claimed: ";
/// Set by `.ci/run`.
const REQUIRED: &str = "PAYMENTS_TESTS_REQUIRE_STRACE";
