//! TurraTech's events: their content, signature, endpoints, and schedule.

use std::time::Duration;

use payments_sandbox::{DeliveryState, Sandbox};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::support::{Merchant, openssl_hmac, with};
use crate::turratech_support::{create_customer, delete, id, payment, payment_with_method, post};

async fn start() -> (Sandbox, Merchant) {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    sandbox.turratech().send_events_to(&merchant.url);
    (sandbox, merchant)
}

async fn events(sandbox: &Sandbox, merchant: &Merchant) -> Vec<Value> {
    sandbox.settle().await;
    merchant.received().iter().map(crate::support::Received::json).collect()
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_event_has_its_type_and_contains_the_object() {
    let (sandbox, merchant) = start().await;
    sandbox.clock().advance(Duration::from_secs(5));
    let paid = post(&sandbox, "payments", &payment("order-1")).await.expect_status(201);
    let events = events(&sandbox, &merchant).await;
    let event = &events[0];
    assert!(event["id"].as_str().unwrap().starts_with("evt_"), "{event}");
    assert_eq!(
        *event,
        json!({
            "id": event["id"],
            "object": "event",
            "type": "payment.succeeded",
            "created": 1_767_268_805,
            "livemode": false,
            "data": {"object": paid}
        })
    );
    let message = &merchant.received()[0];
    assert!(message.head.starts_with("POST /status HTTP/1.1\r\n"), "{}", message.head);
    assert_eq!(message.header("content-type"), Some("application/json"));
    sandbox.finish();
}

#[tokio::test]
async fn every_event_is_sent_once_with_its_own_id() {
    let (sandbox, merchant) = start().await;
    let customer = create_customer(&sandbox).await;
    let manual = with(payment("order-1"), "capture_method", "manual");
    let paid = id(&post(&sandbox, "payments", &manual).await.expect_status(201));
    post(&sandbox, &format!("payments/{paid}/capture"), &json!({})).await.expect_status(200);
    post(&sandbox, "refunds", &json!({"payment": paid, "amount": 5})).await.expect_status(201);
    post(&sandbox, "payments", &payment_with_method("pm_card_chargeDeclined", "order-2")).await;
    let waiting = id(&post(&sandbox, "payments", &with(payment("order-3"), "confirm", false)).await.expect_status(201));
    post(&sandbox, &format!("payments/{waiting}/cancel"), &json!({})).await.expect_status(200);
    post(&sandbox, &format!("customers/{customer}"), &json!({"name": "Jane"})).await.expect_status(200);
    post(&sandbox, "payments", &payment_with_method("pm_card_createDispute", "order-4")).await.expect_status(201);

    let events = events(&sandbox, &merchant).await;
    assert_eq!(
        types(&events),
        [
            "customer.created",
            "payment.succeeded",
            "refund.created",
            "payment.failed",
            "payment.succeeded",
            "dispute.created",
        ]
    );
    assert_eq!(events[2]["data"]["object"]["amount"], 5);
    let failed = &events[3]["data"]["object"];
    assert_eq!((&failed["status"], &failed["object"]), (&json!("failed"), &json!("payment")));
    let dispute = &events[5]["data"]["object"];
    assert_eq!((&dispute["object"], &dispute["amount"]), (&json!("dispute"), &json!(2000)));
    assert_eq!(dispute["payment"], events[4]["data"]["object"]["id"]);
    let mut ids: Vec<String> = events.iter().map(id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), events.len());
    sandbox.finish();
}

#[tokio::test]
async fn a_settlement_sends_an_event_when_it_happens() {
    let (sandbox, merchant) = start().await;
    let debit = id(&post(&sandbox, "payment_methods", &json!({"type": "sepa_debit"})).await.expect_status(201));
    post(&sandbox, "payments", &payment_with_method(&debit, "order-1")).await.expect_status(201);
    post(&sandbox, "payments", &payment_with_method(&debit, "order-2")).await.expect_status(201);
    assert_eq!(events(&sandbox, &merchant).await, [] as [Value; 0]);
    sandbox.turratech().payment("order-2").fail();
    sandbox.clock().advance(Duration::from_secs(2));
    let events = events(&sandbox, &merchant).await;
    assert_eq!(types(&events), ["payment.failed", "payment.succeeded"]);
    assert_eq!(events[1]["data"]["object"]["metadata"]["order_id"], "order-1");
    assert_eq!(events[1]["created"], 1_767_268_802);
    sandbox.finish();
}

#[tokio::test]
async fn an_endpoint_receives_the_events_it_names() {
    let (sandbox, all) = start().await;
    let (some, none) = (Merchant::start().await, Merchant::start().await);
    let wanted = json!(["refund.created", "payment.succeeded"]);
    let created = post(&sandbox, "webhook_endpoints", &json!({"url": some.url, "enabled_events": wanted}))
        .await
        .expect_status(201);
    assert!(id(&created).starts_with("we_"), "{created}");
    assert_eq!((&created["url"], &created["enabled_events"]), (&json!(some.url), &wanted));
    assert_eq!(
        (&created["secret"], &created["object"]),
        (&json!(sandbox.turratech().webhook_secret()), &json!("webhook_endpoint"))
    );
    let other = json!({"url": none.url, "enabled_events": ["dispute.created"]});
    post(&sandbox, "webhook_endpoints", &other).await.expect_status(201);
    let remote = json!({"url": "https://merchant.example/events", "enabled_events": ["*"]});
    post(&sandbox, "webhook_endpoints", &remote).await.expect_status(201);

    create_customer(&sandbox).await;
    post(&sandbox, "payments", &payment("order-1")).await.expect_status(201);
    let events = events(&sandbox, &all).await;
    assert_eq!(types(&events), ["customer.created", "payment.succeeded"]);
    assert_eq!(some.received().len(), 1);
    assert_eq!(some.received()[0].json(), events[1], "every endpoint receives the same event");
    assert!(none.received().is_empty());
    let remote = sandbox.deliveries().into_iter().filter(|delivery| delivery.state == DeliveryState::NotSent);
    assert_eq!(remote.count(), 2, "nothing is sent to another machine");
    sandbox.finish();
}

#[tokio::test]
async fn an_endpoint_without_a_list_receives_all_events() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let created = post(&sandbox, "webhook_endpoints", &json!({"url": merchant.url})).await.expect_status(201);
    assert_eq!(created["enabled_events"], json!(["*"]));
    create_customer(&sandbox).await;
    assert_eq!(types(&events(&sandbox, &merchant).await), ["customer.created"]);
    sandbox.finish();
}

/// Returns the time and the signature in a header.
fn time_and_signature(header: &str) -> (i64, String) {
    let (time, signature) = header.split_once(',').unwrap();
    let signature = signature.strip_prefix("v1=").unwrap();
    assert!(signature.len() == 64 && !signature.bytes().any(|byte| byte.is_ascii_uppercase()), "{header}");
    (time.strip_prefix("t=").unwrap().parse().unwrap(), signature.to_owned())
}

#[tokio::test]
async fn the_signature_is_the_hmac_that_openssl_computes_over_the_time_and_the_body() {
    let (sandbox, merchant) = start().await;
    post(&sandbox, "payments", &payment("órder \"1\"")).await.expect_status(201);
    sandbox.settle().await;
    let message = &merchant.received()[0];
    let (time, signature) = time_and_signature(message.header("turratech-signature").unwrap());
    assert_eq!(time, 1_767_268_800);
    let signed = [format!("{time}.").as_bytes(), &message.body].concat();
    let Some(expected) = openssl_hmac(sandbox.turratech().webhook_secret(), &signed) else { return sandbox.abandon() };
    assert_eq!(signature, expected);
    sandbox.finish();
}

#[tokio::test]
async fn each_attempt_is_signed_with_its_own_time() {
    let (sandbox, merchant) = start().await;
    merchant.queue_responses(["HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", ""]);
    post(&sandbox, "payments", &payment("order-1")).await.expect_status(201);
    sandbox.settle().await;
    sandbox.clock().advance(Duration::from_secs(60));
    sandbox.settle().await;
    sandbox.clock().advance(Duration::from_secs(10 * 60));
    sandbox.settle().await;

    let attempts = merchant.received();
    let stamps: Vec<(i64, String)> =
        attempts.iter().map(|attempt| time_and_signature(attempt.header("turratech-signature").unwrap())).collect();
    let times: Vec<i64> = stamps.iter().map(|(time, _)| time - 1_767_268_800).collect();
    assert_eq!(times, [0, 60, 660]);
    assert!(attempts.iter().all(|attempt| attempt.body == attempts[0].body));
    assert!(stamps[0].1 != stamps[1].1 && stamps[1].1 != stamps[2].1, "{stamps:?}");
    let last = &sandbox.deliveries()[0];
    assert_eq!((last.state, last.attempts), (DeliveryState::Delivered, 3));
    assert_eq!(last.headers, [("turratech-signature".to_owned(), format!("t={},v1={}", stamps[2].0, stamps[2].1))]);
    sandbox.finish();
}

#[tokio::test]
async fn an_unaccepted_event_is_sent_nine_times_in_three_days() {
    let (sandbox, merchant) = start().await;
    merchant.queue_responses(["HTTP/1.1 204 No Content\r\n\r\n"; 9]);
    post(&sandbox, "payments", &payment("order-1")).await.expect_status(201);
    sandbox.settle().await;
    let (minute, hour) = (60, 60 * 60);
    let waits = [minute, 5 * minute, 30 * minute, 2 * hour, 6 * hour, 12 * hour, 24 * hour, 24 * hour];
    for (sent, wait) in waits.into_iter().enumerate() {
        sandbox.clock().advance(Duration::from_secs(wait - 1));
        sandbox.settle().await;
        assert_eq!(merchant.received().len(), sent + 1, "before {wait} s are over");
        sandbox.clock().advance(Duration::from_secs(1));
        sandbox.settle().await;
        assert_eq!(merchant.received().len(), sent + 2, "after {wait} s");
    }
    assert_eq!(sandbox.deliveries()[0].state, DeliveryState::Failed);
    sandbox.clock().advance(Duration::from_secs(30 * 24 * hour));
    sandbox.settle().await;
    assert_eq!(merchant.received().len(), 9);
    sandbox.finish();
}

#[tokio::test]
async fn faults_match_events_by_the_operation_that_caused_them() {
    let (sandbox, merchant) = start().await;
    sandbox.fault("turratech.create-payment @webhook duplicate");
    sandbox.fault("turratech.create-refund order=order-1 @webhook drop");
    sandbox.fault("turratech.create-customer @webhook tamper");
    let paid = id(&post(&sandbox, "payments", &payment("order-1")).await.expect_status(201));
    post(&sandbox, "refunds", &json!({"payment": paid})).await.expect_status(201);
    create_customer(&sandbox).await;
    sandbox.settle().await;
    let messages = merchant.received();
    assert_eq!(messages.len(), 3, "two copies, none, and a tampered one");
    assert_eq!(messages[0].body, messages[1].body, "the copies are identical");
    let tampered = &messages[2];
    let (time, signature) = time_and_signature(tampered.header("turratech-signature").unwrap());
    let signed = [format!("{time}.").as_bytes(), &tampered.body].concat();
    if let Some(genuine) = openssl_hmac(sandbox.turratech().webhook_secret(), &signed) {
        assert_ne!(signature, genuine, "the signature of the original body");
    }
    sandbox.finish();
}

#[tokio::test]
async fn deleting_a_customer_sends_the_events_of_their_subscriptions() {
    let (sandbox, merchant) = start().await;
    let customer =
        id(&post(&sandbox, "customers", &json!({"payment_method": "pm_card_visa"})).await.expect_status(201));
    let subscription = json!({"customer": customer, "items": [{"price": "price_1"}]});
    post(&sandbox, "subscriptions", &subscription).await.expect_status(201);
    sandbox.fault("turratech.delete-customer @webhook hold");
    delete(&sandbox, &format!("customers/{customer}")).await.expect_status(200);
    assert_eq!(types(&events(&sandbox, &merchant).await), ["customer.created", "subscription.created", "invoice.paid"]);
    sandbox.release();
    let last = events(&sandbox, &merchant).await.pop().unwrap();
    assert_eq!(
        (&last["type"], &last["data"]["object"]["status"]),
        (&json!("subscription.deleted"), &json!("canceled"))
    );
    sandbox.finish();
}

#[tokio::test]
async fn a_delayed_event_is_signed_when_it_is_sent() {
    let (sandbox, merchant) = start().await;
    sandbox.fault("turratech.create-payment @webhook delay=600s");
    post(&sandbox, "payments", &payment("order-1")).await.expect_status(201);
    sandbox.clock().advance(Duration::from_secs(600));
    let event = events(&sandbox, &merchant).await.remove(0);
    assert_eq!(event["created"], 1_767_268_800);
    assert_eq!(time_and_signature(merchant.received()[0].header("turratech-signature").unwrap()).0, 1_767_269_400);
    sandbox.finish();
}

#[tokio::test]
async fn a_replayed_response_sends_no_event() {
    let (sandbox, merchant) = start().await;
    for _ in 0..2 {
        crate::turratech_support::post_idempotent(&sandbox, "key-1", "payments", &payment("order-1"))
            .await
            .expect_status(201);
    }
    assert_eq!(events(&sandbox, &merchant).await.len(), 1);
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "must be an http or https URL")]
async fn an_invalid_event_url_panics() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.turratech().send_events_to("merchant.example");
}

/// Starts a merchant that acknowledges each event after this delay, and returns its URL.
async fn slow_merchant(delay: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::time::sleep(delay).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        }
    });
    url
}

#[tokio::test]
async fn a_merchant_has_thirty_seconds_to_acknowledge_an_event() {
    for (delay, state, result) in
        [(29, DeliveryState::Delivered, "status 200"), (31, DeliveryState::Waiting, "no response in time")]
    {
        let sandbox = Sandbox::builder().start().await;
        sandbox.turratech().send_events_to(&slow_merchant(Duration::from_secs(delay)).await);
        // From here on, tokio's clock advances as soon as every task waits for it.
        tokio::time::pause();
        post(&sandbox, "payments", &payment("order-1")).await.expect_status(201);
        sandbox.settle().await;

        let delivery = sandbox.deliveries().pop().unwrap();
        assert_eq!((delivery.results, delivery.state), (vec![result.to_owned()], state), "{delay} s");
        tokio::time::resume();
        sandbox.finish();
    }
}
