use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::provider::{Operation, ProviderSpec};
use payments_core::request::{Path, RequestBuilder};
use payments_core::test_util::Reply;
use payments_core::time::OffsetDateTime;
use payments_core::{Call, ErrorKind, IdempotencyKey, Keyed, Outcome, RetryPolicy};

use crate::support::{CallType, DAY, Harness, Payment, UNKEYED, error_response, keyed_for, payment_response, value};

/// A key that may have been used.
fn key(created_at: OffsetDateTime) -> IdempotencyKey {
    IdempotencyKey::new("key-1", created_at).unwrap()
}

/// An error response about the request that the key belongs to.
fn settling_response(status: u16) -> Reply {
    Reply::json(status, r#"{"error":{"code":"no","settles":true}}"#)
}

#[tokio::test]
async fn every_attempt_has_the_same_key_and_body() {
    let harness = Harness::new([Reply::lost(), error_response(500), payment_response()]);
    harness.send(CallType::Keyed).await.unwrap();
    let requests = harness.script.requests();
    assert_eq!(requests.len(), 3);
    for request in &requests {
        assert_eq!(request.headers().get_all("idempotency-key").iter().collect::<Vec<_>>(), ["key-1"]);
        assert_eq!(request.body().as_ref(), br#"{"what":"pay","amount":100.50}"#);
        assert_eq!((request.method(), request.url()), (requests[0].method(), requests[0].url()));
        assert_eq!(request.headers(), requests[0].headers());
    }
}

#[tokio::test]
async fn a_call_without_a_key_has_no_key_header() {
    let harness = Harness::new([payment_response()]);
    harness.send(CallType::MoveMoney).await.unwrap();
    assert!(!harness.script.requests()[0].headers().contains_key("idempotency-key"));
}

#[tokio::test]
async fn only_a_response_about_the_key_settles_an_attempt_whose_response_was_lost() {
    type NamedReply = (&'static str, fn() -> Reply);
    let later_replies: [NamedReply; 9] = [
        ("not connected", Reply::not_connected),
        ("refused", || error_response(400)),
        ("declined", || error_response(402)),
        ("not found", || error_response(404)),
        ("throttled", || error_response(429)),
        ("failed", || error_response(500)),
        ("lost", Reply::lost),
        ("redirected", || Reply::new(302, "")),
        ("unrecognised", || Reply::new(403, "<html>")),
    ];
    for (name, reply) in later_replies {
        let harness = Harness::new([Reply::lost(), reply(), reply()]);
        let err = harness.send(CallType::Keyed).await.unwrap_err();
        assert_eq!(err.outcome(), Outcome::Unknown, "{name}");
        assert!(err.may_have_moved_money(), "{name}");
        assert!(err.to_string().ends_with("it may have been executed"), "{err}");
        let earlier = err.earlier().unwrap();
        assert_eq!((earlier.outcome(), earlier.provider()), (Outcome::Unknown, "acme"), "{name}");
    }
}

#[tokio::test]
async fn a_response_about_the_key_settles_earlier_attempts() {
    for status in [400, 402, 404, 422] {
        let harness = Harness::new([Reply::lost(), settling_response(status)]);
        let err = harness.send(CallType::Keyed).await.unwrap_err();
        assert_eq!((err.outcome(), err.attempts()), (Outcome::Refused, 2), "{status}");
        assert!(err.earlier().is_none());
    }
    // A response with an unknown outcome settles nothing.
    for status in [409, 500] {
        let harness = Harness::new([Reply::lost(), settling_response(status), settling_response(status)]);
        assert_eq!(harness.send(CallType::Keyed).await.unwrap_err().outcome(), Outcome::Unknown, "{status}");
    }
    let harness = Harness::new([Reply::lost(), Reply::lost(), payment_response()]);
    assert!(harness.send(CallType::Keyed).await.is_ok());
}

#[tokio::test]
async fn the_error_keeps_the_first_attempt_that_may_have_been_executed() {
    let attempt = |id| Reply::json(503, "{}").header("request-id", id);
    let harness = Harness::new([Reply::not_connected(), attempt("first"), error_response(400)]);
    let err = harness.send(CallType::Keyed).await.unwrap_err();
    assert_eq!(err.earlier().unwrap().request_id(), Some("first"), "an attempt that was not sent is not kept");

    let harness = Harness::new([attempt("first"), attempt("second"), error_response(400)]);
    let err = harness.send(CallType::Keyed).await.unwrap_err();
    assert_eq!(err.earlier().unwrap().request_id(), Some("first"));
}

#[tokio::test]
async fn an_earlier_attempt_of_a_read_does_not_change_its_outcome() {
    let harness = Harness::new([Reply::lost(), error_response(404)]);
    let err = harness.send(CallType::Read).await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::NotFound, Outcome::Refused));
    assert!(err.earlier().is_none());
}

#[tokio::test]
async fn a_call_under_a_used_key_has_an_unknown_outcome_until_the_provider_settles_it() {
    let harness = Harness::new([]);
    let used = key(harness.clock.now() - Duration::from_secs(60));
    let resumed = |harness: &Harness| harness.client.pay_keyed("another").idempotency_key(used.clone());
    let err = resumed(&harness).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Connection, Outcome::Unknown, 3));
    assert_eq!(err.idempotency_key(), Some(&used));
    for (reply, outcome) in [(error_response(400), Outcome::Unknown), (settling_response(400), Outcome::Refused)] {
        harness.script.push(reply);
        assert_eq!(resumed(&harness).send().await.unwrap_err().outcome(), outcome);
    }
    harness.script.push(payment_response());
    resumed(&harness).send().await.unwrap();
    assert!(harness.script.requests().iter().all(|request| request.headers()["idempotency-key"] == "key-1"));
}

#[tokio::test]
async fn an_invalid_request_does_not_change_the_unknown_outcome_of_a_used_key() {
    let harness = Harness::new([]);
    let used = key(harness.clock.now());
    let request = Err(payments_core::ValidationError::new("amount", "is invalid").into());
    let call = harness.client.connection.keyed_call(Operation::move_money("pay"), request, used, value::<Payment>);
    assert_eq!(call.send().await.unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(harness.request_count(), 0);
}

#[tokio::test]
async fn an_error_with_an_unknown_outcome_returns_the_key_and_its_creation_time() {
    let harness = Harness::new([Reply::lost(), Reply::lost(), Reply::lost(), payment_response()]);
    let start = harness.clock.now();
    let err = harness.send(CallType::Keyed).await.unwrap_err();
    let key = err.idempotency_key().unwrap().clone();
    assert_eq!((key.value(), key.created_at(), key.may_have_been_used()), ("key-1", start, true));
    let call = harness.client.pay_keyed("new").idempotency_key(key.clone());
    assert_eq!(call.key(), &key);
    call.send().await.unwrap();
    assert_eq!(harness.script.requests()[3].headers()["idempotency-key"], "key-1");
}

#[tokio::test]
async fn a_key_under_which_nothing_was_sent_stays_unused() {
    let harness = Harness::new([]);
    let err = harness.send(CallType::Keyed).await.unwrap_err();
    assert_eq!((err.outcome(), err.attempts()), (Outcome::NotSent, 3));
    let key = err.idempotency_key().unwrap().clone();
    assert_eq!((key.value(), key.may_have_been_used()), ("key-1", false));
    // So the next call under the key starts with the outcome "not sent", like the first.
    let err = harness.client.pay_keyed("new").idempotency_key(key).send().await.unwrap_err();
    assert_eq!(err.outcome(), Outcome::NotSent);
    // A throttled request used the key, and may have been executed.
    let harness =
        Harness::new([error_response(429).header("retry-after", "5"), Reply::not_connected(), Reply::not_connected()]);
    let err = harness.send(CallType::Keyed).await.unwrap_err();
    assert_eq!(err.outcome(), Outcome::Unknown);
    assert!(err.idempotency_key().unwrap().may_have_been_used());
}

#[tokio::test]
async fn nothing_is_sent_under_a_key_that_the_provider_may_have_forgotten() {
    let attempt = Duration::from_secs(30);
    let clock_skew = Duration::from_secs(300);
    let nanosecond = Duration::from_nanos(1);
    for (age, sent) in [
        (Duration::ZERO, true),
        (DAY - attempt - clock_skew - nanosecond, true),
        // An attempt may arrive at the end of its timeout, and the clock that dated the key may have been ahead.
        (DAY - attempt - clock_skew, false),
        (DAY - attempt, false),
        (DAY, false),
        (DAY * 365, false),
    ] {
        {
            let harness = Harness::new([payment_response()]);
            let used = key(harness.clock.now() - age);
            let result = harness.client.pay_keyed("x").idempotency_key(used).send().await;
            assert_eq!((result.is_ok(), harness.request_count()), (sent, usize::from(sent)), "{age:?}");
            if let Err(err) = result {
                // This call was not sent, but an earlier request under the key may have been executed.
                assert_eq!(
                    (err.kind(), err.outcome(), err.attempts()),
                    (ErrorKind::InvalidRequest, Outcome::Unknown, 0)
                );
                assert!(err.may_have_moved_money());
            }
        }
    }
    for (ahead, sent) in [(Duration::from_secs(300), true), (Duration::from_secs(301), false), (DAY / 2, false)] {
        // Clocks differ a little. With a larger difference, the age of the key is unknown.
        let harness = Harness::new([payment_response()]);
        let used = key(harness.clock.now() + ahead);
        let result = harness.client.pay_keyed("x").idempotency_key(used).send().await;
        assert_eq!((result.is_ok(), harness.request_count()), (sent, usize::from(sent)), "{ahead:?}");
    }
    for day in [payments_core::time::Date::MIN, payments_core::time::Date::MAX] {
        let harness = Harness::new([payment_response()]);
        let used = key(OffsetDateTime::new_utc(day, payments_core::time::Time::MIDNIGHT));
        harness.client.pay_keyed("x").idempotency_key(used).send().await.unwrap_err();
        assert_eq!(harness.request_count(), 0);
    }
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_extend_the_life_of_a_key() {
    // A simulation paid an order twice in this way: the key was created, the clock was set back, and a day passed.
    let harness = Harness::new([Reply::lost(), Reply::lost(), Reply::lost(), payment_response()]);
    let err = harness.send(CallType::Keyed).await.unwrap_err();
    let key = err.idempotency_key().unwrap().clone();
    harness.clock.advance(DAY + Duration::from_secs(1) - Duration::from_secs(240));
    let err = harness.client.pay_keyed("x").idempotency_key(key).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::InvalidRequest, Outcome::Unknown, 0));
    assert_eq!(harness.request_count(), 3);
}

#[tokio::test]
async fn a_call_is_not_retried_after_its_key_has_expired() {
    static SHORT: ProviderSpec = keyed_for(Duration::from_secs(340));
    let harness = Harness::with(
        &SHORT,
        None,
        [Reply::lost(), error_response(503).header("retry-after", "10"), payment_response()],
        |_| {},
    );
    let err = harness.send(CallType::Keyed).await.unwrap_err();
    assert_eq!((err.outcome(), err.attempts(), harness.request_count()), (Outcome::Unknown, 2, 2));
}

#[tokio::test]
async fn a_call_does_not_wait_for_a_retry_if_its_key_has_expired() {
    static SHORT: ProviderSpec = keyed_for(Duration::from_secs(350));
    let harness = Harness::with(&SHORT, None, [Reply::silence(), payment_response()], |_| {});
    let mut call = std::pin::pin!(harness.send(CallType::Keyed));
    assert!(crate::support::poll_once(call.as_mut()).is_pending());
    harness.clock.advance(Duration::from_secs(30));
    let err = call.await.unwrap_err();
    // The error is the one of the attempt, not the one of the retry that was not allowed.
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Timeout, Outcome::Unknown, 1));
    assert_eq!((harness.request_count(), harness.clock.slept().len()), (1, 0));
}

#[tokio::test]
async fn a_call_under_a_key_is_not_sent_to_a_provider_without_keys() {
    let harness = Harness::with(&UNKEYED, None, [payment_response()], |_| {});
    let err = harness.send(CallType::Keyed).await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
    assert_eq!(harness.request_count(), 0);
}

#[tokio::test]
async fn a_keyed_write_that_moves_no_money_is_retried_too() {
    let harness = Harness::new([Reply::lost(), payment_response()]);
    let request = Ok(RequestBuilder::post(Path::new("customers")));
    let call = harness.client.connection.keyed_call(
        Operation::write("create"),
        request,
        key(harness.clock.now()),
        value::<Payment>,
    );
    assert!(call.send().await.is_ok());
    assert_eq!(harness.request_count(), 2);
}

#[test]
fn a_key_is_1_to_255_visible_ascii_characters() {
    for valid in ["a", "0b5e-…".trim_end_matches('…'), &"k".repeat(255), "!~"] {
        assert_eq!(IdempotencyKey::new(valid, OffsetDateTime::UNIX_EPOCH).unwrap().value(), valid);
    }
    for invalid in ["", " ", "a b", "a\n", "a\r\nx-evil: 1", "é", "🔑", "a\0", "\u{7f}", &"k".repeat(256)] {
        assert_eq!(IdempotencyKey::new(invalid, OffsetDateTime::UNIX_EPOCH).unwrap_err().field(), "idempotency_key");
    }
}

#[tokio::test]
async fn an_automatic_key_is_a_random_uuid_that_all_attempts_share() {
    let harness = Harness::new([Reply::lost(), error_response(500), payment_response(), payment_response()]);
    let call = || {
        let request = Ok(RequestBuilder::post(Path::new("payments")));
        harness.client.connection.auto_keyed_call(Operation::move_money("pay"), request, value::<Payment>)
    };
    let first = call();
    let key = first.key().value().to_owned();
    first.send().await.unwrap();
    call().send().await.unwrap();
    let sent: Vec<String> = harness.script.requests().iter().map(key_of).collect();
    assert_eq!(sent[..3], [key.clone(), key.clone(), key.clone()]);
    assert_ne!(sent[3], key);
    let parts: Vec<usize> = key.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12]);
    assert!(key.as_bytes()[14] == b'4' && b"89ab".contains(&key.as_bytes()[19]), "{key}");
}

#[tokio::test]
async fn a_key_that_is_stored_before_sending_keeps_its_creation_time() {
    let harness = Harness::new([Reply::lost(), payment_response()]);
    let call = harness.client.connection.auto_keyed_call(
        Operation::move_money("pay"),
        Ok(RequestBuilder::post(Path::new("payments"))),
        value::<Payment>,
    );
    let stored = (call.key().value().to_owned(), call.key().created_at());
    assert_eq!(stored.1, harness.clock.now());
    // The process crashes before the response arrives. The next process loads the stored key, but a day later.
    call.retry(payments_core::RetryPolicy::none()).send().await.unwrap_err();
    harness.clock.advance(DAY);
    let key = IdempotencyKey::new(stored.0, stored.1).unwrap();
    let err = harness.client.pay_keyed("x").idempotency_key(key).send().await.unwrap_err();
    assert_eq!((err.outcome(), harness.request_count()), (Outcome::Unknown, 1));
}

#[tokio::test]
async fn a_callers_key_counts_as_used_until_the_caller_declares_it_unused() {
    let harness = Harness::new([error_response(401), error_response(401)]);
    let key = key(harness.clock.now());
    let send = |key: &IdempotencyKey| harness.client.pay_keyed("x").idempotency_key(key.clone()).send();
    assert_eq!(send(&key).await.unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(send(&key.assume_unused()).await.unwrap_err().outcome(), Outcome::Refused);
}

#[tokio::test]
async fn a_derived_key_is_the_same_in_every_process_and_has_the_age_of_its_order() {
    let harness = Harness::new([payment_response(), error_response(401)]);
    let created_at = harness.clock.now() - time::Duration::hours(1);
    let key = IdempotencyKey::derived("refund", "order-7", created_at);
    // This value must never change: a different key in the next version could cause a second refund.
    assert_eq!(key.value(), "a646a3a9-b7e9-8889-ae95-5a97e0f86671");
    assert_ne!(key.value(), IdempotencyKey::derived("refund", "order-8", created_at).value());
    assert_ne!(IdempotencyKey::derived("a", "b:c", created_at), IdempotencyKey::derived("a:b", "c", created_at));
    let pay = |key: &IdempotencyKey| harness.client.pay_keyed("x").idempotency_key(key.clone()).send();
    pay(&key).await.unwrap();
    // An earlier process may have used the key, so a refusal of this request settles nothing.
    assert_eq!(pay(&key).await.unwrap_err().outcome(), Outcome::Unknown);
    harness.clock.advance(DAY);
    assert_eq!(pay(&key).await.unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(harness.request_count(), 2, "nothing is sent under an expired key");
}

fn key_of(request: &payments_core::transport::Request) -> String {
    request.headers()["idempotency-key"].to_str().unwrap().to_owned()
}

#[test]
fn a_call_derives_its_key_from_the_operation_and_the_reference() {
    let (harness, created_at) = (Harness::new([]), OffsetDateTime::UNIX_EPOCH);
    let call = harness.client.pay_keyed("key-1").derived_key("order-7", created_at);
    assert_eq!(*call.key(), IdempotencyKey::derived(call.operation(), "order-7", created_at));
    assert!(call.key().may_have_been_used());
}

/// A call under a random key, which is not retried.
fn random_keyed(harness: &Harness) -> Call<Payment, Keyed> {
    let request = Ok(RequestBuilder::post(Path::new("payments")));
    let call = harness.client.connection.auto_keyed_call(Operation::move_money("pay"), request, value::<Payment>);
    call.retry(RetryPolicy::none())
}

#[tokio::test]
async fn a_clone_of_a_call_knows_that_the_other_may_have_been_executed() {
    for later in [Reply::not_connected, || error_response(400), || error_response(402)] {
        let harness = Harness::new([Reply::lost(), later()]);
        let call = random_keyed(&harness);
        let clone = call.clone();
        assert!(!clone.key().may_have_been_used());
        assert_eq!(call.send().await.unwrap_err().outcome(), Outcome::Unknown);
        assert!(clone.key().may_have_been_used());
        let err = clone.send().await.unwrap_err();
        assert_eq!(err.outcome(), Outcome::Unknown, "{err}");
        assert!(err.idempotency_key().unwrap().may_have_been_used());
        let keys: Vec<_> = harness.script.requests().iter().map(key_of).collect();
        assert_eq!(keys[0], keys[1]);
    }
}

#[tokio::test]
async fn a_clone_is_not_affected_by_an_attempt_that_was_provably_not_sent() {
    let harness = Harness::new([Reply::not_connected(), error_response(400), error_response(400)]);
    let call = random_keyed(&harness);
    assert_eq!(call.clone().send().await.unwrap_err().outcome(), Outcome::NotSent);
    assert!(!call.key().may_have_been_used());
    assert_eq!(call.clone().send().await.unwrap_err().outcome(), Outcome::Refused);
    // A refusal is no proof about a request that another call sends later, or sent before.
    assert_eq!(call.send().await.unwrap_err().outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn a_clone_knows_of_a_call_that_is_in_flight_or_was_dropped() {
    let harness = Harness::new([Reply::silence(), error_response(400), Reply::not_connected()]);
    let call = random_keyed(&harness);
    let mut in_flight = Box::pin(call.clone().send());
    assert!(poll_once(&mut in_flight).await.is_none());
    // The clone ends while the other call is in flight.
    assert_eq!(call.clone().send().await.unwrap_err().outcome(), Outcome::Unknown);
    drop(in_flight);
    assert_eq!(call.send().await.unwrap_err().outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn a_call_that_ends_while_its_clone_is_in_flight_is_unknown() {
    let harness = Harness::new([Reply::silence(), Reply::not_connected()]);
    let call = random_keyed(&harness);
    let (first, second) = (call.clone().send(), call.send());
    let mut first = Box::pin(first);
    let mut second = Box::pin(second);
    // The second call starts before the first, and sends after it.
    assert!(poll_once(&mut first).await.is_none());
    assert_eq!(second.as_mut().await.unwrap_err().outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn a_key_that_was_cloned_before_its_call_was_sent_counts_as_used() {
    let harness = Harness::new([Reply::lost(), Reply::not_connected()]);
    let call = random_keyed(&harness);
    let key = call.key().clone();
    call.send().await.unwrap_err();
    assert!(key.may_have_been_used());
    let err = harness.client.pay_keyed("x").idempotency_key(key).send().await.unwrap_err();
    assert_eq!(err.outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn a_clone_of_an_invalid_call_is_invalid_too() {
    let harness = Harness::new([]);
    let invalid = Err(payments_core::ValidationError::new("amount", "must be greater than zero").into());
    let call = harness.client.connection.auto_keyed_call(Operation::move_money("pay"), invalid, value::<Payment>);
    for call in [call.clone(), call] {
        let err = call.send().await.unwrap_err();
        assert_eq!((err.kind(), err.param()), (ErrorKind::InvalidRequest, Some("amount")));
    }
}

/// Polls a future once.
async fn poll_once<T>(future: &mut std::pin::Pin<Box<impl Future<Output = T>>>) -> Option<T> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match future.as_mut().poll(context) {
            std::task::Poll::Ready(value) => Some(value),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
