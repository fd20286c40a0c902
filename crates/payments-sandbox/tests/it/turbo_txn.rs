//! Turbo Transactions: initiating, looking up, and what becomes of a transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use payments_sandbox::turbo_txn::{Settings, Settle};
use payments_sandbox::{EntryKind, Sandbox, StartError};
use serde_json::{Value, json};

use crate::support::{Connection, Response, authority, control};

pub(crate) const INITIATE: &str = "/turbo-svc/api/v1/transaction/ext/v2/amt/initiate-s2s";
const STATUS_CHECK: &str = "/turbo-svc/api/v1/transaction/ext/status-check";

/// A request with these header lines, without the merchant's credentials.
pub(crate) async fn send(
    sandbox: &Sandbox,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    crate::support::send(sandbox.turbo_txn().base_url(), method, target, headers, body).await
}

/// An initiation with a body of any kind.
async fn initiate_with(sandbox: &Sandbox, body: &str) -> Response {
    let (client, secret) = (sandbox.turbo_txn().client_id(), sandbox.turbo_txn().secret_key());
    let headers = [("client-id", client), ("secret-key", secret), ("Content-Type", "application/json")];
    send(sandbox, "POST", INITIATE, &headers, body).await
}

/// An initiation over so many rupees.
pub(crate) async fn initiate(sandbox: &Sandbox, order: &str, rupees: u32) -> Response {
    initiate_with(sandbox, &body(order, rupees).to_string()).await
}

fn body(order: &str, rupees: u32) -> Value {
    json!({"orderId": order, "amount": rupees, "returnUrl": "https://merchant.example/back?order=1"})
}

async fn look_up(sandbox: &Sandbox, order: &str) -> Response {
    let (client, secret) = (sandbox.turbo_txn().client_id(), sandbox.turbo_txn().secret_key());
    send(sandbox, "GET", STATUS_CHECK, &[("client-id", client), ("secret-key", secret), ("order-id", order)], "").await
}

#[track_caller]
fn check_rejected(response: &Response, status: u16, message: &str) {
    let found = response.expect(status);
    assert_eq!((&found["statusCode"], &found["success"]), (&json!(status), &json!(false)), "{found}");
    assert!(found["message"].as_str().unwrap().contains(message), "{found}");
    assert_eq!(found["data"], Value::Null, "{found}");
}

#[tokio::test]
async fn an_initiation_is_answered_as_the_sample_is() {
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
async fn a_look_up_is_answered_as_the_sample_is_in_every_status() {
    let sandbox = Sandbox::builder().start().await;
    initiate(&sandbox, "Test001", 300).await.expect(200);
    let order = sandbox.turbo_txn().order("Test001");
    let expected = |utr: &str, status: &str| {
        format!(
            "{{\"statusCode\":200,\"message\":\"Txn details fetched successfully\",\"status\":\"OK\",\"success\":true,\
             \"timestamp\":\"2026-01-01T12:00:00.000000000Z\",\"data\":{{\"utr\":\"{utr}\",\"orderId\":\"Test001\",\
             \"txnStatus\":\"{status}\",\"amount\":300.01}}}}"
        )
    };
    assert_eq!(look_up(&sandbox, "Test001").await.text(), expected("", "Initiated"));
    order.pending();
    assert_eq!(look_up(&sandbox, "Test001").await.text(), expected("", "Pending"));
    order.approve();
    let approved = look_up(&sandbox, "Test001").await;
    let utr = approved.json()["data"]["utr"].as_str().unwrap().to_owned();
    assert!(utr.len() == 12 && utr.bytes().all(|byte| byte.is_ascii_digit()), "{utr}");
    assert_eq!(approved.text(), expected(&utr, "Approved"));

    initiate(&sandbox, "Test002", 300).await.expect(200);
    sandbox.turbo_txn().order("Test002").reject();
    let rejected = look_up(&sandbox, "Test002").await.expect(200);
    assert_eq!((&rejected["data"]["txnStatus"], &rejected["data"]["utr"]), (&json!("Rejected"), &json!("")));
    sandbox.finish();
}

#[tokio::test]
async fn wrong_credentials_are_answered_401_and_nothing_is_done() {
    let sandbox = Sandbox::builder().start().await;
    let (client, secret) = (sandbox.turbo_txn().client_id(), sandbox.turbo_txn().secret_key());
    let body = body("order-1", 300).to_string();
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
async fn errors_can_come_under_http_200_with_their_own_status_in_the_envelope() {
    let unauthorized = Sandbox::builder().turbo_txn(Settings::default().unauthorized_under_200()).start().await;
    let found = send(&unauthorized, "GET", STATUS_CHECK, &[("order-id", "nobody")], "").await.expect(200);
    assert_eq!((&found["statusCode"], &found["success"]), (&json!(401), &json!(false)));
    check_rejected(&look_up(&unauthorized, "nobody").await, 404, "Order not found");
    unauthorized.finish();

    let all = Sandbox::builder().turbo_txn(Settings::default().errors_under_200()).start().await;
    let wrong = initiate_with(&all, "{}").await;
    let unknown = look_up(&all, "nobody").await;
    let nowhere = send(&all, "GET", "/nowhere", &[], "").await;
    let stranger = send(&all, "GET", STATUS_CHECK, &[], "").await;
    for (response, status) in [(wrong, 400), (unknown, 404), (nowhere, 404), (stranger, 401)] {
        let found = response.expect(200);
        assert_eq!((&found["statusCode"], &found["success"]), (&json!(status), &json!(false)), "{found}");
    }
    all.finish();
}

#[tokio::test]
async fn an_amount_is_a_json_integer_above_zero_and_its_spelling_counts() {
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
async fn what_is_mandatory_must_be_there_and_in_its_form() {
    let sandbox = Sandbox::builder().start().await;
    for name in ["orderId", "amount", "returnUrl"] {
        for value in [None, Some(Value::Null)] {
            let mut body = body("order-1", 300);
            match value {
                Some(null) => body[name] = null,
                None => drop(body.as_object_mut().unwrap().remove(name)),
            }
            check_rejected(&initiate_with(&sandbox, &body.to_string()).await, 400, &format!("{name} is required"));
        }
    }
    let long = "x".repeat(101);
    for order in [json!(""), json!("a b"), json!("ü"), json!("a\n"), json!(long), json!(7)] {
        let mut body = body("order-1", 300);
        body["orderId"] = order;
        check_rejected(&initiate_with(&sandbox, &body.to_string()).await, 400, "orderId");
    }
    for url in [json!(""), json!("merchant.example"), json!("ftp://merchant.example"), json!("https://"), json!(7)]
        .into_iter()
        .chain([json!("https://merchant.example/\r\nSet-Cookie: a=b"), json!("https://merchant.example/ü")])
    {
        let mut body = body("order-1", 300);
        body["returnUrl"] = url;
        check_rejected(&initiate_with(&sandbox, &body.to_string()).await, 400, "returnUrl");
    }
    for body in ["", "[]", "nonsense", "{\"orderId\":"] {
        check_rejected(&initiate_with(&sandbox, body).await, 400, "JSON object");
    }
    assert_eq!(sandbox.ledger().entries().len(), 0);

    let visible = format!("{}~", "!".repeat(99));
    initiate(&sandbox, &visible, 300).await.expect(200);
    look_up(&sandbox, &visible).await.expect(200);
    sandbox.finish();
}

#[tokio::test]
async fn a_body_must_be_sent_as_json() {
    let sandbox = Sandbox::builder().start().await;
    let (client, secret) = (sandbox.turbo_txn().client_id(), sandbox.turbo_txn().secret_key());
    let body = body("order-1", 300).to_string();
    let sent_as = async |media_type: &str| {
        let headers = [("client-id", client), ("secret-key", secret), ("Content-Type", media_type)];
        send(&sandbox, "POST", INITIATE, &headers, &body).await
    };
    for media_type in ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        check_rejected(&sent_as(media_type).await, 415, "application/json");
    }
    sandbox.ledger().order("order-1").never_executed();
    sent_as("Application/JSON; charset=utf-8").await.expect(200);
    sandbox.finish();
}

#[tokio::test]
async fn what_is_added_to_an_amount_tells_transactions_over_it_apart() {
    let sandbox = Sandbox::builder().start().await;
    let amount = async |number: u32, rupees: u32| {
        let text = initiate(&sandbox, &format!("order-{rupees}-{number}"), rupees).await.text();
        let amount = text.split("\"amount\":").nth(1).unwrap().split(',').next().unwrap().to_owned();
        assert!(look_up(&sandbox, &format!("order-{rupees}-{number}")).await.text().contains(&amount), "{amount}");
        amount
    };
    let mut amounts = Vec::new();
    for number in 0..100 {
        amounts.push(amount(number, 300).await);
    }
    assert_eq!((amounts[0].as_str(), amounts[1].as_str(), amounts[9].as_str()), ("300.01", "300.02", "300.1"));
    assert_eq!((amounts[98].as_str(), amounts[99].as_str()), ("300.99", "300.01"), "after 99 it begins again");
    assert_eq!(amount(0, 500).await, "500.01", "another amount has its own");
    assert_eq!(sandbox.ledger().order("order-300-9").entries()[0].amount, 30_010);
    sandbox.finish();

    let as_asked = Sandbox::builder().turbo_txn(Settings::default().unadjusted_amounts()).start().await;
    for number in 0..2 {
        let text = initiate(&as_asked, &format!("order-{number}"), 300).await.text();
        assert!(text.contains("\"amount\":300,"), "{text}");
    }
    as_asked.finish();
}

#[tokio::test]
async fn an_order_id_that_is_used_again_creates_another_transaction_and_the_sandbox_complains() {
    let sandbox = Sandbox::builder().start().await;
    let first = initiate(&sandbox, "order-1", 300).await.expect(200)["data"].clone();
    sandbox.turbo_txn().order("order-1").approve();
    let second = initiate(&sandbox, "order-1", 300).await.expect(200)["data"].clone();

    assert_ne!((&first["txnId"], &first["sdkUrl"]), (&second["txnId"], &second["sdkUrl"]));
    let found = look_up(&sandbox, "order-1").await;
    assert_eq!(found.json()["data"]["txnStatus"], "Initiated", "the newest is the one that is found");
    assert!(found.text().contains("300.02"), "{}", found.text());
    sandbox.ledger().order("order-1").executed_times(2);
    let complaint = catch_unwind(AssertUnwindSafe(|| sandbox.finish())).unwrap_err();
    let complaint = complaint.downcast_ref::<String>().unwrap();
    assert!(complaint.contains("turbo-txn.initiate was executed twice for \"order-1\""), "{complaint}");
}

#[tokio::test]
async fn an_order_id_is_refused_the_second_time_where_they_are_unique() {
    let sandbox = Sandbox::builder().turbo_txn(Settings::default().unique_order_ids()).start().await;
    initiate(&sandbox, "order-1", 300).await.expect(200);
    check_rejected(&initiate(&sandbox, "order-1", 300).await, 409, "already exists");
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn an_order_is_looked_up_by_the_header_and_by_nothing_else() {
    let sandbox = Sandbox::builder().start().await;
    initiate(&sandbox, "order-1", 300).await.expect(200);
    check_rejected(&look_up(&sandbox, "order-2").await, 404, "Order not found");
    check_rejected(&look_up(&sandbox, "").await, 400, "order-id is required");
    let (client, secret) = (sandbox.turbo_txn().client_id(), sandbox.turbo_txn().secret_key());
    let query = format!("{STATUS_CHECK}?order-id=order-1");
    let headers = [("client-id", client), ("secret-key", secret)];
    check_rejected(&send(&sandbox, "GET", &query, &headers, "").await, 400, "order-id is required");
    sandbox.finish();
}

#[tokio::test]
async fn an_address_that_there_is_not_is_answered_404() {
    let sandbox = Sandbox::builder().start().await;
    for (method, target) in [("GET", INITIATE), ("POST", STATUS_CHECK), ("GET", "/"), ("POST", "/turbo-svc/api/v1")] {
        check_rejected(&send(&sandbox, method, target, &[], "").await, 404, "No such endpoint");
    }
    sandbox.finish();
}

#[tokio::test]
async fn what_a_customer_paid_is_decided_as_it_was_set() {
    let after = Duration::from_secs(60);
    for (settings, at_once, later) in [
        (Settings::default(), "Pending", "Approved"),
        (Settings::default().payments(Settle::AtOnce), "Approved", "Approved"),
        (Settings::default().payments(Settle::After(after)), "Pending", "Approved"),
        (Settings::default().payments(Settle::RejectsAfter(after)), "Pending", "Rejected"),
        (Settings::default().payments(Settle::Never), "Pending", "Pending"),
        (Settings::default().payments(Settle::After(Duration::MAX)), "Pending", "Pending"),
    ] {
        let told = format!("{settings:?}");
        let sandbox = Sandbox::builder().turbo_txn(settings).start().await;
        initiate(&sandbox, "order-1", 300).await.expect(200);
        let order = sandbox.turbo_txn().order("order-1");
        order.pay();
        assert_eq!(order.status().as_deref(), Some(at_once), "{told}");
        sandbox.clock().advance(Duration::from_secs(60));
        assert_eq!(order.status().as_deref(), Some(later), "{told}");
        let credited = sandbox.ledger().entries().iter().filter(|entry| entry.kind == EntryKind::Credited).count();
        assert_eq!(credited, usize::from(later == "Approved"), "{told}");
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_payment_is_approved_after_two_seconds_exactly() {
    let sandbox = Sandbox::builder().start().await;
    initiate(&sandbox, "order-1", 300).await.expect(200);
    sandbox.turbo_txn().order("order-1").pay();
    sandbox.clock().advance(Duration::from_millis(1_999));
    assert_eq!(look_up(&sandbox, "order-1").await.json()["data"]["txnStatus"], "Pending");
    sandbox.clock().advance(Duration::from_millis(1));
    assert_eq!(look_up(&sandbox, "order-1").await.json()["data"]["txnStatus"], "Approved");
    sandbox.finish();
}

#[tokio::test]
async fn a_decision_that_another_overtook_does_not_happen() {
    let sandbox = Sandbox::builder().start().await;
    initiate(&sandbox, "order-1", 300).await.expect(200);
    sandbox.turbo_txn().order("order-1").pay();
    sandbox.turbo_txn().order("order-1").reject();
    sandbox.clock().advance(Duration::from_secs(3_600));
    assert_eq!(sandbox.turbo_txn().order("order-1").status().as_deref(), Some("Rejected"));
    assert!(sandbox.ledger().entries().iter().all(|entry| entry.kind != EntryKind::Credited));
    sandbox.finish();
}

#[tokio::test]
async fn a_transaction_changes_forward_and_in_no_other_way() {
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
    let ways: [(&str, Option<Step>); 4] = [
        ("Initiated", None),
        ("Pending", Some(|order| order.pending())),
        ("Approved", Some(|order| order.approve())),
        ("Rejected", Some(|order| order.reject())),
    ];
    for (from, way) in ways {
        for (name, step) in steps {
            let sandbox = Sandbox::builder().start().await;
            initiate(&sandbox, "order-1", 300).await.expect(200);
            let order = sandbox.turbo_txn().order("order-1");
            if let Some(way) = way {
                way(&order);
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
#[should_panic(expected = "order \"nobody\": there is no order \"nobody\"")]
async fn an_order_that_there_is_not_cannot_be_approved() {
    let sandbox = Sandbox::builder().start().await;
    assert_eq!(sandbox.turbo_txn().order("nobody").status(), None);
    sandbox.turbo_txn().order("nobody").approve();
}

#[tokio::test]
async fn the_ledger_has_the_amount_with_what_was_added_to_it() {
    let sandbox = Sandbox::builder().start().await;
    initiate(&sandbox, "order-1", 300).await.expect(200);
    initiate(&sandbox, "order-2", 300).await.expect(200);
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
async fn a_lost_answer_leaves_an_order_that_can_be_looked_up() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbo-txn.initiate#1 order=lost @after-commit html=502");
    sandbox.fault("turbo-txn.initiate order=undone @before-commit html=502");
    sandbox.fault("turbo-txn.status-check order=lost @query json=503");
    assert_eq!(initiate(&sandbox, "lost", 300).await.status, 502);
    assert_eq!(initiate(&sandbox, "undone", 300).await.status, 502);
    assert_eq!(look_up(&sandbox, "lost").await.status, 503);
    assert_eq!(look_up(&sandbox, "lost").await.expect(200)["data"]["txnStatus"], "Initiated");
    check_rejected(&look_up(&sandbox, "undone").await, 404, "Order not found");
    sandbox.ledger().order("lost").executed_once();
    sandbox.ledger().order("undone").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn before_and_after_the_commit_a_cut_answer_looks_alike() {
    let mut seen = Vec::new();
    for phase in ["before", "after"] {
        let sandbox = Sandbox::builder().start().await;
        sandbox.fault(&format!("turbo-txn.initiate @{phase}-commit truncate=190"));
        let txn = sandbox.turbo_txn();
        let (host, body) = (authority(txn.base_url()), body("order-1", 300).to_string());
        let mut connection = Connection::open(host).await;
        let head = format!(
            "POST {INITIATE} HTTP/1.1\r\nHost: {host}\r\nclient-id: {}\r\nsecret-key: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            txn.client_id(),
            txn.secret_key(),
            body.len()
        );
        connection.write(format!("{head}{body}").as_bytes()).await;
        let (bytes, _) = connection.end().await;
        let text = String::from_utf8(bytes).unwrap();
        let (before, txn_id) = text.split_once("\"txnId\":\"").expect("the cut comes behind it");
        seen.push((before.to_owned(), txn_id.to_owned(), sandbox.ledger().order("order-1").executions()));
        sandbox.finish();
    }
    let [(before, undone, never), (after, done, once)] = seen.try_into().unwrap();
    assert_eq!((before, undone.len(), never), (after, done.len(), 0));
    assert_eq!(once, 1);
    assert_ne!(undone, done, "an id that was never given is nobody's");
}

#[tokio::test]
async fn an_initiation_that_is_held_is_done_when_its_time_comes() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbo-txn.initiate#1 @before-commit delay=2s");
    let waiting = initiate(&sandbox, "late", 300);
    let clock = sandbox.clock();
    let moved = async {
        crate::support::wait_until("the request is held", || {
            sandbox.timeline().iter().any(|entry| entry.to_string().contains("fault delay"))
        })
        .await;
        assert_eq!(sandbox.turbo_txn().order("late").status(), None);
        clock.advance(Duration::from_secs(2));
    };
    let (response, ()) = tokio::join!(waiting, moved);
    assert_eq!(response.expect(200)["timestamp"], "2026-01-01T12:00:02.000000000Z");
    sandbox.ledger().order("late").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn the_same_seed_gives_the_same_transactions() {
    let mut seen = Vec::new();
    for seed in [7, 7, 8] {
        let sandbox = Sandbox::builder().seed(seed).start().await;
        let data = initiate(&sandbox, "order-1", 300).await.expect(200)["data"].clone();
        sandbox.turbo_txn().order("order-1").approve();
        let utr = look_up(&sandbox, "order-1").await.expect(200)["data"]["utr"].clone();
        let page = data["sdkUrl"].as_str().unwrap().split_once("data=").unwrap().1.to_owned();
        let keys =
            [sandbox.turbo_txn().client_id(), sandbox.turbo_txn().secret_key(), sandbox.turbo_txn().callback_key()];
        seen.push((data["txnId"].clone(), page, utr, keys.map(str::to_owned)));
        sandbox.finish();
    }
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].0 != seen[2].0 && seen[0].1 != seen[2].1 && seen[0].2 != seen[2].2 && seen[0].3 != seen[2].3);
}

#[tokio::test]
async fn the_control_api_changes_orders_too() {
    let sandbox = Sandbox::builder().start().await;
    for order in ["a", "b", "c", "x%2F"] {
        initiate(&sandbox, order, 300).await.expect(200);
    }
    let act = async |path: &str| control(&sandbox, "POST", &format!("/turbo-txn/orders/{path}"), "").await;
    assert_eq!(act("a/pay").await.expect(200), json!({"orderId": "a", "txnStatus": "Pending"}));
    assert_eq!(act("a/approve").await.expect(200)["txnStatus"], "Approved");
    assert_eq!(act("b/pending").await.expect(200)["txnStatus"], "Pending");
    assert_eq!(act("c/reject").await.expect(200)["txnStatus"], "Rejected");
    let at_once = Sandbox::builder().turbo_txn(Settings::default().payments(Settle::AtOnce)).start().await;
    initiate(&at_once, "a", 300).await.expect(200);
    let paid = control(&at_once, "POST", "/turbo-txn/orders/a/pay", "").await.expect(200);
    assert_eq!(paid["txnStatus"], "Approved");
    at_once.finish();
    assert_eq!(act("x%252F/approve").await.expect(200)["orderId"], "x%2F");
    for (path, problem) in [
        ("nobody/approve", "there is no order \"nobody\""),
        ("a/explode", "\"explode\" is no action"),
        ("a/reject", "a transaction that is Approved does not become Rejected"),
    ] {
        let found = act(path).await.expect(422);
        assert!(found["error"].as_str().unwrap().contains(problem), "{found}");
    }
    let page = control(&sandbox, "GET", "/", "").await.text();
    assert!(page.contains("POST /turbo-txn/orders/{orderId}/{action}") && page.contains("POST /turbo-txn/callbacks"));
    for behaviour in payments_sandbox::turbo_txn::BEHAVIOURS {
        assert!(page.contains(&behaviour.what.replace('\'', "&#39;")), "{}", behaviour.what);
    }
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "order \"order-1\" is Rejected, and was believed to be Approved")]
async fn a_wrong_belief_is_complained_of() {
    let sandbox = Sandbox::builder().start().await;
    initiate(&sandbox, "order-1", 300).await.expect(200);
    sandbox.turbo_txn().order("order-1").reject();
    sandbox.believes("order-1", "Approved");
    sandbox.finish();
}

#[tokio::test]
async fn a_callback_key_of_another_length_is_refused() {
    // `sandbox_` and 8, 23 or 25 bytes more, in base64.
    for key in [
        "c2FuZGJveF9BQUFBQUFBQQ==",
        "c2FuZGJveF9BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ==",
        "c2FuZGJveF9BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB",
        "c2FuZGJveF9 is no base64",
    ] {
        let settings = Settings::default().keys("sandbox_id", "sandbox_secret", key);
        let refused = Sandbox::builder().turbo_txn(settings).try_start().await.unwrap_err();
        assert!(matches!(refused, StartError::MalformedKey), "{key}: {refused}");
    }
}
