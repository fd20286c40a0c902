//! TurboPay's recorded examples compared with the sandbox: the status and the fields of each response.

use std::time::Duration;

use payments_sandbox::turbopay::Settings;
use payments_sandbox::{EntryKind, Sandbox};
use serde_json::{Value, json};

use crate::support::{authority, connect, deposit, get, post, request, wait_until, with, withdrawal};

/// Asserts that both values have the same fields of the same types, at any depth.
#[track_caller]
fn check_same_shape(actual: &Value, recorded: &Value) {
    match (actual, recorded) {
        (Value::Object(actual), Value::Object(recorded)) => {
            let names = |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(actual), names(recorded));
            for (name, value) in recorded {
                check_same_shape(&actual[name], value);
            }
        }
        (Value::String(_), Value::String(_)) | (Value::Null, Value::Null) | (Value::Number(_), Value::Number(_)) => {}
        (Value::Array(actual), Value::Array(recorded)) => check_same_shape(&actual[0], &recorded[0]),
        _ => panic!("{actual} does not have the type of {recorded}"),
    }
}

#[track_caller]
fn check_uuid(value: &Value) {
    let groups: Vec<usize> = value.as_str().unwrap().split('-').map(str::len).collect();
    assert_eq!(groups, [8, 4, 4, 4, 12], "{value}");
}

/// Creates an order and returns its id.
async fn create_order(sandbox: &Sandbox, path: &str, body: &Value) -> String {
    post(sandbox, path, body).await.expect_status(201)["order_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_hosted_deposit_gets_the_recorded_response() {
    let sandbox = Sandbox::builder().start().await;

    let response = post(&sandbox, "deposit/new", &deposit("5313a2d0")).await.expect_status(201);

    check_same_shape(
        &response,
        &json!({
            "form_url": "https://linestrack.com/wire?hash=f16f937b-dbac-48dc-b2b2-a7630e98e903",
            "order_id": "e7d414e6-81b6-4dd9-a785-d19cb315c118",
            "status": "new"
        }),
    );
    check_uuid(&response["order_id"]);
    assert_eq!(response["status"], "new");
    let hash = response["form_url"].as_str().unwrap().split_once("?hash=").unwrap().1;
    check_uuid(&json!(hash));
    assert_ne!(hash, response["order_id"], "the page's URL is public, but the order's id is not");
    sandbox.finish();
}

#[tokio::test]
async fn a_host_to_host_deposit_gets_the_recorded_response() {
    let sandbox = Sandbox::builder().start().await;

    let response =
        post(&sandbox, "s2s/deposit/new", &with(deposit("3b17c84d"), "amount", 226)).await.expect_status(201);

    check_same_shape(
        &response,
        &json!({
            "wallet_address": "test@test",
            "wallet_name": "[TEST] - TEST - TEST-OSTIN - FTD",
            "transaction_note": "ZJaoS",
            "order_expiration_seconds": "600",
            "order_id": "d19da091-098d-49a6-b401-909bcf558a4f",
            "status": "new",
            "qr": "iVBORw0KGgo",
            "deep_links": {"phonepe": "phonepe://native", "paytm": "paytmmp://cash_wallet"}
        }),
    );
    assert_eq!((&response["order_expiration_seconds"], &response["status"]), (&json!("600"), &json!("new")));
    assert!(response["qr"].as_str().unwrap().starts_with("iVBORw0KGgo"), "a PNG in base64");
    let note = response["transaction_note"].as_str().unwrap();
    let paytm = response["deep_links"]["paytm"].as_str().unwrap();
    assert!(paytm.starts_with("paytmmp://cash_wallet?pa=test%40test&pn="), "{paytm}");
    assert!(paytm.ends_with(&format!("&tn={note}&am=226&cu=INR&featuretype=money_transfer")), "{paytm}");
    let phonepe = response["deep_links"]["phonepe"].as_str().unwrap();
    assert!(phonepe.starts_with("phonepe://native?data=") && phonepe.ends_with("&id=p2ppayment"), "{phonepe}");
    sandbox.finish();
}

#[tokio::test]
async fn a_host_to_host_deposit_by_bank_transfer_gets_the_recorded_error() {
    let sandbox = Sandbox::builder().start().await;

    let response = post(&sandbox, "s2s/deposit/new", &with(deposit("fd850e70"), "method", "bank_transfer")).await;

    assert_eq!(
        response.expect_status(422),
        json!({
            "message": "invalid request",
            "errors": {"account": ["Mid is not configured for method \"bank_transfer\""]}
        })
    );
    sandbox.ledger().order("fd850e70").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn a_wrong_key_gets_the_recorded_401_everywhere() {
    let sandbox = Sandbox::builder().start().await;
    let body = withdrawal("order-1").to_string();
    let key = sandbox.turbopay().api_key();
    let header = |value: &str| format!("Authorization: {value}\r\n");
    for authorization in [
        String::new(),
        header("wrong"),
        header(""),
        header(&format!("Bearer {key}")),
        header(&format!("{key}x")),
        header(&key.to_uppercase()),
    ] {
        for target in [
            "POST /api/deposit/new",
            "POST /api/s2s/deposit/new",
            "POST /api/s2s/deposit/confirm",
            "POST /api/withdraw/new",
            "GET /api/balance?currency=",
            "GET /api/order/status/e2430e2c-dce6-4981-80bd-950304673226",
            "GET /api/merchantorder/status/order-1",
        ] {
            let mut connection = connect(&sandbox).await;
            let head = format!("{target} HTTP/1.1\r\nHost: x\r\n{authorization}Content-Length: {}\r\n\r\n", body.len());
            connection.write(&[head.as_bytes(), body.as_bytes()].concat()).await;
            assert_eq!(connection.response().await.expect_status(401), json!({"message": "Unauthorized"}), "{target}");
        }
    }
    assert_eq!(sandbox.ledger().entries(), []);
    sandbox.finish();
}

#[tokio::test]
async fn an_ip_address_that_is_not_whitelisted_gets_the_documented_403() {
    let sandbox = Sandbox::builder().turbopay(Settings::default().not_whitelisted()).start().await;
    let response = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(403);
    assert_eq!(response, json!({"message": "127.0.0.1 is not white listed"}));
    sandbox.finish();
}

#[tokio::test]
async fn a_blocked_customer_is_declined_as_documented() {
    let sandbox = Sandbox::builder().turbopay(Settings::default().block_customer("mallory")).start().await;
    let response = post(&sandbox, "deposit/new", &with(deposit("order-1"), "merchant_customer_id", "mallory")).await;
    assert_eq!(response.expect_status(422)["message"], "Order Declined");
    sandbox.ledger().order("order-1").never_executed();
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect_status(201);
    sandbox.finish();
}

#[tokio::test]
async fn a_confirmation_gets_the_recorded_response() {
    let sandbox = Sandbox::builder().start().await;
    let id = create_order(&sandbox, "s2s/deposit/new", &deposit("order-1")).await;
    let confirmation = json!({"order_id": id, "customer_transaction_id": "110000000000"});

    let response = post(&sandbox, "s2s/deposit/confirm", &confirmation).await;

    assert_eq!(response.expect_status(200), json!({"status": "pending"}));
    let status = get(&sandbox, &format!("order/status/{id}")).await.expect_status(200);
    assert_eq!(status["utr"], "110000000000");
    sandbox.finish();
}

#[tokio::test]
async fn a_second_confirmation_gets_the_recorded_errors_for_both_fields() {
    let sandbox = Sandbox::builder().start().await;
    let id = create_order(&sandbox, "s2s/deposit/new", &deposit("order-1")).await;
    let confirmation = json!({"order_id": id, "customer_transaction_id": "409876543210"});
    post(&sandbox, "s2s/deposit/confirm", &confirmation).await.expect_status(200);

    let response = post(&sandbox, "s2s/deposit/confirm", &confirmation).await;

    assert_eq!(
        response.expect_status(422),
        json!({
            "message": "The selected order id is invalid. (and 1 more error)",
            "errors": {
                "order_id": ["The selected order id is invalid."],
                "customer_transaction_id": ["The customer transaction id has already been taken."]
            }
        })
    );
    let ledger = sandbox.ledger();
    assert_eq!(ledger.entries().iter().filter(|entry| entry.kind == EntryKind::Confirmed).count(), 1);
    sandbox.finish();
}

#[tokio::test]
async fn a_utr_that_is_already_used_gets_the_documented_error() {
    let sandbox = Sandbox::builder().start().await;
    let first = create_order(&sandbox, "s2s/deposit/new", &deposit("order-1")).await;
    let second = create_order(&sandbox, "s2s/deposit/new", &deposit("order-2")).await;
    let confirm = |id: &str, utr: &str| json!({"order_id": id, "customer_transaction_id": utr});
    post(&sandbox, "s2s/deposit/confirm", &confirm(&first, "409876543210")).await.expect_status(200);

    let response = post(&sandbox, "s2s/deposit/confirm", &confirm(&second, "409876543210")).await;

    assert_eq!(
        response.expect_status(422),
        json!({
            "message": "The customer transaction id has already been taken.",
            "errors": {"customer_transaction_id": ["The customer transaction id has already been taken."]}
        })
    );
    post(&sandbox, "s2s/deposit/confirm", &confirm(&second, "409876543211")).await.expect_status(200);
    sandbox.finish();
}

#[tokio::test]
async fn only_a_new_host_to_host_deposit_can_be_confirmed() {
    let sandbox = Sandbox::builder().start().await;
    let hosted = create_order(&sandbox, "deposit/new", &deposit("hosted")).await;
    let withdrawal = create_order(&sandbox, "withdraw/new", &withdrawal("withdrawal")).await;
    let expired = create_order(&sandbox, "s2s/deposit/new", &deposit("expired")).await;
    sandbox.turbopay().order("expired").expire();
    for id in [hosted.as_str(), &withdrawal, &expired, "e010d12b-570b-417e-a781-c8f4261dcd27", "nonsense"] {
        let body = json!({"order_id": id, "customer_transaction_id": "1"});
        let response = post(&sandbox, "s2s/deposit/confirm", &body).await.expect_status(422);
        assert_eq!(response["errors"], json!({"order_id": ["The selected order id is invalid."]}), "{id}");
    }
    let response = post(&sandbox, "s2s/deposit/confirm", &json!({})).await.expect_status(422);
    assert_eq!(response["message"], "The order id field is required. (and 1 more error)");
    sandbox.finish();
}

#[tokio::test]
async fn a_withdrawal_gets_the_recorded_response() {
    let sandbox = Sandbox::builder().start().await;

    let response = post(&sandbox, "withdraw/new", &withdrawal("30bfbb2b")).await.expect_status(201);

    check_same_shape(&response, &json!({"order_id": "291fe219-af94-4512-8ea5-9efd56bf84c3", "status": "new"}));
    check_uuid(&response["order_id"]);
    assert_eq!(response["status"], "new");
    sandbox.ledger().order("30bfbb2b").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_withdrawal_without_a_bank_account_gets_the_recorded_error() {
    let sandbox = Sandbox::builder().start().await;
    // The recorded request, which has the account under another name.
    let body: Value = serde_json::from_str(
        r#"{
            "method": "bank_transfer",
            "amount": 11.0,
            "currency": "INR",
            "merchant_order_id": "ba7daff8-1ba3-49da-a06f-0344be9a1bb3",
            "merchant_customer_id": "1bc8c588-c04d-42ac-9281-04268e3b42b0",
            "customer_destination_account": "05010041281109",
            "bank_code": "HDFC0000240",
            "account_name": "Peter Pen",
            "customer_name": "Peter Pen",
            "customer_email": "peter-pen@gmail.com",
            "customer_phone": "+919811000088",
            "status_url": "https://merchant.example/96543a6e",
            "traffic": "std"
        }"#,
    )
    .unwrap();

    let response = post(&sandbox, "withdraw/new", &body).await;

    assert!(response.head.starts_with("HTTP/1.1 422 Unprocessable Entity\r\n"), "{}", response.head);
    assert_eq!(
        response.expect_status(422),
        json!({
            "message": "The customer bank account field is required.",
            "errors": {"customer_bank_account": ["The customer bank account field is required."]}
        })
    );
    sandbox.finish();
}

#[tokio::test]
async fn a_reference_that_is_already_used_gets_the_recorded_error() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "withdraw/new", &withdrawal("30bfbb2b")).await.expect_status(201);

    let response = post(&sandbox, "withdraw/new", &withdrawal("30bfbb2b")).await;

    assert_eq!(
        response.expect_status(422),
        json!({
            "message": "The merchant order id has already been taken.",
            "errors": {"merchant_order_id": ["The merchant order id has already been taken."]}
        })
    );
    sandbox.ledger().order("30bfbb2b").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_balance_request_gets_the_recorded_response() {
    let sandbox = Sandbox::builder().start().await;
    for path in ["balance?currency=", "balance", "balance?currency=INR"] {
        let response = get(&sandbox, path).await.expect_status(200);
        check_same_shape(
            &response,
            &json!({
                "account_id": "alisa-test",
                "currency": "INR",
                "available_balance": "-2.2800",
                "total_balance": "-2.2800"
            }),
        );
        assert_eq!((&response["currency"], &response["available_balance"]), (&json!("INR"), &json!("0.0000")));
    }
    let response = get(&sandbox, "balance?currency=GBP").await.expect_status(422);
    assert_eq!(response["message"], "Currency \"GBP\" is not valid");
    sandbox.finish();
}

/// Creates and changes an order, and asserts that both lookups return these fields.
async fn check_status(path: &str, body: Value, change: impl FnOnce(&Sandbox), expected: Value) {
    let sandbox = Sandbox::builder().start().await;
    let id = create_order(&sandbox, path, &body).await;
    let reference = body["merchant_order_id"].as_str().unwrap().to_owned();
    change(&sandbox);

    let by_id = get(&sandbox, &format!("order/status/{id}")).await.expect_status(200);
    let by_reference = get(&sandbox, &format!("merchantorder/status/{reference}")).await.expect_status(200);

    assert_eq!(by_id, by_reference);
    let names: Vec<&String> = by_id.as_object().unwrap().keys().collect();
    assert_eq!(names, ["amount", "merchant_order_id", "order_id", "reason", "status", "utr"]);
    assert_eq!((&by_id["order_id"], &by_id["merchant_order_id"]), (&json!(id), &json!(reference)));
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&by_id[name], value, "{name}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn both_lookups_return_every_recorded_status() {
    let body = |amount: u32| with(deposit("f1b5668a"), "amount", amount);
    check_status(
        "deposit/new",
        body(444),
        |_| {},
        json!({"status": "new", "reason": "", "amount": "444.00", "utr": null}),
    )
    .await;
    check_status(
        "deposit/new",
        body(444),
        |sandbox| sandbox.turbopay().order("f1b5668a").pending(),
        json!({"status": "pending", "reason": "new -> pending: Order is pending", "amount": "444.00", "utr": null}),
    )
    .await;
    check_status(
        "deposit/new",
        body(2000),
        |sandbox| sandbox.clock().advance(Duration::from_secs(600)),
        json!({"status": "expired", "reason": "new -> expired: Form expired", "amount": "2000.00", "utr": null}),
    )
    .await;
    check_status(
        "deposit/new",
        body(555),
        |sandbox| {
            sandbox.turbopay().order("f1b5668a").cancel();
            sandbox.turbopay().order("f1b5668a").fail("new -> cancelled: By user");
        },
        json!({"status": "failed", "reason": "new -> cancelled: By user", "amount": "555.00", "utr": null}),
    )
    .await;
    check_status(
        "deposit/new",
        body(300),
        |sandbox| {
            sandbox.turbopay().order("f1b5668a").succeed();
            sandbox.turbopay().order("f1b5668a").charge_back("test reason");
        },
        json!({"status": "chargeback", "reason": "test reason", "amount": "300.00", "utr": null}),
    )
    .await;
    check_status(
        "withdraw/new",
        withdrawal("f1b5668a"),
        |sandbox| sandbox.clock().advance(Duration::from_secs(2)),
        json!({"status": "success", "reason": "pending -> success", "amount": "500.00"}),
    )
    .await;
}

#[tokio::test]
async fn a_successful_order_has_a_utr_of_twelve_digits_as_recorded() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect_status(201);
    sandbox.turbopay().order("order-1").pending();
    sandbox.turbopay().order("order-1").succeed();
    let response = get(&sandbox, "merchantorder/status/order-1").await.expect_status(200);
    let utr = response["utr"].as_str().unwrap();
    assert!(utr.len() == 12 && utr.bytes().all(|byte| byte.is_ascii_digit()), "{utr}");
    assert_eq!(response["reason"], "pending -> success");
    sandbox.finish();
}

#[tokio::test]
async fn a_malformed_id_gets_the_recorded_framework_error_with_a_stack_trace() {
    let sandbox = Sandbox::builder().start().await;

    let response = get(&sandbox, "order/status/e2430e2c-dce6-4981-80bd-950304673").await.expect_status(404);

    check_same_shape(
        &response,
        &json!({
            "message": "The route could not be found.",
            "exception": "Symfony\\Component\\HttpKernel\\Exception\\NotFoundHttpException",
            "file": "/var/www/vendor/laravel/framework/src/Illuminate/Routing/AbstractRouteCollection.php",
            "line": 45,
            "trace": [{"file": "", "line": 1, "function": "", "class": "", "type": ""}]
        }),
    );
    assert_eq!(response["message"], "The route api/order/status/e2430e2c-dce6-4981-80bd-950304673 could not be found.");
    assert_eq!(response["exception"], "Symfony\\Component\\HttpKernel\\Exception\\NotFoundHttpException");
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_order_gets_a_404_with_a_message() {
    let sandbox = Sandbox::builder().start().await;
    for path in ["order/status/e2430e2c-dce6-4981-80bd-950304673226", "merchantorder/status/nobody"] {
        assert_eq!(get(&sandbox, path).await.expect_status(404), json!({"message": "Order not found"}));
    }
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_address_gets_the_frameworks_404() {
    let sandbox = Sandbox::builder().start().await;
    for (method, path) in [
        ("GET", "nothing"),
        ("GET", "withdraw/new"),
        ("POST", "balance"),
        ("DELETE", "order/status/x"),
        ("GET", "order/status/"),
        ("GET", "merchantorder/status/a/b"),
    ] {
        let mut connection = connect(&sandbox).await;
        connection.write(&request(&sandbox, method, path, None)).await;
        let rejection = connection.response().await.expect_status(404);
        assert_eq!(rejection["message"], format!("The route api/{path} could not be found."));
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_path_with_api_twice_works_as_recorded() {
    let sandbox = Sandbox::builder().start().await;
    let id = create_order(&sandbox, "api/deposit/new", &deposit("order-1")).await;
    sandbox.turbopay().order("order-1").expire();
    let response = get(&sandbox, &format!("api/order/status/{id}")).await.expect_status(200);
    assert_eq!((&response["status"], &response["reason"]), (&json!("expired"), &json!("new -> expired: Form expired")));
    sandbox.finish();
}

#[tokio::test]
async fn a_reference_may_be_any_text_and_is_one_path_segment_of_a_lookup() {
    let sandbox = Sandbox::builder().start().await;
    for (reference, encoded) in [("a/b", "a%2Fb"), ("ü?#", "%C3%BC%3F%23"), ("a b+c", "a%20b+c"), ("%2F", "%252F")] {
        post(&sandbox, "withdraw/new", &withdrawal(reference)).await.expect_status(201);
        let response = get(&sandbox, &format!("merchantorder/status/{encoded}")).await.expect_status(200);
        assert_eq!(response["merchant_order_id"], reference);
    }
    sandbox.finish();
}

#[tokio::test]
async fn concurrent_withdrawals_under_one_reference_are_executed_once() {
    let sandbox = Sandbox::builder().start().await;
    let bytes = request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")));
    let send = || async {
        let mut connection = connect(&sandbox).await;
        connection.write(&bytes).await;
        connection.response().await.status
    };

    let (first, second) = tokio::join!(send(), send());

    let mut statuses = [first, second];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422]);
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_withdrawal_delayed_before_the_commit_is_refused_after_another_was_executed() {
    let sandbox = Sandbox::builder().fault("turbopay.withdraw#1 @before-commit delay=5s").start().await;
    let mut late = connect(&sandbox).await;
    late.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;
    wait_until("the fault fires", || sandbox.timeline().iter().any(|entry| entry.text.contains("fault"))).await;

    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    sandbox.clock().advance(Duration::from_secs(5));

    late.response().await.expect_status(422);
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn the_listed_behaviours_cover_every_provenance() {
    use payments_sandbox::{Provenance, turbopay::BEHAVIOURS};
    for provenance in [Provenance::Documented, Provenance::Recorded, Provenance::Inferred] {
        assert!(BEHAVIOURS.iter().any(|behaviour| behaviour.provenance == provenance), "{}", provenance.as_str());
    }
}

#[tokio::test]
async fn the_sandbox_listens_on_loopback_only_and_its_keys_are_recognisable() {
    let sandbox = Sandbox::builder().start().await;
    let turbopay = sandbox.turbopay();
    for url in [turbopay.base_url(), sandbox.control_url()] {
        assert!(authority(url).starts_with("127.0.0.1:"), "{url}");
    }
    assert!(turbopay.api_key().starts_with("sandbox_api_") && turbopay.webhook_key().starts_with("sandbox_whk_"));
    let debug = format!("{sandbox:?} {turbopay:?} {:?}", turbopay.order("x"));
    assert!(!debug.contains(turbopay.api_key()) && !debug.contains(turbopay.webhook_key()), "{debug}");
    sandbox.finish();
}
