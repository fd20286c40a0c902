//! What a test in another language asks of it.

use payments_sandbox::Sandbox;
use serde_json::json;

use super::{CARD, checkout, fields, post, three_ds_payment, without_card};
use crate::support::{Merchant, control};

#[tokio::test]
async fn a_challenge_is_answered_and_the_browser_s_form_is_posted() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    for (action, status) in [("approve", "ENROLLED"), ("reject", "FAILED"), ("abandon", "ENROLLED")] {
        let found = post(&sandbox, "/api/3ds", &three_ds_payment(action, &merchant.url)).await.expect(200);
        let id = found["paymentId"].as_str().unwrap();
        let path = format!("/card3ds/challenges/{id}/{action}");
        assert_eq!(control(&sandbox, "POST", &path, "").await.expect(200), json!({"paymentId": id, "status": status}));
        let again = control(&sandbox, "POST", &path, "").await.expect(422);
        assert!(again["error"].as_str().unwrap().starts_with("this challenge is "), "{again}");
    }
    sandbox.settle().await;
    assert_eq!(merchant.received().len(), 2);
    assert!(merchant.received().iter().all(|message| fields(&message.body)[1].0 == "securityKey"));
    sandbox.finish();
}

#[tokio::test]
async fn a_checkout_is_paid_or_cancelled_and_the_browser_s_form_is_posted() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let pay = json!({"pan": CARD}).to_string();
    let parts = json!({"pan": CARD, "installmentCount": 3}).to_string();
    for (order, action, body, status) in
        [("a", "pay", pay.as_str(), "SUCCESS"), ("b", "pay", &parts, "SUCCESS"), ("c", "cancel", "", "FAILED")]
    {
        let found = post(&sandbox, "/api/checkout", &checkout(order, &merchant.url)).await.expect(200);
        let id = found["checkoutId"].as_str().unwrap();
        let path = format!("/card3ds/checkouts/{id}/{action}");
        let response = control(&sandbox, "POST", &path, body).await.expect(200);
        assert_eq!(response, json!({"checkoutId": id, "status": status}));
        let found = control(&sandbox, "POST", &format!("/card3ds/orders/{order}/status"), "").await.expect(200);
        assert_eq!(found, json!({"orderId": order, "status": status}));
    }
    sandbox.settle().await;
    assert_eq!(merchant.received().len(), 3);
    assert_eq!(sandbox.ledger().executions("card3ds.checkout"), 2);
    sandbox.finish();
}

#[tokio::test]
async fn what_it_cannot_do_is_said_without_repeating_a_card() {
    let sandbox = Sandbox::builder().start().await;
    let found = post(&sandbox, "/api/checkout", &checkout("order-1", "https://merchant.example/")).await.expect(200);
    let id = found["checkoutId"].as_str().unwrap();
    let pay = format!("/card3ds/checkouts/{id}/pay");
    for (path, body, problem) in [
        ("/card3ds/challenges/nobody/approve", "", "there is no such payment"),
        ("/card3ds/challenges/nobody/explode", "", "there are approve, reject and abandon"),
        ("/card3ds/checkouts/nobody/cancel", "", "there is no such checkout"),
        ("/card3ds/checkouts/nobody/explode", "", "there are pay and cancel"),
        (&pay, "", "the body is not what is expected here"),
        (&pay, &format!("\"{CARD}\""), "the body is not what is expected here"),
        (&pay, &format!("{{\"pan\": [\"{CARD}\"]}}"), "the body is not what is expected here"),
        (&pay, "{\"pan\": \"4539578763621486\"}", "that is the number of no test card"),
        (
            &pay,
            &format!("{{\"pan\": \"{CARD}\", \"installmentCount\": 9}}"),
            "that card cannot pay in so many parts here",
        ),
    ] {
        let response = control(&sandbox, "POST", path, body).await;
        without_card(&response.text());
        let found = response.expect(422);
        assert!(found["error"].as_str().unwrap().starts_with(problem), "{path} {body}: {found}");
        assert!(!found.to_string().contains("453957"), "{found}");
    }
    for path in ["/card3ds", "/card3ds/challenges/x", "/card3ds/orders/x/pay", "/card3ds/payments/x/approve"] {
        control(&sandbox, "POST", path, "").await.expect(404);
    }
    let found = control(&sandbox, "POST", "/card3ds/orders/nobody/status", "").await.expect(200);
    assert_eq!(found, json!({"orderId": "nobody", "status": null}));
    assert_eq!(sandbox.card3ds().order("order-1").status(), Some("ENROLLED"));
    sandbox.finish();
}

#[tokio::test]
async fn the_first_page_lists_its_addresses_and_behaviours() {
    let sandbox = Sandbox::builder().start().await;
    let text = control(&sandbox, "GET", "/", "").await.text();
    for address in ["challenges/{paymentId}/{action}", "checkouts/{checkoutId}/{action}", "orders/{orderId}/status"] {
        assert!(text.contains(&format!("POST /card3ds/{address}")), "{address}: {text}");
    }
    for behaviour in payments_sandbox::card3ds::BEHAVIOURS {
        let shown = behaviour.what.replace('\'', "&#39;");
        assert!(text.contains(&shown) && text.contains(behaviour.provenance.as_str()), "{}", behaviour.what);
    }
    sandbox.finish();
}
