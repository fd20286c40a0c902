use std::time::Duration;

use payments_core::test_util::Reply;
use payments_core::{ErrorKind, Outcome, RetryPolicy};

use crate::support::{CallType, Harness, KEYED, UNKEYED, error_response, payment_response};

const HALF: Duration = Duration::from_millis(500);

#[track_caller]
fn check_wait(actual: Duration, full: Duration) {
    assert!((full / 2..=full).contains(&actual), "{actual:?} is not between half of {full:?} and {full:?}");
}

#[tokio::test]
async fn after_a_lost_response_only_reads_and_keyed_calls_are_retried() {
    for call_type in CallType::ALL {
        let harness = Harness::new([Reply::lost(), payment_response()]);
        let result = harness.send(call_type).await;
        let retried = matches!(call_type, CallType::Read | CallType::Keyed);
        assert_eq!((result.is_ok(), harness.request_count()), (retried, 1 + usize::from(retried)), "{call_type:?}");
    }
}

#[tokio::test]
async fn a_request_that_was_not_sent_is_retried_for_any_call() {
    for call_type in CallType::ALL {
        let harness = Harness::new([Reply::not_connected(), Reply::not_connected(), payment_response()]);
        assert!(harness.send(call_type).await.is_ok());
        assert_eq!(harness.request_count(), 3);
    }
}

#[tokio::test]
async fn a_write_without_a_key_is_never_retried_after_an_unknown_outcome() {
    let eager = RetryPolicy::default().max_retries(50).wait(Duration::ZERO, Duration::ZERO);
    for call_type in [CallType::Write, CallType::MoveMoney] {
        let unknown_outcomes: [fn() -> Reply; 5] = [
            Reply::lost,
            || Reply::cut_off(200),
            || error_response(500),
            || Reply::json(200, "{}"),
            || error_response(429),
        ];
        for unknown in unknown_outcomes {
            let replies = [Reply::not_connected(), Reply::not_connected(), unknown(), payment_response()];
            let harness = Harness::with(&UNKEYED, None, replies, |settings| settings.retry = eager);
            let err = harness.send(call_type).await.unwrap_err();
            assert_eq!((err.outcome(), err.attempts(), harness.request_count()), (Outcome::Unknown, 3, 3));
        }
    }
}

#[tokio::test]
async fn waits_double_from_half_a_second_and_are_spread_by_jitter() {
    let mut first_waits = Vec::new();
    for _ in 0..200 {
        let harness = Harness::new([]);
        harness.send(CallType::Read).await.unwrap_err();
        let slept = harness.clock.slept();
        // Three attempts have two waits: there is none after the last.
        assert_eq!((slept.len(), harness.request_count()), (2, 3));
        check_wait(slept[0], HALF);
        check_wait(slept[1], HALF * 2);
        first_waits.push(slept[0]);
    }
    first_waits.sort();
    assert!(
        first_waits[0] < Duration::from_millis(300) && first_waits[199] > Duration::from_millis(450),
        "{first_waits:?}"
    );
}

#[tokio::test]
async fn waits_without_jitter_are_exact() {
    let exact = RetryPolicy::default().without_jitter();
    let harness = Harness::with(&KEYED, None, [], |settings| settings.retry = exact);
    harness.send(CallType::Read).await.unwrap_err();
    assert_eq!(harness.clock.slept(), [HALF, HALF * 2]);
}

#[tokio::test]
async fn waits_do_not_exceed_the_longest_wait() {
    let patient = RetryPolicy::default().max_retries(40);
    let harness = Harness::with(&KEYED, None, [], |settings| {
        settings.retry = patient;
        settings.timeouts.total = Duration::from_secs(3600);
    });
    let err = harness.send(CallType::Read).await.unwrap_err();
    assert_eq!(err.attempts(), 41);
    let slept = harness.clock.slept();
    for (index, wait) in slept.iter().enumerate() {
        check_wait(*wait, (HALF * (1 << index.min(5))).min(Duration::from_secs(5)));
    }
    assert_eq!(slept.len(), 40);
}

#[tokio::test]
async fn without_retries_there_are_no_waits() {
    let harness = Harness::with(&KEYED, None, [Reply::lost(), payment_response()], |settings| {
        settings.retry = RetryPolicy::none()
    });
    let err = harness.send(CallType::Read).await.unwrap_err();
    assert_eq!((err.attempts(), harness.request_count(), harness.clock.slept().len()), (1, 1, 0));
    let harness = Harness::new([Reply::lost(), payment_response()]);
    harness.client.retrieve().retry(RetryPolicy::none()).send().await.unwrap_err();
    assert_eq!(harness.request_count(), 1);
    let harness = Harness::new([Reply::lost(), Reply::lost(), payment_response()]);
    harness.client.retrieve().retry(RetryPolicy::default().max_retries(1)).send().await.unwrap_err();
    assert_eq!(harness.request_count(), 2);
}

#[tokio::test]
async fn retry_after_is_respected_up_to_the_limit() {
    for (requested, expected) in
        [("7", Some(7)), ("30", Some(30)), (" 3 ", Some(3)), ("31", None), ("18446744073709551615", None)]
    {
        for call_type in [CallType::Read, CallType::Keyed] {
            let harness = Harness::with(
                &KEYED,
                None,
                [error_response(429).header("retry-after", requested), payment_response()],
                |_| {},
            );
            let result = harness.send(call_type).await;
            assert_eq!(result.is_ok(), expected.is_some(), "{requested}");
            let waits: Vec<Duration> = expected.map(Duration::from_secs).into_iter().collect();
            assert_eq!(harness.clock.slept(), waits, "{requested}");
            if let Err(err) = result {
                assert_eq!((err.kind(), err.outcome()), (ErrorKind::Throttled, Outcome::Unknown));
                assert!(err.retry_after().unwrap() > Duration::from_secs(30));
            }
        }
    }
}

#[tokio::test]
async fn retry_after_can_be_a_date() {
    for (seconds, expected) in [(7, Some(7)), (30, Some(30)), (31, None)] {
        // The clock of the harness starts at midnight.
        let date = format!("Fri, 04 Oct 2024 00:00:{seconds:02} GMT");
        let reply = error_response(503).header("retry-after", Box::leak(date.clone().into_boxed_str()));
        let harness = Harness::new([reply, payment_response()]);
        assert_eq!(harness.send(CallType::Read).await.is_ok(), expected.is_some(), "{date}");
        let waits: Vec<Duration> = expected.map(Duration::from_secs).into_iter().collect();
        assert_eq!(harness.clock.slept(), waits, "{date}");
    }
    // A date in the past asks for no wait of its own.
    let past = error_response(503).header("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT");
    let harness = Harness::new([past, payment_response()]);
    harness.send(CallType::Read).await.unwrap();
    check_wait(harness.clock.slept()[0], HALF);
}

#[tokio::test]
async fn a_throttled_write_without_a_key_is_not_sent_again() {
    let harness = Harness::new([error_response(429).header("retry-after", "1"), payment_response()]);
    let err = harness.send(CallType::MoveMoney).await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Throttled, Outcome::Unknown, 1));
    assert_eq!(harness.request_count(), 1);
}

#[tokio::test]
async fn an_unusable_retry_after_is_ignored() {
    for value in ["0", "", "-1", "soon", "1.5", "Wed, 21 Oct 2026", "99999999999999999999999999"] {
        let harness = Harness::new([error_response(503).header("retry-after", value), payment_response()]);
        harness.send(CallType::Read).await.unwrap();
        check_wait(harness.clock.slept()[0], HALF);
    }
}

#[tokio::test]
async fn retry_after_is_respected_in_any_response() {
    let html = Reply::new(503, "<html>").header("retry-after", "9");
    let encoded = Reply::new(503, [0x1f, 0x8b]).header("content-encoding", "gzip").header("retry-after", "9");
    for reply in [html, encoded] {
        let harness = Harness::new([reply, payment_response()]);
        harness.send(CallType::Read).await.unwrap();
        assert_eq!(harness.clock.slept(), [Duration::from_secs(9)]);
    }
}

#[tokio::test]
async fn the_retry_budget_bounds_retries_during_an_outage() {
    let harness = Harness::new([]);
    for _ in 0..1000 {
        harness.send(CallType::Read).await.unwrap_err();
    }
    assert_eq!(harness.request_count(), 1050);
    // There is no wait for a retry that is not sent.
    assert_eq!(harness.clock.slept().len(), 50);
}

#[tokio::test]
async fn ten_successes_allow_one_retry() {
    let harness = Harness::new([]);
    for _ in 0..30 {
        harness.send(CallType::Read).await.unwrap_err();
    }
    let sent = harness.request_count();
    assert_eq!(sent, 30 + 50);
    for _ in 0..9 {
        harness.script.push(payment_response());
        harness.send(CallType::Read).await.unwrap();
    }
    harness.send(CallType::Read).await.unwrap_err();
    assert_eq!(harness.request_count(), sent + 10);
    harness.script.push(payment_response());
    harness.send(CallType::Read).await.unwrap();
    harness.send(CallType::Read).await.unwrap_err();
    assert_eq!(harness.request_count(), sent + 10 + 1 + 2);
}

#[tokio::test]
async fn successes_do_not_raise_the_budget_above_its_capacity() {
    let harness = Harness::new((0..1000).map(|_| payment_response()));
    for _ in 0..1000 {
        harness.send(CallType::Read).await.unwrap();
    }
    for _ in 0..100 {
        harness.send(CallType::Read).await.unwrap_err();
    }
    assert_eq!(harness.request_count(), 1000 + 100 + 50);
    // Nine more successes do not allow another retry.
    for _ in 0..9 {
        harness.script.push(payment_response());
        harness.send(CallType::Read).await.unwrap();
    }
    harness.send(CallType::Read).await.unwrap_err();
    assert_eq!(harness.request_count(), 1150 + 9 + 1);
}

#[tokio::test]
async fn a_retry_that_succeeds_costs_nothing() {
    let harness = Harness::new((0..1000).flat_map(|_| [Reply::lost(), payment_response()]));
    for _ in 0..1000 {
        harness.send(CallType::Keyed).await.unwrap();
    }
    // A successful retry returns only what it cost.
    for _ in 0..100 {
        harness.send(CallType::Read).await.unwrap_err();
    }
    assert_eq!(harness.request_count(), 2000 + 100 + 50);
}

#[tokio::test]
async fn clones_and_clients_with_other_credentials_share_one_budget() {
    let harness = Harness::new([]);
    let mut other = harness.clone();
    other.client.connection = harness.client.connection.with_credentials(&[("x-api-key", "another")]).unwrap();
    for _ in 0..100 {
        harness.send(CallType::Read).await.unwrap_err();
        other.send(CallType::Read).await.unwrap_err();
    }
    assert_eq!(harness.request_count(), 200 + 50);
    let last = harness.script.requests().pop().unwrap();
    assert_eq!(last.headers().get("x-api-key").unwrap(), "another");
}
