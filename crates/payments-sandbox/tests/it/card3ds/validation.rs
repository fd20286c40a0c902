//! card3ds' validation errors: the field they name, and that nothing is executed.

use payments_sandbox::Sandbox;
use serde_json::{Value, json};

use super::{CARD, checkout, payment, post, post_text, request, send_bytes, three_ds_payment};
use crate::support::{control, with, without};

const BACK: &str = "https://merchant.example/back";

/// Asserts that a body is rejected because of this field and that nothing is executed.
async fn check_rejected(sandbox: &Sandbox, path: &str, body: &str, field: &str) {
    let response = post_text(sandbox, path, body).await.expect_status(400);
    assert_eq!(response["field"], field, "{body}");
    assert!(response["message"].as_str().unwrap().starts_with(&format!("{field} ")), "{response}");
    assert_eq!(sandbox.ledger().entries(), [], "{body}");
}

fn options() -> Value {
    json!({"amount": 1000, "currency": "TRY", "pan": CARD, "maxInstallmentCount": 3, "interestPaidByCustomer": true})
}

/// Returns the path of each operation with a valid body and its required fields.
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
    let three_ds = card.iter().copied().chain(["successUrl", "failureUrl"]).collect();
    vec![
        ("/api/payment", payment("o"), card.clone()),
        ("/api/pre-authorization", payment("o"), card),
        ("/api/3ds", three_ds_payment("o", BACK), three_ds),
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
async fn a_field_of_the_wrong_type_is_named() {
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
async fn an_amount_outside_the_limits_or_with_too_many_digits_is_rejected() {
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
async fn an_invalid_value_is_rejected_with_its_field() {
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
    for (field, valid) in [("cvv", json!("9162")), ("requestIp", json!("2001:db8::1")), ("requestPort", json!(65_535))]
    {
        post(&sandbox, "/api/payment", &with(payment(field), field, valid)).await.expect_status(200);
        sandbox.ledger().order(field).executed_once();
    }
    sandbox.finish();
}

#[tokio::test]
async fn an_invalid_card_number_and_a_real_card_number_get_different_errors() {
    let sandbox = Sandbox::builder().start().await;
    for (number, rule) in [
        ("4539578763621486", "pan must be the number of a well-known test card: the sandbox accepts no real cards"),
        ("4539578763621487", "pan must be a card number"),
        ("453957876362148", "pan must be a card number"),
    ] {
        let response = post(&sandbox, "/api/payment", &with(payment("o"), "pan", number)).await.expect_status(400);
        assert_eq!(response["message"], rule);
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_card_that_is_not_a_test_card_is_rejected_and_never_shown() {
    let sandbox = Sandbox::builder().start().await;
    let real = "4539578763621486";
    for (path, body, required) in operations() {
        if required.contains(&"pan") {
            let response = post(&sandbox, path, &with(body, "pan", real)).await;
            assert!(!response.text().contains(real) && !response.text().contains("453957"), "{}", response.text());
            assert_eq!(response.expect_status(400)["field"], "pan");
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
async fn a_body_that_is_not_a_json_object_is_rejected() {
    let sandbox = Sandbox::builder().start().await;
    for (path, _, _) in operations() {
        for body in ["", "[1]", "\"x\"", "7", "{\"orderId\": ", "orderId=1"] {
            let response = post_text(&sandbox, path, body).await.expect_status(400);
            assert_eq!(response, json!({"message": "the body must be a JSON object"}), "{body}");
        }
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_body_needs_a_json_content_type() {
    let sandbox = Sandbox::builder().start().await;
    let valid = String::from_utf8(request(&sandbox, "POST", "/api/payment", &payment("o").to_string())).unwrap();
    for (to, status) in [
        ("Content-Type: text/plain", 415),
        ("Content-Type: application/x-www-form-urlencoded", 415),
        ("X-Nothing: 1", 415),
        ("Content-Type: application/json; charset=utf-8", 200),
    ] {
        let request = valid.replacen("Content-Type: application/json", to, 1);
        send_bytes(&sandbox, request.as_bytes()).await.expect_status(status);
    }
    sandbox.ledger().order("o").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_field_is_ignored() {
    let sandbox = Sandbox::builder().start().await;
    for (path, body, _) in operations() {
        post(&sandbox, path, &with(body, "somethingNew", json!({"a": [1]}))).await.expect_status(200);
    }
    sandbox.abandon();
}
