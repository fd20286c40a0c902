//! The control API, as tests in other languages use it.

use std::time::Duration;

use payments_sandbox::{Clock, Sandbox};
use serde_json::{Value, json};

use crate::support::{Connection, Merchant, authority, control, deposit, keys, post, with, withdrawal};

async fn get(sandbox: &Sandbox, path: &str) -> Value {
    control(sandbox, "GET", path, "").await.expect_status(200)
}

#[tokio::test]
async fn the_health_endpoint_returns_the_status_and_the_seed() {
    let sandbox = Sandbox::builder().seed(42).start().await;
    let health = get(&sandbox, "/health").await;
    assert_eq!((&health["status"], &health["seed"]), (&json!("ok"), &json!(42)));
    let other = Sandbox::builder().seed(42).start().await;
    assert_ne!(health["run"], get(&other, "/health").await["run"], "two starts are one run");
    sandbox.finish();
}

#[tokio::test]
async fn the_index_page_lists_every_endpoint_and_every_behaviour() {
    let sandbox = Sandbox::builder().start().await;
    let page = control(&sandbox, "GET", "/api", "").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let text = page.text().replace("<wbr>", "");
    for address in [
        "GET /health",
        "GET /ledger",
        "GET /timeline",
        "GET /deliveries",
        "GET /faults",
        "POST /faults",
        "DELETE /faults",
        "GET /clock",
        "POST /clock/advance",
        "POST /webhooks/release",
        "POST /turbopay/orders/{merchant_order_id}/{action}",
    ] {
        assert!(text.contains(address), "{address} is not listed");
    }
    let behaviours = [
        payments_sandbox::turratech::BEHAVIOURS,
        payments_sandbox::turbo_txn::BEHAVIOURS,
        payments_sandbox::turbo_link::BEHAVIOURS,
        payments_sandbox::card3ds::BEHAVIOURS,
        payments_sandbox::turbopay::BEHAVIOURS,
    ];
    for behaviour in behaviours.concat() {
        let escaped = behaviour.text.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#39;");
        assert!(text.contains(&escaped) && text.contains(behaviour.provenance.as_str()), "{}", behaviour.text);
    }
    sandbox.finish();
}

#[tokio::test]
async fn the_ledger_and_the_timeline_list_what_happened() {
    let sandbox = Sandbox::builder().start().await;
    assert_eq!(get(&sandbox, "/ledger").await, json!([]));
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    assert_eq!(
        get(&sandbox, "/ledger").await,
        json!([{
            "number": 1,
            "at": 1_767_268_800,
            "operation": "turbopay.withdraw",
            "reference": "order-1",
            "kind": "executed",
            "amount": 50_000,
            "currency": "INR",
            "moves_money": true,
            "request": 1
        }])
    );
    let timeline = get(&sandbox, "/timeline").await;
    assert!(timeline[0].as_str().unwrap().contains("turbopay.withdraw#1 order-1: request 1"), "{timeline}");
    sandbox.finish();
}

#[tokio::test]
async fn held_webhooks_are_listed_and_released() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    sandbox.fault("turbopay.deposit @webhook hold");
    let body = with(deposit("order-1"), "status_url", merchant.url.as_str());
    post(&sandbox, "deposit/new", &body).await.expect_status(201);
    sandbox.turbopay().order("order-1").succeed();
    assert_eq!(
        get(&sandbox, "/deliveries").await,
        json!([{
            "number": 1,
            "operation": "deposit",
            "reference": "order-1",
            "about": "success",
            "url": merchant.url,
            "attempts": 0,
            "results": [],
            "state": "held"
        }])
    );

    assert_eq!(control(&sandbox, "POST", "/webhooks/release", "").await.expect_status(200), json!({}));
    sandbox.settle().await;

    assert_eq!(get(&sandbox, "/deliveries").await[0]["state"], "delivered");
    sandbox.finish();
}

#[tokio::test]
async fn faults_are_added_listed_and_cleared() {
    let sandbox = Sandbox::builder().start().await;
    let spec = "turbopay.withdraw#1 @after-commit html=502";
    let body = json!({"spec": spec}).to_string();
    let added = control(&sandbox, "POST", "/faults", &body).await.expect_status(200);
    assert_eq!(added, json!({"number": 1, "spec": spec}));
    assert_eq!(get(&sandbox, "/faults").await, json!([{"number": 1, "spec": spec, "fired": 0, "limit": 1}]));
    assert_eq!(post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.status, 502);
    assert_eq!(get(&sandbox, "/faults").await, json!([{"number": 1, "spec": spec, "fired": 1, "limit": 1}]));
    sandbox.fault("turbopay.balance @query fin");
    sandbox.fault("turbopay.balance @query rst");
    control(&sandbox, "DELETE", "/faults/2", "").await.expect_status(200);
    control(&sandbox, "DELETE", "/faults/2", "").await.expect_status(404);
    let left = get(&sandbox, "/faults").await;
    assert_eq!((left.as_array().unwrap().len(), &left[1]["number"]), (2, &json!(3)), "numbers stay");
    assert_eq!(control(&sandbox, "DELETE", "/faults", "").await.expect_status(200), json!([]));
    assert_eq!(get(&sandbox, "/faults").await, json!([]));
    sandbox.finish();
}

#[tokio::test]
async fn the_clock_is_returned_and_advanced() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect_status(201);
    assert_eq!(get(&sandbox, "/clock").await, json!({"now": 1_767_268_800, "manual": true}));
    let moved = control(&sandbox, "POST", "/clock/advance", "{\"seconds\": 600}").await;
    assert_eq!(moved.expect_status(200), json!({"now": 1_767_269_400, "manual": true}));
    assert_eq!(sandbox.clock().elapsed(), Duration::from_secs(600));
    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("expired"));
    sandbox.finish();

    let running = Sandbox::builder().clock(Clock::running()).start().await;
    assert_eq!(get(&running, "/clock").await["manual"], false);
    running.finish();
}

#[tokio::test]
async fn the_clock_survives_an_advance_beyond_its_limit() {
    let sandbox = Sandbox::builder().start().await;
    for seconds in ["18446744073709551615", "999999999999", "315360001"] {
        let response = control(&sandbox, "POST", "/clock/advance", &format!("{{\"seconds\": {seconds}}}")).await;
        assert!(response.expect_status(422)["error"].as_str().unwrap().contains("`seconds` must be at most"));
    }
    for _ in 0..3 {
        sandbox.clock().advance(Duration::MAX);
    }
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    sandbox.clock().advance(Duration::MAX);
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn every_action_changes_an_order() {
    let sandbox = Sandbox::builder().start().await;
    let act = async |reference: &str, action: &str, body: &str| {
        let path = format!("/turbopay/orders/{reference}/{action}");
        control(&sandbox, "POST", &path, body).await.expect_status(200)["status"].as_str().unwrap().to_owned()
    };
    for reference in ["a", "b", "c", "d", "e", "f"] {
        post(&sandbox, "deposit/new", &deposit(reference)).await.expect_status(201);
    }
    post(&sandbox, "withdraw/new", &withdrawal("w")).await.expect_status(201);
    post(&sandbox, "withdraw/new", &withdrawal("x/ü")).await.expect_status(201);

    assert_eq!(act("a", "pending", "").await, "pending");
    assert_eq!(act("a", "success", "{\"amount\": \"250.00\"}").await, "success");
    assert_eq!(act("a", "chargeback", "{\"reason\": \"fraud\"}").await, "chargeback");
    assert_eq!(act("b", "cancel", "").await, "cancelled");
    assert_eq!(act("c", "expire", "{}").await, "expired");
    assert_eq!(act("d", "fail", "{\"reason\": \"no\"}").await, "failed");
    assert_eq!(act("e", "resend", "").await, "new");
    assert_eq!(act("f", "success", "{\"utr\": \"402393486736\"}").await, "success");
    let response = crate::support::get(&sandbox, "merchantorder/status/f").await.expect_status(200);
    assert_eq!(response["utr"], "402393486736");
    assert_eq!(act("w", "success", "").await, "success");
    assert_eq!(act("w", "refund", "").await, "refunded");
    assert_eq!(act("x%2F%C3%BC", "success", "").await, "success");
    assert_eq!(sandbox.ledger().order("a").entries()[1].amount, 25_000);
    sandbox.finish();
}

#[tokio::test]
async fn an_impossible_command_is_rejected_with_the_reason() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect_status(201);
    for (path, body, status, problem) in [
        ("/faults", "", 422, "invalid body: "),
        ("/faults", "{}", 422, "missing field `spec`"),
        ("/faults", "[1]", 422, "invalid body: "),
        ("/faults", "[\"turbopay @accept fin\"]", 422, "invalid body: "),
        ("/faults", "{\"spec\": \"turbopay @accept fin\", \"note\": 1}", 422, "unknown field `note`"),
        ("/faults", "{\"spec\": \"turbopay @lunch fin\"}", 422, "invalid fault: `@lunch` is not a phase"),
        ("/faults", "{\"spec\": \"paypal @accept fin\"}", 422, "invalid fault: `paypal` is not a provider"),
        ("/clock/advance", "{\"seconds\": -1}", 422, "invalid body: "),
        ("/clock/advance", "{\"seconds\": \"60\"}", 422, "invalid body: "),
        ("/clock/advance", "nonsense", 422, "invalid body: "),
        ("/webhooks/release", "{\"number\": 1}", 422, "invalid body: "),
        ("/turbopay/orders/nobody/success", "", 404, "no such order: \"nobody\""),
        ("/turbopay/orders/order-1/explode", "", 404, "\"explode\" is not an action"),
        ("/turbopay/orders/order-1/refund", "", 409, "the documentation has no such change of a deposit"),
        ("/turbopay/orders/order-1/chargeback", "", 409, "the documentation has no change from new to chargeback"),
        ("/turbopay/orders/order-1/success", "{\"amount\": 250}", 422, "invalid body: "),
        (
            "/turbopay/orders/order-1/success",
            "{\"amount\": \"1.234\"}",
            422,
            "`amount` must be a string with a decimal above zero",
        ),
        (
            "/turbopay/orders/order-1/success",
            "{\"amount\": \"-1\"}",
            422,
            "`amount` must be a string with a decimal above zero",
        ),
        ("/turbopay/orders/order-1/success", "{\"utr\": \"\"}", 422, "`utr` must have 1 to 100 characters"),
    ] {
        let response = control(&sandbox, "POST", path, body).await.expect_status(status);
        let error = response["error"].as_str().unwrap();
        assert!(error.contains(problem), "{path} {body}: {error}");
    }
    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("new"));
    sandbox.finish();
}

#[tokio::test]
async fn a_utr_stays_unused_if_its_action_is_impossible() {
    let sandbox = Sandbox::builder().start().await;
    for order in ["a", "b"] {
        post(&sandbox, "deposit/new", &deposit(order)).await.expect_status(201);
    }
    let act = async |path: &str| control(&sandbox, "POST", path, "{\"utr\": \"402393486736\"}").await;

    act("/turbopay/orders/a/chargeback").await.expect_status(409);
    let status = crate::support::get(&sandbox, "merchantorder/status/a").await.expect_status(200);
    assert_eq!(status["utr"], Value::Null);
    act("/turbopay/orders/b/success").await.expect_status(200);

    let taken = act("/turbopay/orders/a/success").await.expect_status(409);
    assert_eq!(taken["error"], "the UTR \"402393486736\" has already been taken");
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_address_points_to_the_index_page() {
    let sandbox = Sandbox::builder().start().await;
    for (method, path) in [
        ("GET", "/nothing"),
        ("POST", "/turratech"),
        ("POST", "/turbo-txn/nothing"),
        ("POST", "/turbo-link/nothing/x"),
        ("POST", "/card3ds/nothing/x/y"),
        ("POST", "/turbopay/orders/x"),
        ("POST", "/paypal/orders/x/success"),
    ] {
        let response = control(&sandbox, method, path, "").await.expect_status(404);
        assert_eq!(response["error"], "no such endpoint; GET /api lists all endpoints", "{method} {path}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn another_method_is_refused_with_the_possible_ones() {
    let sandbox = Sandbox::builder().start().await;
    for (method, path, possible) in [
        ("PUT", "/faults", "GET, HEAD, POST, DELETE"),
        ("POST", "/ledger", "GET, HEAD"),
        ("GET", "/turbopay/orders/x/success", "POST"),
        ("TRACE", "/turbo-link/links/x/fee", "POST"),
        ("OPTIONS", "/clock", "GET, HEAD"),
    ] {
        let response = control(&sandbox, method, path, "").await;
        assert_eq!((response.status, response.header("allow")), (405, Some(possible)), "{method} {path}");
        let problem = format!("{method} is not possible here; possible: {possible}");
        assert_eq!(response.json()["error"], problem.as_str());
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_head_request_gets_the_headers_of_a_get_request_only() {
    let sandbox = Sandbox::builder().start().await;
    let host = authority(sandbox.control_url());
    let length = control(&sandbox, "GET", "/health", "").await.body.len();
    let mut connection = Connection::open(host).await;
    connection.write(format!("HEAD /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).await;
    let (bytes, _) = connection.read_to_end().await;
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 ") && text.contains(&format!("Content-Length: {length}\r\n")), "{text}");
    assert!(text.ends_with("\r\n\r\n"), "{text}");
    sandbox.finish();
}

#[tokio::test]
async fn only_the_overview_shows_keys_and_no_page_shows_a_private_id() {
    let sandbox = Sandbox::builder().start().await;
    let order = post(&sandbox, "deposit/new", &deposit("order-1")).await.expect_status(201);
    sandbox.turbopay().order("order-1").succeed();
    crate::support::get(&sandbox, &format!("order/status/{}", order["order_id"].as_str().unwrap())).await;
    let private = keys(&sandbox).into_iter().chain([order["order_id"].as_str().unwrap()]).collect::<Vec<_>>();
    let overview = control(&sandbox, "GET", "/", "").await.text();
    for key in [sandbox.turbopay().api_key(), sandbox.turratech().api_key(), sandbox.card3ds().api_secret()] {
        assert!(overview.contains(key), "a developer copies keys from the overview");
    }
    assert!(!overview.contains(private.last().unwrap()));
    for path in ["/api", "/openapi.json", "/health", "/ledger", "/timeline", "/deliveries", "/faults", "/clock"] {
        let text = control(&sandbox, "GET", path, "").await.text();
        assert!(private.iter().all(|secret| !text.contains(secret)), "{path}: {text}");
    }
    sandbox.finish();
}
