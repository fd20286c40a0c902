//! A process of the fleet: two workers, each with a journal of its own.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use payments_core::Timeouts;
use payments_core::http::{HeaderMap, HeaderName, HeaderValue};
use payments_core::transport::reqwest::ReqwestTransport;
use payments_journal::{Backoff, IntentId, Journal, JournalKey, JournalKeys, Settings};
use payments_journal_sqlx::{PostgresRateLimit, PostgresStore};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::job::{FleetJob, FromWorker, Role};
use super::{Failed, WORKERS_PER_PROCESS};
use crate::crash::database::{Database as _, Postgres, insert_effect};
use crate::crash::job::{Prepared, ToChild};
use crate::crash::scenario::{self, Wires};
use crate::crash::store::{Watch, WatchedStore};

/// Works on the job that stands in the first line of the standard input, until the standard input ends.
pub(in crate::crash) fn work() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    if let Err(error) = runtime.map_err(Failed::from).and_then(|runtime| runtime.block_on(run())) {
        say(&FromWorker::Failed(error.to_string()));
    }
}

/// Writes a line to the host. If the host is gone, so is the process.
fn say(message: &FromWorker) {
    let line = serde_json::to_string(message).unwrap_or_default();
    let mut output = std::io::stdout().lock();
    if writeln!(output, "{line}").and_then(|()| output.flush()).is_err() {
        std::process::exit(1);
    }
}

/// Tells the host which leases this process has.
#[derive(Debug, Clone)]
struct Leases;

impl Watch for Leases {
    fn pass(&self, _: String) {}

    fn takes(&self, intent: IntentId) {
        say(&FromWorker::Takes(intent.number()));
    }

    fn released(&self, intent: IntentId) {
        say(&FromWorker::Released(intent.number()));
    }
}

type Workers = Vec<Journal<WatchedStore<PostgresStore, Leases>>>;

async fn run() -> Result<(), Failed> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let job: FleetJob = serde_json::from_str(&line)?;
    let webhooks = listen();
    let mut journals = Workers::new();
    for _ in 0..WORKERS_PER_PROCESS {
        let database = Postgres::connect(&job.url, CONNECTIONS).await?;
        journals.push(journal(&job, &database)?);
    }
    let mut working = tokio::task::JoinSet::new();
    for journal in &journals {
        let worker = journal.worker();
        let worker = if job.role == Role::Executes {
            worker
        } else {
            worker.on_change(|connection, change| {
                Box::pin(async move { Ok(insert_effect::<Postgres>(connection, change).await?) })
            })
        };
        working.spawn(worker.run(std::future::pending()));
    }
    receive(&job.prepared, &journals, webhooks).await
}

fn journal(job: &FleetJob, database: &Postgres) -> Result<Journal<WatchedStore<PostgresStore, Leases>>, Failed> {
    let store = WatchedStore::new(database.store(), Leases, job.control);
    let mut builder = Journal::builder(store, keys()?).settings(settings());
    if job.role != Role::DeliversChanges {
        for provider in scenario::providers() {
            let prepared = job.prepared.get(provider.name).ok_or("a provider is not prepared")?;
            let transport = ReqwestTransport::builder().connect_timeout(CONNECT_TIMEOUT).build()?;
            let limit = PostgresRateLimit::new(database.store(), LOOKUPS, LOOKUP_WINDOW);
            // A lookup that cannot have its place in time says when it can.
            let timeouts = Timeouts::default().attempt(LEASE / 2).total(LEASE / 2);
            let wires = Wires { transport: Arc::new(transport), rate_limit: Some(Arc::new(limit)), timeouts };
            builder = builder.gateway((provider.gateway)(prepared, wires)?);
        }
    }
    Ok(builder.build()?)
}

pub(super) fn keys() -> Result<JournalKeys, Failed> {
    Ok(JournalKeys::new("test", JournalKey::new("test-key-of-the-crash-fleet-0123456789")?)?)
}

/// A lease lasts two seconds. An accepted order is not looked up again: its webhook decides.
fn settings() -> Settings {
    let mut settings = Settings::default();
    (settings.call_timeout, settings.lease_margin) = (LEASE / 2, LEASE / 2);
    settings.backoff = Backoff::new(Duration::from_secs(3), Duration::from_secs(3));
    settings.polling = Backoff::new(Duration::from_secs(3600), Duration::from_secs(3600));
    // Few lookups: a minute has 60 of `TurboPay`.
    (settings.in_flight, settings.lookups) = (Duration::from_secs(3), 1);
    settings.poll_interval = Duration::from_millis(200);
    settings.concurrency = 4;
    settings
}

/// Reads the lines of the host in a thread of its own, and ends the process with the host.
fn listen() -> UnboundedReceiver<(usize, HeaderMap, Vec<u8>)> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(Ok(ToChild::Webhook { number, headers, body })) = line.as_deref().map(serde_json::from_str) else {
                break;
            };
            let header = |(name, value): &(String, String)| {
                Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?))
            };
            // The receiver is gone when the process ends.
            drop(sender.send((number, headers.iter().filter_map(header).collect(), body)));
        }
        std::process::exit(0);
    });
    receiver
}

/// Receives `TurboPay`'s webhooks until the process ends.
async fn receive(
    prepared: &BTreeMap<String, Prepared>,
    journals: &Workers,
    mut webhooks: UnboundedReceiver<(usize, HeaderMap, Vec<u8>)>,
) -> Result<(), Failed> {
    let provider = scenario::named(super::orders::WITH_WEBHOOKS)?.provider()?;
    let prepared = prepared.get(provider.name).ok_or("a provider is not prepared")?;
    while let Some((number, headers, body)) = webhooks.recv().await {
        let journal = &journals[number % journals.len()];
        let incoming = (provider.verify)(prepared, &headers, &body)?;
        // A webhook that was not received is sent again.
        if incoming.receive(provider.name, journal).await.is_ok() {
            say(&FromWorker::Received(number));
        }
    }
    std::future::pending().await
}

/// How long an interrupted intent is left alone.
pub(super) const LEASE: Duration = Duration::from_secs(2);
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
/// Of one worker.
const CONNECTIONS: u32 = 8;
/// The documented limit.
pub(super) const LOOKUPS: u32 = 60;
pub(super) const LOOKUP_WINDOW: Duration = Duration::from_secs(60);
