//! Pre-authorizations and captures.

use payments_sandbox::{Sandbox, card3ds::Settings};
use serde_json::{Value, json};

use super::{DECLINED, checkout, payment, post, post_text};
use crate::support::{Response, with, without};

/// Creates a pre-authorization of 100.50 TRY and returns its id.
async fn pre_authorize(sandbox: &Sandbox, order: &str) -> String {
    let response = post(sandbox, "/api/pre-authorization", &payment(order)).await.expect_status(200);
    assert_eq!((&response["status"], &response["amount"]), (&json!("SUCCESS"), &json!(100.5)));
    response["paymentId"].as_str().unwrap().to_owned()
}

async fn capture(sandbox: &Sandbox, id: &str, amount: &str) -> Response {
    let path = format!("/api/pre-authorization/{id}/capture");
    post_text(sandbox, &path, &format!("{{\"amount\": {amount}, \"currency\": \"TRY\"}}")).await
}

#[tokio::test]
async fn a_pre_authorization_can_be_captured_in_part() {
    let sandbox = Sandbox::builder().start().await;
    let id = pre_authorize(&sandbox, "order-1").await;

    let response = capture(&sandbox, &id, "90").await;

    assert!(response.text().contains("\"amount\":90.00,"), "{}", response.text());
    let captured = response.expect_status(200);
    assert_eq!((&captured["paymentId"], &captured["status"]), (&json!(id), &json!("SUCCESS")));
    assert_eq!((&captured["orderId"], &captured["pan"]), (&json!("order-1"), &json!("542119******0656")));
    let ledger = sandbox.ledger();
    let entries: Vec<_> = ledger.entries().iter().map(|entry| (entry.operation.as_str(), entry.amount)).collect();
    assert_eq!(entries, [("card3ds.pre-authorization", 10_050), ("card3ds.capture", 9_000)]);
    sandbox.finish();
}

#[tokio::test]
async fn captures_never_exceed_the_authorized_amount_and_the_ledger_has_each() {
    let sandbox = Sandbox::builder().start().await;
    let id = pre_authorize(&sandbox, "order-1").await;
    assert_eq!(capture(&sandbox, &id, "100.51").await.expect_status(400)["field"], "amount");
    capture(&sandbox, &id, "60").await.expect_status(200);
    assert_eq!(capture(&sandbox, &id, "40.51").await.expect_status(400)["field"], "amount");
    capture(&sandbox, &id, "40.50").await.expect_status(200);
    assert_eq!(capture(&sandbox, &id, "0.01").await.expect_status(400)["field"], "amount");
    assert_eq!(sandbox.ledger().executions("card3ds.capture"), 2);
    // The sandbox cannot know whether the merchant meant to capture twice.
    assert_eq!(sandbox.ledger().double_executions(), [("card3ds.capture".to_owned(), "order-1".to_owned())]);
    sandbox.abandon();
}

#[tokio::test]
async fn a_pre_authorization_can_be_limited_to_one_capture() {
    let sandbox = Sandbox::builder().card3ds(Settings::default().captures_once()).start().await;
    let id = pre_authorize(&sandbox, "order-1").await;
    capture(&sandbox, &id, "60").await.expect_status(200);
    let response = capture(&sandbox, &id, "40.50").await.expect_status(400);
    assert_eq!(response, json!({"message": "the pre-authorization has already been captured"}));
    assert_eq!(sandbox.ledger().executions("card3ds.capture"), 1);
    sandbox.finish();
}

#[tokio::test]
async fn a_capture_needs_a_valid_amount_and_the_same_currency() {
    let sandbox = Sandbox::builder().start().await;
    let id = pre_authorize(&sandbox, "order-1").await;
    let path = format!("/api/pre-authorization/{id}/capture");
    let valid = json!({"amount": 90, "currency": "TRY"});
    for (body, field) in [
        (without(valid.clone(), "amount"), "amount"),
        (without(valid.clone(), "currency"), "currency"),
        (with(valid.clone(), "currency", "EUR"), "currency"),
        (with(valid.clone(), "amount", "90"), "amount"),
        (with(valid.clone(), "amount", Value::Null), "amount"),
        (with(valid, "amount", 0), "amount"),
    ] {
        assert_eq!(post(&sandbox, &path, &body).await.expect_status(400)["field"], field, "{body}");
    }
    assert_eq!(sandbox.ledger().executions("card3ds.capture"), 0);
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_pre_authorization_is_not_found() {
    let sandbox = Sandbox::builder().start().await;
    let paid = post(&sandbox, "/api/payment", &payment("order-1")).await.expect_status(200);
    let checkout = checkout("order-2", "https://merchant.example/back");
    let checkout = post(&sandbox, "/api/checkout", &checkout).await.expect_status(200);
    for id in [paid["paymentId"].as_str().unwrap(), checkout["checkoutId"].as_str().unwrap(), "nothing", "%2e%2e"] {
        let response = capture(&sandbox, id, "1").await.expect_status(404);
        assert_eq!(response, json!({"message": "no such pre-authorization"}), "{id}");
    }
    assert_eq!(sandbox.ledger().executions("card3ds.capture"), 0);
    sandbox.finish();
}

#[tokio::test]
async fn a_declined_pre_authorization_cannot_be_captured() {
    let sandbox = Sandbox::builder().start().await;
    let body = with(payment("order-1"), "pan", DECLINED);
    let response = post(&sandbox, "/api/pre-authorization", &body).await.expect_status(200);
    assert_eq!(response["status"], "FAILED");
    let capture_error = capture(&sandbox, response["paymentId"].as_str().unwrap(), "1").await.expect_status(400);
    assert!(capture_error["message"].as_str().unwrap().contains("declined"), "{capture_error}");
    assert_eq!(sandbox.ledger().entries(), []);
    sandbox.finish();
}

#[tokio::test]
async fn a_capture_is_no_double_execution_on_the_page_of_its_order() {
    let sandbox = Sandbox::builder().start().await;
    let id = pre_authorize(&sandbox, "order-1").await;
    capture(&sandbox, &id, "10.00").await.expect_status(200);
    let page = crate::support::control(&sandbox, "GET", "/inspector/orders", "").await.text();
    assert!(page.contains("executed 2 times") && !page.contains("class=\"bad\""), "{page}");
    capture(&sandbox, &id, "10.00").await.expect_status(200);
    let page = crate::support::control(&sandbox, "GET", "/inspector/orders", "").await.text();
    assert!(page.contains("<span class=\"bad\">executed 3 times</span>"), "{page}");
    sandbox.abandon();
}
