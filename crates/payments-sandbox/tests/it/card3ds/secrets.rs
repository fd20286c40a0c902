//! Card numbers and verification values go in, and nothing of them comes out.

use payments_sandbox::Sandbox;
use serde_json::{Value, json};

use super::{CARD, attribute, browse, checkout, get, payment, post, three_ds_payment};
use crate::support::{authority, control, with};

const CVV: &str = "8371";
const BACK: &str = "https://merchant.example/back";

/// Holds that a text has neither the card nor its verification value. Ports are any, so they are left out.
#[track_caller]
fn check(sandbox: &Sandbox, whence: &str, text: &str) {
    let text = text.replace(authority(sandbox.card3ds().base_url()), "").replace(authority(sandbox.control_url()), "");
    assert!(!text.contains(CARD) && !text.contains(CVV), "{whence}: {text}");
}

fn secret(body: Value) -> Value {
    with(body, "cvv", CVV)
}

#[tokio::test]
async fn no_card_and_no_verification_value_is_in_any_answer_page_or_record() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("card3ds.payment order=late @before-commit late-commit=1s");
    let mut responses = Vec::new();
    let mut said = |whence: &str, text: String| responses.push((whence.to_owned(), text));
    for (path, body) in [
        ("/api/payment", secret(payment("paid"))),
        ("/api/payment", with(payment("refused"), "cvv", format!("{CVV}x"))),
        ("/api/payment", secret(with(payment("no amount"), "amount", CARD))),
        ("/api/payment", secret(with(payment("no currency"), "currency", CARD))),
        ("/api/payment", with(secret(payment("no month")), "expiryMonth", CVV)),
        ("/api/pre-authorization", secret(payment("reserved"))),
        ("/api/installment-options", json!({"amount": 1, "currency": "TRY", "pan": CARD})),
        ("/api/installment-options", json!({"amount": 1000, "currency": "TRY", "pan": CARD})),
    ] {
        said(path, post(&sandbox, path, &body).await.text());
    }
    let late = secret(payment("late"));
    said("late", String::from_utf8(super::post_until_closed(&sandbox, "/api/payment", &late).await.0).unwrap());
    sandbox.clock().advance(std::time::Duration::from_secs(2));
    let started = post(&sandbox, "/api/3ds", &secret(three_ds_payment("secured", BACK))).await.expect(200);
    let (id, html) = (started["paymentId"].as_str().unwrap(), started["htmlContent"].as_str().unwrap());
    let token = attribute(html, "name=\"challenge\"", "value");
    said("start", started.to_string());
    said("challenge", browse(&sandbox, "POST", "/3ds-challenge", &format!("challenge={token}")).await.text());
    sandbox.card3ds().challenge(id).approve();
    said("over", browse(&sandbox, "GET", &format!("/3ds-challenge?challenge={token}"), "").await.text());
    let created = post(&sandbox, "/api/checkout", &checkout("bought", BACK)).await.expect(200);
    let bought = created["checkoutId"].as_str().unwrap();
    said("page", browse(&sandbox, "GET", &format!("/checkout-link/{bought}"), "").await.text());
    let pay = format!("/card3ds/checkouts/{bought}/pay");
    said("pay", control(&sandbox, "POST", &pay, &json!({"pan": CARD}).to_string()).await.text());
    said("status", get(&sandbox, &format!("/api/checkout/{bought}")).await.text());
    for path in ["/", "/health", "/ledger", "/timeline", "/deliveries", "/faults", "/clock"] {
        said(path, control(&sandbox, "GET", path, "").await.text());
    }
    said("deliveries", format!("{:?}", sandbox.deliveries()));
    said("ledger", format!("{:?}", sandbox.ledger()));
    said("timeline", format!("{:?}", sandbox.timeline()));
    said("handles", format!("{:?} {:?}", sandbox.card3ds(), sandbox.card3ds().challenge(id)));
    said("test cards", format!("{:?}", payments_sandbox::card3ds::TEST_CARDS));

    for (whence, text) in &responses {
        check(&sandbox, whence, text);
    }
    let executed: Vec<String> = sandbox.ledger().entries().iter().map(|entry| entry.reference.clone()).collect();
    assert_eq!(executed, ["paid", "reserved", "late", "secured", "bought", "bought"]);
    sandbox.finish();
}

#[tokio::test]
async fn no_key_of_the_merchant_s_or_the_customer_s_is_on_any_page_or_in_any_record() {
    let sandbox = Sandbox::builder().start().await;
    let started = post(&sandbox, "/api/3ds", &three_ds_payment("secured", BACK)).await.expect(200);
    sandbox.card3ds().challenge(started["paymentId"].as_str().unwrap()).approve();
    let form = String::from_utf8(sandbox.deliveries()[0].body.clone()).unwrap();
    let security_key = form.split_once("securityKey=").unwrap().1;
    let secrets = [sandbox.card3ds().api_key(), sandbox.card3ds().api_secret(), security_key];
    for path in ["/", "/health", "/ledger", "/timeline", "/deliveries", "/faults", "/clock"] {
        let text = control(&sandbox, "GET", path, "").await.text();
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{path}: {text}");
    }
    let debug = format!("{:?} {:?}", sandbox.card3ds(), sandbox.timeline());
    assert!(secrets.iter().all(|secret| !debug.contains(secret)), "{debug}");
    sandbox.finish();
}
