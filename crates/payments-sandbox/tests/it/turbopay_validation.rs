//! TurboPay's validation errors, with the documented messages.

use payments_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{control, deposit, get, post, with, withdrawal, without};

/// Asserts that a request gets this error and that nothing is executed.
async fn check_rejected(path: &str, body: &Value, field: &str, message: &str) {
    let sandbox = Sandbox::builder().start().await;
    let response = post(&sandbox, path, body).await.expect_status(422);
    assert_eq!(response["message"], message, "{response}");
    assert_eq!(response["errors"][field], json!([message]), "{response}");
    assert_eq!(sandbox.ledger().entries(), []);
    sandbox.finish();
}

async fn check_accepted(path: &str, body: &Value) {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, path, body).await.expect_status(201);
    sandbox.finish();
}

#[tokio::test]
async fn a_required_field_that_is_missing_null_or_empty_is_named() {
    let required =
        ["method", "amount", "currency", "traffic", "merchant_order_id", "merchant_customer_id", "status_url"];
    let deposits = required.iter().chain(&["redirect_url"]).map(|name| ("deposit/new", *name));
    let withdrawals =
        required.iter().chain(&["customer_bank_account", "bank_code"]).map(|name| ("withdraw/new", *name));
    for (path, name) in deposits.chain(withdrawals) {
        let body = if path == "deposit/new" { deposit("order-1") } else { withdrawal("order-1") };
        let message = format!("The {} field is required.", name.replace('_', " "));
        for body in [without(body.clone(), name), with(body.clone(), name, Value::Null), with(body, name, "")] {
            check_rejected(path, &body, name, &message).await;
        }
    }
}

#[tokio::test]
async fn a_field_over_its_documented_length_is_named_with_the_limit() {
    for (name, longest) in [("customer_name", 300), ("merchant_order_id", 100), ("merchant_customer_id", 100)] {
        let message = format!("The {} field must not be greater than {longest} characters.", name.replace('_', " "));
        check_rejected("deposit/new", &with(deposit("o"), name, "é".repeat(longest + 1)), name, &message).await;
        check_accepted("deposit/new", &with(deposit("o"), name, "é".repeat(longest))).await;
    }
    for (name, start, longest) in [
        ("status_url", "https://merchant.example/", 255),
        ("redirect_url", "https://merchant.example/", 255),
        ("customer_email", "a@", 100),
    ] {
        let long = |length: usize| with(deposit("o"), name, format!("{start}{}", "x".repeat(length - start.len())));
        let message = format!("The {} field must not be greater than {longest} characters.", name.replace('_', " "));
        check_rejected("deposit/new", &long(longest + 1), name, &message).await;
        check_accepted("deposit/new", &long(longest)).await;
    }
}

#[tokio::test]
async fn an_amount_in_rupees_must_be_a_whole_number_in_any_notation() {
    for amount in ["500", "500.0", "500.00", "\"500\"", "\"500.00\""] {
        let body = serde_json::from_str::<Value>(&withdrawal("o").to_string().replace("500", amount)).unwrap();
        check_accepted("withdraw/new", &body).await;
    }
    for amount in [json!(500.5), json!("500.01"), json!("5e2"), json!("five"), json!(true), json!([500]), json!("+5")] {
        let message = "The amount field must be an integer.";
        check_rejected("withdraw/new", &with(withdrawal("o"), "amount", amount), "amount", message).await;
    }
}

#[tokio::test]
async fn an_amount_outside_its_limits_is_rejected() {
    for (amount, message) in [
        (json!(0), "The amount field must be at least 1."),
        (json!(-500), "The amount field must be at least 1."),
        (json!(10_000_001), "The amount field must not be greater than 10000000."),
    ] {
        check_rejected("withdraw/new", &with(withdrawal("o"), "amount", amount), "amount", message).await;
    }
    check_accepted("withdraw/new", &with(withdrawal("o"), "amount", 1)).await;
    check_accepted("withdraw/new", &with(withdrawal("o"), "amount", 10_000_000)).await;
}

#[tokio::test]
async fn an_amount_in_another_currency_may_have_two_decimals() {
    let euros = |amount: &str| with(with(deposit("o"), "currency", "EUR"), "amount", amount);
    check_accepted("deposit/new", &euros("12.34")).await;
    check_rejected("deposit/new", &euros("12.345"), "amount", "The amount field must be an integer.").await;
}

#[tokio::test]
async fn a_field_with_an_invalid_format_is_named_with_the_expected_format() {
    for (name, value, form) in [
        ("customer_email", json!("nobody"), "email address"),
        ("customer_phone", json!("9876543210"), "phone number"),
        ("customer_phone", json!("+915876543210"), "phone number"),
        ("customer_phone", json!("+91987654321"), "phone number"),
        ("customer_phone", json!("+91 9876543210"), "phone number"),
        ("customer_name", json!(7), "name"),
        ("traffic", json!("gold"), "traffic type"),
        ("status_url", json!("merchant.example/status"), "URL"),
        ("status_url", json!("ftp://merchant.example/status"), "URL"),
        ("status_url", json!("http://merchant.example/a b"), "URL"),
        ("status_url", json!("http://127.0.0.1:9/\r\nX-Evil: 1"), "URL"),
        ("merchant_order_id", json!(12), "string"),
        ("customer_bank_account", json!(65_432_123_456_789_u64), "string"),
        ("customer_bank_account", json!("12345678"), "bank account number"),
        ("customer_bank_account", json!("12345678x"), "bank account number"),
        ("bank_code", json!("HDFC000005"), "IFSC code"),
        ("bank_code", json!("HDFC00000533"), "IFSC code"),
    ] {
        let message = format!("The {} field must be a valid {form}.", name.replace('_', " "));
        check_rejected("withdraw/new", &with(withdrawal("o"), name, value), name, &message).await;
    }
    let message = "The customer bank account field must not be greater than 18 characters.";
    let long = with(withdrawal("o"), "customer_bank_account", "1".repeat(19));
    check_rejected("withdraw/new", &long, "customer_bank_account", message).await;
    for (name, value) in
        [("customer_bank_account", "012345678"), ("customer_phone", "+4915112345678"), ("traffic", "ftd")]
    {
        check_accepted("withdraw/new", &with(withdrawal("o"), name, value)).await;
    }
    for name in ["customer_email", "customer_phone", "customer_name"] {
        check_accepted("withdraw/new", &without(withdrawal("o"), name)).await;
    }
}

#[tokio::test]
async fn a_currency_or_method_that_is_not_enabled_is_an_invalid_request() {
    let sandbox = Sandbox::builder().start().await;
    for (path, body, field, problem) in [
        ("withdraw/new", with(withdrawal("o"), "currency", "GBP"), "currency", "Currency \"GBP\" is not valid"),
        ("withdraw/new", with(withdrawal("o"), "method", "upi"), "method", "Method \"upi\" is not valid"),
        ("deposit/new", with(deposit("o"), "method", "UPI"), "method", "Method \"UPI\" is not valid"),
        ("deposit/new", with(deposit("o"), "method", "cash"), "method", "Method \"cash\" is not valid"),
    ] {
        let response = post(&sandbox, path, &body).await.expect_status(422);
        let mut errors = json!({});
        errors[field] = json!([problem]);
        assert_eq!(response, json!({"message": "invalid request", "errors": errors}));
    }
    post(&sandbox, "deposit/new", &with(deposit("o"), "method", "bank_transfer")).await.expect_status(201);
    sandbox.finish();
}

#[tokio::test]
async fn several_errors_are_reported_together_and_counted() {
    let sandbox = Sandbox::builder().start().await;
    let body = without(without(withdrawal("o"), "method"), "bank_code");
    let response = post(&sandbox, "withdraw/new", &body).await.expect_status(422);
    assert_eq!(response["message"], "The method field is required. (and 1 more error)");
    let response = post(&sandbox, "withdraw/new", &without(body, "amount")).await.expect_status(422);
    assert_eq!(response["message"], "The method field is required. (and 2 more errors)");
    assert_eq!(response["errors"].as_object().unwrap().len(), 3);
    sandbox.finish();
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_has_no_fields() {
    let sandbox = Sandbox::builder().start().await;
    for body in [json!(null), json!([1]), json!("x"), json!(7)] {
        let response = post(&sandbox, "withdraw/new", &body).await.expect_status(422);
        assert_eq!(response["message"], "The method field is required. (and 8 more errors)");
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_reference_is_unique_across_deposits_and_withdrawals() {
    let orders = [("deposit/new", deposit("o")), ("s2s/deposit/new", deposit("o")), ("withdraw/new", withdrawal("o"))];
    for (first, body) in &orders {
        let sandbox = Sandbox::builder().start().await;
        post(&sandbox, first, body).await.expect_status(201);
        for (second, body) in &orders {
            let response = post(&sandbox, second, body).await.expect_status(422);
            assert_eq!(response["message"], "The merchant order id has already been taken.", "{first}, then {second}");
        }
        sandbox.ledger().order("o").executed_once();
        sandbox.finish();
    }
}

#[tokio::test]
async fn the_reference_of_a_refused_request_can_be_used_again() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "withdraw/new", &without(withdrawal("o"), "bank_code")).await.expect_status(422);
    post(&sandbox, "withdraw/new", &withdrawal("o")).await.expect_status(201);
    sandbox.ledger().order("o").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_reference_with_line_breaks_adds_no_lines_to_the_timeline() {
    let sandbox = Sandbox::builder().start().await;
    let reference = "x\nLEDGER   9  turbopay.withdraw forged\u{1b}[31m";
    post(&sandbox, "withdraw/new", &withdrawal(reference)).await.expect_status(201);
    for entry in sandbox.timeline() {
        assert!(!entry.text.contains(char::is_control), "{:?}", entry.text);
    }
    for entry in sandbox.ledger().entries() {
        assert!(!entry.to_string().contains(char::is_control), "{entry}");
    }
    assert_eq!(control(&sandbox, "GET", "/ledger", "").await.json()[0]["reference"], reference);
    assert_eq!(get(&sandbox, "balance").await.status, 200);
    sandbox.finish();
}
