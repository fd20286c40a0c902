use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::provider::{Operation, ProviderSpec};
use payments_core::request::{Path, RequestBuilder};
use payments_core::test_util::Reply;
use payments_core::time::OffsetDateTime;
use payments_core::{ErrorKind, IdempotencyKey, Outcome};

use crate::support::{Bench, DAY, How, KEYED, Payment, UNKEYED, paid, refused};

/// A key that may have been used, made then.
fn key(made: OffsetDateTime) -> IdempotencyKey {
    IdempotencyKey::new("key-1", made).unwrap()
}

fn settling(status: u16) -> Reply {
    Reply::json(status, r#"{"error":{"code":"no","settles":true}}"#)
}

#[tokio::test]
async fn every_attempt_has_the_same_key_and_the_same_bytes() {
    let bench = Bench::new([Reply::lost(), refused(500), paid()]);
    bench.send(How::Keyed).await.unwrap();
    let requests = bench.script.requests();
    assert_eq!(requests.len(), 3);
    for request in &requests {
        assert_eq!(request.headers().get_all("idempotency-key").iter().collect::<Vec<_>>(), ["key-1"]);
        assert_eq!(request.body().as_ref(), br#"{"what":"pay","amount":100.50}"#);
        assert_eq!((request.method(), request.url()), (requests[0].method(), requests[0].url()));
        assert_eq!(request.headers(), requests[0].headers());
    }
}

#[tokio::test]
async fn a_call_without_a_key_has_no_such_header() {
    let bench = Bench::new([paid()]);
    bench.send(How::Money).await.unwrap();
    assert!(!bench.script.requests()[0].headers().contains_key("idempotency-key"));
}

#[tokio::test]
async fn nothing_but_the_providers_answer_to_the_key_settles_a_lost_attempt() {
    type Row = (&'static str, fn() -> Reply);
    let later: [Row; 9] = [
        ("not connected", Reply::not_connected),
        ("refused", || refused(400)),
        ("declined", || refused(402)),
        ("not found", || refused(404)),
        ("throttled", || refused(429)),
        ("failed", || refused(500)),
        ("lost", Reply::lost),
        ("redirected", || Reply::new(302, "")),
        ("foreign", || Reply::new(403, "<html>")),
    ];
    for (row, reply) in later {
        let bench = Bench::new([Reply::lost(), reply(), reply()]);
        let err = bench.send(How::Keyed).await.unwrap_err();
        assert_eq!(err.outcome(), Outcome::Unknown, "{row}");
        assert!(err.may_have_moved_money(), "{row}");
        assert!(err.to_string().ends_with("it may have been executed"), "{err}");
        let earlier = err.earlier().unwrap();
        assert_eq!((earlier.outcome(), earlier.provider()), (Outcome::Unknown, "acme"), "{row}");
    }
}

#[tokio::test]
async fn the_providers_answer_to_the_same_key_settles_it() {
    for status in [400, 402, 404, 422] {
        let bench = Bench::new([Reply::lost(), settling(status)]);
        let err = bench.send(How::Keyed).await.unwrap_err();
        assert_eq!((err.outcome(), err.attempts()), (Outcome::Refused, 2), "{status}");
        assert!(err.earlier().is_none());
    }
    // It settles nothing when it is itself no settlement.
    for status in [409, 500] {
        let bench = Bench::new([Reply::lost(), settling(status), settling(status)]);
        assert_eq!(bench.send(How::Keyed).await.unwrap_err().outcome(), Outcome::Unknown, "{status}");
    }
    let bench = Bench::new([Reply::lost(), Reply::lost(), paid()]);
    assert!(bench.send(How::Keyed).await.is_ok());
}

#[tokio::test]
async fn the_first_attempt_that_may_have_been_executed_is_kept() {
    let attempt = |id| Reply::json(503, "{}").header("request-id", id);
    let bench = Bench::new([Reply::not_connected(), attempt("first"), refused(400)]);
    let err = bench.send(How::Keyed).await.unwrap_err();
    assert_eq!(err.earlier().unwrap().request_id(), Some("first"), "an attempt that was not sent is not kept");

    let bench = Bench::new([attempt("first"), attempt("second"), refused(400)]);
    let err = bench.send(How::Keyed).await.unwrap_err();
    assert_eq!(err.earlier().unwrap().request_id(), Some("first"));
}

#[tokio::test]
async fn a_lost_read_leaves_nothing_behind() {
    let bench = Bench::new([Reply::lost(), refused(404)]);
    let err = bench.send(How::Read).await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::NotFound, Outcome::Refused));
    assert!(err.earlier().is_none());
}

#[tokio::test]
async fn a_key_that_was_used_before_leaves_the_call_unknown_until_it_is_answered() {
    let bench = Bench::new([]);
    let used = key(bench.clock.now() - Duration::from_secs(60));
    let resumed = |bench: &Bench| bench.shop.pay_keyed("another").idempotency_key(used.clone());
    let err = resumed(&bench).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Connection, Outcome::Unknown, 3));
    assert_eq!(err.idempotency_key(), Some(&used));
    for (reply, outcome) in [(refused(400), Outcome::Unknown), (settling(400), Outcome::Refused)] {
        bench.script.push(reply);
        assert_eq!(resumed(&bench).send().await.unwrap_err().outcome(), outcome);
    }
    bench.script.push(paid());
    resumed(&bench).send().await.unwrap();
    assert!(bench.script.requests().iter().all(|request| request.headers()["idempotency-key"] == "key-1"));
}

#[tokio::test]
async fn a_draft_that_does_not_fit_says_nothing_of_what_its_key_did_before() {
    let bench = Bench::new([]);
    let used = key(bench.clock.now());
    let request = Err(payments_core::ValidationError::new("amount", "is odd").into());
    let call = bench.shop.connection.keyed_call(Operation::move_money("pay"), request, used, |()| Ok(()));
    assert_eq!(call.send().await.unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(bench.sent(), 0);
}

#[tokio::test]
async fn an_unknown_outcome_hands_back_its_key_and_since_when_it_is_in_use() {
    let bench = Bench::new([Reply::lost(), Reply::lost(), Reply::lost(), paid()]);
    let began = bench.clock.now();
    let err = bench.send(How::Keyed).await.unwrap_err();
    let key = err.idempotency_key().unwrap().clone();
    assert_eq!((key.value(), key.created_at(), key.may_have_been_used()), ("key-1", began, true));
    let call = bench.shop.pay_keyed("new").idempotency_key(key.clone());
    assert_eq!(call.key(), &key);
    call.send().await.unwrap();
    assert_eq!(bench.script.requests()[3].headers()["idempotency-key"], "key-1");
}

#[tokio::test]
async fn a_key_under_which_nothing_was_sent_stays_new() {
    let bench = Bench::new([]);
    let err = bench.send(How::Keyed).await.unwrap_err();
    assert_eq!((err.outcome(), err.attempts()), (Outcome::NotSent, 3));
    let key = err.idempotency_key().unwrap().clone();
    assert_eq!((key.value(), key.may_have_been_used()), ("key-1", false));
    // So that the next call under it is as clean as the first.
    let err = bench.shop.pay_keyed("new").idempotency_key(key).send().await.unwrap_err();
    assert_eq!(err.outcome(), Outcome::NotSent);
    // A refusal, too, is a use of it.
    let bench = Bench::new([refused(429).header("retry-after", "5"), Reply::not_connected(), Reply::not_connected()]);
    let err = bench.send(How::Keyed).await.unwrap_err();
    assert_eq!(err.outcome(), Outcome::NotSent);
    assert!(err.idempotency_key().unwrap().may_have_been_used());
}

#[tokio::test]
async fn nothing_is_sent_under_a_key_that_the_provider_has_forgotten() {
    let attempt = Duration::from_secs(30);
    let clocks = Duration::from_secs(300);
    let nano = Duration::from_nanos(1);
    for (age, sent) in [
        (Duration::ZERO, true),
        (DAY - attempt - clocks - nano, true),
        // An attempt may arrive at its very end, and the clock that dated it may have been ahead.
        (DAY - attempt - clocks, false),
        (DAY - attempt, false),
        (DAY, false),
        (DAY * 365, false),
    ] {
        {
            let bench = Bench::new([paid()]);
            let used = key(bench.clock.now() - age);
            let result = bench.shop.pay_keyed("x").idempotency_key(used).send().await;
            assert_eq!((result.is_ok(), bench.sent()), (sent, usize::from(sent)), "{age:?}");
            if let Err(err) = result {
                // Not sent now; but what was sent under it before may have been done.
                assert_eq!(
                    (err.kind(), err.outcome(), err.attempts()),
                    (ErrorKind::InvalidRequest, Outcome::Unknown, 0)
                );
                assert!(err.may_have_moved_money());
            }
        }
    }
    for (ahead, sent) in [(Duration::from_secs(300), true), (Duration::from_secs(301), false), (DAY / 2, false)] {
        // Clocks differ a little; one that was off by more says nothing of a key's age.
        let bench = Bench::new([paid()]);
        let used = key(bench.clock.now() + ahead);
        let result = bench.shop.pay_keyed("x").idempotency_key(used).send().await;
        assert_eq!((result.is_ok(), bench.sent()), (sent, usize::from(sent)), "{ahead:?}");
    }
    let ends_of_time = [payments_core::time::Date::MIN, payments_core::time::Date::MAX];
    for day in ends_of_time {
        let bench = Bench::new([paid()]);
        let used = key(OffsetDateTime::new_utc(day, payments_core::time::Time::MIDNIGHT));
        bench.shop.pay_keyed("x").idempotency_key(used).send().await.unwrap_err();
        assert_eq!(bench.sent(), 0);
    }
}

#[tokio::test]
async fn a_clock_that_was_set_back_makes_no_key_young_again() {
    // A simulated day on which this paid an order twice: the key made, the clock set back, and a day gone by.
    let bench = Bench::new([Reply::lost(), Reply::lost(), Reply::lost(), paid()]);
    let err = bench.send(How::Keyed).await.unwrap_err();
    let key = err.idempotency_key().unwrap().clone();
    bench.clock.advance(DAY + Duration::from_secs(1) - Duration::from_secs(240));
    let err = bench.shop.pay_keyed("x").idempotency_key(key).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::InvalidRequest, Outcome::Unknown, 0));
    assert_eq!(bench.sent(), 3);
}

#[tokio::test]
async fn a_call_that_outlasts_its_key_is_not_sent_again() {
    static SHORT: ProviderSpec = ProviderSpec {
        idempotency: Some(payments_core::provider::IdempotencyPolicy {
            header: "idempotency-key",
            lifetime: Duration::from_secs(340),
        }),
        ..KEYED
    };
    let bench = Bench::with(&SHORT, None, [Reply::lost(), refused(503).header("retry-after", "10"), paid()], |_| {});
    let err = bench.send(How::Keyed).await.unwrap_err();
    assert_eq!((err.outcome(), err.attempts(), bench.sent()), (Outcome::Unknown, 2, 2));
}

#[tokio::test]
async fn a_key_that_has_run_out_meanwhile_is_not_waited_with() {
    static SHORT: ProviderSpec = ProviderSpec {
        idempotency: Some(payments_core::provider::IdempotencyPolicy {
            header: "idempotency-key",
            lifetime: Duration::from_secs(350),
        }),
        ..KEYED
    };
    let bench = Bench::with(&SHORT, None, [Reply::silence(), paid()], |_| {});
    let mut call = std::pin::pin!(bench.send(How::Keyed));
    assert!(crate::support::poll_once(call.as_mut()).is_pending());
    bench.clock.advance(Duration::from_secs(30));
    let err = call.await.unwrap_err();
    // What is said is what happened to it, not what could not be tried any more.
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Timeout, Outcome::Unknown, 1));
    assert_eq!((bench.sent(), bench.clock.slept().len()), (1, 0));
}

#[tokio::test]
async fn a_provider_without_keys_is_sent_nothing_under_one() {
    let bench = Bench::with(&UNKEYED, None, [paid()], |_| {});
    let err = bench.send(How::Keyed).await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
    assert_eq!(bench.sent(), 0);
}

#[tokio::test]
async fn a_keyed_write_is_protected_as_well() {
    let bench = Bench::new([Reply::lost(), paid()]);
    let request = Ok(RequestBuilder::post(Path::new("customers")));
    let call = bench.shop.connection.keyed_call(
        Operation::write("create"),
        request,
        key(bench.clock.now()),
        |payment: crate::support::Payment| Ok(payment),
    );
    assert!(call.send().await.is_ok());
    assert_eq!(bench.sent(), 2);
}

#[test]
fn a_key_is_1_to_255_visible_ascii_characters() {
    for good in ["a", "0b5e-…".trim_end_matches('…'), &"k".repeat(255), "!~"] {
        assert_eq!(IdempotencyKey::new(good, OffsetDateTime::UNIX_EPOCH).unwrap().value(), good);
    }
    for bad in ["", " ", "a b", "a\n", "a\r\nx-evil: 1", "é", "🔑", "a\0", "\u{7f}", &"k".repeat(256)] {
        assert_eq!(IdempotencyKey::new(bad, OffsetDateTime::UNIX_EPOCH).unwrap_err().field(), "idempotency_key");
    }
}

#[tokio::test]
async fn a_fresh_key_is_a_random_uuid_that_every_attempt_carries() {
    let bench = Bench::new([Reply::lost(), refused(500), paid(), paid()]);
    let call = || {
        let request = Ok(RequestBuilder::post(Path::new("payments")));
        bench.shop.connection.auto_keyed_call(Operation::move_money("pay"), request, |payment: Payment| Ok(payment))
    };
    let first = call();
    let key = first.key().value().to_owned();
    first.send().await.unwrap();
    call().send().await.unwrap();
    let sent: Vec<String> = bench.script.requests().iter().map(key_of).collect();
    assert_eq!(sent[..3], [key.clone(), key.clone(), key.clone()]);
    assert_ne!(sent[3], key);
    let parts: Vec<usize> = key.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12]);
    assert!(key.as_bytes()[14] == b'4' && b"89ab".contains(&key.as_bytes()[19]), "{key}");
}

#[tokio::test]
async fn a_key_that_is_stored_before_sending_has_its_age() {
    let bench = Bench::new([Reply::lost(), paid()]);
    let call = bench.shop.connection.auto_keyed_call(
        Operation::move_money("pay"),
        Ok(RequestBuilder::post(Path::new("payments"))),
        |payment: Payment| Ok(payment),
    );
    let stored = (call.key().value().to_owned(), call.key().created_at());
    assert_eq!(stored.1, bench.clock.now());
    // The process dies with its answer; the next one has what was stored, and comes too late.
    call.retry(payments_core::RetryPolicy::none()).send().await.unwrap_err();
    bench.clock.advance(DAY);
    let key = IdempotencyKey::new(stored.0, stored.1).unwrap();
    let err = bench.shop.pay_keyed("x").idempotency_key(key).send().await.unwrap_err();
    assert_eq!((err.outcome(), bench.sent()), (Outcome::Unknown, 1));
}

#[tokio::test]
async fn a_key_of_the_callers_is_unknown_until_he_vouches_for_it() {
    let bench = Bench::new([refused(401), refused(401)]);
    let key = key(bench.clock.now());
    let send = |key: &IdempotencyKey| bench.shop.pay_keyed("x").idempotency_key(key.clone()).send();
    assert_eq!(send(&key).await.unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(send(&key.assume_unused()).await.unwrap_err().outcome(), Outcome::Refused);
}

#[tokio::test]
async fn a_derived_key_is_the_same_in_every_process_and_as_old_as_its_order() {
    let bench = Bench::new([paid(), refused(401)]);
    let made = bench.clock.now() - time::Duration::hours(1);
    let key = IdempotencyKey::derived("refund", "order-7", made);
    // Fixed for ever: another value here would mean a second refund under the next version.
    assert_eq!(key.value(), "a646a3a9-b7e9-8889-ae95-5a97e0f86671");
    assert_ne!(key.value(), IdempotencyKey::derived("refund", "order-8", made).value());
    assert_ne!(IdempotencyKey::derived("a", "b:c", made), IdempotencyKey::derived("a:b", "c", made));
    let pay = |key: &IdempotencyKey| bench.shop.pay_keyed("x").idempotency_key(key.clone()).send();
    pay(&key).await.unwrap();
    // An earlier process may have used it, so that a refusal of this request alone settles nothing.
    assert_eq!(pay(&key).await.unwrap_err().outcome(), Outcome::Unknown);
    bench.clock.advance(DAY);
    assert_eq!(pay(&key).await.unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(bench.sent(), 2, "a key that is too old protects nothing");
}

fn key_of(request: &payments_core::transport::Request) -> String {
    request.headers()["idempotency-key"].to_str().unwrap().to_owned()
}

#[test]
fn a_call_derives_its_key_from_what_it_does_and_for_what() {
    let (bench, made) = (Bench::new([]), OffsetDateTime::UNIX_EPOCH);
    let call = bench.shop.pay_keyed("key-1").derived_key("order-7", made);
    assert_eq!(*call.key(), IdempotencyKey::derived(call.operation(), "order-7", made));
    assert!(call.key().may_have_been_used());
}
