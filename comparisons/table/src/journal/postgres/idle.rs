//! Counts the statements of workers that have nothing to do.

use std::time::Duration;

use apalis::prelude::*;
use apalis_postgres::{Config, PostgresStorage};
use own_postgres::Server;
use payments_journal::Settings;
use sqlx::postgres::PgConnectOptions;

use super::super::settled::AtOnce;
use super::super::{gateway, runtime};
use super::{open, pool, start, underway};
use crate::report;

/// All workers are idle at the same time, each with its default settings and its own database, whose name is in the log.
pub fn measure() {
    let Some(server) = start("postgres-idle", &["log_statement=all", "log_line_prefix=%d "]) else { return };
    let runtime = runtime();
    let (ours, theirs) = runtime.block_on(async { (server.create("ours").await, server.create("apalis").await) });
    let underway = underway::program("postgres-idle-underway").map(|program| {
        runtime.block_on(server.create("underway"));
        underway::command(&program, &["idle"], &server, "underway").stdin(std::process::Stdio::piped()).spawn().unwrap()
    });
    let counts = runtime.block_on(async {
        tokio::select! {
            () = work(ours) => unreachable!(),
            () = apalis(theirs) => unreachable!(),
            counts = counts(&server) => counts,
        }
    });
    let [ours, apalis, theirs] = counts;
    report("postgres-idle-apalis", "queries/min", ours, apalis);
    if let Some(mut program) = underway {
        program.kill().unwrap();
        program.wait().unwrap();
        report("postgres-idle-underway", "queries/min", ours, theirs);
    }
}

/// The statements of a minute, with those that begin and end transactions.
async fn counts(server: &Server) -> [u64; 3] {
    tokio::time::sleep(START).await;
    let before = server.log().len();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let log = server.log();
    ["ours", "apalis", "underway"].map(|database| {
        let statements = log[before..].lines().filter(|line| {
            let message = line.strip_prefix(database).and_then(|rest| rest.strip_prefix(" LOG:  "));
            message.is_some_and(|message| message.starts_with("statement: ") || message.starts_with("execute "))
        });
        u64::try_from(statements.count()).unwrap()
    })
}

async fn work(options: PgConnectOptions) {
    let journal = open(options, gateway(AtOnce), Settings::default()).await;
    journal.worker().run(std::future::pending()).await;
}

async fn apalis(options: PgConnectOptions) {
    let pool = pool(options, 1).await;
    PostgresStorage::<()>::setup(&pool).await.unwrap();
    let queue = PostgresStorage::<String>::new(&pool).with_config(Config::default().queue("payouts"));
    // As often as the journal looks.
    let queue = queue.poll_with_interval(Settings::default().poll_interval);
    WorkerBuilder::new("worker").backend(queue).build(succeed).run().await.unwrap();
}

async fn succeed(_: String) -> Result<(), BoxDynError> {
    Ok(())
}

/// By then, all workers have started and found nothing.
const START: Duration = Duration::from_secs(5);
