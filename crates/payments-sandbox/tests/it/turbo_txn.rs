//! Turbo Transactions: initiation, status lookup, and the life of a transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use payments_sandbox::turbo_txn::{Settings, Settle};
use payments_sandbox::{EntryKind, Sandbox, StartError};
use serde_json::{Value, json};

use crate::support::{Connection, Response, authority, control};

pub(crate) const INITIATE: &str = "/turbo-svc/api/v1/transaction/ext/v2/amt/initiate-s2s";
const STATUS_CHECK: &str = "/turbo-svc/api/v1/transaction/ext/status-check";

/// Sends a request with these headers and without the merchant's credentials.
pub(crate) async fn send(
    sandbox: &Sandbox,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    crate::support::send(sandbox.turbo_txn().base_url(), method, target, headers, body).await
}

/// Sends an initiation with this body, which may be malformed.
async fn initiate_with(sandbox: &Sandbox, body: &str) -> Response {
    let (client, secret) = (sandbox.turbo_txn().client_id(), sandbox.turbo_txn().secret_key());
    let headers = [("client-id", client), ("secret-key", secret), ("Content-Type", "application/json")];
    send(sandbox, "POST", INITIATE, &headers, body).await
}

/// Initiates a transaction over this amount.
pub(crate) async fn initiate(sandbox: &Sandbox, order: &str, rupees: u32) -> Response {
    initiate_with(sandbox, &initiation(order, rupees).to_string()).await
}

fn initiation(order: &str, rupees: u32) -> Value {
    json!({"orderId": order, "amount": rupees, "returnUrl": "https://merchant.example/back?order=1"})
}

async fn lookup(sandbox: &Sandbox, order: &str) -> Response {
    let (client, secret) = (sandbox.turbo_txn().client_id(), sandbox.turbo_txn().secret_key());
    send(sandbox, "GET", STATUS_CHECK, &[("client-id", client), ("secret-key", secret), ("order-id", order)], "").await
}

#[track_caller]
fn check_rejected(response: &Response, status: u16, message: &str) {
    let body = response.expect_status(status);
    assert_eq!((&body["statusCode"], &body["success"]), (&json!(status), &json!(false)), "{body}");
    assert!(body["message"].as_str().unwrap().contains(message), "{body}");
    assert_eq!(body["data"], Value::Null, "{body}");
}

#[tokio::test]
async fn an_initiation_gets_the_documented_sample_response() {
    let sandbox = Sandbox::builder().start().await;
    let response = initiate(&sandbox, "tt00d0u049100", 300).await;

    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    let data = response.json()["data"].clone();
    let (txn_id, sdk_url) = (data["txnId"].as_str().unwrap(), data["sdkUrl"].as_str().unwrap());
    assert_eq!(
        response.text(),
        format!(
            "{{\"statusCode\":200,\"message\":\"Order Created Successfully\",\"status\":\"OK\",\"success\":true,\
             \"timestamp\":\"2026-01-01T12:00:00.000000000Z\",\"data\":{{\"txnId\":\"{txn_id}\",\
             \"orderId\":\"tt00d0u049100\",\"amount\":300.01,\"sdkUrl\":\"{sdk_url}\"}}}}"
        )
    );
    assert!(txn_id.len() == 23 && txn_id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{txn_id}");
    assert!(sdk_url.starts_with(&format!("{}/utr/payment?data=", sandbox.turbo_txn().base_url())), "{sdk_url}");
    sandbox.finish();
}

#[tokio::test]
async fn a_lookup_gets_the_documented_sample_response_in_every_status() {
    let sandbox = Sandbox::builder().start().await;
    initiate(&sandbox, "Test001", 300).await.expect_status(200);
    let order = sandbox.turbo_txn().order("Test001");
    let expected = |utr: &str, status: &str| {
        format!(
            "{{\"statusCode\":200,\"message\":\"Txn details fetched successfully\",\"status\":\"OK\",\"success\":true,\
             \"timestamp\":\"2026-01-01T12:00:00.000000000Z\",\"data\":{{\"utr\":\"{utr}\",\"orderId\":\"Test001\",\
             \"txnStatus\":\"{status}\",\"amount\":300.01}}}}"
        )
    };
    assert_eq!(lookup(&sandbox, "Test001").await.text(), expected("", "Initiated"));
    order.pending();
    assert_eq!(lookup(&sandbox, "Test001").await.text(), expected("", "Pending"));
    order.approve();
    let approved = lookup(&sandbox, "Test001").await;
    let utr = approved.json()["data"]["utr"].as_str().unwrap().to_owned();
    assert!(utr.len() == 12 && utr.bytes().all(|byte| byte.is_ascii_digit()), "{utr}");
    assert_eq!(approved.text(), expected(&utr, "Approved"));

    initiate(&sandbox, "Test002", 300).await.expect_status(200);
    sandbox.turbo_txn().order("Test002").reject();
    let rejected = lookup(&sandbox, "Test002").await.expect_status(200);
    assert_eq!((&rejected["data"]["txnStatus"], &rejected["data"]["utr"]), (&json!("Rejected"), &json!("")));
    sandbox.finish();
}

#[tokio::test]
async fn wrong_credentials_get_a_401_and_nothing_is_executed() {
    let sandbox = Sandbox::builder().start().await;
    let (client, secret) = (sandbox.turbo_txn().client_id(), sandbox.turbo_txn().secret_key());
    let body = initiation("order-1", 300).to_string();
    for credentials in [
        vec![],
        vec![("client-id", client)],
        vec![("secret-key", secret)],
        vec![("client-id", secret), ("secret-key", client)],
        vec![("client-id", client), ("secret-key", "")],
        vec![("client-id", client), ("secret-key", sandbox.turbo_txn().callback_key())],
        vec![("Authorization", secret)],
    ] {
        let headers =
            [credentials.as_slice(), &[("Content-Type", "application/json"), ("order-id", "order-1")]].concat();
        let initiated = send(&sandbox, "POST", INITIATE, &headers, &body).await;
        check_rejected(&initiated, 401, "client-id or secret-key");
        assert_eq!(initiated.json()["status"], "UNAUTHORIZED");
        check_rejected(&send(&sandbox, "GET", STATUS_CHECK, &headers, "").await, 401, "client-id or secret-key");
    }
    sandbox.ledger().order("order-1").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn errors_can_arrive_with_http_200_and_their_own_status_in_the_envelope() {
    let unauthorized = Sandbox::builder().turbo_txn(Settings::default().unauthorized_under_200()).start().await;
    let body = send(&unauthorized, "GET", STATUS_CHECK, &[("order-id", "nobody")], "").await.expect_status(200);
    assert_eq!((&body["statusCode"], &body["success"]), (&json!(401), &json!(false)));
    check_rejected(&lookup(&unauthorized, "nobody").await, 404, "Order not found");
    unauthorized.finish();

    let all = Sandbox::builder().turbo_txn(Settings::default().errors_under_200()).start().await;
    let invalid = initiate_with(&all, "{}").await;
    let unknown_order = lookup(&all, "nobody").await;
    let unknown_path = send(&all, "GET", "/nowhere", &[], "").await;
    let without_credentials = send(&all, "GET", STATUS_CHECK, &[], "").await;
    for (response, status) in [(invalid, 400), (unknown_order, 404), (unknown_path, 404), (without_credentials, 401)] {
        let body = response.expect_status(200);
        assert_eq!((&body["statusCode"], &body["success"]), (&json!(status), &json!(false)), "{body}");
    }
    all.finish();
}

#[tokio::test]
async fn an_amount_must_be_a_json_integer_above_zero_in_plain_notation() {
    let sandbox = Sandbox::builder().start().await;
    for (amount, problem) in [
        ("300.01", "decimal values are not allowed"),
        ("300.0", "decimal values are not allowed"),
        ("3e2", "decimal values are not allowed"),
        ("3E+2", "decimal values are not allowed"),
        ("-300", "must be an integer value"),
        ("\"300\"", "must be an integer value"),
        ("true", "must be an integer value"),
        ("[300]", "must be an integer value"),
        ("1000000000000000", "must be an integer value"),
        ("0", "greater than 0"),
        ("-0", "must be an integer value"),
        ("null", "amount is required"),
    ] {
        let body =
            format!("{{\"orderId\":\"order-1\",\"amount\":{amount},\"returnUrl\":\"https://merchant.example\"}}");
        check_rejected(&initiate_with(&sandbox, &body).await, 400, problem);
    }
    sandbox.ledger().order("order-1").never_executed();
    assert_eq!(sandbox.turbo_txn().order("order-1").status(), None);

    let body = "{\"orderId\":\"order-1\",\"amount\":999999999999999,\"returnUrl\":\"https://merchant.example\"}";
    let text = initiate_with(&sandbox, body).await.text();
    assert!(text.contains("\"amount\":999999999999999.01,"), "{text}");
    sandbox.finish();
}

#[tokio::test]
async fn mandatory_fields_must_be_present_and_well_formed() {
    let sandbox = Sandbox::builder().start().await;
    for name in ["orderId", "amount", "returnUrl"] {
        for value in [None, Some(Value::Null)] {
            let mut body = initiation("order-1", 300);
            match value {
                Some(null) => body[name] = null,
                None => drop(body.as_object_mut().unwrap().remove(name)),
            }
            check_rejected(&initiate_with(&sandbox, &body.to_string()).await, 400, &format!("{name} is required"));
        }
    }
    let long = "x".repeat(101);
    for order in [json!(""), json!("a b"), json!("ü"), json!("a\n"), json!(long), json!(7)] {
        let mut body = initiation("order-1", 300);
        body["orderId"] = order;
        check_rejected(&initiate_with(&sandbox, &body.to_string()).await, 400, "orderId");
    }
    for url in [json!(""), json!("merchant.example"), json!("ftp://merchant.example"), json!("https://"), json!(7)]
        .into_iter()
        .chain([json!("https://merchant.example/\r\nSet-Cookie: a=b"), json!("https://merchant.example/ü")])
    {
        let mut body = initiation("order-1", 300);
        body["returnUrl"] = url;
        check_rejected(&initiate_with(&sandbox, &body.to_string()).await, 400, "returnUrl");
    }
    for body in ["", "[]", "nonsense", "{\"orderId\":"] {
        check_rejected(&initiate_with(&sandbox, body).await, 400, "JSON object");
    }
    assert_eq!(sandbox.ledger().entries().len(), 0);

    let visible = format!("{}~", "!".repeat(99));
    initiate(&sandbox, &visible, 300).await.expect_status(200);
    lookup(&sandbox, &visible).await.expect_status(200);
    sandbox.finish();
}

#[tokio::test]
async fn a_body_must_be_sent_as_json() {
    let sandbox = Sandbox::builder().start().await;
    let (client, secret) = (sandbox.turbo_txn().client_id(), sandbox.turbo_txn().secret_key());
    let body = initiation("order-1", 300).to_string();
    let sent_as = async |media_type: &str| {
        let headers = [("client-id", client), ("secret-key", secret), ("Content-Type", media_type)];
        send(&sandbox, "POST", INITIATE, &headers, &body).await
    };
    for media_type in ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        check_rejected(&sent_as(media_type).await, 415, "application/json");
    }
    sandbox.ledger().order("order-1").never_executed();
    sent_as("Application/JSON; charset=utf-8").await.expect_status(200);
    sandbox.finish();
}

#[tokio::test]
async fn an_amount_is_adjusted_so_that_transactions_are_distinguishable() {
    let sandbox = Sandbox::builder().start().await;
    let amount = async |number: u32, rupees: u32| {
        let text = initiate(&sandbox, &format!("order-{rupees}-{number}"), rupees).await.text();
        let amount = text.split("\"amount\":").nth(1).unwrap().split(',').next().unwrap().to_owned();
        assert!(lookup(&sandbox, &format!("order-{rupees}-{number}")).await.text().contains(&amount), "{amount}");
        amount
    };
    let mut amounts = Vec::new();
    for number in 0..100 {
        amounts.push(amount(number, 300).await);
    }
    assert_eq!((amounts[0].as_str(), amounts[1].as_str(), amounts[9].as_str()), ("300.01", "300.02", "300.1"));
    assert_eq!((amounts[98].as_str(), amounts[99].as_str()), ("300.99", "300.01"), "the adjustment restarts after 99");
    assert_eq!(amount(0, 500).await, "500.01", "each amount has its own adjustment");
    assert_eq!(sandbox.ledger().order("order-300-9").entries()[0].amount, 30_010);
    sandbox.finish();

    let unadjusted = Sandbox::builder().turbo_txn(Settings::default().unadjusted_amounts()).start().await;
    for number in 0..2 {
        let text = initiate(&unadjusted, &format!("order-{number}"), 300).await.text();
        assert!(text.contains("\"amount\":300,"), "{text}");
    }
    unadjusted.finish();
}

#[tokio::test]
async fn a_reused_order_id_creates_another_transaction_and_finish_reports_it() {
    let sandbox = Sandbox::builder().start().await;
    let first = initiate(&sandbox, "order-1", 300).await.expect_status(200)["data"].clone();
    sandbox.turbo_txn().order("order-1").approve();
    let second = initiate(&sandbox, "order-1", 300).await.expect_status(200)["data"].clone();

    assert_ne!((&first["txnId"], &first["sdkUrl"]), (&second["txnId"], &second["sdkUrl"]));
    let response = lookup(&sandbox, "order-1").await;
    assert_eq!(response.json()["data"]["txnStatus"], "Initiated", "a lookup returns the newest transaction");
    assert!(response.text().contains("300.02"), "{}", response.text());
    sandbox.ledger().order("order-1").executed_times(2);
    let message = catch_unwind(AssertUnwindSafe(|| sandbox.finish())).unwrap_err();
    let message = message.downcast_ref::<String>().unwrap();
    assert!(message.contains("turbo-txn.initiate was executed twice for \"order-1\""), "{message}");
}

#[tokio::test]
async fn a_reused_order_id_is_refused_if_order_ids_are_unique() {
    let sandbox = Sandbox::builder().turbo_txn(Settings::default().unique_order_ids()).start().await;
    initiate(&sandbox, "order-1", 300).await.expect_status(200);
    check_rejected(&initiate(&sandbox, "order-1", 300).await, 409, "already exists");
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn an_order_is_looked_up_by_the_header_only() {
    let sandbox = Sandbox::builder().start().await;
    initiate(&sandbox, "order-1", 300).await.expect_status(200);
    check_rejected(&lookup(&sandbox, "order-2").await, 404, "Order not found");
    check_rejected(&lookup(&sandbox, "").await, 400, "order-id is required");
    let (client, secret) = (sandbox.turbo_txn().client_id(), sandbox.turbo_txn().secret_key());
    let query = format!("{STATUS_CHECK}?order-id=order-1");
    let headers = [("client-id", client), ("secret-key", secret)];
    check_rejected(&send(&sandbox, "GET", &query, &headers, "").await, 400, "order-id is required");
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_address_returns_404() {
    let sandbox = Sandbox::builder().start().await;
    for (method, target) in [("GET", INITIATE), ("POST", STATUS_CHECK), ("GET", "/"), ("POST", "/turbo-svc/api/v1")] {
        check_rejected(&send(&sandbox, method, target, &[], "").await, 404, "No such endpoint");
    }
    sandbox.finish();
}

#[tokio::test]
async fn payments_settle_as_configured() {
    let after = Duration::from_secs(60);
    for (settings, at_once, later) in [
        (Settings::default(), "Pending", "Approved"),
        (Settings::default().payments(Settle::AtOnce), "Approved", "Approved"),
        (Settings::default().payments(Settle::After(after)), "Pending", "Approved"),
        (Settings::default().payments(Settle::RejectsAfter(after)), "Pending", "Rejected"),
        (Settings::default().payments(Settle::Never), "Pending", "Pending"),
        (Settings::default().payments(Settle::After(Duration::MAX)), "Pending", "Pending"),
    ] {
        let settings_debug = format!("{settings:?}");
        let sandbox = Sandbox::builder().turbo_txn(settings).start().await;
        initiate(&sandbox, "order-1", 300).await.expect_status(200);
        let order = sandbox.turbo_txn().order("order-1");
        order.pay();
        assert_eq!(order.status().as_deref(), Some(at_once), "{settings_debug}");
        sandbox.clock().advance(Duration::from_secs(60));
        assert_eq!(order.status().as_deref(), Some(later), "{settings_debug}");
        let credited = sandbox.ledger().entries().iter().filter(|entry| entry.kind == EntryKind::Credited).count();
        assert_eq!(credited, usize::from(later == "Approved"), "{settings_debug}");
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_payment_is_approved_after_exactly_two_seconds() {
    let sandbox = Sandbox::builder().start().await;
    initiate(&sandbox, "order-1", 300).await.expect_status(200);
    sandbox.turbo_txn().order("order-1").pay();
    sandbox.clock().advance(Duration::from_millis(1_999));
    assert_eq!(lookup(&sandbox, "order-1").await.json()["data"]["txnStatus"], "Pending");
    sandbox.clock().advance(Duration::from_millis(1));
    assert_eq!(lookup(&sandbox, "order-1").await.json()["data"]["txnStatus"], "Approved");
    sandbox.finish();
}

#[tokio::test]
async fn a_scheduled_approval_does_not_apply_after_a_rejection() {
    let sandbox = Sandbox::builder().start().await;
    initiate(&sandbox, "order-1", 300).await.expect_status(200);
    sandbox.turbo_txn().order("order-1").pay();
    sandbox.turbo_txn().order("order-1").reject();
    sandbox.clock().advance(Duration::from_secs(3_600));
    assert_eq!(sandbox.turbo_txn().order("order-1").status().as_deref(), Some("Rejected"));
    assert!(sandbox.ledger().entries().iter().all(|entry| entry.kind != EntryKind::Credited));
    sandbox.finish();
}

#[tokio::test]
async fn a_transaction_status_only_moves_forward() {
    type Step = fn(&payments_sandbox::TransactionHandle);
    let steps: [(&str, Step); 4] = [
        ("pay", |order| order.pay()),
        ("pending", |order| order.pending()),
        ("approve", |order| order.approve()),
        ("reject", |order| order.reject()),
    ];
    let allowed = [
        ("Initiated", "pay", "Pending"),
        ("Initiated", "pending", "Pending"),
        ("Initiated", "approve", "Approved"),
        ("Initiated", "reject", "Rejected"),
        ("Pending", "approve", "Approved"),
        ("Pending", "reject", "Rejected"),
    ];
    let start_statuses: [(&str, Option<Step>); 4] = [
        ("Initiated", None),
        ("Pending", Some(|order| order.pending())),
        ("Approved", Some(|order| order.approve())),
        ("Rejected", Some(|order| order.reject())),
    ];
    for (from, prepare) in start_statuses {
        for (name, step) in steps {
            let sandbox = Sandbox::builder().start().await;
            initiate(&sandbox, "order-1", 300).await.expect_status(200);
            let order = sandbox.turbo_txn().order("order-1");
            if let Some(prepare) = prepare {
                prepare(&order);
            }
            let changed = catch_unwind(AssertUnwindSafe(|| step(&order)));
            let expected = allowed.iter().find(|(was, by, _)| (*was, *by) == (from, name)).map(|(_, _, to)| *to);
            assert_eq!(changed.is_ok(), expected.is_some(), "{from}: {name}");
            assert_eq!(order.status().as_deref(), Some(expected.unwrap_or(from)), "{from}: {name}");
            sandbox.finish();
        }
    }
}

#[tokio::test]
#[should_panic(expected = "order \"nobody\": no such order: \"nobody\"")]
async fn an_unknown_order_cannot_be_approved() {
    let sandbox = Sandbox::builder().start().await;
    assert_eq!(sandbox.turbo_txn().order("nobody").status(), None);
    sandbox.turbo_txn().order("nobody").approve();
}

#[tokio::test]
async fn the_ledger_has_the_adjusted_amount() {
    let sandbox = Sandbox::builder().start().await;
    initiate(&sandbox, "order-1", 300).await.expect_status(200);
    initiate(&sandbox, "order-2", 300).await.expect_status(200);
    sandbox.turbo_txn().order("order-2").approve();
    sandbox.turbo_txn().order("order-1").reject();
    let ledger = sandbox.ledger();
    let entries: Vec<(&str, &str, EntryKind, i64, &str)> = ledger
        .entries()
        .iter()
        .map(|entry| {
            (entry.operation.as_str(), entry.reference.as_str(), entry.kind, entry.amount, entry.currency.as_str())
        })
        .collect();
    assert_eq!(
        entries,
        [
            ("turbo-txn.initiate", "order-1", EntryKind::Executed, 30_001, "INR"),
            ("turbo-txn.initiate", "order-2", EntryKind::Executed, 30_002, "INR"),
            ("turbo-txn.initiate", "order-2", EntryKind::Credited, 30_002, "INR"),
        ]
    );
    assert_eq!((ledger.entries()[0].request, ledger.entries()[2].request), (Some(1), None));
    sandbox.finish();
}

#[tokio::test]
async fn an_order_can_be_looked_up_after_its_response_was_lost() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbo-txn.initiate#1 order=lost @after-commit html=502");
    sandbox.fault("turbo-txn.initiate order=undone @before-commit html=502");
    sandbox.fault("turbo-txn.status-check order=lost @query json=503");
    assert_eq!(initiate(&sandbox, "lost", 300).await.status, 502);
    assert_eq!(initiate(&sandbox, "undone", 300).await.status, 502);
    assert_eq!(lookup(&sandbox, "lost").await.status, 503);
    assert_eq!(lookup(&sandbox, "lost").await.expect_status(200)["data"]["txnStatus"], "Initiated");
    check_rejected(&lookup(&sandbox, "undone").await, 404, "Order not found");
    sandbox.ledger().order("lost").executed_once();
    sandbox.ledger().order("undone").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn a_truncated_response_looks_the_same_before_and_after_the_commit() {
    let mut runs = Vec::new();
    for phase in ["before", "after"] {
        let sandbox = Sandbox::builder().start().await;
        sandbox.fault(&format!("turbo-txn.initiate @{phase}-commit truncate=190"));
        let txn = sandbox.turbo_txn();
        let (host, body) = (authority(txn.base_url()), initiation("order-1", 300).to_string());
        let mut connection = Connection::open(host).await;
        let head = format!(
            "POST {INITIATE} HTTP/1.1\r\nHost: {host}\r\nclient-id: {}\r\nsecret-key: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            txn.client_id(),
            txn.secret_key(),
            body.len()
        );
        connection.write(format!("{head}{body}").as_bytes()).await;
        let (bytes, _) = connection.read_to_end().await;
        let text = String::from_utf8(bytes).unwrap();
        let (before, txn_id) = text.split_once("\"txnId\":\"").expect("the response is cut after `txnId`");
        runs.push((before.to_owned(), txn_id.to_owned(), sandbox.ledger().order("order-1").executions()));
        sandbox.finish();
    }
    let [(before, unexecuted_id, executions_before), (after, executed_id, executions_after)] = runs.try_into().unwrap();
    assert_eq!((before, unexecuted_id.len(), executions_before), (after, executed_id.len(), 0));
    assert_eq!(executions_after, 1);
    assert_ne!(unexecuted_id, executed_id, "a transaction that was not executed shows an id that is never assigned");
}

#[tokio::test]
async fn a_delayed_initiation_is_executed_at_its_time() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbo-txn.initiate#1 @before-commit delay=2s");
    let waiting = initiate(&sandbox, "late", 300);
    let clock = sandbox.clock();
    let advance = async {
        crate::support::wait_until("the request is delayed", || {
            sandbox.timeline().iter().any(|entry| entry.to_string().contains("fault delay"))
        })
        .await;
        assert_eq!(sandbox.turbo_txn().order("late").status(), None);
        clock.advance(Duration::from_secs(2));
    };
    let (response, ()) = tokio::join!(waiting, advance);
    assert_eq!(response.expect_status(200)["timestamp"], "2026-01-01T12:00:02.000000000Z");
    sandbox.ledger().order("late").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn the_same_seed_gives_the_same_transactions() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let sandbox = Sandbox::builder().seed(seed).start().await;
        let data = initiate(&sandbox, "order-1", 300).await.expect_status(200)["data"].clone();
        sandbox.turbo_txn().order("order-1").approve();
        let utr = lookup(&sandbox, "order-1").await.expect_status(200)["data"]["utr"].clone();
        let page = data["sdkUrl"].as_str().unwrap().split_once("data=").unwrap().1.to_owned();
        let keys =
            [sandbox.turbo_txn().client_id(), sandbox.turbo_txn().secret_key(), sandbox.turbo_txn().callback_key()];
        runs.push((data["txnId"].clone(), page, utr, keys.map(str::to_owned)));
        sandbox.finish();
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].0 != runs[2].0 && runs[0].1 != runs[2].1 && runs[0].2 != runs[2].2 && runs[0].3 != runs[2].3);
}

#[tokio::test]
async fn the_control_api_changes_transactions() {
    let sandbox = Sandbox::builder().start().await;
    for order in ["a", "b", "c", "x%2F"] {
        initiate(&sandbox, order, 300).await.expect_status(200);
    }
    let act = async |path: &str| control(&sandbox, "POST", &format!("/turbo-txn/orders/{path}"), "").await;
    assert_eq!(act("a/pay").await.expect_status(200), json!({"orderId": "a", "txnStatus": "Pending"}));
    assert_eq!(act("a/approve").await.expect_status(200)["txnStatus"], "Approved");
    assert_eq!(act("b/pending").await.expect_status(200)["txnStatus"], "Pending");
    assert_eq!(act("c/reject").await.expect_status(200)["txnStatus"], "Rejected");
    let at_once = Sandbox::builder().turbo_txn(Settings::default().payments(Settle::AtOnce)).start().await;
    initiate(&at_once, "a", 300).await.expect_status(200);
    let paid = control(&at_once, "POST", "/turbo-txn/orders/a/pay", "").await.expect_status(200);
    assert_eq!(paid["txnStatus"], "Approved");
    at_once.finish();
    assert_eq!(act("x%252F/approve").await.expect_status(200)["orderId"], "x%2F");
    for (path, status, problem) in [
        ("nobody/approve", 404, "no such order: \"nobody\""),
        ("a/explode", 404, "\"explode\" is not an action"),
        ("a/reject", 409, "a transaction cannot change from Approved to Rejected"),
    ] {
        let response = act(path).await.expect_status(status);
        assert!(response["error"].as_str().unwrap().contains(problem), "{response}");
    }
    let page = control(&sandbox, "GET", "/api", "").await.text().replace("<wbr>", "");
    assert!(page.contains("POST /turbo-txn/orders/{orderId}/{action}") && page.contains("POST /turbo-txn/callbacks"));
    for behaviour in payments_sandbox::turbo_txn::BEHAVIOURS {
        assert!(page.contains(&behaviour.text.replace('\'', "&#39;")), "{}", behaviour.text);
    }
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "order \"order-1\" is Rejected, expected Approved")]
async fn finish_reports_a_transaction_whose_status_is_not_the_expected_one() {
    let sandbox = Sandbox::builder().start().await;
    initiate(&sandbox, "order-1", 300).await.expect_status(200);
    sandbox.turbo_txn().order("order-1").reject();
    sandbox.expect_status("order-1", "Approved");
    sandbox.finish();
}

#[tokio::test]
async fn a_callback_key_of_a_wrong_length_is_rejected() {
    // `sandbox_` followed by 8, 23 or 25 bytes in base64, and text that is not base64.
    for key in [
        "c2FuZGJveF9BQUFBQUFBQQ==",
        "c2FuZGJveF9BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ==",
        "c2FuZGJveF9BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB",
        "c2FuZGJveF9 is no base64",
    ] {
        let settings = Settings::default().keys("sandbox_id", "sandbox_secret", key);
        let err = Sandbox::builder().turbo_txn(settings).try_start().await.unwrap_err();
        assert!(matches!(err, StartError::MalformedKey), "{key}: {err}");
    }
}
