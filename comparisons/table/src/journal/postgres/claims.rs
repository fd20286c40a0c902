//! Compares the intents that a worker claims and settles in a second with job queues. Each job does nothing, and succeeds.

use std::time::{Duration, Instant};

use apalis::prelude::*;
use apalis_postgres::{Config, PostgresStorage};
use own_postgres::Server;
use payments_journal::{Intent, Settings};
use serde::{Deserialize, Serialize};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use super::super::settled::AtOnce;
use super::super::{gateway, payout, runtime};
use super::{open, pool, start, underway};
use crate::report;
use crate::side_by_side::median;

pub fn measure() {
    let Some(server) = start("postgres-claims", &[]) else { return };
    let underway = underway::program("postgres-claims-underway");
    for (at_a_time, name) in [(1, "postgres-claims"), (BATCH, "postgres-claims-32")] {
        let (mut our_rates, mut apalis_rates, mut underway_rates) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let database = |side: &str| runtime().block_on(server.create(&format!("{side}_{at_a_time}_{round}")));
            our_rates.push(runtime().block_on(ours(database("journal"), at_a_time)));
            apalis_rates.push(runtime().block_on(apalis(database("apalis"), at_a_time)));
            if let Some(program) = &underway {
                let options = database("underway");
                underway_rates.push(by_underway(program, &server, options.get_database().unwrap(), at_a_time));
            }
        }
        let our_rate = median(our_rates);
        report(&format!("{name}-apalis"), "calls/s", our_rate, median(apalis_rates));
        if underway.is_some() {
            report(&format!("{name}-underway"), "calls/s", our_rate, median(underway_rates));
        }
    }
}

/// A worker, from its start until all results are stored.
async fn ours(options: PgConnectOptions, at_a_time: usize) -> u64 {
    let mut settings = Settings::default();
    settings.concurrency = at_a_time;
    let journal = open(options.clone(), gateway(AtOnce), settings).await;
    let mut transaction = journal.store().pool().begin().await.unwrap();
    for number in 0..JOBS {
        let intent = Intent::new("turbopay", payout(&format!("journaled-{number}")));
        journal.record(&mut transaction, &intent).await.unwrap();
    }
    transaction.commit().await.unwrap();
    let mut observer = observer(&options).await;
    let start = Instant::now();
    let unfinished = "SELECT count(*) FROM payments_intents WHERE state <> 'succeeded'";
    let worker = journal.worker().run(std::future::pending());
    tokio::select! {
        () = worker => unreachable!(),
        () = finished(&mut observer, unfinished) => rate(start),
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Job {
    reference: String,
}

/// apalis, from the start of its worker until all jobs are stored as done.
async fn apalis(options: PgConnectOptions, at_a_time: usize) -> u64 {
    let pool = pool(options.clone(), at_a_time).await;
    PostgresStorage::<()>::setup(&pool).await.unwrap();
    let config = Config::default().queue("payouts").batch_size(at_a_time);
    let mut queue = PostgresStorage::<Job>::new(&pool).with_config(config);
    for number in 0..JOBS {
        let job = Job { reference: format!("apalis-{number}") };
        queue.push_task(TaskBuilder::new(job).build()).await.unwrap();
    }
    let mut observer = observer(&options).await;
    let start = Instant::now();
    let worker = WorkerBuilder::new("worker").backend(queue.poll_with_interval(POLL_INTERVAL)).concurrency(at_a_time);
    let worker = worker.build(succeed);
    tokio::select! {
        result = worker.run() => panic!("the worker ended: {result:?}"),
        () = finished(&mut observer, "SELECT count(*) FROM apalis.jobs WHERE status <> 'Done'") => rate(start),
    }
}

async fn succeed(_: Job) -> Result<(), BoxDynError> {
    Ok(())
}

fn by_underway(program: &str, server: &Server, database: &str, at_a_time: usize) -> u64 {
    let output = underway::output_of(program, &["claims", &JOBS.to_string(), &at_a_time.to_string()], server, database);
    let nanoseconds: u64 = output.trim().parse().unwrap();
    per_second(nanoseconds)
}

/// The connection that asks whether all jobs are done, on each side.
async fn observer(options: &PgConnectOptions) -> PgConnection {
    options.connect().await.unwrap()
}

async fn finished(observer: &mut PgConnection, unfinished: &'static str) {
    while sqlx::query_scalar::<_, i64>(unfinished).fetch_one(&mut *observer).await.unwrap() > 0 {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

fn rate(start: Instant) -> u64 {
    per_second(u64::try_from(start.elapsed().as_nanos()).unwrap())
}

fn per_second(nanoseconds: u64) -> u64 {
    u64::try_from(JOBS).unwrap() * 1_000_000_000 / nanoseconds
}

const ROUNDS: usize = 5;
const JOBS: usize = 1_000;
const BATCH: usize = 32;
const POLL_INTERVAL: Duration = Duration::from_millis(5);
