//! Idempotency keys: the same key on every attempt, its age, and which responses settle it.

use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::test_util::Reply;
use turratech::payments_core::time::OffsetDateTime;
use turratech::{
    ErrorKind, IdempotencyExt, IdempotencyKey, IdempotencyReference, NewRefund, NewSubscription, Outcome, RetryPolicy,
};

use crate::support::{KEY, builder, created, error_response, paid, payment, scripted, scripted_with_clock};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The stored creation time of an order: ten minutes before anything is sent.
fn order_created_at(clock: &impl Clock) -> OffsetDateTime {
    clock.now() - Duration::from_secs(600)
}

#[tokio::test]
async fn a_payment_whose_response_was_lost_is_sent_again_with_the_same_key_and_bytes() {
    let (client, script) = scripted([Reply::lost(), error_response(500, "api_error"), created()]);

    let call = client.create_payment(payment().metadata("order_id", "12345"));
    let key = call.key().value().to_owned();
    let payment = call.send().await.unwrap();

    assert_eq!(payment.id.as_str(), "pay_1");
    let sent = script.requests();
    assert_eq!(sent.len(), 3);
    for request in &sent {
        assert_eq!(request.headers().get_all("idempotency-key").iter().collect::<Vec<_>>(), [key.as_str()]);
        assert_eq!(request.body().as_ref(), sent[0].body().as_ref());
        assert_eq!((request.url(), request.headers()), (sent[0].url(), sent[0].headers()));
    }
}

#[tokio::test]
async fn every_call_has_its_own_key() {
    let (client, _) = scripted([]);
    let keys: std::collections::BTreeSet<String> =
        (0..1000).map(|_| client.create_payment(payment()).key().value().to_owned()).collect();
    assert_eq!(keys.len(), 1000);
}

#[tokio::test]
async fn an_unknown_outcome_returns_its_key_for_a_later_retry() {
    let (client, script, clock) = scripted_with_clock([Reply::lost(), Reply::lost(), Reply::lost(), created()]);
    let created_at = clock.now();

    let err = client.create_payment(payment()).send().await.unwrap_err();

    assert_eq!((err.outcome(), err.may_have_moved_money(), err.attempts()), (Outcome::Unknown, true, 3));
    let key = err.idempotency_key().unwrap().clone();
    assert_eq!(key.created_at(), created_at);
    clock.advance(Duration::from_secs(23 * 60 * 60));
    client.create_payment(payment()).idempotency_key(key.clone()).send().await.unwrap();
    assert!(script.requests().iter().all(|request| request.headers()["idempotency-key"] == key.value()));
}

#[tokio::test]
async fn nothing_is_sent_under_an_expired_key() {
    for (age, sent) in [
        (Duration::ZERO, true),
        // An attempt takes up to 30 seconds, and TurraTech's clock may be 5 minutes ahead of the clock that dated the key.
        (DAY - Duration::from_secs(331), true),
        (DAY - Duration::from_secs(330), false),
        (DAY, false),
        (DAY * 30, false),
    ] {
        let (client, script, clock) = scripted_with_clock([created()]);
        let key = IdempotencyKey::new("order-7421", clock.now() - age).unwrap();

        let result = client.create_payment(payment()).idempotency_key(key).send().await;

        assert_eq!((result.is_ok(), script.requests().len()), (sent, usize::from(sent)), "{age:?}");
        if let Err(err) = result {
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::InvalidRequest, Outcome::Unknown), "{age:?}");
            assert!(err.may_have_moved_money(), "an earlier request under the key may have been executed");
        }
    }
}

#[tokio::test]
async fn a_key_that_expires_during_a_call_stops_the_call() {
    let (client, script, clock) = scripted_with_clock([Reply::lost(), created()]);
    let key = IdempotencyKey::new("k", clock.now() - DAY + Duration::from_millis(330_100)).unwrap();
    // The first wait is at least 250 ms, so it ends after the key has expired.
    let err = client.create_payment(payment()).idempotency_key(key).send().await.unwrap_err();
    assert_eq!((err.outcome(), err.attempts(), script.requests().len()), (Outcome::Unknown, 1, 1));
}

#[tokio::test]
async fn a_declined_card_settles_a_lost_attempt() {
    for status in [400, 402] {
        let (client, script) = scripted([Reply::lost(), error_response(status, "card_error")]);
        let err = client.create_payment(payment()).send().await.unwrap_err();
        assert_eq!((err.outcome(), err.attempts()), (Outcome::Refused, 2), "{status}");
        assert!(!err.may_have_moved_money());
        assert_eq!(script.requests().len(), 2);
    }
}

#[tokio::test]
async fn an_invalid_request_is_refused_only_if_no_earlier_request_is_open() {
    let order: IdempotencyReference = "order-7421".parse().unwrap();
    for (status, error_type) in [
        (400, "invalid_request_error"),
        (400, "validation_error"),
        (404, "invalid_request_error"),
        (404, "validation_error"),
        (402, "invalid_request_error"),
        (404, "card_error"),
    ] {
        let response = || error_response(status, error_type);
        // The first request under a new key: no earlier request can have been executed.
        let (client, _) = scripted([response()]);
        let err = client.create_payment(payment()).send().await.unwrap_err();
        assert_eq!(err.outcome(), Outcome::Refused, "{status} {error_type}");
        // After a lost response, and under a key that an earlier process may have used.
        let (client, _) = scripted([Reply::lost(), response()]);
        let err = client.create_payment(payment()).send().await.unwrap_err();
        assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 2), "{status} {error_type}");
        let (client, _, clock) = scripted_with_clock([response()]);
        let err = client
            .create_payment(payment())
            .idempotency_reference(&order, order_created_at(&clock))
            .send()
            .await
            .unwrap_err();
        assert_eq!(err.outcome(), Outcome::Unknown, "{status} {error_type}");
        assert!(err.may_have_moved_money());
    }
}

#[tokio::test]
async fn an_error_that_does_not_prove_a_declined_card_settles_nothing() {
    let rows = [
        (401, "authentication_error"),
        (401, "invalid_request_error"),
        (403, "authentication_error"),
        (403, "invalid_request_error"),
        (409, "invalid_request_error"),
        (429, "rate_limit_error"),
        (429, "invalid_request_error"),
        (500, "api_error"),
        (503, "api_error"),
        (405, "invalid_request_error"),
        (408, "invalid_request_error"),
        (413, "invalid_request_error"),
        (415, "invalid_request_error"),
        (422, "invalid_request_error"),
        (400, "invalid_request_error"),
        (404, "invalid_request_error"),
        (402, "invalid_request_error"),
        (400, "validation_error"),
        // A status that would settle the key, with a type that does not.
        (400, "api_error"),
        (402, "api_error"),
        (404, "authentication_error"),
        (400, "rate_limit_error"),
        (402, "a_type_nobody_knows"),
    ];
    for (status, error_type) in rows {
        let later = || error_response(status, error_type);
        let (client, script) = scripted([Reply::lost(), later(), later()]);
        let err = client.create_payment(payment()).send().await.unwrap_err();
        assert_eq!(err.outcome(), Outcome::Unknown, "{status} {error_type}");
        assert!(err.may_have_moved_money(), "{status} {error_type}");
        assert!(err.earlier().is_some() || status >= 500, "{status} {error_type}");
        assert!(script.requests().len() >= 2);
    }
}

#[tokio::test]
async fn an_error_about_the_idempotency_key_is_a_conflict_and_settles_nothing() {
    let bodies = [
        r#"{"error":{"type":"idempotency_error","message":"no"}}"#,
        r#"{"error":{"type":"invalid_request_error","code":"idempotency_key_in_use"}}"#,
        r#"{"error":{"type":"invalid_request_error","param":"Idempotency-Key"}}"#,
        r#"{"error":{"type":"invalid_request_error","message":"Keys for Idempotent requests can only be used with the same parameters."}}"#,
    ];
    for body in bodies {
        for status in [400, 402, 404, 409] {
            let (client, _) = scripted([Reply::json(status, body)]);
            let call = client.create_payment(payment()).retry(RetryPolicy::none());
            let err = call.send().await.unwrap_err();
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown), "{status} {body}");
            let (client, _) = scripted([Reply::lost(), Reply::json(status, body), Reply::json(status, body)]);
            let err = client.create_payment(payment()).send().await.unwrap_err();
            assert_eq!(err.outcome(), Outcome::Unknown, "{status} {body}");
            assert!(err.earlier().is_some(), "{status} {body}");
        }
    }
}

#[tokio::test]
async fn a_conflict_is_retried_with_the_same_key() {
    let conflict = || error_response(409, "invalid_request_error");
    let (client, script, clock) = scripted_with_clock([conflict(), conflict(), created()]);
    assert!(client.create_payment(payment()).send().await.is_ok());
    assert_eq!((script.requests().len(), clock.slept().len()), (3, 2));

    let (client, _) = scripted([conflict(), conflict(), conflict()]);
    let err = client.create_payment(payment()).send().await.unwrap_err();
    assert_eq!(
        (err.kind(), err.outcome()),
        (ErrorKind::Conflict, Outcome::Unknown),
        "a conflict never proves that the request was not executed"
    );
}

#[tokio::test]
async fn a_throttled_payment_is_sent_again_under_its_key_and_stays_unknown() {
    let throttled = || error_response(429, "rate_limit_error").header("retry-after", "3");
    let (client, script, clock) = scripted_with_clock([throttled(), created()]);
    assert!(client.create_payment(payment()).send().await.is_ok());
    let sent = script.requests();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].headers()["idempotency-key"], sent[1].headers()["idempotency-key"]);
    assert_eq!(clock.slept(), [Duration::from_secs(3)]);

    let (client, _) = scripted([throttled(), throttled(), throttled()]);
    let err = client.create_payment(payment()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Throttled, Outcome::Unknown));
    assert_eq!(err.retry_after(), Some(Duration::from_secs(3)));
    assert!(err.may_have_moved_money());
}

#[tokio::test]
async fn a_deletion_has_no_key_and_is_not_sent_again() {
    for lost in
        [Reply::lost(), Reply::new(502, "<html>"), error_response(409, "invalid_request_error"), Reply::cut_off(200)]
    {
        let (client, script) = scripted([lost, Reply::json(200, r#"{"id":"cus_1","deleted":true}"#)]);
        let err = client.delete_customer(&"cus_1".parse().unwrap()).send().await.unwrap_err();
        assert_eq!((err.outcome(), script.requests().len()), (Outcome::Unknown, 1), "{err}");
        assert!(err.idempotency_key().is_none());
    }
    let (client, script) = scripted([Reply::lost(), Reply::json(200, r#"{"id":"sub_1"}"#)]);
    let err = client.cancel_subscription(&"sub_1".parse().unwrap()).send().await.unwrap_err();
    assert_eq!((err.outcome(), script.requests().len()), (Outcome::Unknown, 1));
    assert!(!err.may_have_moved_money(), "the call moves no money, although charges may continue");
}

#[tokio::test]
async fn every_process_derives_the_same_key_for_an_order() {
    let (client, script, clock) = scripted_with_clock([created(), created()]);
    let order: IdempotencyReference = "order-7421".parse().unwrap();
    let ordered_at = clock.now() - Duration::from_secs(60);
    client.create_payment(payment()).idempotency_reference(&order, ordered_at).send().await.unwrap();
    client.clone().create_payment(payment()).idempotency_reference(&order, ordered_at).send().await.unwrap();

    let keys: Vec<_> = script.requests().iter().map(|request| request.headers()["idempotency-key"].clone()).collect();
    assert_eq!(keys[0], keys[1]);
    // The key must never change: a later release must not repeat a payment of an earlier one.
    assert_eq!(keys[0], "04dbd993-77d0-81c3-a609-cf511d72a179");

    let refund = client.create_refund(NewRefund::new("pay_1")).idempotency_reference(&order, ordered_at);
    let other = client.create_payment(payment()).idempotency_reference(&"order-7422".parse().unwrap(), ordered_at);
    let capture = client.capture_payment(&"pay_1".parse().unwrap()).idempotency_reference(&order, ordered_at);
    let cancel = client.cancel_payment(&"pay_1".parse().unwrap()).idempotency_reference(&order, ordered_at);
    let all: std::collections::BTreeSet<&str> = [refund.key(), other.key(), capture.key(), cancel.key()]
        .map(IdempotencyKey::value)
        .into_iter()
        .chain([keys[0].to_str().unwrap()])
        .collect();
    assert_eq!(all.len(), 5, "the key depends on the operation and on the reference");
}

#[tokio::test]
async fn a_derived_key_may_have_been_used_by_an_earlier_process() {
    let order: IdempotencyReference = "order-7421".parse().unwrap();
    // This call is not even sent, but an earlier process may have paid.
    let (client, _, clock) = scripted_with_clock([]);
    let err = client
        .create_payment(payment())
        .idempotency_reference(&order, order_created_at(&clock))
        .send()
        .await
        .unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Connection, Outcome::Unknown));

    let (client, _, clock) = scripted_with_clock([error_response(402, "card_error")]);
    let err = client
        .create_payment(payment())
        .idempotency_reference(&order, order_created_at(&clock))
        .send()
        .await
        .unwrap_err();
    assert_eq!(err.outcome(), Outcome::Refused, "the response settles the key");

    let (client, script, clock) = scripted_with_clock([created()]);
    let err =
        client.create_payment(payment()).idempotency_reference(&order, clock.now() - DAY).send().await.unwrap_err();
    assert_eq!((err.outcome(), script.requests().len()), (Outcome::Unknown, 0), "the key is as old as the order");
}

#[test]
fn an_invalid_reference_is_rejected() {
    assert!(["", ".", "..", &"x".repeat(256)].iter().all(|text| text.parse::<IdempotencyReference>().is_err()));
}

#[tokio::test]
async fn a_response_with_another_payment_is_rejected() {
    let another = [
        (paid("pay_1", "succeeded").replace(":2000", ":100"), "amount"),
        (paid("pay_1", "succeeded").replace("\"gbp\"", "\"usd\""), "currency"),
        (paid("pay_1", "succeeded").replace("cus_ABC123", "cus_other"), "customer"),
        (paid("pay_1", "succeeded").replace("\"12345\"", "\"99\""), "metadata"),
        (paid("pay_1", "succeeded").replace("\"12345\"", "null"), "metadata"),
        (paid("pay_1", "succeeded").replace("order_id", "invoice"), "metadata"),
        (paid("pay_1", "succeeded").replace(r#"{"order_id":"12345"}"#, "{}"), "metadata"),
    ];
    for (response, path) in another {
        let (client, script) = scripted([Reply::json(200, &response), created()]);
        let new = payment().customer("cus_ABC123").metadata("order_id", "12345");
        let err = client.create_payment(new).send().await.unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown), "{path}");
        assert_eq!((err.json_path(), script.requests().len()), (Some(path), 1));
        assert!(err.may_have_moved_money());
    }
}

#[tokio::test]
async fn a_response_with_another_refund_is_rejected() {
    let requested = || NewRefund::new("pay_1").amount(crate::support::pounds(500)).metadata("n", "1");
    let rows = [
        (r#"{"id":"re_1","payment":"pay_2"}"#, Some("payment")),
        (r#"{"id":"re_1","amount":501}"#, Some("amount")),
        (r#"{"id":"re_1","amount":500,"currency":"usd"}"#, Some("currency")),
        (r#"{"id":"re_1","metadata":{"n":"2"}}"#, Some("metadata")),
        (r#"{"id":"re_1","metadata":{"n":null}}"#, Some("metadata")),
        (r#"{"id":"re_1","metadata":{"m":"1"}}"#, Some("metadata")),
        (r#"{"id":"re_1","metadata":{}}"#, Some("metadata")),
        (r#"{"id":"re_1","metadata":null}"#, None),
        (r#"{"id":"re_1","payment":"pay_1","amount":500,"currency":"gbp","metadata":{"n":"1","m":"2"}}"#, None),
        (r#"{"id":"re_1"}"#, None),
    ];
    for (response, path) in rows {
        let (client, _) = scripted([Reply::json(200, response)]);
        let result = client.create_refund(requested()).send().await;
        assert_eq!(result.as_ref().err().and_then(|err| err.json_path()), path, "{response}");
        assert_eq!(result.is_ok(), path.is_none());
    }
}

#[tokio::test]
async fn a_stored_key_keeps_its_creation_time() {
    let (client, script, clock) = scripted_with_clock([Reply::lost(), created()]);
    let call = client.create_payment(payment()).retry(RetryPolicy::none());
    let (value, created_at) = (call.key().value().to_owned(), call.key().created_at());
    assert_eq!(created_at, clock.now());
    // The process stops while it waits for the response. Another process loads the stored key.
    call.send().await.unwrap_err();
    clock.advance(DAY);
    let stored = IdempotencyKey::new(value, created_at).unwrap();
    let err = client.create_payment(payment()).idempotency_key(stored).send().await.unwrap_err();
    assert_eq!((err.outcome(), script.requests().len()), (Outcome::Unknown, 1), "the order would be paid twice");
}

#[tokio::test]
async fn a_stored_key_counts_as_used_whatever_the_next_response_is() {
    for (status, error_type) in
        [(400, "invalid_request_error"), (401, "authentication_error"), (429, "rate_limit_error")]
    {
        let (client, _, clock) = scripted_with_clock([error_response(status, error_type)]);
        let stored = || IdempotencyKey::new("stored", order_created_at(&clock)).unwrap();
        let again = client.create_payment(payment()).retry(RetryPolicy::none()).idempotency_key(stored());
        assert_eq!(again.send().await.unwrap_err().outcome(), Outcome::Unknown, "{status}");
        // The caller knows that no request was sent under the key.
        let (client, _) = scripted([error_response(status, error_type)]);
        let first =
            client.create_payment(payment()).retry(RetryPolicy::none()).idempotency_key(stored().assume_unused());
        // No document says that a throttled request is not executed.
        let expected = if status == 429 { Outcome::Unknown } else { Outcome::Refused };
        assert_eq!(first.send().await.unwrap_err().outcome(), expected, "{status}");
    }
}

#[tokio::test]
async fn nothing_is_sent_under_a_key_dated_in_the_future() {
    let (client, script, clock) = scripted_with_clock([created()]);
    let ahead = clock.now() + Duration::from_secs(20 * 60 * 60);
    let keys = [
        client.create_payment(payment()).idempotency_key(IdempotencyKey::new("k", ahead).unwrap()),
        client.create_payment(payment()).idempotency_reference(&"order-7421".parse().unwrap(), ahead),
    ];
    for call in keys {
        // The age of the key cannot be known.
        let err = call.send().await.unwrap_err();
        assert_eq!((err.outcome(), script.requests().len()), (Outcome::Unknown, 0));
    }
}

#[tokio::test]
async fn the_retry_policy_does_not_change_the_key() {
    let (client, script) = (scripted([]).0, payments_core::test_util::Script::new([Reply::lost(), created()]));
    drop(client);
    let clock = crate::support::clock();
    let eager = builder(KEY, &script, &clock).retry(RetryPolicy::default().max_retries(9)).build().unwrap();
    eager.create_payment(payment()).send().await.unwrap();
    let sent = script.requests();
    assert_eq!(sent[0].headers()["idempotency-key"], sent[1].headers()["idempotency-key"]);
}

/// The expected keys were computed without the SDK: the first 16 bytes of the SHA-256 of
/// `<length of id>:<id>:<reference>` as a version 8 UUID. They must never change: another key would repeat an operation
/// that an earlier version executed.
#[test]
fn derived_keys_never_change() {
    let (client, _, clock) = scripted_with_clock([]);
    let (reference, created_at): (IdempotencyReference, _) = ("order-7421".parse().unwrap(), order_created_at(&clock));
    let id = || "pay_1".parse().unwrap();
    let price = turratech::SubscriptionItem::new("price_1");
    let subscription = NewSubscription::new("cus_1", price);

    assert_eq!(
        client.create_payment(payment()).idempotency_reference(&reference, created_at).key().value(),
        "04dbd993-77d0-81c3-a609-cf511d72a179"
    );
    assert_eq!(
        client.capture_payment(&id()).idempotency_reference(&reference, created_at).key().value(),
        "8e4d00a8-2e66-8a93-8e0e-ee06682b7368"
    );
    assert_eq!(
        client.cancel_payment(&id()).idempotency_reference(&reference, created_at).key().value(),
        "cdff90fc-1e54-8d56-b04b-4ffc0dc43408"
    );
    assert_eq!(
        client.create_refund(NewRefund::new(id())).idempotency_reference(&reference, created_at).key().value(),
        "c11a760f-d632-8e91-afe7-ea3ddb289eb1"
    );
    assert_eq!(
        client.create_subscription(subscription).idempotency_reference(&reference, created_at).key().value(),
        "0493fd2d-f66e-81ea-82d3-a08ca4996420"
    );
}
