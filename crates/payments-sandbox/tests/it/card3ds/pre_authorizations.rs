//! Money that is reserved first and captured later.

use payments_sandbox::{Sandbox, card3ds::Settings};
use serde_json::{Value, json};

use super::{DECLINED, checkout, payment, post, post_text};
use crate::support::{Response, with, without};

/// A pre-authorization of 100.50 TRY, and its id.
async fn authorized(sandbox: &Sandbox, order: &str) -> String {
    let found = post(sandbox, "/api/pre-authorization", &payment(order)).await.expect(200);
    assert_eq!((&found["status"], &found["amount"]), (&json!("SUCCESS"), &json!(100.5)));
    found["paymentId"].as_str().unwrap().to_owned()
}

async fn capture(sandbox: &Sandbox, id: &str, amount: &str) -> Response {
    let path = format!("/api/pre-authorization/{id}/capture");
    post_text(sandbox, &path, &format!("{{\"amount\": {amount}, \"currency\": \"TRY\"}}")).await
}

#[tokio::test]
async fn what_was_authorized_is_captured_in_part() {
    let sandbox = Sandbox::builder().start().await;
    let id = authorized(&sandbox, "order-1").await;

    let response = capture(&sandbox, &id, "90").await;

    assert!(response.text().contains("\"amount\":90.00,"), "{}", response.text());
    let found = response.expect(200);
    assert_eq!((&found["paymentId"], &found["status"]), (&json!(id), &json!("SUCCESS")));
    assert_eq!((&found["orderId"], &found["pan"]), (&json!("order-1"), &json!("542119******0656")));
    let ledger = sandbox.ledger();
    let entries: Vec<_> = ledger.entries().iter().map(|entry| (entry.operation.as_str(), entry.amount)).collect();
    assert_eq!(entries, [("card3ds.pre-authorization", 10_050), ("card3ds.capture", 9_000)]);
    sandbox.finish();
}

#[tokio::test]
async fn it_is_captured_until_nothing_is_left_and_the_ledger_has_each() {
    let sandbox = Sandbox::builder().start().await;
    let id = authorized(&sandbox, "order-1").await;
    assert_eq!(capture(&sandbox, &id, "100.51").await.expect(400)["field"], "amount");
    capture(&sandbox, &id, "60").await.expect(200);
    assert_eq!(capture(&sandbox, &id, "40.51").await.expect(400)["field"], "amount");
    capture(&sandbox, &id, "40.50").await.expect(200);
    assert_eq!(capture(&sandbox, &id, "0.01").await.expect(400)["field"], "amount");
    assert_eq!(sandbox.ledger().executions("card3ds.capture"), 2);
    // As many as the merchant asked for, on purpose or not: who knows.
    assert_eq!(sandbox.ledger().double_executions(), [("card3ds.capture".to_owned(), "order-1".to_owned())]);
    sandbox.abandon();
}

#[tokio::test]
async fn it_can_be_captured_once_only_where_that_is_set() {
    let sandbox = Sandbox::builder().card3ds(Settings::default().captures_once()).start().await;
    let id = authorized(&sandbox, "order-1").await;
    capture(&sandbox, &id, "60").await.expect(200);
    let found = capture(&sandbox, &id, "40.50").await.expect(400);
    assert_eq!(found, json!({"message": "the pre-authorization is captured already"}));
    assert_eq!(sandbox.ledger().executions("card3ds.capture"), 1);
    sandbox.finish();
}

#[tokio::test]
async fn a_capture_says_how_much_of_which_currency() {
    let sandbox = Sandbox::builder().start().await;
    let id = authorized(&sandbox, "order-1").await;
    let path = format!("/api/pre-authorization/{id}/capture");
    let whole = json!({"amount": 90, "currency": "TRY"});
    for (body, field) in [
        (without(whole.clone(), "amount"), "amount"),
        (without(whole.clone(), "currency"), "currency"),
        (with(whole.clone(), "currency", "EUR"), "currency"),
        (with(whole.clone(), "amount", "90"), "amount"),
        (with(whole.clone(), "amount", Value::Null), "amount"),
        (with(whole, "amount", 0), "amount"),
    ] {
        assert_eq!(post(&sandbox, &path, &body).await.expect(400)["field"], field, "{body}");
    }
    assert_eq!(sandbox.ledger().executions("card3ds.capture"), 0);
    sandbox.finish();
}

#[tokio::test]
async fn what_is_no_pre_authorization_is_not_found() {
    let sandbox = Sandbox::builder().start().await;
    let paid = post(&sandbox, "/api/payment", &payment("order-1")).await.expect(200);
    let checkout = checkout("order-2", "https://merchant.example/back");
    let checkout = post(&sandbox, "/api/checkout", &checkout).await.expect(200);
    for id in [paid["paymentId"].as_str().unwrap(), checkout["checkoutId"].as_str().unwrap(), "nothing", "%2e%2e"] {
        let found = capture(&sandbox, id, "1").await.expect(404);
        assert_eq!(found, json!({"message": "there is no such pre-authorization"}), "{id}");
    }
    assert_eq!(sandbox.ledger().executions("card3ds.capture"), 0);
    sandbox.finish();
}

#[tokio::test]
async fn of_a_declined_one_nothing_is_captured() {
    let sandbox = Sandbox::builder().start().await;
    let body = with(payment("order-1"), "pan", DECLINED);
    let found = post(&sandbox, "/api/pre-authorization", &body).await.expect(200);
    assert_eq!(found["status"], "FAILED");
    let refused = capture(&sandbox, found["paymentId"].as_str().unwrap(), "1").await.expect(400);
    assert!(refused["message"].as_str().unwrap().contains("declined"), "{refused}");
    assert_eq!(sandbox.ledger().entries(), []);
    sandbox.finish();
}
