//! The merchant's process: it records an intent with its own order, executes it or leaves it to the worker, and ends when
//! the intent rests.

use std::io::{BufRead as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use payments_core::Timeouts;
use payments_core::http::{HeaderMap, HeaderName, HeaderValue};
use payments_journal::{Backoff, IntentId, Journal, JournalKey, JournalKeys, Settings, State, Ticket};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Failed;
use super::database::{Database, Place, Postgres, Sqlite, insert_order};
use super::hook::{HookKind, MerchantHook};
use super::job::{Effect, FromChild, Job, Outcome, ToChild};
use super::points::Points;
use super::scenario::{self, Provider, Scenario, Wires};
use super::store::WatchedStore;
use super::transport::WatchedTransport;
use super::variant::Mode;

/// Works on the job that stands in the first line of the standard input, and reports on the standard output.
///
/// It uses one thread, so that nothing goes on while the process waits at a point.
pub(super) fn work() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.map_err(Failed::from).and_then(|runtime| runtime.block_on(run()));
    say(&result.unwrap_or_else(|error| FromChild::Failed(error.to_string())));
}

/// Writes a line to the parent. If the parent is gone, so is the process.
pub(super) fn say(message: &FromChild) {
    let line = serde_json::to_string(message).unwrap_or_default();
    let mut output = std::io::stdout().lock();
    if writeln!(output, "{line}").and_then(|()| output.flush()).is_err() {
        std::process::exit(1);
    }
}

struct Merchant<D: Database> {
    job: Job,
    scenario: &'static Scenario,
    provider: &'static Provider,
    database: D,
    journal: Journal<WatchedStore<D::Store, Points>>,
    points: Points,
}

async fn run() -> Result<FromChild, Failed> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let job: Job = serde_json::from_str(&line)?;
    if job.hook == HookKind::Panics {
        // The hook's panics are expected.
        std::panic::set_hook(Box::new(|_| {}));
    }
    match &job.database {
        Place::Sqlite(path) => run_on(Sqlite::open(path).await?, job).await,
        Place::Postgres(url) => run_on(Postgres::connect(url, CONNECTIONS).await?, job).await,
    }
}

async fn run_on<D: Database>(database: D, job: Job) -> Result<FromChild, Failed> {
    let points = Points::new(job.stop_at);
    let webhooks = listen(points.clone());
    let merchant = Merchant::start(database, job, points).await?;
    let id = merchant.order().await?;
    let receiving = merchant.receive(webhooks);
    let working = merchant.work_until_it_rests(id);
    let rests = tokio::select! {
        rests = working => rests?,
        failed = receiving => return Err(failed),
    };
    Ok(FromChild::Done(Box::new(merchant.outcome(id, rests).await?)))
}

/// Reads the lines of the parent in a thread of its own, and ends the process with the parent.
fn listen(points: Points) -> UnboundedReceiver<(usize, HeaderMap, Vec<u8>)> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            match line.as_deref().map(serde_json::from_str) {
                Ok(Ok(ToChild::GoOn)) => points.go_on(),
                Ok(Ok(ToChild::Webhook { number, headers, body })) => {
                    let header = |(name, value): &(String, String)| {
                        Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?))
                    };
                    let headers = headers.iter().filter_map(header).collect();
                    // The receiver is gone when the work is done.
                    drop(sender.send((number, headers, body)));
                }
                _ => break,
            }
        }
        std::process::exit(1);
    });
    receiver
}

impl<D: Database> Merchant<D> {
    async fn start(database: D, job: Job, points: Points) -> Result<Self, Failed> {
        let scenario = scenario::named(&job.scenario)?;
        let provider = scenario.provider()?;
        points.pass("before the migration");
        database.migrate().await?;
        points.pass("after the migration");
        let mut transaction = database.begin().await?;
        D::run(&mut transaction, D::TABLES.to_owned()).await?;
        transaction.commit().await?;
        let wires = Wires {
            transport: Arc::new(WatchedTransport::new(points.clone())?),
            rate_limit: None,
            timeouts: Timeouts::default(),
        };
        let store = WatchedStore::new(database.store(), points.clone(), job.control);
        let journal = Journal::builder(store, JournalKeys::new("test", JournalKey::new(KEY)?)?)
            .gateway((provider.gateway)(&job.prepared, wires)?)
            .settings(settings(scenario))
            .build()?;
        Ok(Self { job, scenario, provider, database, journal, points })
    }

    /// Records the order and the intent in one transaction, unless an earlier process has, and may execute it.
    async fn order(&self) -> Result<IntentId, Failed> {
        let intent = (self.scenario.intent)(&self.job.prepared, scenario::REFERENCE)?;
        let mut transaction = self.database.begin().await?;
        let is_new = insert_order::<D>(&mut transaction, scenario::REFERENCE).await?;
        if !is_new && self.job.mode != Mode::Repeat {
            drop(transaction);
            let found = self.journal.find(intent.key()).await?;
            return Ok(found.ok_or("the order is stored, but its intent is lost")?);
        }
        let ticket = self.journal.record(&mut transaction, &intent).await?.ticket();
        self.points.pass("before committing the order and its intent");
        transaction.commit().await?;
        self.points.pass("after committing the order and its intent");
        let id = ticket.intent();
        if self.job.mode != Mode::Leave {
            self.execute(ticket).await?;
        }
        Ok(id)
    }

    async fn execute(&self, ticket: Ticket) -> Result<(), Failed> {
        // What became of it is in the journal.
        self.journal.execute(ticket).await?;
        Ok(())
    }

    /// Receives webhooks until the process ends.
    async fn receive(&self, mut webhooks: UnboundedReceiver<(usize, HeaderMap, Vec<u8>)>) -> Failed {
        while let Some((number, headers, body)) = webhooks.recv().await {
            let incoming = match (self.provider.verify)(&self.job.prepared, &headers, &body) {
                Ok(incoming) => incoming,
                Err(error) => return error,
            };
            // The provider sends again what was not stored, as after the database has ended the session of a stopped process.
            let mut tries = 1;
            while let Err(error) = incoming.receive(self.provider.name, &self.journal).await {
                if tries == TRIES {
                    return error;
                }
                tries += 1;
                tokio::time::sleep(STEP).await;
            }
            say(&FromChild::Received(number));
        }
        std::future::pending().await
    }

    /// Runs the worker until the intent rests, and returns false if it does not in time.
    async fn work_until_it_rests(&self, id: IntentId) -> Result<bool, Failed> {
        let hook = MerchantHook::of(self.job.hook, self.job.is_first);
        let has_hook = hook.is_some();
        let mut steps = LONGEST.as_millis() / STEP.as_millis();
        // What the worker still does while it stops may change the intent again.
        while steps > 0 {
            let worker = self.journal.worker();
            let worker = match hook.clone() {
                Some(hook) => {
                    worker.on_change(move |connection, change| Arc::clone(&hook).apply::<D>(connection, change))
                }
                None => worker,
            };
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            let watch = async {
                let _stop = stop;
                while steps > 0 && !self.rests(id, has_hook).await? {
                    steps -= 1;
                    tokio::time::sleep(STEP).await;
                }
                Ok::<(), Failed>(())
            };
            let (watched, ()) = tokio::join!(watch, worker.run(async { drop(stopped.await) }));
            watched?;
            if self.rests(id, has_hook).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn rests(&self, id: IntentId, has_hook: bool) -> Result<bool, Failed> {
        let report = self.journal.report(id).await?;
        let state = report.state;
        let rests = match state {
            State::Intended | State::Sending | State::Unknown => false,
            State::Pending => self.scenario.rests_pending,
            // A request that was sent after the review began is looked up again.
            State::NeedsReview => report.due_at.is_none(),
            _ => true,
        };
        let is_told = !has_hook || self.effects().await?.last().is_some_and(|effect| effect.after == state);
        Ok(rests && is_told)
    }

    async fn effects(&self) -> Result<Vec<Effect>, Failed> {
        let rows = self.database.texts("SELECT before || ' ' || after FROM effects ORDER BY id").await?;
        let state = |name: &str| State::from_name(name).ok_or("an effect has an unknown state");
        let effect = |row: &String| {
            let (before, after) = row.split_once(' ').ok_or("an effect has no states")?;
            Ok(Effect { before: state(before)?, after: state(after)? })
        };
        rows.iter().map(effect).collect()
    }

    async fn outcome(&self, id: IntentId, rests: bool) -> Result<Outcome, Failed> {
        let points = self.points.passed();
        let report = self.journal.report(id).await?;
        let orders = self.database.texts("SELECT reference FROM orders").await?.len();
        Ok(Outcome {
            points,
            rests,
            state: report.state,
            review: report.review,
            problem: report.problem,
            evidence: report.evidence.into_iter().map(|entry| entry.evidence.fact).collect(),
            orders: u32::try_from(orders)?,
            effects: self.effects().await?,
        })
    }
}

/// Short times, so that a run takes less than a second. A lease lasts 250 ms.
fn settings(scenario: &Scenario) -> Settings {
    let mut settings = Settings::default();
    settings.call_timeout = Duration::from_millis(150);
    settings.lease_margin = Duration::from_millis(100);
    settings.backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(100));
    settings.polling = Backoff::new(Duration::from_millis(20), Duration::from_millis(100));
    // On a busy machine, the sandbox may execute a request long after the client stopped waiting for it.
    settings.in_flight = Duration::from_millis(800);
    settings.lookups = 2;
    settings.resend_taken_once = scenario.resends;
    settings.pause = Duration::from_millis(100);
    settings.poll_interval = Duration::from_millis(20);
    settings
}

/// As many as one intent needs.
const CONNECTIONS: u32 = 4;

/// Far longer than any intent takes to rest. A stopped process keeps its lock until `PostgreSQL` ends its transaction, for up to
/// 15 seconds.
const LONGEST: Duration = Duration::from_secs(20);
const TRIES: usize = 5;
const STEP: Duration = Duration::from_millis(5);
const KEY: &str = "test-key-of-the-crash-sweep-0123456789";
