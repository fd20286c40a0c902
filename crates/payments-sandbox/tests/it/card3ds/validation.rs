//! What is refused, by which field, and that nothing is done then.

use payments_sandbox::Sandbox;
use serde_json::{Value, json};

use super::{CARD, checkout, payment, post, post_text, raw, request, three_ds_payment};
use crate::support::{control, with, without};

const BACK: &str = "https://merchant.example/back";

/// Holds that a body is refused for a field, and that nothing was done.
async fn check_rejected(sandbox: &Sandbox, path: &str, body: &str, field: &str) {
    let found = post_text(sandbox, path, body).await.expect(400);
    assert_eq!(found["field"], field, "{body}");
    assert!(found["message"].as_str().unwrap().starts_with(&format!("{field} ")), "{found}");
    assert_eq!(sandbox.ledger().entries(), [], "{body}");
}

fn options() -> Value {
    json!({"amount": 1000, "currency": "TRY", "pan": CARD, "maxInstallmentCount": 3, "interestPaidByCustomer": true})
}

/// Every operation that creates something or asks, a body that it takes, and what it cannot do without.
fn operations() -> Vec<(&'static str, Value, Vec<&'static str>)> {
    let card = vec![
        "orderId",
        "amount",
        "currency",
        "cardHolderName",
        "pan",
        "expiryMonth",
        "expiryYear",
        "cvv",
        "requestIp",
        "requestPort",
    ];
    let secure = card.iter().copied().chain(["successUrl", "failureUrl"]).collect();
    vec![
        ("/api/payment", payment("o"), card.clone()),
        ("/api/pre-authorization", payment("o"), card),
        ("/api/3ds", three_ds_payment("o", BACK), secure),
        ("/api/installment-options", options(), vec!["amount", "currency", "pan"]),
        ("/api/checkout", checkout("o", BACK), vec!["orderId", "amount", "currency", "description", "callback"]),
    ]
}

#[tokio::test]
async fn a_required_field_that_is_missing_or_null_is_named() {
    let sandbox = Sandbox::builder().start().await;
    for (path, body, required) in operations() {
        for field in required {
            for body in [without(body.clone(), field), with(body.clone(), field, Value::Null)] {
                check_rejected(&sandbox, path, &body.to_string(), field).await;
            }
        }
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_field_of_another_type_is_named() {
    let sandbox = Sandbox::builder().start().await;
    for (path, body, _) in operations() {
        for (field, value) in body.as_object().unwrap() {
            let wrong = match value {
                Value::String(_) => [json!(7), json!(true), json!([])],
                Value::Number(_) => [json!("7"), json!(true), json!({})],
                _ => [json!("true"), json!(1), json!([])],
            };
            for wrong in wrong {
                check_rejected(&sandbox, path, &with(body.clone(), field, wrong).to_string(), field).await;
            }
        }
    }
    sandbox.finish();
}

#[tokio::test]
async fn an_amount_is_read_digit_by_digit() {
    let sandbox = Sandbox::builder().start().await;
    for (path, body, _) in operations() {
        let amount = body["amount"].to_string();
        for wrong in ["0", "0.00", "-1", "100.505", "100.500", "1e2", "1E2", "1000000000000", "100.000000000000001"] {
            let text = body.to_string().replacen(&format!("\"amount\":{amount}"), &format!("\"amount\":{wrong}"), 1);
            check_rejected(&sandbox, path, &text, "amount").await;
        }
        let yen = with(with(body.clone(), "currency", "JPY"), "amount", 100.5);
        check_rejected(&sandbox, path, &yen.to_string(), "amount").await;
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_named_with_its_field() {
    let sandbox = Sandbox::builder().start().await;
    for (field, wrong) in [
        ("orderId", json!("")),
        ("orderId", json!("  ")),
        ("currency", json!("try")),
        ("currency", json!("XYZ")),
        ("pan", json!("4111111111111112")),
        ("pan", json!("4111 1111 1111 1111")),
        ("pan", json!("411111")),
        ("expiryMonth", json!("4")),
        ("expiryMonth", json!("00")),
        ("expiryMonth", json!("13")),
        ("expiryMonth", json!("+4")),
        ("expiryYear", json!("2028")),
        ("expiryYear", json!("x8")),
        ("cvv", json!("91")),
        ("cvv", json!("91624")),
        ("cvv", json!("9l6")),
        ("requestIp", json!("192.168.1")),
        ("requestIp", json!("localhost")),
        ("requestPort", json!(0)),
        ("requestPort", json!(65_536)),
        ("requestPort", json!(80.5)),
        ("customerId", json!("")),
        ("installmentCount", json!(0)),
        ("installmentCount", json!(-1)),
        ("installmentCount", json!(1.5)),
        ("installmentCount", json!(13)),
        ("successUrl", json!("javascript:alert(1)")),
        ("successUrl", json!("https://")),
        ("failureUrl", json!("https://merchant.example/\r\nX: y")),
        ("failureUrl", json!("/back")),
    ] {
        check_rejected(&sandbox, "/api/3ds", &with(three_ds_payment("o", BACK), field, wrong).to_string(), field).await;
    }
    for (path, body) in [("/api/checkout", checkout("o", BACK)), ("/api/installment-options", options())] {
        for wrong in ["0", "-1", "1.5", "4294967296"] {
            let body = body.to_string().replacen(
                "\"maxInstallmentCount\":",
                &format!("\"maxInstallmentCount\":{wrong},\"x\":"),
                1,
            );
            check_rejected(&sandbox, path, &body, "maxInstallmentCount").await;
        }
    }
    for (field, fits) in [("cvv", json!("9162")), ("requestIp", json!("2001:db8::1")), ("requestPort", json!(65_535))] {
        post(&sandbox, "/api/payment", &with(payment(field), field, fits)).await.expect(200);
        sandbox.ledger().order(field).executed_once();
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_number_that_no_card_has_is_told_from_one_that_is_no_test_card_s() {
    let sandbox = Sandbox::builder().start().await;
    for (number, rule) in [
        ("4539578763621486", "pan must be a well-known test card's: real cards have no place here"),
        ("4539578763621487", "pan must be a card number"),
        ("453957876362148", "pan must be a card number"),
    ] {
        let found = post(&sandbox, "/api/payment", &with(payment("o"), "pan", number)).await.expect(400);
        assert_eq!(found["message"], rule);
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_card_that_is_no_test_card_is_refused_and_shown_nowhere() {
    let sandbox = Sandbox::builder().start().await;
    let real = "4539578763621486";
    for (path, body, required) in operations() {
        if required.contains(&"pan") {
            let response = post(&sandbox, path, &with(body, "pan", real)).await;
            assert!(!response.text().contains(real) && !response.text().contains("453957"), "{}", response.text());
            assert_eq!(response.expect(400)["field"], "pan");
        }
    }
    for path in ["/", "/ledger", "/timeline", "/deliveries", "/faults"] {
        let text = control(&sandbox, "GET", path, "").await.text();
        assert!(!text.contains(real) && !text.contains("453957"), "{path}: {text}");
    }
    assert_eq!(sandbox.ledger().entries(), []);
    assert_eq!(sandbox.card3ds().order("o").status(), None);
    sandbox.finish();
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let sandbox = Sandbox::builder().start().await;
    for (path, _, _) in operations() {
        for body in ["", "[1]", "\"x\"", "7", "{\"orderId\": ", "orderId=1"] {
            let found = post_text(&sandbox, path, body).await.expect(400);
            assert_eq!(found, json!({"message": "the body must be a JSON object"}), "{body}");
        }
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_body_must_say_that_it_is_json() {
    let sandbox = Sandbox::builder().start().await;
    let whole = String::from_utf8(request(&sandbox, "POST", "/api/payment", &payment("o").to_string())).unwrap();
    for (to, status) in [
        ("Content-Type: text/plain", 415),
        ("Content-Type: application/x-www-form-urlencoded", 415),
        ("X-Nothing: 1", 415),
        ("Content-Type: application/json; charset=utf-8", 200),
    ] {
        let request = whole.replacen("Content-Type: application/json", to, 1);
        raw(&sandbox, request.as_bytes()).await.expect(status);
    }
    sandbox.ledger().order("o").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_field_that_nobody_knows_is_ignored() {
    let sandbox = Sandbox::builder().start().await;
    for (path, body, _) in operations() {
        post(&sandbox, path, &with(body, "somethingNew", json!({"a": [1]}))).await.expect(200);
    }
    sandbox.abandon();
}
