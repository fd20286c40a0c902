use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::test_util::Reply;
use payments_core::{ErrorKind, Poller};

use crate::support::{Harness, Payment, error_response};

const SECOND: Duration = Duration::from_secs(1);

fn pending() -> Reply {
    Reply::json(200, r#"{"id":"pending","amount":1}"#)
}

fn done() -> Reply {
    Reply::json(200, r#"{"id":"done","amount":1}"#)
}

fn wait(harness: &Harness) -> Poller<Payment> {
    let client = harness.client.clone();
    Poller::new(
        &harness.client.connection,
        move || client.retrieve().retry(payments_core::RetryPolicy::none()),
        |payment| payment.id == "done",
    )
}

#[tokio::test]
async fn it_asks_less_and_less_often_until_the_order_is_final() {
    let harness = Harness::new((0..6).map(|_| pending()).chain([done(), pending()]));
    let last = wait(&harness).timeout(SECOND * 600).send().await.unwrap();
    assert_eq!(last.id, "done");
    assert_eq!(harness.clock.slept(), [1, 2, 4, 8, 16, 16].map(Duration::from_secs));
    assert_eq!(harness.request_count(), 7);
}

#[tokio::test]
async fn a_final_answer_needs_no_wait() {
    let harness = Harness::new([done()]);
    wait(&harness).timeout(Duration::ZERO).send().await.unwrap();
    assert_eq!(harness.clock.slept().len(), 0);
}

#[tokio::test]
async fn when_time_is_up_it_gives_the_last_status() {
    let harness = Harness::new((0..100).map(|_| pending()));
    let last = wait(&harness).send().await.unwrap();
    assert_eq!(last.id, "pending");
    // 1 + 2 + 4 + 8 + 16 + 16 = 47, and the last pause is what is left.
    assert_eq!(harness.clock.monotonic(), SECOND * 60);
    assert_eq!(harness.clock.slept().last(), Some(&(SECOND * 13)));
}

#[tokio::test]
async fn it_outlasts_failures_that_pass() {
    let passing: [fn() -> Reply; 6] = [
        Reply::not_connected,
        Reply::lost,
        || error_response(503),
        || error_response(429),
        || error_response(404),
        || Reply::new(200, "<html>"),
    ];
    let harness = Harness::new(passing.iter().map(|reply| reply()).chain([done()]));
    assert_eq!(wait(&harness).send().await.unwrap().id, "done");
    assert_eq!(harness.request_count(), 7);
}

#[tokio::test]
async fn a_failure_does_not_take_back_the_status_before_it() {
    let harness = Harness::new([pending()]);
    assert_eq!(wait(&harness).send().await.unwrap().id, "pending");
}

#[tokio::test]
async fn without_any_answer_it_gives_the_last_failure() {
    let harness = Harness::new([Reply::not_connected(), error_response(404), error_response(503)]);
    let err = wait(&harness).timeout(SECOND * 3).send().await.unwrap_err();
    assert_eq!(err.kind(), ErrorKind::ProviderFailure);
    assert_eq!(harness.request_count(), 3);
}

#[tokio::test]
async fn it_stops_where_asking_again_cannot_help() {
    for (reply, kind) in [
        (error_response(401), ErrorKind::Authentication),
        (error_response(403), ErrorKind::Permission),
        (error_response(400), ErrorKind::InvalidRequest),
        (Reply::new(302, ""), ErrorKind::Configuration),
    ] {
        let harness = Harness::new([pending(), reply, done()]);
        assert_eq!(wait(&harness).send().await.unwrap_err().kind(), kind);
        assert_eq!(harness.request_count(), 2);
    }
}

#[tokio::test]
async fn no_question_outlasts_the_wait_by_more_than_a_second() {
    let harness = Harness::new([pending(), pending(), pending(), pending()]);
    wait(&harness).timeout(SECOND * 5).send().await.unwrap();
    let given: Vec<Duration> = harness.script.requests().iter().map(|request| request.timeout()).collect();
    assert_eq!(given, [SECOND * 5, SECOND * 4, SECOND * 2, SECOND]);
}
