//! TurraTech's idempotency keys: what they protect, and for how long.

use std::time::Duration;

use payments_sandbox::Sandbox;
use payments_sandbox::turratech::Settings;
use serde_json::json;

use crate::support::{Connection, Response, authority, wait_until, with};
use crate::turratech_support::{
    bearer, create_customer, delete, expect_error, get, id, payment, payment_with_method, post, post_idempotent,
    request, send,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Sends a payment under `key-1` and returns its connection.
async fn send_payment(sandbox: &Sandbox, body: &str) -> Connection {
    let mut connection = Connection::open(authority(sandbox.turratech().base_url())).await;
    let bearer = bearer(sandbox.turratech().api_key());
    let headers =
        [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("Idempotency-Key", "key-1")];
    connection.write(&request(sandbox, "POST", "payments", &headers, body)).await;
    connection
}

fn check_same_response(first: &Response, second: &Response) {
    assert_eq!((first.status, &first.head), (second.status, &second.head));
    assert_eq!(first.body, second.body);
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_response_and_is_not_executed_again() {
    let sandbox = Sandbox::builder().start().await;
    let first = post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await;
    first.expect_status(201);
    sandbox.clock().advance(Duration::from_secs(60));
    let second = post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await;
    check_same_response(&first, &second);
    sandbox.ledger().order("order-1").executed_once();
    assert_eq!(get(&sandbox, "payments").await.expect_status(200)["data"].as_array().unwrap().len(), 1);
    sandbox.finish();
}

#[tokio::test]
async fn a_request_without_a_key_or_under_another_key_is_executed_again() {
    let sandbox = Sandbox::builder().start().await;
    post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await.expect_status(201);
    post_idempotent(&sandbox, "key-2", "payments", &payment("order-1")).await.expect_status(201);
    post(&sandbox, "payments", &payment("order-1")).await.expect_status(201);
    sandbox.ledger().order("order-1").executed_times(3);
    sandbox.abandon();
}

#[tokio::test]
async fn a_key_protects_every_post() {
    let sandbox = Sandbox::builder().start().await;
    let customer = create_customer(&sandbox).await;
    let method = id(&post(&sandbox, "payment_methods", &json!({"type": "apple_pay"})).await.expect_status(201));
    let manual = with(payment("order-1"), "capture_method", "manual");
    let (first, second) = (
        id(&post(&sandbox, "payments", &manual).await.expect_status(201)),
        id(&post(&sandbox, "payments", &with(manual.clone(), "metadata", json!({}))).await.expect_status(201)),
    );
    let items = json!([{"price": "price_1"}]);
    let subscription = json!({"customer": customer, "items": items, "default_payment_method": "pm_card_visa"});
    let subscription_id = id(&post(&sandbox, "subscriptions", &subscription).await.expect_status(201));
    let posts = [
        ("payments".to_owned(), payment("order-2")),
        (format!("payments/{first}/capture"), json!({})),
        (format!("payments/{second}/cancel"), json!({})),
        ("customers".to_owned(), json!({})),
        (format!("customers/{customer}"), json!({"name": "Jane Doe"})),
        ("payment_methods".to_owned(), json!({"type": "google_pay"})),
        (format!("payment_methods/{method}/attach"), json!({"customer": customer})),
        (format!("payment_methods/{method}/detach"), json!({})),
        ("refunds".to_owned(), json!({"payment": first, "amount": 500})),
        ("subscriptions".to_owned(), subscription),
        (format!("subscriptions/{subscription_id}"), json!({"cancel_at_period_end": true})),
        ("webhook_endpoints".to_owned(), json!({"url": "https://merchant.example/", "enabled_events": ["*"]})),
    ];
    for (path, body) in &posts {
        let key = path.replace('/', "-");
        let before = sandbox.ledger().entries().len();
        let response = post_idempotent(&sandbox, &key, path, body).await;
        assert!(matches!(response.status, 200 | 201), "{path}: {}", response.text());
        check_same_response(&response, &post_idempotent(&sandbox, &key, path, body).await);
        assert_eq!(sandbox.ledger().entries().len(), before + 1, "{path}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_key_does_not_apply_to_a_deletion() {
    let sandbox = Sandbox::builder().start().await;
    let path = format!("customers/{}", create_customer(&sandbox).await);
    let bearer = bearer(sandbox.turratech().api_key());
    let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "key-1")];
    send(&sandbox, "DELETE", &path, &headers, "").await.expect_status(200);
    expect_error(&send(&sandbox, "DELETE", &path, &headers, "").await, 404);
    expect_error(&delete(&sandbox, &path).await, 404);
    sandbox.finish();
}

#[tokio::test]
async fn a_key_expires_after_24_hours() {
    let sandbox = Sandbox::builder().start().await;
    let first = post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await;
    sandbox.clock().advance(DAY - Duration::from_secs(1));
    check_same_response(&first, &post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await);
    sandbox.ledger().order("order-1").executed_once();

    sandbox.clock().advance(Duration::from_secs(1));
    let new = post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await;
    assert_ne!(first.expect_status(201)["id"], new.expect_status(201)["id"]);
    sandbox.ledger().order("order-1").executed_times(2);
    sandbox.clock().advance(DAY - Duration::from_secs(1));
    check_same_response(&new, &post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await);
    sandbox.abandon();
}

#[tokio::test]
async fn another_request_under_a_used_key_gets_a_409_and_is_not_executed() {
    let sandbox = Sandbox::builder().start().await;
    let first = post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await;
    let others = [
        ("payments", with(payment("order-1"), "amount", 2001)),
        ("payments", payment("order-2")),
        ("customers", payment("order-1")),
    ];
    for (path, body) in &others {
        let error = expect_error(&post_idempotent(&sandbox, "key-1", path, body).await, 409);
        assert_eq!(error["code"], "idempotency_key_reused", "{path}");
    }
    assert_eq!(sandbox.ledger().entries().len(), 1);
    check_same_response(&first, &post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await);
    sandbox.finish();
}

#[tokio::test]
async fn the_same_parameters_in_another_order_are_the_same_request() {
    let sandbox = Sandbox::builder().start().await;
    let bearer = bearer(sandbox.turratech().api_key());
    let headers =
        [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("Idempotency-Key", "key-1")];
    let first = r#"{"amount":2000,"currency":"gbp","metadata":{"a":"1","b":"2"}}"#;
    let second = r#"{ "metadata": {"b": "2", "a": "1"}, "currency": "gbp", "amount": 2000 }"#;
    let first = send(&sandbox, "POST", "payments", &headers, first).await;
    first.expect_status(201);
    check_same_response(&first, &send(&sandbox, "POST", "payments", &headers, second).await);
    sandbox.finish();
}

#[tokio::test]
async fn idempotency_keys_are_shared_by_all_api_keys_of_the_account() {
    let sandbox = Sandbox::builder().start().await;
    let first = post_idempotent(&sandbox, "key-1", "payment_methods", &json!({"type": "apple_pay"})).await;
    let publishable = bearer(sandbox.turratech().publishable_key());
    let headers =
        [("Authorization", publishable.as_str()), ("Content-Type", "application/json"), ("Idempotency-Key", "key-1")];
    check_same_response(&first, &send(&sandbox, "POST", "payment_methods", &headers, r#"{"type": "apple_pay"}"#).await);
    sandbox.finish();
}

#[tokio::test]
async fn a_decline_or_a_refusal_is_replayed_under_its_key() {
    let sandbox = Sandbox::builder().start().await;
    let declined = payment_with_method("pm_card_chargeDeclined", "order-1");
    let first = post_idempotent(&sandbox, "key-1", "payments", &declined).await;
    expect_error(&first, 402);
    check_same_response(&first, &post_idempotent(&sandbox, "key-1", "payments", &declined).await);
    assert_eq!(get(&sandbox, "payments").await.expect_status(200)["data"].as_array().unwrap().len(), 1);

    let manual = with(payment("order-2"), "capture_method", "manual");
    let paid = id(&post(&sandbox, "payments", &payment("order-3")).await.expect_status(201));
    let capture = format!("payments/{paid}/capture");
    let refusal = post_idempotent(&sandbox, "key-2", &capture, &json!({})).await;
    expect_error(&refusal, 400);
    check_same_response(&refusal, &post_idempotent(&sandbox, "key-2", &capture, &json!({})).await);
    expect_error(&post_idempotent(&sandbox, "key-2", "payments", &manual).await, 409);
    sandbox.finish();
}

#[tokio::test]
async fn a_request_rejected_before_execution_does_not_use_its_key() {
    let settings = Settings::default().requests_per_second(1);
    let sandbox = Sandbox::builder().turratech(settings).start().await;
    let key = bearer(sandbox.turratech().publishable_key());
    let headers = [("Authorization", key.as_str()), ("Content-Type", "application/json"), ("Idempotency-Key", "key-1")];
    let body = payment("order-1").to_string();
    expect_error(&send(&sandbox, "POST", "payments", &headers, &body).await, 403);
    expect_error(&post_idempotent(&sandbox, "key-1", "payments", &with(payment("order-1"), "amount", 0)).await, 400);
    expect_error(&post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await, 429);
    sandbox.clock().advance(Duration::from_secs(1));
    expect_error(&post_idempotent(&sandbox, "key-1", "payments/pay_none/capture", &json!({})).await, 404);
    sandbox.clock().advance(Duration::from_secs(1));
    post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await.expect_status(201);
    sandbox.finish();
}

#[tokio::test]
async fn an_invalid_key_is_rejected() {
    let sandbox = Sandbox::builder().start().await;
    for key in ["", "with space", "schl\u{fc}ssel", &"k".repeat(256)] {
        expect_error(&post_idempotent(&sandbox, key, "payments", &payment("order-1")).await, 400);
    }
    sandbox.ledger().order("order-1").never_executed();
    post_idempotent(&sandbox, &"k".repeat(255), "payments", &payment("order-1")).await.expect_status(201);
    sandbox.finish();
}

#[tokio::test]
async fn a_key_in_use_gets_a_409_until_its_request_is_executed() {
    let sandbox = Sandbox::builder().fault("turratech.create-payment#1 @before-commit late-commit=3s").start().await;
    let lost = send_payment(&sandbox, &payment("order-1").to_string()).await.read_to_end().await;
    assert!(lost.0.is_empty());

    let response = post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await;
    assert_eq!(expect_error(&response, 409)["code"], "idempotency_key_in_use");
    sandbox.clock().advance(Duration::from_millis(2999));
    expect_error(&post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await, 409);
    sandbox.ledger().order("order-1").never_executed();

    sandbox.clock().advance(Duration::from_millis(1));
    let response = post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await;
    assert_eq!(Some(id(&response.expect_status(201))), sandbox.turratech().payment("order-1").id());
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "turratech.create-payment was executed twice for \"order-1\"")]
async fn a_retry_under_another_key_pays_twice() {
    let sandbox = Sandbox::builder().fault("turratech.create-payment#1 @before-commit late-commit=3s").start().await;
    send_payment(&sandbox, &payment("order-1").to_string()).await.read_to_end().await;
    post_idempotent(&sandbox, "key-2", "payments", &payment("order-1")).await.expect_status(201);
    sandbox.clock().advance(Duration::from_secs(3));
    sandbox.finish();
}

#[tokio::test]
async fn the_key_of_a_delayed_request_is_in_use() {
    let sandbox = Sandbox::builder().fault("turratech.create-payment#1 @before-commit delay=3s").start().await;
    let mut connection = send_payment(&sandbox, &payment("order-1").to_string()).await;
    let has_arrived = || sandbox.timeline().iter().any(|entry| entry.text.contains("fault delay=3s"));
    wait_until("the delayed request arrives", has_arrived).await;
    expect_error(&post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await, 409);

    sandbox.clock().advance(Duration::from_secs(3));
    let first = connection.response().await;
    first.expect_status(201);
    check_same_response(&first, &post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await);
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_late_request_that_is_rejected_releases_its_key() {
    let sandbox = Sandbox::builder().fault("turratech.create-payment#1 @before-commit late-commit=3s").start().await;
    send_payment(&sandbox, "{").await.read_to_end().await;
    expect_error(&post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await, 409);
    sandbox.clock().advance(Duration::from_secs(3));
    post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await.expect_status(201);
    sandbox.finish();
}

#[tokio::test]
async fn a_late_request_under_an_already_used_key_is_not_executed() {
    let sandbox = Sandbox::builder().fault("turratech.create-payment#2 @before-commit late-commit=3s").start().await;
    let first = post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await;
    send_payment(&sandbox, &payment("order-1").to_string()).await.read_to_end().await;
    check_same_response(&first, &post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await);
    sandbox.clock().advance(Duration::from_secs(3));
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_retry_after_a_lost_response_executes_the_payment_exactly_once() {
    for (phase, executions) in [("@after-commit", 1), ("@before-commit", 0)] {
        let sandbox = Sandbox::builder().fault(format!("turratech.create-payment#1 {phase} fin")).start().await;
        let lost = send_payment(&sandbox, &payment("order-1").to_string()).await.read_to_end().await;
        assert!(lost.0.is_empty());
        sandbox.ledger().order("order-1").executed_times(executions);
        post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await.expect_status(201);
        sandbox.ledger().order("order-1").executed_once();
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_truncated_response_looks_the_same_but_the_payment_exists_only_after_the_commit() {
    let mut lengths = Vec::new();
    for phase in ["@after-commit", "@before-commit"] {
        let sandbox = Sandbox::builder().fault(format!("turratech.create-payment#1 {phase} truncate")).start().await;
        let bytes = send_payment(&sandbox, &payment("order-1").to_string()).await.read_to_end().await.0;
        assert!(bytes.starts_with(b"HTTP/1.1 201 Created\r\n"), "{}", String::from_utf8_lossy(&bytes));
        lengths.push(bytes.len());
        let payments = usize::from(phase == "@after-commit");
        assert_eq!(get(&sandbox, "payments").await.expect_status(200)["data"].as_array().unwrap().len(), payments);
        sandbox.finish();
    }
    assert_eq!(lengths[0], lengths[1]);
}

#[tokio::test]
#[should_panic(expected = "turratech.create-payment was executed twice for \"order-1\"")]
async fn finish_reports_a_double_execution_without_idempotency() {
    let sandbox = Sandbox::builder().turratech(Settings::default().without_idempotency()).start().await;
    post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await.expect_status(201);
    post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await.expect_status(201);
    sandbox.finish();
}

#[tokio::test]
async fn a_card_number_is_never_shown() {
    let sandbox = Sandbox::builder().start().await;
    let card = json!({"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "987"});
    let response = post_idempotent(&sandbox, "key-1", "payment_methods", &json!({"type": "card", "card": card})).await;
    response.expect_status(201);
    let timeline: Vec<String> = sandbox.timeline().iter().map(ToString::to_string).collect();
    for text in [response.text(), timeline.join("\n"), format!("{:?}", sandbox.ledger())] {
        assert!(!text.contains("4242424242424242") && !text.contains("987"), "{text}");
    }
    sandbox.finish();
}
