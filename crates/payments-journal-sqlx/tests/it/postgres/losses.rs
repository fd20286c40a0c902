//! A server that is stopped, sessions that are ended, and commits that are lost, in mid-run: no payment is made twice.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::judged::{Judge, record, store};
use super::proxy::{self, Commits};
use super::run;
use crate::server;

const COUNT: usize = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_payment_is_made_twice_while_the_server_is_stopped_immediately() {
    let Some(mut server) = server::start(&[]) else { return };
    let (judge, options) = (Judge::new().await, server.options());
    store(&options).await.migrate().await.unwrap();
    record(&judge, &options, 0..COUNT).await;

    let workers = judge.start(&options, 4).await;
    for part in 1..5 {
        judge.wait_for_executions(part * COUNT / 5).await;
        server.stop().unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.start_again().unwrap();
    }

    let reviews = judge.judge(&options, COUNT).await;
    workers.stop().await;
    assert!(judge.failures() > 0, "otherwise the test shows nothing");
    assert!(reviews <= COUNT / 4, "{reviews}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_payment_is_made_twice_while_sessions_are_ended_at_random() {
    let Some(server) = server::start(&[]) else { return };
    let (judge, options) = (Judge::new().await, server.options());
    store(&options).await.migrate().await.unwrap();
    record(&judge, &options, 0..COUNT).await;
    let mut admin = options.connect().await.unwrap();

    let workers = judge.start(&options, 4).await;
    while judge.executed() < COUNT * 3 / 4 {
        let end_some = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND random() < 0.2";
        run(&mut admin, end_some).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let reviews = judge.judge(&options, COUNT).await;
    workers.stop().await;
    assert!(judge.failures() > 0, "otherwise the test shows nothing");
    assert!(reviews <= COUNT / 2, "{reviews}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_payment_is_made_twice_while_changes_and_their_responses_are_lost() {
    check_lost_commits(|session| session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_payment_is_made_twice_while_commits_and_their_responses_are_lost() {
    // With it, a change is a transaction of several statements.
    check_lost_commits(|session| session.options([("statement_timeout", "1h")])).await;
}

async fn check_lost_commits(session: impl Fn(PgConnectOptions) -> PgConnectOptions) {
    let Some(server) = server::start(&[]) else { return };
    let (judge, options) = (Judge::new().await, server.options());
    store(&options).await.migrate().await.unwrap();
    record(&judge, &options, 0..COUNT).await;
    let commits = Arc::new(Commits::default());
    let port = proxy::start(server.socket(), Arc::clone(&commits));
    let through_proxy = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(port);
    let through_proxy = through_proxy.username("postgres").database("postgres").ssl_mode(PgSslMode::Disable);

    let workers = judge.start(&session(through_proxy), 4).await;
    let reviews = judge.judge(&options, COUNT).await;
    workers.stop().await;

    let lost = [&commits.responses_lost, &commits.requests_lost].map(|count| count.load(Ordering::SeqCst));
    assert!(lost.iter().all(|lost| *lost > 20), "{lost:?}");
    // A claim whose commit was lost was not sent, and each other one was stored.
    assert!(reviews <= COUNT / 4, "{reviews}");
}
