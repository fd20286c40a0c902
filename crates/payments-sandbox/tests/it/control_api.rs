//! What a test in another language asks of the sandbox.

use std::time::Duration;

use payments_sandbox::{Clock, Sandbox};
use serde_json::{Value, json};

use crate::support::{Merchant, control, deposit, keys, post, with, withdrawal};

async fn get(sandbox: &Sandbox, path: &str) -> Value {
    control(sandbox, "GET", path, "").await.expect(200)
}

#[tokio::test]
async fn it_says_that_it_runs() {
    let sandbox = Sandbox::builder().seed(42).start().await;
    assert_eq!(get(&sandbox, "/health").await, json!({"status": "ok", "seed": 42}));
    sandbox.finish();
}

#[tokio::test]
async fn the_first_page_lists_every_address_and_every_behaviour() {
    let sandbox = Sandbox::builder().start().await;
    let page = control(&sandbox, "GET", "/", "").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let text = page.text();
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
        let shown = behaviour.what.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#39;");
        assert!(text.contains(&shown) && text.contains(behaviour.provenance.as_str()), "{}", behaviour.what);
    }
    sandbox.finish();
}

#[tokio::test]
async fn the_ledger_and_the_timeline_tell_what_happened() {
    let sandbox = Sandbox::builder().start().await;
    assert_eq!(get(&sandbox, "/ledger").await, json!([]));
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(201);
    assert_eq!(
        get(&sandbox, "/ledger").await,
        json!([{
            "number": 1,
            "at": 1_767_268_800,
            "operation": "turbopay.withdraw",
            "reference": "order-1",
            "what": "executed",
            "amount": 50_000,
            "currency": "INR",
            "request": 1
        }])
    );
    let timeline = get(&sandbox, "/timeline").await;
    assert!(timeline[0].as_str().unwrap().contains("turbopay.withdraw#1 order-1: request 1"), "{timeline}");
    sandbox.finish();
}

#[tokio::test]
async fn messages_are_listed_and_let_go_of() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    sandbox.fault("turbopay.deposit @webhook hold");
    let body = with(deposit("order-1"), "status_url", merchant.url.as_str());
    post(&sandbox, "deposit/new", &body).await.expect(201);
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

    assert_eq!(control(&sandbox, "POST", "/webhooks/release", "").await.expect(200), json!({}));
    sandbox.settle().await;

    assert_eq!(get(&sandbox, "/deliveries").await[0]["state"], "delivered");
    sandbox.finish();
}

#[tokio::test]
async fn faults_are_added_listed_and_forgotten() {
    let sandbox = Sandbox::builder().start().await;
    let spec = "turbopay.withdraw#1 @after-commit html=502";
    let body = json!({"spec": spec}).to_string();
    assert_eq!(control(&sandbox, "POST", "/faults", &body).await.expect(200), json!({"spec": spec}));
    assert_eq!(get(&sandbox, "/faults").await, json!([{"spec": spec, "fired": 0}]));
    assert_eq!(post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.status, 502);
    assert_eq!(get(&sandbox, "/faults").await, json!([{"spec": spec, "fired": 1}]));
    sandbox.fault("turbopay.balance @query fin");
    assert_eq!(control(&sandbox, "DELETE", "/faults", "").await.expect(200), json!([]));
    assert_eq!(get(&sandbox, "/faults").await, json!([]));
    sandbox.finish();
}

#[tokio::test]
async fn the_clock_is_told_and_moved() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect(201);
    assert_eq!(get(&sandbox, "/clock").await, json!({"now": 1_767_268_800, "manual": true}));
    let moved = control(&sandbox, "POST", "/clock/advance", "{\"seconds\": 600}").await;
    assert_eq!(moved.expect(200), json!({"now": 1_767_269_400, "manual": true}));
    assert_eq!(sandbox.clock().elapsed(), Duration::from_secs(600));
    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("expired"));
    sandbox.finish();

    let running = Sandbox::builder().clock(Clock::running()).start().await;
    assert_eq!(get(&running, "/clock").await["manual"], false);
    running.finish();
}

#[tokio::test]
async fn the_clock_survives_being_moved_too_far() {
    let sandbox = Sandbox::builder().start().await;
    for seconds in ["18446744073709551615", "999999999999", "315360001"] {
        let found = control(&sandbox, "POST", "/clock/advance", &format!("{{\"seconds\": {seconds}}}")).await;
        assert!(found.expect(422)["error"].as_str().unwrap().contains("`seconds` must be at most"));
    }
    for _ in 0..3 {
        sandbox.clock().advance(Duration::MAX);
    }
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(201);
    sandbox.clock().advance(Duration::MAX);
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn every_action_changes_an_order() {
    let sandbox = Sandbox::builder().start().await;
    let act = async |reference: &str, action: &str, body: &str| {
        let path = format!("/turbopay/orders/{reference}/{action}");
        control(&sandbox, "POST", &path, body).await.expect(200)["status"].as_str().unwrap().to_owned()
    };
    for reference in ["a", "b", "c", "d", "e", "f"] {
        post(&sandbox, "deposit/new", &deposit(reference)).await.expect(201);
    }
    post(&sandbox, "withdraw/new", &withdrawal("w")).await.expect(201);
    post(&sandbox, "withdraw/new", &withdrawal("x/ü")).await.expect(201);

    assert_eq!(act("a", "pending", "").await, "pending");
    assert_eq!(act("a", "success", "{\"amount\": \"250.00\"}").await, "success");
    assert_eq!(act("a", "chargeback", "{\"reason\": \"fraud\"}").await, "chargeback");
    assert_eq!(act("b", "cancel", "").await, "cancelled");
    assert_eq!(act("c", "expire", "{}").await, "expired");
    assert_eq!(act("d", "fail", "{\"reason\": \"no\"}").await, "failed");
    assert_eq!(act("e", "resend", "").await, "new");
    assert_eq!(act("f", "success", "{\"utr\": \"402393486736\"}").await, "success");
    let found = crate::support::get(&sandbox, "merchantorder/status/f").await.expect(200);
    assert_eq!(found["utr"], "402393486736");
    assert_eq!(act("w", "success", "").await, "success");
    assert_eq!(act("w", "refund", "").await, "refunded");
    assert_eq!(act("x%2F%C3%BC", "success", "").await, "success");
    assert_eq!(sandbox.ledger().order("a").entries()[1].amount, 25_000);
    sandbox.finish();
}

#[tokio::test]
async fn what_it_cannot_do_is_said() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect(201);
    for (path, body, problem) in [
        ("/faults", "", "the body is not what is expected here"),
        ("/faults", "{}", "missing field `spec`"),
        ("/faults", "[1]", "the body is not what is expected here"),
        ("/faults", "{\"spec\": \"turbopay @lunch fin\"}", "`@lunch` in a fault: is no phase"),
        ("/faults", "{\"spec\": \"paypal @accept fin\"}", "`paypal` in a fault: is no provider"),
        ("/clock/advance", "{\"seconds\": -1}", "the body is not what is expected here"),
        ("/clock/advance", "{\"seconds\": \"60\"}", "the body is not what is expected here"),
        ("/clock/advance", "nonsense", "the body is not what is expected here"),
        ("/turbopay/orders/nobody/success", "", "there is no order \"nobody\""),
        ("/turbopay/orders/order-1/explode", "", "\"explode\" is no action"),
        ("/turbopay/orders/order-1/refund", "", "no document knows that change of a deposit"),
        ("/turbopay/orders/order-1/chargeback", "", "no document knows a change from new to chargeback"),
        ("/turbopay/orders/order-1/success", "{\"amount\": 250}", "the body is not what is expected here"),
        ("/turbopay/orders/order-1/success", "{\"amount\": \"1.234\"}", "`amount` must be a decimal above zero"),
        ("/turbopay/orders/order-1/success", "{\"amount\": \"-1\"}", "`amount` must be a decimal above zero"),
    ] {
        let found = control(&sandbox, "POST", path, body).await.expect(422);
        let error = found["error"].as_str().unwrap();
        assert!(error.contains(problem), "{path} {body}: {error}");
    }
    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("new"));
    sandbox.finish();
}

#[tokio::test]
async fn an_address_that_there_is_not_points_to_the_list() {
    let sandbox = Sandbox::builder().start().await;
    for (method, path) in [
        ("GET", "/nothing"),
        ("PUT", "/faults"),
        ("POST", "/ledger"),
        ("POST", "/turratech"),
        ("POST", "/turbo-txn/nothing"),
        ("POST", "/turbo-link/nothing/x"),
        ("POST", "/card3ds/nothing/x/y"),
        ("POST", "/turbopay/orders/x"),
        ("GET", "/turbopay/orders/x/success"),
        ("POST", "/paypal/orders/x/success"),
    ] {
        let found = control(&sandbox, method, path, "").await.expect(404);
        assert_eq!(found["error"], "there is no such address; GET / lists them", "{method} {path}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn no_key_and_no_private_id_is_on_any_page() {
    let sandbox = Sandbox::builder().start().await;
    let order = post(&sandbox, "deposit/new", &deposit("order-1")).await.expect(201);
    sandbox.turbopay().order("order-1").succeed();
    crate::support::get(&sandbox, &format!("order/status/{}", order["order_id"].as_str().unwrap())).await;
    let private = keys(&sandbox).into_iter().chain([order["order_id"].as_str().unwrap()]).collect::<Vec<_>>();
    for path in ["/", "/health", "/ledger", "/timeline", "/deliveries", "/faults", "/clock"] {
        let text = control(&sandbox, "GET", path, "").await.text();
        assert!(private.iter().all(|secret| !text.contains(secret)), "{path}: {text}");
    }
    sandbox.finish();
}
