//! TurraTech's API keys, request formats, and parameter errors.

use std::time::Duration;

use payments_sandbox::turratech::Settings;
use payments_sandbox::{Sandbox, StartError};
use serde_json::{Value, json};

use crate::support::{with, without};
use crate::turratech_support::{bearer, create_customer, expect_error, get, id, payment, post, send};

/// Each operation, and the status of a request under the secret key with an empty body or an unknown id.
const OPERATIONS: &[(&str, &str, &str, u16)] = &[
    ("create-payment", "POST", "payments", 400),
    ("retrieve-payment", "GET", "payments/pay_none", 404),
    ("list-payments", "GET", "payments", 200),
    ("capture-payment", "POST", "payments/pay_none/capture", 404),
    ("cancel-payment", "POST", "payments/pay_none/cancel", 404),
    ("create-customer", "POST", "customers", 201),
    ("retrieve-customer", "GET", "customers/cus_none", 404),
    ("update-customer", "POST", "customers/cus_none", 404),
    ("delete-customer", "DELETE", "customers/cus_none", 404),
    ("list-customers", "GET", "customers", 200),
    ("create-payment-method", "POST", "payment_methods", 400),
    ("attach-payment-method", "POST", "payment_methods/pm_none/attach", 400),
    ("detach-payment-method", "POST", "payment_methods/pm_none/detach", 404),
    ("create-refund", "POST", "refunds", 400),
    ("retrieve-refund", "GET", "refunds/re_none", 404),
    ("list-refunds", "GET", "refunds", 200),
    ("create-subscription", "POST", "subscriptions", 400),
    ("update-subscription", "POST", "subscriptions/sub_none", 404),
    ("cancel-subscription", "DELETE", "subscriptions/sub_none", 404),
    ("create-webhook-endpoint", "POST", "webhook_endpoints", 400),
];

async fn request_status(sandbox: &Sandbox, key: &str, method: &str, path: &str) -> u16 {
    let headers = [("Authorization", bearer(key)), ("Content-Type", "application/json".to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    send(sandbox, method, path, &headers, if method == "POST" { "{}" } else { "" }).await.status
}

#[tokio::test]
async fn every_operation_is_available_to_the_secret_and_the_restricted_key() {
    let sandbox = Sandbox::builder().start().await;
    for (operation, method, path, status) in OPERATIONS {
        assert_eq!(request_status(&sandbox, sandbox.turratech().api_key(), method, path).await, *status, "{operation}");
        assert_eq!(
            request_status(&sandbox, sandbox.turratech().restricted_key(), method, path).await,
            *status,
            "{operation}"
        );
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_fault_can_name_every_operation() {
    for (operation, method, path, _) in OPERATIONS {
        let sandbox = Sandbox::builder().fault(format!("turratech.{operation} @after-commit html=502")).start().await;
        assert_eq!(request_status(&sandbox, sandbox.turratech().api_key(), method, path).await, 502, "{operation}");
        sandbox.finish();
    }
}

#[tokio::test]
async fn faults_know_which_operations_are_read_only_and_which_send_events() {
    let without_events = ["cancel-payment", "update-customer", "create-payment-method", "attach-payment-method"];
    let without_events = [&without_events[..], &["detach-payment-method", "create-webhook-endpoint"]].concat();
    for (operation, method, ..) in OPERATIONS {
        let accepts = async |fault: &str| {
            let started = Sandbox::builder().fault(format!("turratech.{operation} {fault}")).try_start().await;
            started.map(Sandbox::abandon).is_ok()
        };
        assert_eq!(accepts("@query fin").await, *method == "GET", "{operation}");
        assert_eq!(
            accepts("@webhook drop").await,
            *method != "GET" && !without_events.contains(operation),
            "{operation}"
        );
    }
}

#[tokio::test]
async fn a_publishable_key_may_only_create_payment_methods() {
    let sandbox = Sandbox::builder().start().await;
    for (operation, method, path, _) in OPERATIONS {
        let expected = if *operation == "create-payment-method" { 400 } else { 403 };
        assert_eq!(
            request_status(&sandbox, sandbox.turratech().publishable_key(), method, path).await,
            expected,
            "{operation}"
        );
    }
    let key = bearer(sandbox.turratech().publishable_key());
    let response = send(&sandbox, "GET", "payments", &[("Authorization", &key)], "").await;
    assert_eq!(expect_error(&response, 403)["type"], "authentication_error");
    let headers = [("Authorization", key.as_str()), ("Content-Type", "application/json")];
    send(&sandbox, "POST", "payment_methods", &headers, r#"{"type": "sepa_debit"}"#).await.expect_status(201);
    sandbox.finish();
}

#[tokio::test]
async fn a_restricted_key_can_be_limited_to_operations() {
    let settings = Settings::default().restricted_to(["list-payments", "create-refund"]);
    let sandbox = Sandbox::builder().turratech(settings).start().await;
    for (operation, method, path, status) in OPERATIONS {
        let expected = if matches!(*operation, "list-payments" | "create-refund") { *status } else { 403 };
        assert_eq!(
            request_status(&sandbox, sandbox.turratech().restricted_key(), method, path).await,
            expected,
            "{operation}"
        );
        assert_eq!(request_status(&sandbox, sandbox.turratech().api_key(), method, path).await, *status, "{operation}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_request_without_a_known_key_gets_a_401() {
    let sandbox = Sandbox::builder().start().await;
    let key = sandbox.turratech().api_key();
    let values =
        [key.to_owned(), format!("Basic {key}"), bearer(&key[..key.len() - 1]), bearer("sk_live_abc"), bearer("")];
    for value in &values {
        for path in ["payments", "nowhere"] {
            let response = send(&sandbox, "GET", path, &[("Authorization", value)], "").await;
            let error = expect_error(&response, 401);
            assert_eq!((&error["type"], &error["code"]), (&json!("authentication_error"), &json!("invalid_api_key")));
        }
    }
    expect_error(&send(&sandbox, "GET", "payments", &[], "").await, 401);
    sandbox.finish();
}

#[tokio::test]
async fn the_authorization_scheme_is_case_insensitive() {
    let sandbox = Sandbox::builder().start().await;
    let value = format!("bearer {}", sandbox.turratech().api_key());
    send(&sandbox, "GET", "payments", &[("Authorization", &value)], "").await.expect_status(200);
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_address_gets_a_404_in_the_documented_form() {
    let sandbox = Sandbox::builder().start().await;
    for (method, path) in [
        ("GET", "nowhere"),
        ("GET", "payments/"),
        ("GET", "payments/pay_1/capture"),
        ("PUT", "customers/cus_1"),
        ("DELETE", "payments/pay_1"),
        ("GET", "subscriptions/sub_1"),
        ("GET", "payment_methods"),
    ] {
        let headers = [("Authorization", bearer(sandbox.turratech().api_key()))];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let response = send(&sandbox, method, path, &headers, "").await;
        assert_eq!(expect_error(&response, 404)["type"], "invalid_request_error", "{method} {path}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_id_gets_a_404_that_names_the_parameter() {
    let sandbox = Sandbox::builder().start().await;
    let error = expect_error(&get(&sandbox, "payments/pay_none").await, 404);
    assert_eq!((&error["type"], &error["code"]), (&json!("invalid_request_error"), &json!("resource_missing")));
    assert_eq!(error["param"], "id");
    sandbox.finish();
}

#[tokio::test]
async fn a_body_must_be_a_json_object_with_a_json_content_type() {
    let sandbox = Sandbox::builder().start().await;
    let key = bearer(sandbox.turratech().api_key());
    let authorization = ("Authorization", key.as_str());
    for content_type in ["application/x-www-form-urlencoded", "text/json", "application/jsonp", ""] {
        for path in ["payments", "payments/pay_none/capture"] {
            let response = send(&sandbox, "POST", path, &[authorization, ("Content-Type", content_type)], "{}").await;
            assert_eq!(expect_error(&response, 400)["type"], "invalid_request_error", "{content_type} {path}");
        }
    }
    expect_error(&send(&sandbox, "POST", "customers", &[authorization], "{}").await, 400);
    let json = ("Content-Type", "Application/JSON; charset=utf-8");
    send(&sandbox, "POST", "customers", &[authorization, json], "{}").await.expect_status(201);
    for body in ["[]", "\"amount\"", "1", "null", "{", "amount=2000", "{} {}"] {
        let response = send(&sandbox, "POST", "customers", &[authorization, json], body).await;
        assert_eq!(expect_error(&response, 400)["type"], "invalid_request_error", "{body}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn only_the_current_api_version_is_accepted() {
    let sandbox = Sandbox::builder().start().await;
    let key = bearer(sandbox.turratech().api_key());
    let get_with_version = |version| {
        let headers = [("Authorization", key.clone()), ("TurraTech-Version", version)];
        let sandbox = &sandbox;
        async move {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            send(sandbox, "GET", "payments", &headers, "").await
        }
    };
    get_with_version("2024-01-01".to_owned()).await.expect_status(200);
    expect_error(&get_with_version("2023-01-01".to_owned()).await, 400);
    sandbox.finish();
}

/// Asserts that each wrong value is rejected under this parameter name.
async fn check_parameters(sandbox: &Sandbox, path: &str, good: &Value, wrong: &[(&str, Value, &str)]) {
    for (name, value, param) in wrong {
        let response = post(sandbox, path, &with(good.clone(), name, value.clone())).await;
        let error = expect_error(&response, 400);
        assert_eq!(error["type"], "invalid_request_error", "{name}: {value}: {error}");
        assert_eq!(error["param"], *param, "{name}: {value}: {error}");
    }
}

#[tokio::test]
async fn invalid_payment_parameters_are_named_and_nothing_is_executed() {
    let sandbox = Sandbox::builder().start().await;
    let wrong = [
        ("amount", json!(0), "amount"),
        ("amount", json!(-1), "amount"),
        ("amount", json!(20.5), "amount"),
        ("amount", json!(2000.0), "amount"),
        ("amount", json!("2000"), "amount"),
        ("amount", json!(u64::MAX), "amount"),
        ("amount", json!(null), "amount"),
        ("currency", json!("GBP"), "currency"),
        ("currency", json!("pounds"), "currency"),
        ("currency", json!("g1p"), "currency"),
        ("currency", json!(826), "currency"),
        ("payment_method", json!("pm_none"), "payment_method"),
        ("payment_method", json!({}), "payment_method"),
        ("payment_method", json!(null), "payment_method"),
        ("customer", json!("cus_none"), "customer"),
        ("description", json!(1), "description"),
        ("metadata", json!([]), "metadata"),
        ("metadata", json!({"order_id": 1}), "metadata[order_id]"),
        ("capture_method", json!("later"), "capture_method"),
        ("confirm", json!("true"), "confirm"),
        ("return_url", json!(false), "return_url"),
    ];
    check_parameters(&sandbox, "payments", &payment("order-1"), &wrong).await;
    for name in ["amount", "currency"] {
        let response = post(&sandbox, "payments", &without(payment("order-1"), name)).await;
        let error = expect_error(&response, 400);
        assert_eq!((&error["code"], &error["param"]), (&json!("parameter_missing"), &json!(name)));
    }
    assert!(sandbox.ledger().entries().is_empty());
    assert_eq!(get(&sandbox, "payments").await.expect_status(200)["data"], json!([]));
    sandbox.finish();
}

#[tokio::test]
async fn invalid_parameters_of_other_operations_are_named() {
    let sandbox = Sandbox::builder().start().await;
    let customer = create_customer(&sandbox).await;
    let wrong = [
        ("email", json!(1), "email"),
        ("name", json!([]), "name"),
        ("phone", json!({}), "phone"),
        ("description", json!(true), "description"),
        ("address", json!("London"), "address"),
        ("shipping", json!([]), "shipping"),
        ("metadata", json!({"a": {}}), "metadata[a]"),
        ("payment_method", json!("pm_none"), "payment_method"),
    ];
    check_parameters(&sandbox, "customers", &json!({}), &wrong).await;
    check_parameters(&sandbox, &format!("customers/{customer}"), &json!({}), &wrong).await;
    let wrong = [
        ("payment", json!("pay_none"), "payment"),
        ("payment", json!(1), "payment"),
        ("amount", json!(0), "amount"),
        ("amount", json!(1.5), "amount"),
        ("reason", json!("boredom"), "reason"),
        ("metadata", json!(""), "metadata"),
    ];
    let paid = id(&post(&sandbox, "payments", &payment("order-1")).await.expect_status(201));
    check_parameters(&sandbox, "refunds", &json!({"payment": paid}), &wrong).await;
    let wrong = [
        ("customer", json!("cus_none"), "customer"),
        ("items", json!([]), "items"),
        ("items", json!({}), "items"),
        ("items", json!(["price_1"]), "items[0]"),
        ("items", json!([{"price": "price_1"}, {"quantity": 1}]), "items[1][price]"),
        ("items", json!([{"price": "other"}]), "items[0][price]"),
        ("items", json!([{"price": "price_1", "quantity": 0}]), "items[0][quantity]"),
        ("items", json!([{"price": "price_1", "quantity": i64::MAX}]), "items[0][quantity]"),
        ("items", json!(null), "items"),
        ("trial_period_days", json!(-1), "trial_period_days"),
        ("trial_period_days", json!(731), "trial_period_days"),
        ("trial_period_days", json!("14"), "trial_period_days"),
        ("cancel_at_period_end", json!(1), "cancel_at_period_end"),
        ("default_payment_method", json!("pm_none"), "default_payment_method"),
    ];
    let subscription = json!({
        "customer": customer,
        "items": [{"price": "price_1"}],
        "default_payment_method": "pm_card_visa",
    });
    check_parameters(&sandbox, "subscriptions", &subscription, &wrong).await;
    let wrong = [
        ("url", json!("ftp://merchant.example"), "url"),
        ("url", json!("http://"), "url"),
        ("url", json!("http://a\r\nX: y"), "url"),
        ("enabled_events", json!([]), "enabled_events"),
        ("enabled_events", json!(["*", ""]), "enabled_events"),
        ("enabled_events", json!("*"), "enabled_events"),
    ];
    let endpoint = json!({"url": "https://merchant.example/events", "enabled_events": ["*"]});
    check_parameters(&sandbox, "webhook_endpoints", &endpoint, &wrong).await;
    sandbox.finish();
}

#[tokio::test]
async fn unknown_parameters_are_ignored() {
    let sandbox = Sandbox::builder().start().await;
    let created =
        post(&sandbox, "payments", &with(payment("order-1"), "statement_descriptor", "SHOP")).await.expect_status(201);
    assert!(created["statement_descriptor"].is_null(), "{created}");
    get(&sandbox, "payments?status=succeeded").await.expect_status(200);
    sandbox.finish();
}

#[tokio::test]
async fn requests_over_the_rate_limit_get_a_429_and_are_not_executed() {
    let settings = Settings::default().requests_per_second(2);
    let sandbox = Sandbox::builder().turratech(settings).start().await;
    for _ in 0..2 {
        get(&sandbox, "payments").await.expect_status(200);
    }
    assert_eq!(expect_error(&post(&sandbox, "payments", &payment("order-1")).await, 429)["type"], "rate_limit_error");
    sandbox.ledger().order("order-1").never_executed();
    sandbox.clock().advance(Duration::from_secs(1));
    post(&sandbox, "payments", &payment("order-1")).await.expect_status(201);
    sandbox.finish();
}

#[tokio::test]
async fn keys_that_could_be_live_keys_are_rejected() {
    let settings = [
        Settings::default().keys("sk_live_abc", "sandbox_whsec"),
        Settings::default().keys("sk_test_abc", "whsec_abc"),
        Settings::default().publishable_and_restricted_keys("pk_live_abc", "rk_test_abc"),
        Settings::default().publishable_and_restricted_keys("pk_test_abc", "rk_live_abc"),
    ];
    for settings in settings {
        let result = Sandbox::builder().turratech(settings).try_start().await;
        assert!(matches!(result, Err(StartError::LiveKey)), "{result:?}");
    }
    let settings =
        Settings::default().keys("sk_test_a", "test_b").publishable_and_restricted_keys("pk_test_c", "rk_test_d");
    let sandbox = Sandbox::builder().turratech(settings).start().await;
    let keys = sandbox.turratech();
    assert_eq!(
        [keys.api_key(), keys.webhook_secret(), keys.publishable_key(), keys.restricted_key()],
        ["sk_test_a", "test_b", "pk_test_c", "rk_test_d"]
    );
    get(&sandbox, "payments").await.expect_status(200);
    sandbox.finish();
}
