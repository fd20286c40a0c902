//! TurraTech's part of the control API, as tests in other languages use it.

use payments_sandbox::Sandbox;
use serde_json::json;

use crate::support::{Merchant, control};
use crate::turratech_support::{get, id, payment, payment_with_method, post};

#[tokio::test]
async fn payments_can_be_changed_over_the_control_api() {
    let sandbox = Sandbox::builder().start().await;
    let paid = id(&post(&sandbox, "payments", &payment_with_method("pm_card_authenticationRequired", "órder/1"))
        .await
        .expect_status(201));
    let by_reference = "/turratech/payments/%C3%B3rder%2F1/succeed";
    let response = control(&sandbox, "POST", by_reference, "").await.expect_status(200);
    assert_eq!(response, json!({"id": paid, "status": "succeeded"}));
    post(&sandbox, "payments", &payment_with_method("pm_card_authenticationRequired", "order-2"))
        .await
        .expect_status(201);
    let failed = control(&sandbox, "POST", "/turratech/payments/order-2/fail", "").await.expect_status(200);
    assert_eq!(failed["status"], "failed");
    let by_id = format!("/turratech/payments/{paid}/dispute");
    control(&sandbox, "POST", &by_id, "").await.expect_status(200);
    assert_eq!(sandbox.ledger().order("órder/1").entries().len(), 3);

    let unknown_action = format!("/turratech/payments/{paid}/explode");
    for (path, status) in [("/turratech/payments/none/succeed", 404), (&by_id, 409), (&unknown_action, 404)] {
        let response = control(&sandbox, "POST", path, "").await.expect_status(status);
        assert!(response["error"].is_string(), "{path}: {response}");
    }
    assert_eq!(control(&sandbox, "POST", "/turratech/nothing", "").await.status, 404);
    sandbox.finish();
}

#[tokio::test]
async fn an_event_endpoint_can_be_added_over_the_control_api() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let body = json!({"url": merchant.url}).to_string();
    control(&sandbox, "POST", "/turratech/endpoints", &body).await.expect_status(200);
    control(&sandbox, "POST", "/turratech/endpoints", r#"{"url": "merchant"}"#).await.expect_status(422);
    post(&sandbox, "payments", &payment("order-1")).await.expect_status(201);
    sandbox.settle().await;
    assert_eq!(merchant.received()[0].json()["type"], "payment.succeeded");
    sandbox.finish();
}

#[tokio::test]
async fn payments_can_be_seeded_over_the_control_api() {
    let sandbox = Sandbox::builder().start().await;
    let seeded = control(&sandbox, "POST", "/turratech/seed", r#"{"payments": 12}"#).await.expect_status(200);
    let list = get(&sandbox, "payments?limit=100").await.expect_status(200);
    let ids: Vec<&str> =
        list["data"].as_array().unwrap().iter().map(|payment| payment["id"].as_str().unwrap()).collect();
    assert_eq!(json!({"payments": ids}), seeded);
    control(&sandbox, "POST", "/turratech/seed", r#"{"payments": 1000001}"#).await.expect_status(422);
    control(&sandbox, "POST", "/turratech/seed", "{}").await.expect_status(422);
    sandbox.finish();
}

#[tokio::test]
async fn seeded_payments_are_bounded_in_each_request_and_in_all() {
    let sandbox = Sandbox::builder().start().await;
    let seed = async |payments: usize| {
        control(&sandbox, "POST", "/turratech/seed", &json!({"payments": payments}).to_string()).await
    };
    let error = seed(10_001).await.expect_status(422);
    assert_eq!(error["error"], "`payments` must be at most 10000");
    seed(9_999).await.expect_status(200);
    let error = seed(2).await.expect_status(409);
    assert_eq!(error["error"], "`payments` must be at most 1: at most 10000 payments can be seeded in all");
    seed(1).await.expect_status(200);
    sandbox.finish();
}

#[tokio::test]
async fn the_index_page_lists_the_endpoints_and_every_behaviour() {
    let sandbox = Sandbox::builder().start().await;
    let page = control(&sandbox, "GET", "/api", "").await.text().replace("<wbr>", "");
    for address in
        ["POST /turratech/payments/{order_or_id}/{action}", "POST /turratech/endpoints", "POST /turratech/seed"]
    {
        assert!(page.contains(address), "{address}");
    }
    for behaviour in payments_sandbox::turratech::BEHAVIOURS {
        let escaped = behaviour.text.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#39;");
        assert!(page.contains(&escaped), "{}", behaviour.text);
    }
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "order \"order-1\" is succeeded, expected failed")]
async fn finish_reports_a_payment_whose_status_is_not_the_expected_one() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "payments", &payment("order-1")).await.expect_status(201);
    sandbox.expect_status("order-1", "failed");
    sandbox.finish();
}
