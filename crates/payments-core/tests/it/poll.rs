use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::test_util::Reply;
use payments_core::{ErrorKind, Poller};

use crate::support::{Harness, Payment, error_response};

const SECOND: Duration = Duration::from_secs(1);

fn pending() -> Reply {
    Reply::json(200, r#"{"id":"pending","amount":1}"#)
}

fn completed() -> Reply {
    Reply::json(200, r#"{"id":"done","amount":1}"#)
}

fn poller(harness: &Harness) -> Poller<Payment> {
    let client = harness.client.clone();
    Poller::new(
        &harness.client.connection,
        move || client.retrieve().retry(payments_core::RetryPolicy::none()),
        |payment| payment.id == "done",
    )
}

#[tokio::test]
async fn the_waits_double_up_to_16_seconds_until_the_status_is_final() {
    let harness = Harness::new((0..6).map(|_| pending()).chain([completed(), pending()]));
    let last = poller(&harness).timeout(SECOND * 600).send().await.unwrap();
    assert_eq!(last.id, "done");
    assert_eq!(harness.clock.slept(), [1, 2, 4, 8, 16, 16].map(Duration::from_secs));
    assert_eq!(harness.request_count(), 7);
}

#[tokio::test]
async fn a_final_status_is_returned_without_a_wait() {
    let harness = Harness::new([completed()]);
    poller(&harness).timeout(Duration::ZERO).send().await.unwrap();
    assert_eq!(harness.clock.slept().len(), 0);
}

#[tokio::test]
async fn the_last_status_is_returned_when_the_time_is_up() {
    let harness = Harness::new((0..100).map(|_| pending()));
    let last = poller(&harness).send().await.unwrap();
    assert_eq!(last.id, "pending");
    // 1 + 2 + 4 + 8 + 16 + 16 = 47, and the last wait is the remaining time.
    assert_eq!(harness.clock.monotonic(), SECOND * 60);
    assert_eq!(harness.clock.slept().last(), Some(&(SECOND * 13)));
}

#[tokio::test]
async fn transient_failures_do_not_end_the_polling() {
    let transient: [fn() -> Reply; 6] = [
        Reply::not_connected,
        Reply::lost,
        || error_response(503),
        || error_response(429),
        || error_response(404),
        || Reply::new(200, "<html>"),
    ];
    let harness = Harness::new(transient.iter().map(|reply| reply()).chain([completed()]));
    assert_eq!(poller(&harness).send().await.unwrap().id, "done");
    assert_eq!(harness.request_count(), 7);
}

#[tokio::test]
async fn a_later_failure_does_not_replace_a_received_status() {
    let harness = Harness::new([pending()]);
    assert_eq!(poller(&harness).send().await.unwrap().id, "pending");
}

#[tokio::test]
async fn the_last_error_is_returned_if_no_lookup_succeeds() {
    let harness = Harness::new([Reply::not_connected(), error_response(404), error_response(503)]);
    let err = poller(&harness).timeout(SECOND * 3).send().await.unwrap_err();
    assert_eq!(err.kind(), ErrorKind::ProviderFailure);
    assert_eq!(harness.request_count(), 3);
}

#[tokio::test]
async fn polling_stops_if_another_lookup_cannot_help() {
    for (reply, kind) in [
        (error_response(401), ErrorKind::Authentication),
        (error_response(403), ErrorKind::Permission),
        (error_response(400), ErrorKind::InvalidRequest),
        (Reply::new(302, ""), ErrorKind::Configuration),
    ] {
        let harness = Harness::new([pending(), reply, completed()]);
        assert_eq!(poller(&harness).send().await.unwrap_err().kind(), kind);
        assert_eq!(harness.request_count(), 2);
    }
}

#[tokio::test]
async fn no_lookup_ends_more_than_a_second_after_the_timeout() {
    let harness = Harness::new([pending(), pending(), pending(), pending()]);
    poller(&harness).timeout(SECOND * 5).send().await.unwrap();
    let timeouts: Vec<Duration> = harness.script.requests().iter().map(|request| request.timeout()).collect();
    assert_eq!(timeouts, [SECOND * 5, SECOND * 4, SECOND * 2, SECOND]);
}
