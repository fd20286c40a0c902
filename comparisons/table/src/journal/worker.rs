//! Compares the payouts that a worker sends in a second with bare calls, and with a job queue.

use std::path::Path;
use std::time::{Duration, Instant};

use apalis::prelude::*;
use apalis_sqlite::{Config, SqliteStorage};
use payments_core::gateway::PayOut as _;
use payments_journal::Intent;
use payments_journal_sqlx::SqliteStore;
use payments_sandbox::Sandbox;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqlitePoolOptions;
use turbopay::Client;

use super::bare::{Bare, Pages};
use super::{assert_executed, client, journal, payout, runtime, sandbox, server};
use crate::report;
use crate::side_by_side::median;

pub fn measure() {
    let (server, runtime) = (server(), runtime());
    let (mut our_rates, mut bare_rates, mut apalis_rates) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let sandbox = server.block_on(sandbox());
        let (directory, client) = (tempfile::tempdir().unwrap(), client(&sandbox));
        let path = |name: &str| directory.path().join(name);
        let pages = runtime.block_on(Pages::of_a_call(&client));
        let before = sandbox.ledger().executions("turbopay.withdraw");
        our_rates.push(runtime.block_on(ours(&path("journal.db"), &sandbox, &client)));
        bare_rates.push(runtime.block_on(bare(&path("bare.db"), &client, pages)));
        apalis_rates.push(runtime.block_on(queued(&path("apalis.db"), &client)));
        assert_executed(&sandbox, before + 3 * PAYOUTS);
        server.block_on(async { sandbox.abandon() });
    }
    let our_rate = median(our_rates);
    report("journal-worker", "calls/s", our_rate, median(bare_rates));
    report("journal-worker-apalis", "calls/s", our_rate, median(apalis_rates));
}

/// A worker, from its start until all results are stored.
async fn ours(path: &Path, sandbox: &Sandbox, client: &Client) -> u64 {
    let journal = journal(path, client).await;
    let mut transaction = journal.store().pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
    for number in 0..PAYOUTS {
        let intent = Intent::new("turbopay", payout(&format!("journaled-{number}")));
        journal.record(&mut transaction, &intent).await.unwrap();
    }
    transaction.commit().await.unwrap();
    let before = sandbox.ledger().executions("turbopay.withdraw");
    let start = Instant::now();
    // The worker then waits for the calls in progress, and stores their results.
    let sent = async {
        while sandbox.ledger().executions("turbopay.withdraw") < before + PAYOUTS {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    };
    journal.worker().run(sent).await;
    let rate = rate(start);
    let unstored: i64 = sqlx::query_scalar("SELECT count(*) FROM payments_intents WHERE state <> 'pending'")
        .fetch_one(journal.store().pool())
        .await
        .unwrap();
    assert_eq!(unstored, 0);
    rate
}

/// Calls one after another, each between the commits of a claim and of a result.
async fn bare(path: &Path, client: &Client, Pages([_, claim, result]): Pages) -> u64 {
    let mut bare = Bare::open(path).await;
    let start = Instant::now();
    for number in 0..PAYOUTS {
        bare.commit(claim).await;
        client.pay_out(&payout(&format!("bare-{number}"))).await.unwrap();
        bare.commit(result).await;
    }
    rate(start)
}

#[derive(Debug, Serialize, Deserialize)]
struct Job {
    reference: String,
}

/// apalis, from the start of its worker until all jobs are stored as done.
async fn queued(path: &Path, client: &Client) -> u64 {
    // The journal's settings. apalis's own `setup` turns `synchronous` off.
    let pool = SqlitePoolOptions::new().max_connections(8).connect_with(SqliteStore::options(path)).await.unwrap();
    SqliteStorage::<()>::migrations().run(&pool).await.unwrap();
    let mut queue = SqliteStorage::<Job>::new(&pool).with_config(Config::default().queue("payouts"));
    for number in 0..PAYOUTS {
        let job = Job { reference: format!("apalis-{number}") };
        queue.push_task(TaskBuilder::new(job).build()).await.unwrap();
    }
    let start = Instant::now();
    let worker = WorkerBuilder::new("worker").backend(queue.poll_with_interval(POLL_INTERVAL)).concurrency(CONCURRENCY);
    let worker = worker.data(client.clone()).build(send);
    let done = async {
        let unfinished = "SELECT count(*) FROM Jobs WHERE status <> 'Done'";
        while sqlx::query_scalar::<_, i64>(unfinished).fetch_one(&pool).await.unwrap() > 0 {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    };
    tokio::select! {
        result = worker.run() => panic!("the worker ended: {result:?}"),
        () = done => rate(start),
    }
}

async fn send(job: Job, client: Data<Client>) -> Result<(), BoxDynError> {
    client.pay_out(&payout(&job.reference)).await?;
    Ok(())
}

fn rate(start: Instant) -> u64 {
    u64::try_from(PAYOUTS).unwrap() * 1_000_000_000 / u64::try_from(start.elapsed().as_nanos()).unwrap()
}

const ROUNDS: usize = 5;
const PAYOUTS: usize = 500;
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// The journal's default.
const CONCURRENCY: usize = 16;
