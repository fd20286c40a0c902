//! Runs that the sandbox writes as Rust tests. The tests are compiled, and run.

// As the sandbox writes it, with the clients' calls in the marked places.
#[rustfmt::skip]
mod recorded;

use std::fs;
use std::path::Path;
use std::time::Duration;

use payments_sandbox::{Clock, Sandbox};
use serde_json::json;

use crate::support::{self, browse, control, deposit, get, post, withdrawal};
use crate::{card3ds, turbo_txn, turratech_support as turratech};

/// A marked place, by what it is for, and the calls in it.
type Calls = &'static [(&'static str, &'static str)];

async fn start(seed: u64) -> Sandbox {
    Sandbox::builder().seed(seed).record_contents().start().await
}

async fn act(sandbox: &Sandbox, path: &str, body: &str) {
    control(sandbox, "POST", path, body).await.expect_status(200);
}

/// Returns the test of an order, with the client's calls in the marked places.
async fn copied(sandbox: Sandbox, order: Option<&str>, calls: Calls) -> String {
    let query = order.map(|order| format!("?order={}", encoded(order))).unwrap_or_default();
    let response = control(&sandbox, "GET", &format!("/rust-test{query}"), "").await;
    assert_eq!((response.status, response.header("content-type")), (200, Some("text/plain; charset=utf-8")));
    let (mut test, mut calls) = (String::new(), calls.iter());
    for line in response.text().lines() {
        test.push_str(line);
        test.push('\n');
        if line.trim().starts_with("// Your code: ") {
            let (place, code) = calls.next().unwrap_or_else(|| panic!("no calls for {line}"));
            assert!(line.trim().starts_with(&format!("// Your code: {place}")), "{line} is not {place}");
            code.lines().for_each(|code| test.push_str(&format!("    {code}\n")));
        }
    }
    assert_eq!(calls.next(), None, "the test has no such place: {test}");
    // A fault that never occurred is a part of the test.
    sandbox.clear_faults();
    sandbox.finish();
    test
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn a_lost_response() -> String {
    let sandbox = start(7).await;
    act(&sandbox, "/faults", r#"{"spec": "turbopay.withdraw#2 @after-commit fin"}"#).await;
    post(&sandbox, "withdraw/new", &withdrawal("another")).await;
    support::post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-1")).await;
    for _ in 0..3 {
        get(&sandbox, "merchantorder/status/order-1").await;
    }
    act(&sandbox, "/turbopay/orders/order-1/success", r#"{"amount": "499.00"}"#).await;
    let calls: Calls = &[
        (
            "turbopay.withdraw of \"order-1\" (executed; the client was sent nothing, fin)",
            "let body = crate::support::withdrawal(\"order-1\");\n\
             crate::support::post_until_closed(&sandbox, \"withdraw/new\", &body).await;",
        ),
        (
            "turbopay.merchant-order-status of \"order-1\" (the client was sent 200), 3 times",
            "let order = crate::support::get(&sandbox, \"merchantorder/status/order-1\").await;\n\
             assert_eq!(order.expect_status(200)[\"status\"], \"pending\");",
        ),
    ];
    copied(sandbox, Some("order-1"), calls).await
}

async fn a_hosted_deposit() -> String {
    let sandbox = start(8).await;
    let created = post(&sandbox, "deposit/new", &deposit("order-2")).await.expect_status(201);
    let page = created["form_url"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
    browse(sandbox.turbopay().base_url(), "POST", &format!("/{page}"), "action=pay").await;
    act(&sandbox, "/turbopay/orders/order-2/success", "").await;
    let calls: Calls = &[(
        "turbopay.deposit of \"order-2\" (executed; the client was sent 201)",
        "let body = crate::support::deposit(\"order-2\");\n\
         crate::support::post(&sandbox, \"deposit/new\", &body).await.expect_status(201);",
    )];
    copied(sandbox, Some("order-2"), calls).await
}

async fn a_three_ds_payment() -> String {
    let sandbox = start(9).await;
    let body = card3ds::three_ds_payment("order-3", support::UNREACHABLE_URL);
    let payment = card3ds::post(&sandbox, "/api/3ds", &body).await.expect_status(200)["paymentId"].clone();
    let payment = payment.as_str().unwrap();
    act(&sandbox, &format!("/card3ds/challenges/{payment}/approve"), "").await;
    card3ds::complete_after_return(&sandbox, payment).await.expect_status(200);
    let calls: Calls = &[
        (
            "card3ds.start-3ds of \"order-3\" (created, not executed; the client was sent 200)",
            "let body = crate::card3ds::three_ds_payment(\"order-3\", crate::support::UNREACHABLE_URL);\n\
             let started = crate::card3ds::post(&sandbox, \"/api/3ds\", &body).await.expect_status(200);\n\
             let payment = started[\"paymentId\"].as_str().unwrap();",
        ),
        (
            "card3ds.complete-3ds of \"order-3\" (executed; the client was sent 200)",
            "crate::card3ds::complete_after_return(&sandbox, payment).await.expect_status(200);",
        ),
    ];
    copied(sandbox, Some("order-3"), calls).await
}

async fn a_capture_and_a_refund() -> String {
    let sandbox = start(10).await;
    let manual = support::with(turratech::payment("order-4"), "capture_method", "manual");
    let payment = turratech::id(&turratech::post(&sandbox, "payments", &manual).await.expect_status(201));
    turratech::post(&sandbox, &format!("payments/{payment}/capture"), &json!({})).await.expect_status(200);
    turratech::post(&sandbox, "refunds", &json!({"payment": payment})).await.expect_status(201);
    let calls: Calls = &[
        (
            "turratech.create-payment of \"order-4\" (executed; the client was sent 201)",
            "let body = crate::turratech_support::payment(\"order-4\");\n\
             let body = crate::support::with(body, \"capture_method\", \"manual\");\n\
             let payment = crate::turratech_support::post(&sandbox, \"payments\", &body).await.expect_status(201);\n\
             let payment = crate::turratech_support::id(&payment);",
        ),
        (
            "turratech.capture-payment of \"order-4\" (executed; the client was sent 200)",
            "let path = format!(\"payments/{payment}/capture\");\n\
             crate::turratech_support::post(&sandbox, &path, &serde_json::json!({})).await.expect_status(200);",
        ),
        (
            "turratech.create-refund of \"order-4\" (executed; the client was sent 201)",
            "let body = serde_json::json!({\"payment\": payment});\n\
             crate::turratech_support::post(&sandbox, \"refunds\", &body).await.expect_status(201);",
        ),
    ];
    copied(sandbox, Some("order-4"), calls).await
}

async fn a_rejected_transaction() -> String {
    let sandbox = start(11).await;
    turbo_txn::initiate(&sandbox, "order-5", 300).await.expect_status(200);
    act(&sandbox, "/turbo-txn/orders/order-5/reject", "").await;
    let calls: Calls = &[(
        "turbo-txn.initiate of \"order-5\" (executed; the client was sent 200)",
        "crate::turbo_txn::initiate(&sandbox, \"order-5\", 300).await.expect_status(200);",
    )];
    copied(sandbox, Some("order-5"), calls).await
}

async fn an_expiry() -> String {
    let sandbox = start(12).await;
    post(&sandbox, "deposit/new", &deposit("order-6")).await.expect_status(201);
    act(&sandbox, "/clock/advance", r#"{"seconds": 700}"#).await;
    get(&sandbox, "merchantorder/status/order-6").await;
    let calls: Calls = &[
        (
            "turbopay.deposit of \"order-6\" (executed; the client was sent 201)",
            "let body = crate::support::deposit(\"order-6\");\n\
             crate::support::post(&sandbox, \"deposit/new\", &body).await.expect_status(201);",
        ),
        (
            "turbopay.merchant-order-status of \"order-6\" (the client was sent 200)",
            "let order = crate::support::get(&sandbox, \"merchantorder/status/order-6\").await;\n\
             assert_eq!(order.expect_status(200)[\"status\"], \"expired\");",
        ),
    ];
    copied(sandbox, Some("order-6"), calls).await
}

/// A whole run with texts that try to break out of their literals and comments.
async fn a_hostile_run() -> String {
    let sandbox = start(13).await;
    act(&sandbox, "/faults", r#"{"spec": "turbopay.withdraw#1 order=x\");panic!(\" @before-commit html=503"}"#).await;
    act(&sandbox, "/faults", r#"{"spec": "turbopay.balance @query fin"}"#).await;
    act(&sandbox, "/notes", &json!({"text": "*/ \"); panic!(\"\n// \u{202e}{}\\"}).to_string()).await;
    let hostile = "x\");panic!(\"";
    assert_eq!(post(&sandbox, "withdraw/new", &withdrawal(hostile)).await.status, 503);
    post(&sandbox, "withdraw/new", &withdrawal(hostile)).await.expect_status(201);
    let path = format!("/turbopay/orders/{}/fail", encoded(hostile));
    act(&sandbox, &path, &json!({"reason": "\\\"); panic!(\"\n}"}).to_string()).await;
    act(&sandbox, &format!("/turbopay/orders/{}/resend", encoded(hostile)), r#"{"utr": "\"); panic!(\""}"#).await;
    let link = control(&sandbox, "POST", "/turbo-link/links", r#"{"amount": "1.00"}"#).await.expect_status(200);
    let link = link["id"].as_str().unwrap().to_owned();
    browse(sandbox.turbo_link().base_url(), "POST", &format!("/pay/{link}"), "action=pay").await;
    act(&sandbox, "/same-orders", &json!({"references": [hostile, "\n\"]); panic!("]}).to_string()).await;
    let pay = "let body = crate::support::withdrawal(\"x\\\");panic!(\\\"\");\n\
        crate::support::post(&sandbox, \"withdraw/new\", &body).await";
    let refused: &'static str = Box::leak(format!("{pay};").into_boxed_str());
    let paid: &'static str = Box::leak(format!("{pay}.expect_status(201);").into_boxed_str());
    let calls = vec![
        ("turbopay.withdraw of \"x\\\");panic!(\\\"\" (not executed; the client was sent 503)", refused),
        ("turbopay.withdraw of \"x\\\");panic!(\\\"\" (executed; the client was sent 201)", paid),
    ];
    copied(sandbox, None, calls.leak()).await
}

#[tokio::test]
async fn the_tests_that_the_sandbox_writes_are_those_that_are_compiled_and_run_here() {
    let mut tests = String::from(
        "//! Tests that the sandbox wrote. The calls after each `Your code` are those of `copied.rs`, which says how to write them anew.\n",
    );
    for test in [
        a_lost_response().await,
        a_hosted_deposit().await,
        a_three_ds_payment().await,
        a_capture_and_a_refund().await,
        a_rejected_transaction().await,
        an_expiry().await,
        a_hostile_run().await,
    ] {
        tests.push('\n');
        tests.push_str(&test);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/copied/recorded.rs");
    if must_write() {
        fs::write(&path, &tests).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap();
    assert_eq!(
        known, tests,
        "run this test with PAYMENTS_TESTS_WRITE_COPIED=1, look at the change of recorded.rs, and commit it"
    );
}

#[expect(clippy::disallowed_methods, reason = "the variable says that the expected file is written")]
fn must_write() -> bool {
    std::env::var_os(WRITE).is_some()
}

const WRITE: &str = "PAYMENTS_TESTS_WRITE_COPIED";

#[tokio::test]
async fn a_test_needs_contents_and_an_order_that_a_record_is_about() {
    let sandbox = Sandbox::builder().start().await;
    let problem = control(&sandbox, "GET", "/rust-test", "").await.expect_status(409);
    assert!(problem["error"].as_str().unwrap().starts_with("contents are not recorded"), "{problem}");
    sandbox.finish();
    let sandbox = start(1).await;
    control(&sandbox, "GET", "/rust-test?order=nobody", "").await.expect_status(404);
    assert!(control(&sandbox, "GET", "/rust-test", "").await.text().contains("async fn recorded_run() {"));
    sandbox.finish();
}

#[tokio::test]
async fn a_test_of_a_running_clock_says_so_and_advances_its_own_clock() {
    let clock = Clock::running();
    let sandbox = Sandbox::builder().clock(clock.clone()).record_contents().start().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect_status(201);
    clock.advance(Duration::from_secs(700));
    let _ticks = sandbox.ledger();
    let test = control(&sandbox, "GET", "/rust-test?order=order-1", "").await.text();
    assert!(test.contains("// The recorded sandbox's clock ran in real time."), "{test}");
    assert_eq!(test.matches("sandbox.clock().advance(").count(), 1, "{test}");
    assert!(test.contains("sandbox.expect_status(\"order-1\", \"expired\");"), "{test}");
    sandbox.finish();
}

#[tokio::test]
async fn an_order_that_was_paid_twice_is_asserted_and_the_test_does_not_finish() {
    let sandbox = start(1).await;
    for _ in 0..2 {
        turbo_txn::initiate(&sandbox, "order-1", 300).await.expect_status(200);
    }
    let test = control(&sandbox, "GET", "/rust-test?order=order-1", "").await.text();
    assert!(test.contains("sandbox.ledger().order(\"order-1\").executed_times(2);"), "{test}");
    assert!(test.contains("sandbox.abandon();") && !test.contains("sandbox.finish();"), "{test}");
    sandbox.abandon();
}

#[tokio::test]
#[should_panic(expected = "POST /turbopay/orders/nobody/success: {\"error\":\"no such order: \\\"nobody\\\"\"}")]
async fn a_request_to_the_control_api_that_is_refused_panics_with_the_problem() {
    let sandbox = start(1).await;
    assert!(sandbox.control("GET", "/health", "").contains("\"seed\":1"));
    sandbox.control("POST", "/turbopay/orders/nobody/success", "{}");
}

#[tokio::test]
async fn a_customer_that_was_created_twice_is_not_paid_twice() {
    let sandbox = start(7).await;
    for _ in 0..2 {
        let customer = json!({"email": "name@mail.com", "metadata": {"order_id": "order-1"}});
        turratech::post(&sandbox, "customers", &customer).await.expect_status(201);
    }
    assert_eq!(sandbox.ledger().doubles().len(), 1);
    let test = control(&sandbox, "GET", "/rust-test", "").await.text();
    assert!(test.contains("sandbox.finish();") && !test.contains("abandon"), "{test}");
    let page = control(&sandbox, "GET", "/inspector/ledger", "").await.text();
    assert!(page.contains("or paid twice.</p>") && !page.contains("class=\"bad\""), "{page}");
    sandbox.finish();
}

#[tokio::test]
async fn a_test_of_one_order_says_which_ids_depend_on_the_other_orders() {
    let sandbox = start(7).await;
    for order in ["order-1", "order-2"] {
        let body = card3ds::three_ds_payment(order, support::UNREACHABLE_URL);
        let payment = card3ds::post(&sandbox, "/api/3ds", &body).await.expect_status(200)["paymentId"].clone();
        act(&sandbox, &format!("/card3ds/challenges/{}/reject", payment.as_str().unwrap()), "").await;
    }
    post(&sandbox, "withdraw/new", &withdrawal("order-3")).await.expect_status(201);
    act(&sandbox, "/turbopay/orders/order-3/success", "").await;
    for (query, has_note) in
        [("?order=order-1", true), ("?order=order-2", true), ("?order=order-3", false), ("", false)]
    {
        let test = control(&sandbox, "GET", &format!("/rust-test{query}"), "").await.text();
        assert_eq!(test.contains("// Without the run's other orders, "), has_note, "{query}: {test}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_reference_that_looks_like_a_card_number_is_completed_by_hand() {
    let sandbox = start(7).await;
    let order = "4111111111111111";
    post(&sandbox, "withdraw/new", &withdrawal(order)).await.expect_status(201);
    act(&sandbox, &format!("/turbopay/orders/{order}/success"), "").await;
    let test = control(&sandbox, "GET", "/rust-test", "").await.text();
    assert!(!test.contains("\n    sandbox.turbopay()"), "it would change no order: {test}");
    assert!(test.contains("// Complete what the records mask: sandbox."), "{test}");
    sandbox.finish();
}
