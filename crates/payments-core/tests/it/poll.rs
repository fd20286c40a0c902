use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::test_util::Reply;
use payments_core::{ErrorKind, Poller};

use crate::support::{Bench, Payment, refused};

const SECOND: Duration = Duration::from_secs(1);

fn pending() -> Reply {
    Reply::json(200, r#"{"id":"pending","amount":1}"#)
}

fn done() -> Reply {
    Reply::json(200, r#"{"id":"done","amount":1}"#)
}

fn wait(bench: &Bench) -> Poller<Payment> {
    let shop = bench.shop.clone();
    Poller::new(
        &bench.shop.connection,
        move || shop.ask().retry(payments_core::RetryPolicy::none()),
        |payment| payment.id == "done",
    )
}

#[tokio::test]
async fn it_asks_less_and_less_often_until_the_order_is_final() {
    let bench = Bench::new((0..6).map(|_| pending()).chain([done(), pending()]));
    let last = wait(&bench).timeout(SECOND * 600).send().await.unwrap();
    assert_eq!(last.id, "done");
    assert_eq!(bench.clock.slept(), [1, 2, 4, 8, 16, 16].map(Duration::from_secs));
    assert_eq!(bench.sent(), 7);
}

#[tokio::test]
async fn a_final_answer_needs_no_wait() {
    let bench = Bench::new([done()]);
    wait(&bench).timeout(Duration::ZERO).send().await.unwrap();
    assert_eq!(bench.clock.slept().len(), 0);
}

#[tokio::test]
async fn when_time_is_up_it_gives_the_last_status() {
    let bench = Bench::new((0..100).map(|_| pending()));
    let last = wait(&bench).send().await.unwrap();
    assert_eq!(last.id, "pending");
    // 1 + 2 + 4 + 8 + 16 + 16 = 47, and the last pause is what is left.
    assert_eq!(bench.clock.monotonic(), SECOND * 60);
    assert_eq!(bench.clock.slept().last(), Some(&(SECOND * 13)));
}

#[tokio::test]
async fn it_outlasts_failures_that_pass() {
    let passing: [fn() -> Reply; 6] = [
        Reply::not_connected,
        Reply::lost,
        || refused(503),
        || refused(429),
        || refused(404),
        || Reply::new(200, "<html>"),
    ];
    let bench = Bench::new(passing.iter().map(|reply| reply()).chain([done()]));
    assert_eq!(wait(&bench).send().await.unwrap().id, "done");
    assert_eq!(bench.sent(), 7);
}

#[tokio::test]
async fn a_failure_does_not_take_back_the_status_before_it() {
    let bench = Bench::new([pending()]);
    assert_eq!(wait(&bench).send().await.unwrap().id, "pending");
}

#[tokio::test]
async fn without_any_answer_it_gives_the_last_failure() {
    let bench = Bench::new([Reply::not_connected(), refused(404), refused(503)]);
    let err = wait(&bench).timeout(SECOND * 3).send().await.unwrap_err();
    assert_eq!(err.kind(), ErrorKind::ProviderFailure);
    assert_eq!(bench.sent(), 3);
}

#[tokio::test]
async fn it_stops_where_asking_again_cannot_help() {
    for (reply, kind) in [
        (refused(401), ErrorKind::Authentication),
        (refused(403), ErrorKind::Permission),
        (refused(400), ErrorKind::InvalidRequest),
        (Reply::new(302, ""), ErrorKind::Configuration),
    ] {
        let bench = Bench::new([pending(), reply, done()]);
        assert_eq!(wait(&bench).send().await.unwrap_err().kind(), kind);
        assert_eq!(bench.sent(), 2);
    }
}

#[tokio::test]
async fn no_question_outlasts_the_wait_by_more_than_a_second() {
    let bench = Bench::new([pending(), pending(), pending(), pending()]);
    wait(&bench).timeout(SECOND * 5).send().await.unwrap();
    let given: Vec<Duration> = bench.script.requests().iter().map(|request| request.timeout()).collect();
    assert_eq!(given, [SECOND * 5, SECOND * 4, SECOND * 2, SECOND]);
}
