//! card3ds' part of the control API, as tests in other languages use it.

use payments_sandbox::Sandbox;
use serde_json::json;

use super::{CARD, assert_without_card, checkout, fields, post, three_ds_payment};
use crate::support::{Merchant, control};

#[tokio::test]
async fn answering_a_challenge_posts_the_browser_form() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    for (action, status) in [("approve", "ENROLLED"), ("reject", "FAILED"), ("abandon", "ENROLLED")] {
        let response = post(&sandbox, "/api/3ds", &three_ds_payment(action, &merchant.url)).await.expect_status(200);
        let id = response["paymentId"].as_str().unwrap();
        let path = format!("/card3ds/challenges/{id}/{action}");
        assert_eq!(
            control(&sandbox, "POST", &path, "").await.expect_status(200),
            json!({"paymentId": id, "status": status})
        );
        let again = control(&sandbox, "POST", &path, "").await.expect_status(409);
        assert!(again["error"].as_str().unwrap().starts_with("this challenge was already "), "{again}");
    }
    sandbox.settle().await;
    assert_eq!(merchant.received().len(), 2);
    assert!(merchant.received().iter().all(|message| fields(&message.body)[1].0 == "securityKey"));
    sandbox.finish();
}

#[tokio::test]
async fn paying_or_cancelling_a_checkout_posts_the_browser_form() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let pay = json!({"pan": CARD}).to_string();
    let pay_in_installments = json!({"pan": CARD, "installmentCount": 3}).to_string();
    for (order, action, body, status) in [
        ("a", "pay", pay.as_str(), "SUCCESS"),
        ("b", "pay", &pay_in_installments, "SUCCESS"),
        ("c", "cancel", "", "FAILED"),
    ] {
        let created = post(&sandbox, "/api/checkout", &checkout(order, &merchant.url)).await.expect_status(200);
        let id = created["checkoutId"].as_str().unwrap();
        let path = format!("/card3ds/checkouts/{id}/{action}");
        let response = control(&sandbox, "POST", &path, body).await.expect_status(200);
        assert_eq!(response, json!({"checkoutId": id, "status": status}));
        let order_status =
            control(&sandbox, "POST", &format!("/card3ds/orders/{order}/status"), "").await.expect_status(200);
        assert_eq!(order_status, json!({"orderId": order, "status": status}));
    }
    sandbox.settle().await;
    assert_eq!(merchant.received().len(), 3);
    assert_eq!(sandbox.ledger().executions("card3ds.checkout"), 2);
    sandbox.finish();
}

#[tokio::test]
async fn an_impossible_command_is_rejected_without_echoing_a_card_number() {
    let sandbox = Sandbox::builder().start().await;
    let created =
        post(&sandbox, "/api/checkout", &checkout("order-1", "https://merchant.example/")).await.expect_status(200);
    let id = created["checkoutId"].as_str().unwrap();
    let pay = format!("/card3ds/checkouts/{id}/pay");
    for (path, body, status, problem) in [
        ("/card3ds/challenges/nobody/approve", "", 404, "no such payment"),
        (
            "/card3ds/challenges/nobody/explode",
            "",
            404,
            "\"explode\" is not an action; expected one of approve, reject, abandon",
        ),
        ("/card3ds/checkouts/nobody/cancel", "", 404, "no such checkout"),
        ("/card3ds/checkouts/nobody/explode", "", 404, "\"explode\" is not an action; expected one of pay, cancel"),
        (&pay, "", 422, "invalid body; expected "),
        (&pay, &format!("\"{CARD}\""), 422, "invalid body; expected "),
        (&pay, &format!("[\"{CARD}\"]"), 422, "invalid body; expected "),
        (&pay, &format!("{{\"pan\": [\"{CARD}\"]}}"), 422, "invalid body; expected "),
        (&pay, "{\"pan\": \"4539578763621486\"}", 422, "this is not the number of a test card"),
        (
            &pay,
            &format!("{{\"pan\": \"{CARD}\", \"installmentCount\": 9}}"),
            422,
            "this card does not offer this number of installments here",
        ),
    ] {
        let response = control(&sandbox, "POST", path, body).await;
        assert_without_card(&response.text());
        let error = response.expect_status(status);
        assert!(error["error"].as_str().unwrap().starts_with(problem), "{path} {body}: {error}");
        assert!(!error.to_string().contains("453957"), "{error}");
    }
    for path in ["/card3ds", "/card3ds/challenges/x", "/card3ds/orders/x/pay", "/card3ds/payments/x/approve"] {
        control(&sandbox, "POST", path, "").await.expect_status(404);
    }
    let response = control(&sandbox, "POST", "/card3ds/orders/nobody/status", "").await.expect_status(404);
    assert_eq!(response, json!({"error": "no such order"}));
    assert_eq!(sandbox.card3ds().order("order-1").status(), Some("ENROLLED"));
    sandbox.finish();
}

#[tokio::test]
async fn the_index_page_lists_the_endpoints_and_behaviours() {
    let sandbox = Sandbox::builder().start().await;
    let text = control(&sandbox, "GET", "/api", "").await.text().replace("<wbr>", "");
    for address in ["challenges/{paymentId}/{action}", "checkouts/{checkoutId}/{action}", "orders/{orderId}/status"] {
        assert!(text.contains(&format!("POST /card3ds/{address}")), "{address}: {text}");
    }
    for behaviour in payments_sandbox::card3ds::BEHAVIOURS {
        let escaped = behaviour.text.replace('\'', "&#39;");
        assert!(text.contains(&escaped) && text.contains(behaviour.provenance.as_str()), "{}", behaviour.text);
    }
    sandbox.finish();
}
