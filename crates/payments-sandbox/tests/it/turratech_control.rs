//! What a test in another language asks of the sandbox's TurraTech.

use payments_sandbox::Sandbox;
use serde_json::json;

use crate::support::{Merchant, control};
use crate::turratech_support::{get, id, payment, payment_by, post};

#[tokio::test]
async fn banks_and_customers_act_over_the_control_api() {
    let sandbox = Sandbox::builder().start().await;
    let paid =
        id(&post(&sandbox, "payments", &payment_by("pm_card_authenticationRequired", "órder/1")).await.expect(201));
    let by_reference = "/turratech/payments/%C3%B3rder%2F1/succeed";
    let response = control(&sandbox, "POST", by_reference, "").await.expect(200);
    assert_eq!(response, json!({"id": paid, "status": "succeeded"}));
    post(&sandbox, "payments", &payment_by("pm_card_authenticationRequired", "order-2")).await.expect(201);
    let failed = control(&sandbox, "POST", "/turratech/payments/order-2/fail", "").await.expect(200);
    assert_eq!(failed["status"], "failed");
    let by_id = format!("/turratech/payments/{paid}/dispute");
    control(&sandbox, "POST", &by_id, "").await.expect(200);
    assert_eq!(sandbox.ledger().order("órder/1").entries().len(), 3);

    for path in ["/turratech/payments/none/succeed", &by_id, &format!("/turratech/payments/{paid}/explode")] {
        let refused = control(&sandbox, "POST", path, "").await.expect(422);
        assert!(refused["error"].is_string(), "{path}: {refused}");
    }
    assert_eq!(control(&sandbox, "POST", "/turratech/nothing", "").await.status, 404);
    sandbox.finish();
}

#[tokio::test]
async fn events_can_be_asked_for_over_the_control_api() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let body = json!({"url": merchant.url}).to_string();
    control(&sandbox, "POST", "/turratech/endpoints", &body).await.expect(200);
    control(&sandbox, "POST", "/turratech/endpoints", r#"{"url": "merchant"}"#).await.expect(422);
    post(&sandbox, "payments", &payment("order-1")).await.expect(201);
    sandbox.settle().await;
    assert_eq!(merchant.received()[0].json()["type"], "payment.succeeded");
    sandbox.finish();
}

#[tokio::test]
async fn payments_for_lists_can_be_put_down_over_the_control_api() {
    let sandbox = Sandbox::builder().start().await;
    let seeded = control(&sandbox, "POST", "/turratech/seed", r#"{"payments": 12}"#).await.expect(200);
    let list = get(&sandbox, "payments?limit=100").await.expect(200);
    let ids: Vec<&str> =
        list["data"].as_array().unwrap().iter().map(|payment| payment["id"].as_str().unwrap()).collect();
    assert_eq!(json!({"payments": ids}), seeded);
    control(&sandbox, "POST", "/turratech/seed", r#"{"payments": 1000001}"#).await.expect(422);
    control(&sandbox, "POST", "/turratech/seed", "{}").await.expect(422);
    sandbox.finish();
}

#[tokio::test]
async fn the_first_page_lists_the_addresses_and_every_behaviour() {
    let sandbox = Sandbox::builder().start().await;
    let page = control(&sandbox, "GET", "/", "").await.text();
    for address in
        ["POST /turratech/payments/{order or id}/{action}", "POST /turratech/endpoints", "POST /turratech/seed"]
    {
        assert!(page.contains(address), "{address}");
    }
    for behaviour in payments_sandbox::turratech::BEHAVIOURS {
        let shown = behaviour.what.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#39;");
        assert!(page.contains(&shown), "{}", behaviour.what);
    }
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "order \"order-1\" is succeeded, and was believed to be failed")]
async fn a_wrong_belief_is_told() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "payments", &payment("order-1")).await.expect(201);
    sandbox.believes("order-1", "failed");
    sandbox.finish();
}
