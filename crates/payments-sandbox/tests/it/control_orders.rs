//! Notes, expected statuses, lists of orders and actions on single messages, over the control API.

use payments_sandbox::{DeliveryState, RecordKind, Sandbox};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::card3ds;
use crate::support::{Merchant, control, deposit, post, with, withdrawal};

async fn get(sandbox: &Sandbox, path: &str) -> Value {
    control(sandbox, "GET", path, "").await.expect_status(200)
}

async fn act(sandbox: &Sandbox, path: &str, status: u16) -> Value {
    control(sandbox, "POST", path, "").await.expect_status(status)
}

/// Creates a sandbox whose deposit `order-1` has succeeded, with a message that a fault holds.
async fn with_held_message() -> (Sandbox, Merchant) {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    sandbox.fault("turbopay.deposit @webhook hold");
    let body = with(deposit("order-1"), "status_url", merchant.url.as_str());
    post(&sandbox, "deposit/new", &body).await.expect_status(201);
    sandbox.turbopay().order("order-1").succeed();
    sandbox.settle().await;
    assert_eq!(merchant.received().len(), 0);
    (sandbox, merchant)
}

fn state_of(sandbox: &Sandbox, number: usize) -> DeliveryState {
    sandbox.deliveries()[number - 1].state
}

#[tokio::test]
async fn a_note_is_in_the_timeline_and_in_the_records_of_its_order() {
    let sandbox = Sandbox::builder().start().await;
    let note = json!({"text": "paid, says the client", "reference": "order-1"});
    assert_eq!(control(&sandbox, "POST", "/notes", &note.to_string()).await.expect_status(200), note);
    control(&sandbox, "POST", "/notes", "{\"text\": \"two\\nlines\"}").await.expect_status(200);
    control(&sandbox, "POST", "/notes", "{}").await.expect_status(422);

    let lines: Vec<String> = sandbox.timeline().into_iter().map(|entry| entry.text).collect();
    assert_eq!(lines, ["paid, says the client", "two\u{fffd}lines"]);
    let page = get(&sandbox, "/records?order=order-1").await;
    assert_eq!(page["records"].as_array().unwrap().len(), 1);
    assert_eq!(page["records"][0]["kind"], "note");
    assert_eq!(sandbox.records()[0].kind, RecordKind::Note);
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "order \"order-1\" is success, expected failed")]
async fn an_expected_status_can_be_set_and_is_compared_at_the_end() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    sandbox.turbopay().order("order-1").succeed();
    let expectation = json!({"reference": "order-1", "status": "failed"}).to_string();
    control(&sandbox, "POST", "/expectations", &expectation).await.expect_status(200);
    assert_eq!(
        get(&sandbox, "/expectations").await,
        json!([{"reference": "order-1", "expected": "failed", "status": "success"}])
    );
    sandbox.finish();
}

#[tokio::test]
async fn orders_of_all_providers_are_listed_with_the_ids_that_actions_use() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    post(&sandbox, "deposit/new", &deposit("order-2")).await.expect_status(201);
    crate::turbo_txn::initiate(&sandbox, "order-3", 300).await.expect_status(200);
    let checkout = card3ds::checkout("order-4", "https://merchant.example/back");
    let checkout = card3ds::post(&sandbox, "/api/checkout", &checkout).await.expect_status(200);
    let payment = crate::turratech_support::payment("order-5");
    crate::turratech_support::post(&sandbox, "payments", &payment).await.expect_status(201);

    let orders = get(&sandbox, "/orders").await;
    let row =
        |reference: &str| orders.as_array().unwrap().iter().find(|row| row["reference"] == reference).cloned().unwrap();
    assert_eq!(
        row("order-1"),
        json!({"provider": "turbopay", "reference": "order-1", "id": "order-1", "status": "pending", "amount": 50_000, "currency": "INR"})
    );
    assert_eq!((&row("order-3")["provider"], &row("order-3")["status"]), (&json!("turbo-txn"), &json!("Initiated")));
    assert_eq!((&row("order-4")["id"], &row("order-4")["status"]), (&checkout["checkoutId"], &json!("ENROLLED")));
    assert_eq!((&row("order-5")["provider"], &row("order-5")["status"]), (&json!("turratech"), &json!("succeeded")));
    assert_eq!(row("abc123")["provider"], "turbo-link");
    for (order, orders, action) in
        [("order-1", "turbopay/orders", "success"), ("order-3", "turbo-txn/orders", "pending")]
    {
        let path = format!("/{orders}/{}/{action}", row(order)["id"].as_str().unwrap());
        act(&sandbox, &path, 200).await;
    }
    act(&sandbox, &format!("/card3ds/checkouts/{}/cancel", row("order-4")["id"].as_str().unwrap()), 200).await;
    act(&sandbox, &format!("/turratech/payments/{}/dispute", row("order-5")["id"].as_str().unwrap()), 200).await;

    let references = async |query: &str| {
        let orders = get(&sandbox, &format!("/orders{query}")).await;
        orders.as_array().unwrap().iter().map(|row| row["reference"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(references("?provider=turbopay").await, ["order-1", "order-2"]);
    assert_eq!(references("?provider=turbopay&limit=1").await, ["order-2"]);
    assert_eq!(references("?reference=order-4").await, ["order-4"]);
    control(&sandbox, "GET", "/orders?limit=0", "").await.expect_status(422);
    sandbox.finish();
}

#[tokio::test]
async fn a_message_that_is_sent_again_while_it_is_being_sent_is_sent_twice() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, TcpListener::bind("127.0.0.1:0").await.unwrap());
    let url = format!("http://{}/status", merchant.local_addr().unwrap());
    post(&sandbox, "deposit/new", &with(deposit("order-1"), "status_url", url.as_str())).await.expect_status(201);
    sandbox.turbopay().order("order-1").succeed();
    for resend in [true, false] {
        // The attempt is under way until the merchant responds.
        let (mut attempt, _) = merchant.accept().await.unwrap();
        let mut head = [0; 4];
        attempt.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"POST");
        if resend {
            act(&sandbox, "/deliveries/1/resend", 200).await;
        }
        attempt.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    }
    sandbox.settle().await;
    let delivery = sandbox.deliveries().remove(0);
    assert_eq!((delivery.attempts, delivery.state), (2, DeliveryState::Delivered));
    let attempts = sandbox.records().into_iter().filter(|record| record.kind == RecordKind::Attempt);
    let attempts: Vec<String> = attempts.map(|record| record.text).collect();
    assert!(attempts[0].ends_with("status 200: acknowledged, waiting meanwhile"), "{attempts:?}");
    let rows = control(&sandbox, "GET", "/inspector/timeline/rows?kind=attempt", "").await.text();
    assert!(rows.contains("class=\"event attempt") && !rows.contains("broken"), "{rows}");
    sandbox.finish();
}

#[tokio::test]
async fn one_held_message_is_released_and_sent_again() {
    let (sandbox, merchant) = with_held_message().await;
    assert_eq!(act(&sandbox, "/deliveries/1/release", 200).await["state"], "waiting");
    sandbox.settle().await;
    assert_eq!((merchant.received().len(), state_of(&sandbox, 1)), (1, DeliveryState::Delivered));

    act(&sandbox, "/deliveries/1/resend", 200).await;
    sandbox.settle().await;
    assert_eq!((merchant.received().len(), sandbox.deliveries()[0].attempts), (2, 2));
    assert_eq!(merchant.received()[0].body, merchant.received()[1].body);
    sandbox.finish();
}

#[tokio::test]
async fn a_message_is_held_again_and_sent_after_the_next_one() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    merchant.queue_responses(["HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"]);
    let body = |reference: &str| with(deposit(reference), "status_url", merchant.url.as_str());
    post(&sandbox, "deposit/new", &body("order-1")).await.expect_status(201);
    sandbox.turbopay().order("order-1").succeed();
    sandbox.settle().await;
    assert_eq!(state_of(&sandbox, 1), DeliveryState::Waiting, "the first attempt failed");

    act(&sandbox, "/deliveries/1/hold", 200).await;
    sandbox.clock().advance(std::time::Duration::from_secs(7200));
    sandbox.settle().await;
    assert_eq!((merchant.received().len(), state_of(&sandbox, 1)), (1, DeliveryState::Held));
    act(&sandbox, "/deliveries/1/hold", 409).await;

    act(&sandbox, "/deliveries/1/release", 200).await;
    sandbox.settle().await;
    assert_eq!(merchant.received().len(), 2);
    act(&sandbox, "/deliveries/1/reorder", 409).await;
    sandbox.finish();
}

#[tokio::test]
async fn a_waiting_message_can_be_sent_after_the_next_one() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    merchant.queue_responses(["HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"]);
    for reference in ["order-1", "order-2"] {
        let body = with(deposit(reference), "status_url", merchant.url.as_str());
        post(&sandbox, "deposit/new", &body).await.expect_status(201);
    }
    sandbox.turbopay().order("order-1").succeed();
    sandbox.settle().await;
    assert_eq!(act(&sandbox, "/deliveries/1/reorder", 200).await["state"], "overtaken");

    sandbox.turbopay().order("order-2").succeed();
    sandbox.settle().await;

    let received: Vec<String> = merchant
        .received()
        .iter()
        .map(|message| message.json()["merchant_order_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(received, ["order-1", "order-2", "order-1"]);
    sandbox.finish();
}

#[tokio::test]
async fn a_copy_has_a_number_of_its_own_and_a_tampered_body_keeps_its_signature() {
    let (sandbox, merchant) = with_held_message().await;
    assert_eq!(act(&sandbox, "/deliveries/1/duplicate", 200).await["number"], 2);
    sandbox.settle().await;
    assert_eq!((state_of(&sandbox, 1), state_of(&sandbox, 2)), (DeliveryState::Held, DeliveryState::Delivered));

    act(&sandbox, "/deliveries/1/tamper", 200).await;
    act(&sandbox, "/deliveries/1/release", 200).await;
    sandbox.settle().await;
    let received = merchant.received();
    assert_eq!(received.len(), 2);
    assert_ne!(received[0].body, received[1].body);
    let signature = |number: usize| {
        let headers = sandbox.deliveries()[number - 1].headers.clone();
        headers.into_iter().find(|(name, _)| name == "x-pay-signature").unwrap().1
    };
    assert_eq!(signature(1), signature(2));
    sandbox.finish();
}

#[tokio::test]
async fn an_action_on_an_unknown_or_unsendable_message_is_refused() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect_status(201);
    sandbox.turbopay().order("order-1").succeed();
    assert_eq!(state_of(&sandbox, 1), DeliveryState::NotSent);
    for (path, status, problem) in [
        ("/deliveries/2/resend", 404, "no such delivery: 2"),
        ("/deliveries/0/resend", 404, "no such delivery: 0"),
        ("/deliveries/x/resend", 404, "no such delivery: \"x\""),
        ("/deliveries/1/explode", 404, "\"explode\" is not an action; expected one of resend, duplicate, hold"),
        ("/deliveries/1/resend", 409, "the delivery's URL is not a loopback http URL"),
    ] {
        let error = act(&sandbox, path, status).await;
        assert!(error["error"].as_str().unwrap().starts_with(problem), "{path}: {error}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn the_page_of_an_order_has_the_last_requests_only() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    for _ in 0..210 {
        // Most are refused, because there are too many.
        crate::support::get(&sandbox, "merchantorder/status/order-1").await;
    }
    let page = control(&sandbox, "GET", "/inspector/orders/turbopay/order-1", "").await.text();
    assert!(page.contains(">11 earlier requests are in the <a href=\"/inspector/timeline?order=order-1\">"), "{page}");
    assert_eq!(page.matches("merchant-order-status</a>").count(), 200, "{page}");
    sandbox.finish();
}
