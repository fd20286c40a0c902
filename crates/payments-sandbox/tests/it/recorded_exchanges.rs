//! What TurboPay's recorded examples show, held against the sandbox: the status and the members of each.

use std::time::Duration;

use payments_sandbox::turbopay::Settings;
use payments_sandbox::{EntryKind, Sandbox};
use serde_json::{Value, json};

use crate::support::{authority, connect, deposit, get, post, request, wait_until, with, withdrawal};

/// Holds that both have the same members of the same kinds, at any depth.
#[track_caller]
fn check_members(found: &Value, recorded: &Value) {
    match (found, recorded) {
        (Value::Object(found), Value::Object(recorded)) => {
            let names = |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(found), names(recorded));
            for (name, value) in recorded {
                check_members(&found[name], value);
            }
        }
        (Value::String(_), Value::String(_)) | (Value::Null, Value::Null) | (Value::Number(_), Value::Number(_)) => {}
        (Value::Array(found), Value::Array(recorded)) => check_members(&found[0], &recorded[0]),
        _ => panic!("{found} is not of the kind of {recorded}"),
    }
}

#[track_caller]
fn check_uuid(value: &Value) {
    let groups: Vec<usize> = value.as_str().unwrap().split('-').map(str::len).collect();
    assert_eq!(groups, [8, 4, 4, 4, 12], "{value}");
}

async fn id_of(sandbox: &Sandbox, path: &str, body: &Value) -> String {
    post(sandbox, path, body).await.expect(201)["order_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_hosted_deposit_is_answered_as_recorded() {
    let sandbox = Sandbox::builder().start().await;

    let found = post(&sandbox, "deposit/new", &deposit("5313a2d0")).await.expect(201);

    check_members(
        &found,
        &json!({
            "form_url": "https://linestrack.com/wire?hash=f16f937b-dbac-48dc-b2b2-a7630e98e903",
            "order_id": "e7d414e6-81b6-4dd9-a785-d19cb315c118",
            "status": "new"
        }),
    );
    check_uuid(&found["order_id"]);
    assert_eq!(found["status"], "new");
    let hash = found["form_url"].as_str().unwrap().split_once("?hash=").unwrap().1;
    check_uuid(&json!(hash));
    assert_ne!(hash, found["order_id"], "the page's address is public, the order's id is not");
    sandbox.finish();
}

#[tokio::test]
async fn a_host_to_host_deposit_is_answered_as_recorded() {
    let sandbox = Sandbox::builder().start().await;

    let found = post(&sandbox, "s2s/deposit/new", &with(deposit("3b17c84d"), "amount", 226)).await.expect(201);

    check_members(
        &found,
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
    assert_eq!((&found["order_expiration_seconds"], &found["status"]), (&json!("600"), &json!("new")));
    assert!(found["qr"].as_str().unwrap().starts_with("iVBORw0KGgo"), "a PNG in base64");
    let note = found["transaction_note"].as_str().unwrap();
    let paytm = found["deep_links"]["paytm"].as_str().unwrap();
    assert!(paytm.starts_with("paytmmp://cash_wallet?pa=test%40test&pn="), "{paytm}");
    assert!(paytm.ends_with(&format!("&tn={note}&am=226&cu=INR&featuretype=money_transfer")), "{paytm}");
    let phonepe = found["deep_links"]["phonepe"].as_str().unwrap();
    assert!(phonepe.starts_with("phonepe://native?data=") && phonepe.ends_with("&id=p2ppayment"), "{phonepe}");
    sandbox.finish();
}

#[tokio::test]
async fn a_host_to_host_deposit_by_bank_transfer_is_not_configured_as_recorded() {
    let sandbox = Sandbox::builder().start().await;

    let found = post(&sandbox, "s2s/deposit/new", &with(deposit("fd850e70"), "method", "bank_transfer")).await;

    assert_eq!(
        found.expect(422),
        json!({
            "message": "invalid request",
            "errors": {"account": ["Mid is not configured for method \"bank_transfer\""]}
        })
    );
    sandbox.ledger().order("fd850e70").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn a_wrong_key_is_answered_401_everywhere_as_recorded() {
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
            assert_eq!(connection.response().await.expect(401), json!({"message": "Unauthorized"}), "{target}");
        }
    }
    assert_eq!(sandbox.ledger().entries(), []);
    sandbox.finish();
}

#[tokio::test]
async fn an_address_that_is_not_whitelisted_is_answered_403_as_documented() {
    let sandbox = Sandbox::builder().turbopay(Settings::default().not_whitelisted()).start().await;
    let found = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(403);
    assert_eq!(found, json!({"message": "127.0.0.1 is not white listed"}));
    sandbox.finish();
}

#[tokio::test]
async fn a_blocked_customer_is_declined_as_documented() {
    let sandbox = Sandbox::builder().turbopay(Settings::default().block_customer("mallory")).start().await;
    let found = post(&sandbox, "deposit/new", &with(deposit("order-1"), "merchant_customer_id", "mallory")).await;
    assert_eq!(found.expect(422)["message"], "Order Declined");
    sandbox.ledger().order("order-1").never_executed();
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect(201);
    sandbox.finish();
}

#[tokio::test]
async fn a_confirmation_is_answered_as_recorded() {
    let sandbox = Sandbox::builder().start().await;
    let id = id_of(&sandbox, "s2s/deposit/new", &deposit("order-1")).await;
    let confirmation = json!({"order_id": id, "customer_transaction_id": "110000000000"});

    let found = post(&sandbox, "s2s/deposit/confirm", &confirmation).await;

    assert_eq!(found.expect(200), json!({"status": "pending"}));
    let status = get(&sandbox, &format!("order/status/{id}")).await.expect(200);
    assert_eq!(status["utr"], "110000000000");
    sandbox.finish();
}

#[tokio::test]
async fn a_second_confirmation_is_wrong_in_both_fields_as_recorded() {
    let sandbox = Sandbox::builder().start().await;
    let id = id_of(&sandbox, "s2s/deposit/new", &deposit("order-1")).await;
    let confirmation = json!({"order_id": id, "customer_transaction_id": "409876543210"});
    post(&sandbox, "s2s/deposit/confirm", &confirmation).await.expect(200);

    let found = post(&sandbox, "s2s/deposit/confirm", &confirmation).await;

    assert_eq!(
        found.expect(422),
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
async fn a_utr_that_is_taken_is_answered_as_documented() {
    let sandbox = Sandbox::builder().start().await;
    let first = id_of(&sandbox, "s2s/deposit/new", &deposit("order-1")).await;
    let second = id_of(&sandbox, "s2s/deposit/new", &deposit("order-2")).await;
    let confirm = |id: &str, utr: &str| json!({"order_id": id, "customer_transaction_id": utr});
    post(&sandbox, "s2s/deposit/confirm", &confirm(&first, "409876543210")).await.expect(200);

    let found = post(&sandbox, "s2s/deposit/confirm", &confirm(&second, "409876543210")).await;

    assert_eq!(
        found.expect(422),
        json!({
            "message": "The customer transaction id has already been taken.",
            "errors": {"customer_transaction_id": ["The customer transaction id has already been taken."]}
        })
    );
    post(&sandbox, "s2s/deposit/confirm", &confirm(&second, "409876543211")).await.expect(200);
    sandbox.finish();
}

#[tokio::test]
async fn a_confirmation_is_for_a_host_to_host_deposit_that_waits_for_one() {
    let sandbox = Sandbox::builder().start().await;
    let hosted = id_of(&sandbox, "deposit/new", &deposit("hosted")).await;
    let withdrawal = id_of(&sandbox, "withdraw/new", &withdrawal("withdrawal")).await;
    let expired = id_of(&sandbox, "s2s/deposit/new", &deposit("expired")).await;
    sandbox.turbopay().order("expired").expire();
    for id in [hosted.as_str(), &withdrawal, &expired, "e010d12b-570b-417e-a781-c8f4261dcd27", "nonsense"] {
        let body = json!({"order_id": id, "customer_transaction_id": "1"});
        let found = post(&sandbox, "s2s/deposit/confirm", &body).await.expect(422);
        assert_eq!(found["errors"], json!({"order_id": ["The selected order id is invalid."]}), "{id}");
    }
    let found = post(&sandbox, "s2s/deposit/confirm", &json!({})).await.expect(422);
    assert_eq!(found["message"], "The order id field is required. (and 1 more error)");
    sandbox.finish();
}

#[tokio::test]
async fn a_withdrawal_is_answered_as_recorded() {
    let sandbox = Sandbox::builder().start().await;

    let found = post(&sandbox, "withdraw/new", &withdrawal("30bfbb2b")).await.expect(201);

    check_members(&found, &json!({"order_id": "291fe219-af94-4512-8ea5-9efd56bf84c3", "status": "new"}));
    check_uuid(&found["order_id"]);
    assert_eq!(found["status"], "new");
    sandbox.ledger().order("30bfbb2b").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_withdrawal_without_a_bank_account_is_answered_as_recorded() {
    let sandbox = Sandbox::builder().start().await;
    // The recorded request: it says the account under another name.
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

    let found = post(&sandbox, "withdraw/new", &body).await;

    assert!(found.head.starts_with("HTTP/1.1 422 Unprocessable Entity\r\n"), "{}", found.head);
    assert_eq!(
        found.expect(422),
        json!({
            "message": "The customer bank account field is required.",
            "errors": {"customer_bank_account": ["The customer bank account field is required."]}
        })
    );
    sandbox.finish();
}

#[tokio::test]
async fn a_reference_that_is_taken_is_answered_as_recorded() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "withdraw/new", &withdrawal("30bfbb2b")).await.expect(201);

    let found = post(&sandbox, "withdraw/new", &withdrawal("30bfbb2b")).await;

    assert_eq!(
        found.expect(422),
        json!({
            "message": "The merchant order id has already been taken.",
            "errors": {"merchant_order_id": ["The merchant order id has already been taken."]}
        })
    );
    sandbox.ledger().order("30bfbb2b").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_balance_is_answered_as_recorded() {
    let sandbox = Sandbox::builder().start().await;
    for path in ["balance?currency=", "balance", "balance?currency=INR"] {
        let found = get(&sandbox, path).await.expect(200);
        check_members(
            &found,
            &json!({
                "account_id": "alisa-test",
                "currency": "INR",
                "available_balance": "-2.2800",
                "total_balance": "-2.2800"
            }),
        );
        assert_eq!((&found["currency"], &found["available_balance"]), (&json!("INR"), &json!("0.0000")));
    }
    let found = get(&sandbox, "balance?currency=GBP").await.expect(422);
    assert_eq!(found["message"], "Currency \"GBP\" is not valid");
    sandbox.finish();
}

/// An order brought to a status, looked up by both addresses.
async fn check_status(path: &str, body: Value, change: impl FnOnce(&Sandbox), expected: Value) {
    let sandbox = Sandbox::builder().start().await;
    let id = id_of(&sandbox, path, &body).await;
    let reference = body["merchant_order_id"].as_str().unwrap().to_owned();
    change(&sandbox);

    let by_id = get(&sandbox, &format!("order/status/{id}")).await.expect(200);
    let by_reference = get(&sandbox, &format!("merchantorder/status/{reference}")).await.expect(200);

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
async fn every_recorded_status_is_answered_by_both_look_ups() {
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
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect(201);
    sandbox.turbopay().order("order-1").pending();
    sandbox.turbopay().order("order-1").succeed();
    let found = get(&sandbox, "merchantorder/status/order-1").await.expect(200);
    let utr = found["utr"].as_str().unwrap();
    assert!(utr.len() == 12 && utr.bytes().all(|byte| byte.is_ascii_digit()), "{utr}");
    assert_eq!(found["reason"], "pending -> success");
    sandbox.finish();
}

#[tokio::test]
async fn a_malformed_id_is_answered_by_the_framework_with_a_stack_trace_as_recorded() {
    let sandbox = Sandbox::builder().start().await;

    let found = get(&sandbox, "order/status/e2430e2c-dce6-4981-80bd-950304673").await.expect(404);

    check_members(
        &found,
        &json!({
            "message": "The route could not be found.",
            "exception": "Symfony\\Component\\HttpKernel\\Exception\\NotFoundHttpException",
            "file": "/var/www/vendor/laravel/framework/src/Illuminate/Routing/AbstractRouteCollection.php",
            "line": 45,
            "trace": [{"file": "", "line": 1, "function": "", "class": "", "type": ""}]
        }),
    );
    assert_eq!(found["message"], "The route api/order/status/e2430e2c-dce6-4981-80bd-950304673 could not be found.");
    assert_eq!(found["exception"], "Symfony\\Component\\HttpKernel\\Exception\\NotFoundHttpException");
    sandbox.finish();
}

#[tokio::test]
async fn an_id_that_no_order_has_is_answered_404_with_a_message() {
    let sandbox = Sandbox::builder().start().await;
    for path in ["order/status/e2430e2c-dce6-4981-80bd-950304673226", "merchantorder/status/nobody"] {
        assert_eq!(get(&sandbox, path).await.expect(404), json!({"message": "Order not found"}));
    }
    sandbox.finish();
}

#[tokio::test]
async fn an_address_that_there_is_not_is_answered_by_the_framework() {
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
        let found = connection.response().await.expect(404);
        assert_eq!(found["message"], format!("The route api/{path} could not be found."));
    }
    sandbox.finish();
}

#[tokio::test]
async fn an_address_with_api_twice_is_answered_as_recorded() {
    let sandbox = Sandbox::builder().start().await;
    let id = id_of(&sandbox, "api/deposit/new", &deposit("order-1")).await;
    sandbox.turbopay().order("order-1").expire();
    let found = get(&sandbox, &format!("api/order/status/{id}")).await.expect(200);
    assert_eq!((&found["status"], &found["reason"]), (&json!("expired"), &json!("new -> expired: Form expired")));
    sandbox.finish();
}

#[tokio::test]
async fn a_reference_is_any_text_and_one_segment_of_a_look_up() {
    let sandbox = Sandbox::builder().start().await;
    for (reference, encoded) in [("a/b", "a%2Fb"), ("ü?#", "%C3%BC%3F%23"), ("a b+c", "a%20b+c"), ("%2F", "%252F")] {
        post(&sandbox, "withdraw/new", &withdrawal(reference)).await.expect(201);
        let found = get(&sandbox, &format!("merchantorder/status/{encoded}")).await.expect(200);
        assert_eq!(found["merchant_order_id"], reference);
    }
    sandbox.finish();
}

#[tokio::test]
async fn two_withdrawals_at_once_under_one_reference_are_one_execution() {
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
async fn two_withdrawals_of_which_one_is_delayed_before_the_commit_are_one_execution() {
    let sandbox = Sandbox::builder().fault("turbopay.withdraw#1 @before-commit delay=5s").start().await;
    let mut late = connect(&sandbox).await;
    late.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;
    wait_until("the fault", || sandbox.timeline().iter().any(|entry| entry.what.contains("fault"))).await;

    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(201);
    sandbox.clock().advance(Duration::from_secs(5));

    late.response().await.expect(422);
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn what_it_models_says_where_that_comes_from() {
    use payments_sandbox::{Provenance, turbopay::BEHAVIOURS};
    for provenance in [Provenance::Documented, Provenance::Recorded, Provenance::Inferred] {
        assert!(BEHAVIOURS.iter().any(|behaviour| behaviour.provenance == provenance), "{}", provenance.as_str());
    }
}

#[tokio::test]
async fn it_listens_on_loopback_alone_and_its_keys_look_like_a_sandbox_s() {
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
