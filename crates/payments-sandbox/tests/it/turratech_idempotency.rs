//! What an idempotency key at TurraTech protects from, for how long, and what not.

use std::time::Duration;

use payments_sandbox::Sandbox;
use payments_sandbox::turratech::Settings;
use serde_json::json;

use crate::support::{Connection, Response, authority, wait_until, with};
use crate::turratech_support::{
    bearer, customer, delete, error, get, id, payment, payment_by, post, post_once, request, send,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A connection on which a payment was asked for under `key-1`.
async fn begun(sandbox: &Sandbox, body: &str) -> Connection {
    let mut connection = Connection::open(authority(sandbox.turratech().base_url())).await;
    let bearer = bearer(sandbox.turratech().api_key());
    let headers =
        [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("Idempotency-Key", "key-1")];
    connection.write(&request(sandbox, "POST", "payments", &headers, body)).await;
    connection
}

fn same(first: &Response, second: &Response) {
    assert_eq!((first.status, &first.head), (second.status, &second.head));
    assert_eq!(first.body, second.body);
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_byte_for_byte_and_does_nothing_more() {
    let sandbox = Sandbox::builder().start().await;
    let first = post_once(&sandbox, "key-1", "payments", &payment("order-1")).await;
    first.expect(201);
    sandbox.clock().advance(Duration::from_secs(60));
    let second = post_once(&sandbox, "key-1", "payments", &payment("order-1")).await;
    same(&first, &second);
    sandbox.ledger().order("order-1").executed_once();
    assert_eq!(get(&sandbox, "payments").await.expect(200)["data"].as_array().unwrap().len(), 1);
    sandbox.finish();
}

#[tokio::test]
async fn without_a_key_or_under_another_one_it_is_done_again() {
    let sandbox = Sandbox::builder().start().await;
    post_once(&sandbox, "key-1", "payments", &payment("order-1")).await.expect(201);
    post_once(&sandbox, "key-2", "payments", &payment("order-1")).await.expect(201);
    post(&sandbox, "payments", &payment("order-1")).await.expect(201);
    sandbox.ledger().order("order-1").executed_times(3);
    sandbox.abandon();
}

#[tokio::test]
async fn every_post_is_protected() {
    let sandbox = Sandbox::builder().start().await;
    let customer = customer(&sandbox).await;
    let method = id(&post(&sandbox, "payment_methods", &json!({"type": "apple_pay"})).await.expect(201));
    let manual = with(payment("order-1"), "capture_method", "manual");
    let (first, second) = (
        id(&post(&sandbox, "payments", &manual).await.expect(201)),
        id(&post(&sandbox, "payments", &with(manual.clone(), "metadata", json!({}))).await.expect(201)),
    );
    let items = json!([{"price": "price_1"}]);
    let subscription = json!({"customer": customer, "items": items, "default_payment_method": "pm_card_visa"});
    let made = id(&post(&sandbox, "subscriptions", &subscription).await.expect(201));
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
        (format!("subscriptions/{made}"), json!({"cancel_at_period_end": true})),
        ("webhook_endpoints".to_owned(), json!({"url": "https://merchant.example/", "enabled_events": ["*"]})),
    ];
    for (path, body) in &posts {
        let key = path.replace('/', "-");
        let before = sandbox.ledger().entries().len();
        let response = post_once(&sandbox, &key, path, body).await;
        assert!(matches!(response.status, 200 | 201), "{path}: {}", response.text());
        same(&response, &post_once(&sandbox, &key, path, body).await);
        assert_eq!(sandbox.ledger().entries().len(), before + 1, "{path}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_deletion_has_no_key() {
    let sandbox = Sandbox::builder().start().await;
    let path = format!("customers/{}", customer(&sandbox).await);
    let bearer = bearer(sandbox.turratech().api_key());
    let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "key-1")];
    send(&sandbox, "DELETE", &path, &headers, "").await.expect(200);
    error(&send(&sandbox, "DELETE", &path, &headers, "").await, 404);
    error(&delete(&sandbox, &path).await, 404);
    sandbox.finish();
}

#[tokio::test]
async fn after_a_day_a_key_is_new() {
    let sandbox = Sandbox::builder().start().await;
    let first = post_once(&sandbox, "key-1", "payments", &payment("order-1")).await;
    sandbox.clock().advance(DAY - Duration::from_secs(1));
    same(&first, &post_once(&sandbox, "key-1", "payments", &payment("order-1")).await);
    sandbox.ledger().order("order-1").executed_once();

    sandbox.clock().advance(Duration::from_secs(1));
    let new = post_once(&sandbox, "key-1", "payments", &payment("order-1")).await;
    assert_ne!(first.expect(201)["id"], new.expect(201)["id"]);
    sandbox.ledger().order("order-1").executed_times(2);
    sandbox.clock().advance(DAY - Duration::from_secs(1));
    same(&new, &post_once(&sandbox, "key-1", "payments", &payment("order-1")).await);
    sandbox.abandon();
}

#[tokio::test]
async fn another_request_under_a_key_is_answered_409_and_not_done() {
    let sandbox = Sandbox::builder().start().await;
    let first = post_once(&sandbox, "key-1", "payments", &payment("order-1")).await;
    let others = [
        ("payments", with(payment("order-1"), "amount", 2001)),
        ("payments", payment("order-2")),
        ("customers", payment("order-1")),
    ];
    for (path, body) in &others {
        let error = error(&post_once(&sandbox, "key-1", path, body).await, 409);
        assert_eq!(error["code"], "idempotency_key_reused", "{path}");
    }
    assert_eq!(sandbox.ledger().entries().len(), 1);
    same(&first, &post_once(&sandbox, "key-1", "payments", &payment("order-1")).await);
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
    first.expect(201);
    same(&first, &send(&sandbox, "POST", "payments", &headers, second).await);
    sandbox.finish();
}

#[tokio::test]
async fn keys_are_the_account_s_whichever_api_key_they_come_with() {
    let sandbox = Sandbox::builder().start().await;
    let first = post_once(&sandbox, "key-1", "payment_methods", &json!({"type": "apple_pay"})).await;
    let publishable = bearer(sandbox.turratech().publishable_key());
    let headers =
        [("Authorization", publishable.as_str()), ("Content-Type", "application/json"), ("Idempotency-Key", "key-1")];
    same(&first, &send(&sandbox, "POST", "payment_methods", &headers, r#"{"type": "apple_pay"}"#).await);
    sandbox.finish();
}

#[tokio::test]
async fn what_came_of_doing_it_is_kept_even_when_it_is_a_refusal() {
    let sandbox = Sandbox::builder().start().await;
    let declined = payment_by("pm_card_chargeDeclined", "order-1");
    let first = post_once(&sandbox, "key-1", "payments", &declined).await;
    error(&first, 402);
    same(&first, &post_once(&sandbox, "key-1", "payments", &declined).await);
    assert_eq!(get(&sandbox, "payments").await.expect(200)["data"].as_array().unwrap().len(), 1);

    let manual = with(payment("order-2"), "capture_method", "manual");
    let paid = id(&post(&sandbox, "payments", &payment("order-3")).await.expect(201));
    let capture = format!("payments/{paid}/capture");
    let refused = post_once(&sandbox, "key-2", &capture, &json!({})).await;
    error(&refused, 400);
    same(&refused, &post_once(&sandbox, "key-2", &capture, &json!({})).await);
    error(&post_once(&sandbox, "key-2", "payments", &manual).await, 409);
    sandbox.finish();
}

#[tokio::test]
async fn what_was_refused_unseen_leaves_its_key_as_new() {
    let settings = Settings::default().requests_per_second(1);
    let sandbox = Sandbox::builder().turratech(settings).start().await;
    let key = bearer(sandbox.turratech().publishable_key());
    let headers = [("Authorization", key.as_str()), ("Content-Type", "application/json"), ("Idempotency-Key", "key-1")];
    let body = payment("order-1").to_string();
    error(&send(&sandbox, "POST", "payments", &headers, &body).await, 403);
    error(&post_once(&sandbox, "key-1", "payments", &with(payment("order-1"), "amount", 0)).await, 400);
    error(&post_once(&sandbox, "key-1", "payments", &payment("order-1")).await, 429);
    sandbox.clock().advance(Duration::from_secs(1));
    error(&post_once(&sandbox, "key-1", "payments/pay_none/capture", &json!({})).await, 404);
    sandbox.clock().advance(Duration::from_secs(1));
    post_once(&sandbox, "key-1", "payments", &payment("order-1")).await.expect(201);
    sandbox.finish();
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let sandbox = Sandbox::builder().start().await;
    for key in ["", "with space", "schl\u{fc}ssel", &"k".repeat(256)] {
        error(&post_once(&sandbox, key, "payments", &payment("order-1")).await, 400);
    }
    sandbox.ledger().order("order-1").never_executed();
    post_once(&sandbox, &"k".repeat(255), "payments", &payment("order-1")).await.expect(201);
    sandbox.finish();
}

#[tokio::test]
async fn a_key_whose_request_is_still_under_way_is_answered_409_until_it_is_done() {
    let sandbox = Sandbox::builder().fault("turratech.create-payment#1 @before-commit late-commit=3s").start().await;
    let lost = begun(&sandbox, &payment("order-1").to_string()).await.end().await;
    assert!(lost.0.is_empty());

    let busy = post_once(&sandbox, "key-1", "payments", &payment("order-1")).await;
    assert_eq!(error(&busy, 409)["code"], "idempotency_key_in_use");
    sandbox.clock().advance(Duration::from_millis(2999));
    error(&post_once(&sandbox, "key-1", "payments", &payment("order-1")).await, 409);
    sandbox.ledger().order("order-1").never_executed();

    sandbox.clock().advance(Duration::from_millis(1));
    let response = post_once(&sandbox, "key-1", "payments", &payment("order-1")).await;
    assert_eq!(Some(id(&response.expect(201))), sandbox.turratech().payment("order-1").id());
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "turratech.create-payment was executed twice for \"order-1\"")]
async fn another_key_while_the_first_request_is_under_way_takes_the_money_twice() {
    let sandbox = Sandbox::builder().fault("turratech.create-payment#1 @before-commit late-commit=3s").start().await;
    begun(&sandbox, &payment("order-1").to_string()).await.end().await;
    post_once(&sandbox, "key-2", "payments", &payment("order-1")).await.expect(201);
    sandbox.clock().advance(Duration::from_secs(3));
    sandbox.finish();
}

#[tokio::test]
async fn a_key_of_a_delayed_request_is_under_way_too() {
    let sandbox = Sandbox::builder().fault("turratech.create-payment#1 @before-commit delay=3s").start().await;
    let mut connection = begun(&sandbox, &payment("order-1").to_string()).await;
    let arrived = || sandbox.timeline().iter().any(|entry| entry.what.contains("fault delay=3s"));
    wait_until("the delayed request arrives", arrived).await;
    error(&post_once(&sandbox, "key-1", "payments", &payment("order-1")).await, 409);

    sandbox.clock().advance(Duration::from_secs(3));
    let first = connection.response().await;
    first.expect(201);
    same(&first, &post_once(&sandbox, "key-1", "payments", &payment("order-1")).await);
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_late_request_that_comes_to_nothing_gives_its_key_back() {
    let sandbox = Sandbox::builder().fault("turratech.create-payment#1 @before-commit late-commit=3s").start().await;
    begun(&sandbox, "{").await.end().await;
    error(&post_once(&sandbox, "key-1", "payments", &payment("order-1")).await, 409);
    sandbox.clock().advance(Duration::from_secs(3));
    post_once(&sandbox, "key-1", "payments", &payment("order-1")).await.expect(201);
    sandbox.finish();
}

#[tokio::test]
async fn a_late_request_whose_key_has_an_answer_already_is_not_done_again() {
    let sandbox = Sandbox::builder().fault("turratech.create-payment#2 @before-commit late-commit=3s").start().await;
    let first = post_once(&sandbox, "key-1", "payments", &payment("order-1")).await;
    begun(&sandbox, &payment("order-1").to_string()).await.end().await;
    same(&first, &post_once(&sandbox, "key-1", "payments", &payment("order-1")).await);
    sandbox.clock().advance(Duration::from_secs(3));
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_lost_answer_is_given_again_and_a_lost_request_is_done_then() {
    for (phase, executions) in [("@after-commit", 1), ("@before-commit", 0)] {
        let sandbox = Sandbox::builder().fault(format!("turratech.create-payment#1 {phase} fin")).start().await;
        let lost = begun(&sandbox, &payment("order-1").to_string()).await.end().await;
        assert!(lost.0.is_empty());
        sandbox.ledger().order("order-1").executed_times(executions);
        post_once(&sandbox, "key-1", "payments", &payment("order-1")).await.expect(201);
        sandbox.ledger().order("order-1").executed_once();
        sandbox.finish();
    }
}

#[tokio::test]
async fn what_was_not_done_looks_like_what_was_and_leaves_nothing_behind() {
    let mut lengths = Vec::new();
    for phase in ["@after-commit", "@before-commit"] {
        let sandbox = Sandbox::builder().fault(format!("turratech.create-payment#1 {phase} truncate")).start().await;
        let bytes = begun(&sandbox, &payment("order-1").to_string()).await.end().await.0;
        assert!(bytes.starts_with(b"HTTP/1.1 201 Created\r\n"), "{}", String::from_utf8_lossy(&bytes));
        lengths.push(bytes.len());
        let taken = usize::from(phase == "@after-commit");
        assert_eq!(get(&sandbox, "payments").await.expect(200)["data"].as_array().unwrap().len(), taken);
        sandbox.finish();
    }
    assert_eq!(lengths[0], lengths[1]);
}

#[tokio::test]
#[should_panic(expected = "turratech.create-payment was executed twice for \"order-1\"")]
async fn a_provider_that_forgets_its_keys_shows_what_a_client_sent_twice() {
    let sandbox = Sandbox::builder().turratech(Settings::default().without_idempotency()).start().await;
    post_once(&sandbox, "key-1", "payments", &payment("order-1")).await.expect(201);
    post_once(&sandbox, "key-1", "payments", &payment("order-1")).await.expect(201);
    sandbox.finish();
}

#[tokio::test]
async fn a_card_s_number_is_nowhere_to_be_found_afterwards() {
    let sandbox = Sandbox::builder().start().await;
    let card = json!({"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "987"});
    let response = post_once(&sandbox, "key-1", "payment_methods", &json!({"type": "card", "card": card})).await;
    response.expect(201);
    let timeline: Vec<String> = sandbox.timeline().iter().map(ToString::to_string).collect();
    for text in [response.text(), timeline.join("\n"), format!("{:?}", sandbox.ledger())] {
        assert!(!text.contains("4242424242424242") && !text.contains("987"), "{text}");
    }
    sandbox.finish();
}
