//! Card numbers, verification values and keys never appear in responses, pages or records.

use payments_sandbox::Sandbox;
use serde_json::{Value, json};

use super::{CARD, attribute, browse, checkout, get, payment, post, three_ds_payment};
use crate::support::{authority, control, with};

const CVV: &str = "8371";
const BACK: &str = "https://merchant.example/back";

/// Asserts that a text contains neither the card number nor the CVV.
///
/// Removes the sandbox's addresses first, because a port may contain the digits of the CVV.
#[track_caller]
fn check_no_card_data(sandbox: &Sandbox, source: &str, text: &str) {
    let text = text.replace(authority(sandbox.card3ds().base_url()), "").replace(authority(sandbox.control_url()), "");
    assert!(!text.contains(CARD) && !text.contains(CVV), "{source}: {text}");
}

fn with_cvv(body: Value) -> Value {
    with(body, "cvv", CVV)
}

#[tokio::test]
async fn no_response_page_or_record_contains_a_card_number_or_a_cvv() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("card3ds.payment order=late @before-commit late-commit=1s");
    let mut responses = Vec::new();
    let mut record = |source: &str, text: String| responses.push((source.to_owned(), text));
    for (path, body) in [
        ("/api/payment", with_cvv(payment("paid"))),
        ("/api/payment", with(payment("refused"), "cvv", format!("{CVV}x"))),
        ("/api/payment", with_cvv(with(payment("no amount"), "amount", CARD))),
        ("/api/payment", with_cvv(with(payment("no currency"), "currency", CARD))),
        ("/api/payment", with(with_cvv(payment("no month")), "expiryMonth", CVV)),
        ("/api/pre-authorization", with_cvv(payment("reserved"))),
        ("/api/installment-options", json!({"amount": 1, "currency": "TRY", "pan": CARD})),
        ("/api/installment-options", json!({"amount": 1000, "currency": "TRY", "pan": CARD})),
    ] {
        record(path, post(&sandbox, path, &body).await.text());
    }
    let late_payment = with_cvv(payment("late"));
    record(
        "late",
        String::from_utf8(super::post_until_closed(&sandbox, "/api/payment", &late_payment).await.0).unwrap(),
    );
    sandbox.clock().advance(std::time::Duration::from_secs(2));
    let started = post(&sandbox, "/api/3ds", &with_cvv(three_ds_payment("secured", BACK))).await.expect_status(200);
    let (id, html) = (started["paymentId"].as_str().unwrap(), started["htmlContent"].as_str().unwrap());
    let token = attribute(html, "name=\"challenge\"", "value");
    record("start", started.to_string());
    record("challenge", browse(&sandbox, "POST", "/3ds-challenge", &format!("challenge={token}")).await.text());
    sandbox.card3ds().challenge(id).approve();
    record("over", browse(&sandbox, "GET", &format!("/3ds-challenge?challenge={token}"), "").await.text());
    let created = post(&sandbox, "/api/checkout", &checkout("bought", BACK)).await.expect_status(200);
    let bought = created["checkoutId"].as_str().unwrap();
    record("page", browse(&sandbox, "GET", &format!("/checkout-link/{bought}"), "").await.text());
    let pay = format!("/card3ds/checkouts/{bought}/pay");
    record("pay", control(&sandbox, "POST", &pay, &json!({"pan": CARD}).to_string()).await.text());
    record("status", get(&sandbox, &format!("/api/checkout/{bought}")).await.text());
    for path in ["/api", "/health", "/ledger", "/timeline", "/deliveries", "/faults", "/clock"] {
        record(path, control(&sandbox, "GET", path, "").await.text());
    }
    record("deliveries", format!("{:?}", sandbox.deliveries()));
    record("ledger", format!("{:?}", sandbox.ledger()));
    record("timeline", format!("{:?}", sandbox.timeline()));
    record("handles", format!("{:?} {:?}", sandbox.card3ds(), sandbox.card3ds().challenge(id)));
    record("test cards", format!("{:?}", payments_sandbox::card3ds::TEST_CARDS));

    for (source, text) in &responses {
        check_no_card_data(&sandbox, source, text);
    }
    let executed: Vec<String> = sandbox.ledger().entries().iter().map(|entry| entry.reference.clone()).collect();
    assert_eq!(executed, ["paid", "reserved", "late", "secured", "bought", "bought"]);
    sandbox.finish();
}

#[tokio::test]
async fn no_page_or_record_contains_an_api_key_or_a_security_key() {
    let sandbox = Sandbox::builder().start().await;
    let started = post(&sandbox, "/api/3ds", &three_ds_payment("secured", BACK)).await.expect_status(200);
    sandbox.card3ds().challenge(started["paymentId"].as_str().unwrap()).approve();
    let form = String::from_utf8(sandbox.deliveries()[0].body.clone()).unwrap();
    let security_key = form.split_once("securityKey=").unwrap().1;
    let secrets = [sandbox.card3ds().api_key(), sandbox.card3ds().api_secret(), security_key];
    for path in ["/api", "/health", "/ledger", "/timeline", "/deliveries", "/faults", "/clock"] {
        let text = control(&sandbox, "GET", path, "").await.text();
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{path}: {text}");
    }
    let debug = format!("{:?} {:?}", sandbox.card3ds(), sandbox.timeline());
    assert!(secrets.iter().all(|secret| !debug.contains(secret)), "{debug}");
    sandbox.finish();
}
