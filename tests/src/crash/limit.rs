//! The limit of lookups that processes share: as many places in sixteen processes as in one, and what a killed process costs.
//!
//! `cargo xtask crash --limit` measures it.

use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use payments_core::clock::{Clock as _, SystemClock};
use payments_core::http::{HeaderMap, StatusCode};
use payments_core::time::OffsetDateTime;
use payments_core::transport::{Request, Response, Transport, TransportError};
use payments_core::{RetryPolicy, Timeouts};
use payments_journal_sqlx::{PostgresRateLimit, PostgresStore};
use payments_test_postgres::Server;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use turbopay::{ApiKey, Client};

use super::Failed;
use super::database::{Database as _, Postgres, postgres_url};

/// What a process does: it looks orders up as often as the limit permits.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Job {
    url: String,
    callers: usize,
    /// How long a lookup takes.
    takes: Duration,
    timeout: Duration,
}

/// A line from a process: a lookup began or ended, at this time in Unix nanoseconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum FromProcess {
    Began { call: u32, at: i128 },
    Ended { call: u32, at: i128 },
}

/// Looks orders up until the standard input ends. The job stands in its first line.
pub(super) fn work() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    // The parent notices that nothing was looked up.
    drop(runtime.map_err(Failed::from).and_then(|runtime| runtime.block_on(look_up_for_ever())));
}

async fn look_up_for_ever() -> Result<(), Failed> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let Job { url, callers, takes, timeout } = serde_json::from_str(&line)?;
    std::thread::spawn(|| {
        drop(std::io::stdin().lock().read_line(&mut String::new()));
        std::process::exit(0);
    });
    let store = Postgres::connect(&url, CONNECTIONS).await?.store();
    let client = Client::builder(ApiKey::new("sandbox_api_key_of_the_limit")?)
        .transport(Provider { takes, calls: AtomicU32::new(0) })
        .retry(RetryPolicy::none())
        .timeouts(Timeouts::default().attempt(timeout).total(timeout))
        .rate_limit(PostgresRateLimit::new(store, LIMIT, WINDOW))
        .build()?;
    let mut calling = tokio::task::JoinSet::new();
    for _ in 0..callers {
        let client = client.clone();
        calling.spawn(async move {
            loop {
                // A call without a place in time is not sent.
                drop(look_up(&client).await);
            }
        });
    }
    while calling.join_next().await.is_some() {}
    Ok(())
}

async fn look_up(client: &Client) -> Result<(), Failed> {
    client.lookup(&"order-1".parse()?).send().await?;
    Ok(())
}

/// A provider in the process. It tells the parent when it was called.
#[derive(Debug)]
struct Provider {
    takes: Duration,
    calls: AtomicU32,
}

#[async_trait]
impl Transport for Provider {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        let clock = SystemClock::new();
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        say(FromProcess::Began { call, at: clock.now().unix_timestamp_nanos() });
        tokio::time::sleep(self.takes).await;
        say(FromProcess::Ended { call, at: clock.now().unix_timestamp_nanos() });
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), ORDER.to_vec()))
    }

    fn connect_timeout(&self) -> Duration {
        Duration::ZERO
    }
}

fn say(message: FromProcess) {
    let line = serde_json::to_string(&message).unwrap_or_default();
    let mut output = std::io::stdout().lock();
    if writeln!(output, "{line}").and_then(|()| output.flush()).is_err() {
        std::process::exit(1);
    }
}

/// A lookup, in Unix nanoseconds. The provider counted it at some time in between.
#[derive(Debug, Clone, Copy)]
struct Call {
    began: i128,
    ended: i128,
}

/// What the limit granted.
#[derive(Debug)]
pub struct LimitReport {
    /// The lookups of one process.
    alone: Granted,
    /// The lookups of sixteen processes.
    shared: Granted,
    /// The lookups of the others while a killed call counts, and afterwards.
    lost: Granted,
    regained: Granted,
}

/// Lookups within some time.
#[derive(Debug, Clone, Copy)]
struct Granted {
    calls: usize,
    /// The most that a provider can have counted in any window.
    most: usize,
    time: Duration,
}

impl LimitReport {
    /// Returns true if the limit was never exceeded, and the others had one place less while a killed call counted.
    #[must_use]
    pub fn passed(&self) -> bool {
        let limit = LIMIT as usize;
        let is_kept = [self.alone, self.shared, self.regained].iter().all(|granted| granted.most <= limit);
        is_kept && self.lost.most < limit
    }

    /// The lookups per window of sixteen processes, in percent of those of one process.
    #[must_use]
    pub fn percent_of_one_process(&self) -> usize {
        let per_hour = |granted: Granted| granted.calls * 3_600_000 / millis(granted.time).max(1);
        per_hour(self.shared) * 100 / per_hour(self.alone).max(1)
    }
}

impl fmt::Display for LimitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "at most {LIMIT} lookups in {} ms, each takes {} ms\n", millis(WINDOW), millis(TAKES))?;
        writeln!(f, "{:<44}{:>8}{:>22}{:>20}", "", "lookups", "per minute and place", "most in a window")?;
        let places = LIMIT as usize;
        for (name, granted, places) in [
            ("one process", self.alone, places),
            ("sixteen processes", self.shared, places),
            ("... while a killed process has a place", self.lost, places - 1),
            ("... from one window after its timeout on", self.regained, places),
        ] {
            let hundredths = granted.calls * 6_000_000 / millis(granted.time).max(1) / places;
            let rate = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            writeln!(f, "{name:<44}{:>8}{rate:>22}{:>20}", granted.calls, granted.most)?;
        }
        let verdict = if self.passed() { "passed" } else { "FAILED" };
        writeln!(
            f,
            "\nlimit {verdict}: sixteen processes have {} % of the lookups of one",
            self.percent_of_one_process()
        )
    }
}

/// Measures the limit with real processes.
///
/// # Errors
///
/// Returns an error if a process or the database cannot be started.
pub async fn limit(server: &Server, program: &Path) -> Result<LimitReport, Failed> {
    let alone = Run::start(server, program, 1).await?;
    let alone = alone.granted_in_windows().await?;
    let mut run = Run::start(server, program, PROCESSES).await?;
    let shared = run.measure(WINDOW * WINDOWS).await?;
    let (lost, regained) = run.lose_a_place(program).await?;
    run.end().await?;
    Ok(LimitReport { alone, shared, lost, regained })
}

struct Run<'a> {
    server: &'a Server,
    name: String,
    url: String,
    processes: Vec<(Child, ChildStdin)>,
    sender: UnboundedSender<(usize, FromProcess)>,
    receiver: UnboundedReceiver<(usize, FromProcess)>,
    /// The lookups so far, by the process and its number.
    calls: HashMap<(usize, u32), Call>,
}

impl<'a> Run<'a> {
    async fn start(server: &'a Server, program: &Path, processes: usize) -> Result<Self, Failed> {
        let now = SystemClock::new().now().unix_timestamp_nanos();
        let name = format!("limit_{}_{processes}_{now}", std::process::id());
        let options = server.create(&name, None).await?;
        let url = postgres_url(&options);
        let store = PostgresStore::connect(options).await?;
        store.migrate().await?;
        store.pool().close().await;
        let (sender, receiver) = unbounded_channel();
        let (started, calls) = (Vec::new(), HashMap::new());
        let mut run = Self { server, name, url, processes: started, sender, receiver, calls };
        for _ in 0..processes {
            let job = Job { url: run.url.clone(), callers: CALLERS / processes, takes: TAKES, timeout: TIMEOUT };
            run.add(program, job).await?;
        }
        Ok(run)
    }

    async fn add(&mut self, program: &Path, job: Job) -> Result<usize, Failed> {
        let mut child = Command::new(program)
            .arg(LOOKS_UP)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the process has no pipes".into());
        };
        input.write_all(format!("{}\n", serde_json::to_string(&job)?).as_bytes()).await?;
        let (number, sender) = (self.processes.len(), self.sender.clone());
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if let Ok(message) = serde_json::from_str(&line) {
                    // The parent is gone when the run ends.
                    let _ = sender.send((number, message));
                }
            }
        });
        self.processes.push((child, input));
        Ok(number)
    }

    async fn granted_in_windows(mut self) -> Result<Granted, Failed> {
        let granted = self.measure(WINDOW * WINDOWS).await?;
        self.end().await?;
        Ok(granted)
    }

    /// Listens for this long, beginning with the next lookup, so that the start of the processes does not count.
    async fn measure(&mut self, time: Duration) -> Result<Granted, Failed> {
        let from = loop {
            if let FromProcess::Began { at, .. } = self.hear().await?.1 {
                break at;
            }
        };
        self.listen_until(from + nanos(time)).await?;
        Ok(self.granted(from, from + nanos(time)))
    }

    async fn hear(&mut self) -> Result<(usize, FromProcess), Failed> {
        let heard = tokio::time::timeout(LONGEST, self.receiver.recv()).await;
        let (process, message) = heard.ok().flatten().ok_or("no process looks anything up")?;
        match message {
            FromProcess::Began { call, at } => {
                self.calls.insert((process, call), Call { began: at, ended: at });
            }
            FromProcess::Ended { call, at } => {
                if let Some(call) = self.calls.get_mut(&(process, call)) {
                    call.ended = at;
                }
            }
        }
        Ok((process, message))
    }

    async fn listen_until(&mut self, end: i128) -> Result<(), Failed> {
        while now() < end {
            self.hear().await?;
        }
        Ok(())
    }

    /// The lookups that began in this time.
    fn granted(&self, from: i128, to: i128) -> Granted {
        let calls: Vec<Call> = self.calls.values().copied().collect();
        let began: Vec<&Call> = calls.iter().filter(|call| (from..to).contains(&call.began)).collect();
        // Whenever the provider counted a call, it was not after its end.
        let counts_at = |at: i128| {
            let counted = calls.iter().filter(|call| call.began <= at && at < call.ended + nanos(WINDOW));
            counted.count()
        };
        let most = began.iter().map(|call| counts_at(call.began)).max().unwrap_or_default();
        let time = Duration::from_nanos(u64::try_from(to - from).unwrap_or_default());
        Granted { calls: began.len(), most, time }
    }

    /// Kills a process in the middle of a lookup. Returns what the others got meanwhile, and once its place is back.
    async fn lose_a_place(&mut self, program: &Path) -> Result<(Granted, Granted), Failed> {
        let job = Job { url: self.url.clone(), callers: 1, takes: WINDOW * 100, timeout: KILLED_TIMEOUT };
        let killed = self.add(program, job).await?;
        let began = loop {
            if let (process, FromProcess::Began { at, .. }) = self.hear().await?
                && process == killed
            {
                break at;
            }
        };
        self.processes[killed].0.kill().await?;
        // The others' calls have a longer timeout.
        let counts_until = "SELECT min(expires_at)::text FROM payments_rate_limits WHERE ended = 0";
        let database = Postgres::connect(&self.url, 1).await?;
        let counts_until = database.texts(counts_until).await?.pop().ok_or("the killed call is not stored")?;
        database.store().pool().close().await;
        let back = 1_000_000 * counts_until.parse::<i128>()?;
        if back > began + nanos(KILLED_TIMEOUT + WINDOW + ROUNDING) {
            return Err("a killed call counts for longer than one window after its timeout".into());
        }
        self.listen_until(back + nanos(WINDOW * WINDOWS)).await?;
        // Not the killed one.
        self.calls.retain(|(process, _), _| *process != killed);
        let lost = self.granted(began + 1, back);
        Ok((lost, self.granted(back, back + nanos(WINDOW * WINDOWS))))
    }

    async fn end(mut self) -> Result<(), Failed> {
        for (child, _) in &mut self.processes {
            child.kill().await?;
        }
        Ok(self.server.drop(&self.name).await?)
    }
}

fn now() -> i128 {
    OffsetDateTime::unix_timestamp_nanos(SystemClock::new().now())
}

fn nanos(duration: Duration) -> i128 {
    i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX)
}

fn millis(duration: Duration) -> usize {
    usize::try_from(duration.as_millis()).unwrap_or(usize::MAX)
}

/// The argument that makes the program a process that looks orders up.
pub(super) const LOOKS_UP: &str = "looks-up";
const PROCESSES: usize = 16;
/// In all processes together: more than there are places.
const CALLERS: usize = 48;
const LIMIT: u32 = 20;
const WINDOW: Duration = Duration::from_secs(1);
const WINDOWS: u32 = 4;
const TAKES: Duration = Duration::from_millis(20);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Of the lookup whose process is killed.
const KILLED_TIMEOUT: Duration = Duration::from_secs(3);

/// More than the stored times are rounded up, which are whole milliseconds.
const ROUNDING: Duration = Duration::from_millis(10);
const CONNECTIONS: u32 = 4;
const LONGEST: Duration = Duration::from_secs(30);
const ORDER: &[u8] =
    br#"{"order_id":"o-1","merchant_order_id":"order-1","status":"new","reason":"","amount":"500.00","utr":null}"#;
