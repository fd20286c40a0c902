//! TurraTech's events: what they say, who signed them, where they go, and when.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use payments_sandbox::{DeliveryState, Sandbox};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::support::{Merchant, with};
use crate::turratech_support::{customer, delete, id, payment, payment_by, post};

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
async fn an_event_has_its_form_and_the_object() {
    let (sandbox, merchant) = start().await;
    sandbox.clock().advance(Duration::from_secs(5));
    let paid = post(&sandbox, "payments", &payment("order-1")).await.expect(201);
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
async fn everything_that_happens_is_told_once_and_under_an_id_of_its_own() {
    let (sandbox, merchant) = start().await;
    let customer = customer(&sandbox).await;
    let manual = with(payment("order-1"), "capture_method", "manual");
    let paid = id(&post(&sandbox, "payments", &manual).await.expect(201));
    post(&sandbox, &format!("payments/{paid}/capture"), &json!({})).await.expect(200);
    post(&sandbox, "refunds", &json!({"payment": paid, "amount": 5})).await.expect(201);
    post(&sandbox, "payments", &payment_by("pm_card_chargeDeclined", "order-2")).await;
    let waiting = id(&post(&sandbox, "payments", &with(payment("order-3"), "confirm", false)).await.expect(201));
    post(&sandbox, &format!("payments/{waiting}/cancel"), &json!({})).await.expect(200);
    post(&sandbox, &format!("customers/{customer}"), &json!({"name": "Jane"})).await.expect(200);
    post(&sandbox, "payments", &payment_by("pm_card_createDispute", "order-4")).await.expect(201);

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
async fn a_bank_s_answer_is_told_when_it_comes() {
    let (sandbox, merchant) = start().await;
    let debit = id(&post(&sandbox, "payment_methods", &json!({"type": "sepa_debit"})).await.expect(201));
    post(&sandbox, "payments", &payment_by(&debit, "order-1")).await.expect(201);
    post(&sandbox, "payments", &payment_by(&debit, "order-2")).await.expect(201);
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
async fn an_endpoint_gets_the_events_that_it_names() {
    let (sandbox, all) = start().await;
    let (some, none) = (Merchant::start().await, Merchant::start().await);
    let wanted = json!(["refund.created", "payment.succeeded"]);
    let created =
        post(&sandbox, "webhook_endpoints", &json!({"url": some.url, "enabled_events": wanted})).await.expect(201);
    assert!(id(&created).starts_with("we_"), "{created}");
    assert_eq!((&created["url"], &created["enabled_events"]), (&json!(some.url), &wanted));
    assert_eq!(
        (&created["secret"], &created["object"]),
        (&json!(sandbox.turratech().webhook_secret()), &json!("webhook_endpoint"))
    );
    let other = json!({"url": none.url, "enabled_events": ["dispute.created"]});
    post(&sandbox, "webhook_endpoints", &other).await.expect(201);
    let far = json!({"url": "https://merchant.example/events", "enabled_events": ["*"]});
    post(&sandbox, "webhook_endpoints", &far).await.expect(201);

    customer(&sandbox).await;
    post(&sandbox, "payments", &payment("order-1")).await.expect(201);
    let events = events(&sandbox, &all).await;
    assert_eq!(types(&events), ["customer.created", "payment.succeeded"]);
    assert_eq!(some.received().len(), 1);
    assert_eq!(some.received()[0].json(), events[1], "one event, wherever it goes");
    assert!(none.received().is_empty());
    let far = sandbox.deliveries().into_iter().filter(|delivery| delivery.state == DeliveryState::NotSent);
    assert_eq!(far.count(), 2, "what is not this machine's is not sent to");
    sandbox.finish();
}

#[tokio::test]
async fn without_a_list_an_endpoint_gets_all_events() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let created = post(&sandbox, "webhook_endpoints", &json!({"url": merchant.url})).await.expect(201);
    assert_eq!(created["enabled_events"], json!(["*"]));
    customer(&sandbox).await;
    assert_eq!(types(&events(&sandbox, &merchant).await), ["customer.created"]);
    sandbox.finish();
}

/// What `openssl dgst` makes of a text; nothing where there is no openssl.
fn openssl_hmac(key: &str, signed: &[u8]) -> Option<String> {
    let mut openssl = Command::new("openssl")
        .args(["dgst", "-sha256", "-hmac", key])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    openssl.stdin.take().unwrap().write_all(signed).unwrap();
    let output = openssl.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().rsplit_once("= ").map(|(_, hex)| hex.to_owned())
}

/// The time and the signature of a header.
fn parts(header: &str) -> (i64, String) {
    let (time, signature) = header.split_once(',').unwrap();
    let signature = signature.strip_prefix("v1=").unwrap();
    assert!(signature.len() == 64 && !signature.bytes().any(|byte| byte.is_ascii_uppercase()), "{header}");
    (time.strip_prefix("t=").unwrap().parse().unwrap(), signature.to_owned())
}

#[tokio::test]
async fn a_signature_is_what_openssl_makes_of_the_time_and_the_bytes() {
    let (sandbox, merchant) = start().await;
    post(&sandbox, "payments", &payment("órder \"1\"")).await.expect(201);
    sandbox.settle().await;
    let message = &merchant.received()[0];
    let (time, signature) = parts(message.header("turratech-signature").unwrap());
    assert_eq!(time, 1_767_268_800);
    let signed = [format!("{time}.").as_bytes(), &message.body].concat();
    let Some(expected) = openssl_hmac(sandbox.turratech().webhook_secret(), &signed) else { return sandbox.abandon() };
    assert_eq!(signature, expected);
    sandbox.finish();
}

#[tokio::test]
async fn each_attempt_is_signed_anew_for_its_own_time() {
    let (sandbox, merchant) = start().await;
    merchant.answers(["HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", ""]);
    post(&sandbox, "payments", &payment("order-1")).await.expect(201);
    sandbox.settle().await;
    sandbox.clock().advance(Duration::from_secs(60));
    sandbox.settle().await;
    sandbox.clock().advance(Duration::from_secs(10 * 60));
    sandbox.settle().await;

    let attempts = merchant.received();
    let stamps: Vec<(i64, String)> =
        attempts.iter().map(|attempt| parts(attempt.header("turratech-signature").unwrap())).collect();
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
async fn an_event_that_nobody_takes_is_sent_nine_times_in_three_days() {
    let (sandbox, merchant) = start().await;
    merchant.answers(["HTTP/1.1 204 No Content\r\n\r\n"; 9]);
    post(&sandbox, "payments", &payment("order-1")).await.expect(201);
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
async fn faults_hit_events_by_the_operation_that_they_come_of() {
    let (sandbox, merchant) = start().await;
    sandbox.fault("turratech.create-payment @webhook duplicate");
    sandbox.fault("turratech.create-refund order=order-1 @webhook drop");
    sandbox.fault("turratech.create-customer @webhook tamper");
    let paid = id(&post(&sandbox, "payments", &payment("order-1")).await.expect(201));
    post(&sandbox, "refunds", &json!({"payment": paid})).await.expect(201);
    customer(&sandbox).await;
    sandbox.settle().await;
    let messages = merchant.received();
    assert_eq!(messages.len(), 3, "a duplicate, nothing, and one that was tampered with");
    assert_eq!(messages[0].body, messages[1].body, "under one id");
    let tampered = &messages[2];
    let (time, signature) = parts(tampered.header("turratech-signature").unwrap());
    let signed = [format!("{time}.").as_bytes(), &tampered.body].concat();
    if let Some(genuine) = openssl_hmac(sandbox.turratech().webhook_secret(), &signed) {
        assert_ne!(signature, genuine, "the old signature");
    }
    sandbox.finish();
}

#[tokio::test]
async fn what_ends_with_a_customer_is_told_under_the_deletion() {
    let (sandbox, merchant) = start().await;
    let customer = id(&post(&sandbox, "customers", &json!({"payment_method": "pm_card_visa"})).await.expect(201));
    let subscription = json!({"customer": customer, "items": [{"price": "price_1"}]});
    post(&sandbox, "subscriptions", &subscription).await.expect(201);
    sandbox.fault("turratech.delete-customer @webhook hold");
    delete(&sandbox, &format!("customers/{customer}")).await.expect(200);
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
async fn a_message_that_a_fault_delays_is_signed_when_it_leaves() {
    let (sandbox, merchant) = start().await;
    sandbox.fault("turratech.create-payment @webhook delay=600s");
    post(&sandbox, "payments", &payment("order-1")).await.expect(201);
    sandbox.clock().advance(Duration::from_secs(600));
    let event = events(&sandbox, &merchant).await.remove(0);
    assert_eq!(event["created"], 1_767_268_800);
    assert_eq!(parts(merchant.received()[0].header("turratech-signature").unwrap()).0, 1_767_269_400);
    sandbox.finish();
}

#[tokio::test]
async fn a_replayed_answer_tells_nobody_again() {
    let (sandbox, merchant) = start().await;
    for _ in 0..2 {
        crate::turratech_support::post_once(&sandbox, "key-1", "payments", &payment("order-1")).await.expect(201);
    }
    assert_eq!(events(&sandbox, &merchant).await.len(), 1);
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "is no http or https address")]
async fn events_go_to_web_addresses_only() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.turratech().send_events_to("merchant.example");
}

/// A merchant that takes this long to acknowledge each event.
async fn slow_merchant(takes: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::time::sleep(takes).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        }
    });
    url
}

#[tokio::test]
async fn a_merchant_has_thirty_seconds_to_acknowledge_an_event() {
    for (takes, state, result) in
        [(29, DeliveryState::Delivered, "answered 200"), (31, DeliveryState::Waiting, "no answer in time")]
    {
        let sandbox = Sandbox::builder().start().await;
        sandbox.turratech().send_events_to(&slow_merchant(Duration::from_secs(takes)).await);
        // From here on, real time passes as soon as everything waits for it.
        tokio::time::pause();
        post(&sandbox, "payments", &payment("order-1")).await.expect(201);
        sandbox.settle().await;

        let delivery = sandbox.deliveries().pop().unwrap();
        assert_eq!((delivery.results, delivery.state), (vec![result.to_owned()], state), "{takes} s");
        tokio::time::resume();
        sandbox.finish();
    }
}
