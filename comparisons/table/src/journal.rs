//! Measures the durable journal: a journaled payout, a worker's rate, and how settled intents slow a claim.

use std::path::Path;
use std::time::{Duration, Instant};

use payments_core::gateway::{PayOut as _, PayoutRequest};
use payments_core::{Currency, Money};
use payments_journal::{Gateway, Intent, Journal, JournalKey, JournalKeys, Settings as JournalSettings, State};
use payments_journal_sqlx::SqliteStore;
use payments_sandbox::Sandbox;
use payments_sandbox::turbopay::{Settings, Settle};
use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;
use tokio::runtime::Runtime;
use turbopay::{ApiKey, Client, Traffic};

use crate::report;
use crate::side_by_side::{median, medians};

pub fn all() {
    measure_call();
    measure_worker();
    measure_settled();
    measure_crash();
}

/// Compares a journaled payout with the same payout and as many bare commits.
fn measure_call() {
    let (server, runtime) = (server(), runtime());
    let sandbox = server.block_on(sandbox());
    let client = client(&sandbox);
    let directory = tempfile::tempdir().unwrap();
    let journal = runtime.block_on(journal(&directory.path().join("journal.db"), &client));
    let mut bare = runtime.block_on(bare(&directory.path().join("bare.db")));
    let (mut our_number, mut their_number) = (0, 0);
    let mut ours = || {
        our_number += 1;
        let state = runtime.block_on(journaled(&journal, payout(&format!("journaled-{our_number}"))));
        assert_eq!(state, State::Succeeded);
    };
    let mut theirs = || {
        their_number += 1;
        runtime.block_on(committed(&mut bare, &client, their_number));
    };

    let (our_time, their_time) = medians(ROUNDS, CALLS, &mut ours, &mut theirs);
    report("journal-call", "ns", our_time, their_time);
    server.block_on(async { sandbox.abandon() });
}

/// Records a payout and executes it, as a handler does.
async fn journaled(journal: &Journal<SqliteStore>, request: PayoutRequest) -> State {
    let intent = Intent::new("turbopay", request);
    let mut transaction = journal.store().pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
    let recorded = journal.record(&mut transaction, &intent).await.unwrap();
    transaction.commit().await.unwrap();
    journal.execute(recorded.ticket()).await.unwrap().state
}

/// The same payout, and a commit wherever the journal has one: after recording, before the request, after the response.
async fn committed(connection: &mut SqliteConnection, client: &Client, number: i64) {
    commit(connection, number * COMMITS, INTENT_BYTES).await;
    commit(connection, number * COMMITS + 1, CLAIM_BYTES).await;
    client.pay_out(&payout(&format!("bare-{number}"))).await.unwrap();
    commit(connection, number * COMMITS + 2, RESULT_BYTES).await;
}

async fn commit(connection: &mut SqliteConnection, id: i64, bytes: usize) {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let insert = sqlx::query("INSERT INTO bare (id, content) VALUES (?1, ?2)").bind(id).bind(vec![7_u8; bytes]);
    insert.execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();
}

/// Compares the payouts that a worker sends in a second with bare calls, one after another, with as many bare commits.
fn measure_worker() {
    let (server, runtime) = (server(), runtime());
    let (mut our_rates, mut their_rates) = (Vec::new(), Vec::new());
    for _ in 0..WORKER_ROUNDS {
        let sandbox = server.block_on(sandbox());
        let (directory, client) = (tempfile::tempdir().unwrap(), client(&sandbox));
        our_rates.push(runtime.block_on(async {
            let journal = journal(&directory.path().join("journal.db"), &client).await;
            let mut transaction = journal.store().pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
            for number in 0..INTENTS {
                let intent = Intent::new("turbopay", payout(&format!("worker-{number}")));
                journal.record(&mut transaction, &intent).await.unwrap();
            }
            transaction.commit().await.unwrap();
            let start = Instant::now();
            // The worker then waits for the calls in progress, and stores their results.
            let done = async {
                while sandbox.ledger().executions("turbopay.withdraw") < INTENTS as usize {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            journal.worker().run(done).await;
            rate(start)
        }));
        their_rates.push(runtime.block_on(async {
            let mut bare = bare(&directory.path().join("bare.db")).await;
            let start = Instant::now();
            for number in 0..i64::from(INTENTS) {
                commit(&mut bare, number * COMMITS, CLAIM_BYTES).await;
                client.pay_out(&payout(&format!("bare-{number}"))).await.unwrap();
                commit(&mut bare, number * COMMITS + 1, RESULT_BYTES).await;
            }
            rate(start)
        }));
        server.block_on(async { sandbox.abandon() });
    }
    report("journal-worker", "calls/s", median(our_rates), median(their_rates));
}

fn rate(start: Instant) -> u64 {
    u64::from(INTENTS) * 1_000_000_000 / u64::try_from(start.elapsed().as_nanos()).unwrap()
}

/// Compares a claim in a database with 1,000,000 settled intents with one in an empty database.
fn measure_settled() {
    let (server, runtime) = (server(), runtime());
    let sandbox = server.block_on(sandbox());
    let client = client(&sandbox);
    let directory = tempfile::tempdir().unwrap();
    let full = runtime.block_on(journal(&directory.path().join("full.db"), &client));
    let empty = runtime.block_on(journal(&directory.path().join("empty.db"), &client));
    runtime.block_on(async {
        // One real payout, copied with its evidence and its delivered change.
        journaled(&full, payout("settled-0")).await;
        sqlx::raw_sql(SETTLE).execute(full.store().pool()).await.unwrap();
    });
    let step = |journal: &Journal<SqliteStore>, number: &mut u32| {
        *number += 1;
        runtime.block_on(async {
            let intent = Intent::new("turbopay", payout(&format!("{:p}-{number}", journal)));
            let mut transaction = journal.store().pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
            journal.record(&mut transaction, &intent).await.unwrap();
            transaction.commit().await.unwrap();
            // Finds it, claims it, sends it and stores the result.
            assert!(journal.worker().run_due().await.unwrap() > 0);
        });
    };
    let (mut our_number, mut their_number) = (0, 0);
    let mut ours = || step(&full, &mut our_number);
    let mut theirs = || step(&empty, &mut their_number);

    let (our_time, their_time) = medians(ROUNDS, CALLS, &mut ours, &mut theirs);
    report("journal-settled", "ns", our_time, their_time);
    server.block_on(async { sandbox.abandon() });
}

/// Copies the first intent with all its rows.
const SETTLE: &str = "\
    BEGIN IMMEDIATE; \
    UPDATE payments_changes SET delivered_at = at; \
    CREATE TEMP TABLE numbers AS WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1000000) \
        SELECT n FROM n; \
    INSERT INTO payments_intents (id, tenant, provider, account, operation, reference, amount, currency, version, key_id, \
        mac, parameters, by_ticket, recorded_at, expires_at, due_at, supersedes, state, reported, status, provider_id, epoch) \
    SELECT id + n, tenant, provider, account, operation, 'settled-' || n, amount, currency, version, key_id, \
        mac, parameters, by_ticket, recorded_at, expires_at, due_at, supersedes, state, reported, status, \
        provider_id || n, epoch \
    FROM numbers, payments_intents WHERE reference = 'settled-0'; \
    INSERT INTO payments_evidence SELECT intent + n, sequence, at, fact, source FROM numbers, payments_evidence \
        WHERE intent = (SELECT id FROM payments_intents WHERE reference = 'settled-0'); \
    INSERT INTO payments_changes (intent, from_state, to_state, status, at, delivered_at, next_try) \
    SELECT intent + n, from_state, to_state, status, at, delivered_at, next_try FROM numbers, payments_changes \
        WHERE intent = (SELECT id FROM payments_intents WHERE reference = 'settled-0'); \
    COMMIT; PRAGMA wal_checkpoint(TRUNCATE)";

/// Measures the time from a crash to the state of the order, which the provider has.
fn measure_crash() {
    let server = server();
    let mut times = Vec::new();
    for round in 0..CRASHES {
        let sandbox = server.block_on(sandbox());
        sandbox.fault("turbopay.withdraw @after-commit stall");
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal.db");
        let crashing = Runtime::new().unwrap();
        crashing.block_on(async {
            let journal = journal_with(&path, &client(&sandbox), leases()).await;
            for number in 0..ORDERS {
                let intent = Intent::new("turbopay", payout(&format!("crashed-{round}-{number}")));
                let mut transaction = journal.store().pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
                let recorded = journal.record(&mut transaction, &intent).await.unwrap();
                transaction.commit().await.unwrap();
                tokio::spawn({
                    let journal = journal.clone();
                    async move { drop(journal.execute(recorded.ticket()).await) }
                });
            }
            while sandbox.ledger().executions("turbopay.withdraw") < ORDERS {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        // Nothing of it runs on, and nothing is stored: as after a crash.
        crashing.shutdown_background();
        let crash = Instant::now();
        let found = runtime().block_on(async {
            let journal = journal_with(&path, &client(&sandbox), leases()).await;
            let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
            let worker = journal.worker().on_change(move |_, change| {
                if change.to == State::Succeeded {
                    sender.send(crash.elapsed()).unwrap();
                }
                Box::pin(async { Ok(()) })
            });
            let (mut found, done) = (Vec::new(), tokio::sync::Notify::new());
            let collect = async {
                while found.len() < ORDERS {
                    found.push(receiver.recv().await.unwrap());
                }
                done.notify_one();
            };
            tokio::join!(worker.run(done.notified()), collect);
            found
        });
        times.extend(found.into_iter().map(|time| u64::try_from(time.as_micros()).unwrap()));
        server.block_on(async { sandbox.abandon() });
    }
    times.sort_unstable();
    let lease = u64::try_from(LEASE.as_micros()).unwrap();
    report("journal-crash", "us", times[times.len() * 99 / 100], lease);
}

fn leases() -> JournalSettings {
    let mut settings = JournalSettings::default();
    settings.call_timeout = LEASE / 2;
    settings.lease_margin = LEASE / 2;
    settings
}

async fn sandbox() -> Sandbox {
    let settings = Settings::default().opening_balance(1_000_000_000).withdrawals(Settle::AtOnce);
    Sandbox::builder().seed(7).turbopay(settings).start().await
}

fn client(sandbox: &Sandbox) -> Client {
    let provider = sandbox.turbopay();
    let builder = Client::builder(ApiKey::new(provider.api_key()).unwrap()).base_url(provider.base_url());
    let builder = builder.status_url("http://127.0.0.1:9/status").redirect_url("http://127.0.0.1:9/return");
    builder.traffic(Traffic::Standard).build().unwrap()
}

async fn journal(path: &Path, client: &Client) -> Journal<SqliteStore> {
    journal_with(path, client, JournalSettings::default()).await
}

async fn journal_with(path: &Path, client: &Client, settings: JournalSettings) -> Journal<SqliteStore> {
    let store = SqliteStore::open(path).await.unwrap();
    store.migrate().await.unwrap();
    let key = JournalKey::new("0f1e2d3c4b5a69788796a5b4c3d2e1f0").unwrap();
    let gateway = Gateway::new("turbopay".into(), &Client::capabilities()).pays_out(client.clone());
    let keys = JournalKeys::new("2026", key).unwrap();
    Journal::builder(store, keys).gateway(gateway.looks_up(client.clone())).settings(settings).build().unwrap()
}

/// A connection with the journal's settings, and a table for bare commits.
async fn bare(path: &Path) -> SqliteConnection {
    let mut connection = SqliteConnection::connect_with(&SqliteStore::options(path)).await.unwrap();
    sqlx::raw_sql("CREATE TABLE bare (id INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT")
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

fn payout(reference: &str) -> PayoutRequest {
    let amount = Money::parse("500", Currency::INR).unwrap();
    PayoutRequest::new(reference, amount, "customer-9", "065432123456789", "HDFC0000053")
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A thread of its own for the sandbox.
fn server() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

const ROUNDS: usize = 21;
const CALLS: u32 = 20;
const WORKER_ROUNDS: usize = 3;
const INTENTS: u32 = 300;

/// TurboPay allows 60 lookups a minute, so each round has a sandbox of its own.
const CRASHES: usize = 8;
const ORDERS: usize = 25;
const LEASE: Duration = Duration::from_secs(2);

/// The journal's commits in a call: the intent, the claim, the result.
const COMMITS: i64 = 3;

/// What each of them writes, in bytes: the rows, without their entries in indexes.
const INTENT_BYTES: usize = 500;
const CLAIM_BYTES: usize = 650;
const RESULT_BYTES: usize = 800;
