//! Tests that the sandbox wrote. The calls after each `Your code` are those of `copied.rs`, which says how to write them anew.

// Recorded by payments-sandbox. With this seed, the same requests in the same order get the same ids.
#[tokio::test]
async fn recorded_order_1() {
    let sandbox = payments_sandbox::Sandbox::builder().seed(7).start().await;
    sandbox.fault("turbopay.withdraw#1 @after-commit fin");

    // Your code: turbopay.withdraw of "order-1" (executed; the client was sent nothing, fin)
    let body = crate::support::withdrawal("order-1");
    crate::support::post_until_closed(&sandbox, "withdraw/new", &body).await;

    // Your code: turbopay.merchant-order-status of "order-1" (the client was sent 200), 3 times
    let order = crate::support::get(&sandbox, "merchantorder/status/order-1").await;
    assert_eq!(order.expect_status(200)["status"], "pending");

    sandbox.turbopay().order("order-1").succeed_with("499.00");

    sandbox.ledger().order("order-1").executed_once();
    sandbox.expect_status("order-1", "success");
    sandbox.finish();
}

// Recorded by payments-sandbox. With this seed, the same requests in the same order get the same ids.
#[tokio::test]
async fn recorded_order_2() {
    let sandbox = payments_sandbox::Sandbox::builder().seed(8).start().await;

    // Your code: turbopay.deposit of "order-2" (executed; the client was sent 201)
    let body = crate::support::deposit("order-2");
    crate::support::post(&sandbox, "deposit/new", &body).await.expect_status(201);

    sandbox.turbopay().order("order-2").pay();
    sandbox.turbopay().order("order-2").succeed();

    sandbox.ledger().order("order-2").executed_once();
    sandbox.expect_status("order-2", "success");
    sandbox.finish();
}

// Recorded by payments-sandbox. With this seed, the same requests in the same order get the same ids.
#[tokio::test]
async fn recorded_order_3() {
    let sandbox = payments_sandbox::Sandbox::builder().seed(9).start().await;

    // Your code: card3ds.start-3ds of "order-3" (created, not executed; the client was sent 200)
    let body = crate::card3ds::three_ds_payment("order-3", crate::support::UNREACHABLE_URL);
    let started = crate::card3ds::post(&sandbox, "/api/3ds", &body).await.expect_status(200);
    let payment = started["paymentId"].as_str().unwrap();

    sandbox.card3ds().challenge("80574d47-df76-47dc-9e5f-1ea90ba1b5c4").approve();

    // Your code: card3ds.complete-3ds of "order-3" (executed; the client was sent 200)
    crate::card3ds::complete_after_return(&sandbox, payment).await.expect_status(200);

    sandbox.ledger().order("order-3").executed_once();
    sandbox.expect_status("order-3", "SUCCESS");
    sandbox.finish();
}

// Recorded by payments-sandbox. With this seed, the same requests in the same order get the same ids.
#[tokio::test]
async fn recorded_order_4() {
    let sandbox = payments_sandbox::Sandbox::builder().seed(10).start().await;

    // Your code: turratech.create-payment of "order-4" (executed; the client was sent 201)
    let body = crate::turratech_support::payment("order-4");
    let body = crate::support::with(body, "capture_method", "manual");
    let payment = crate::turratech_support::post(&sandbox, "payments", &body).await.expect_status(201);
    let payment = crate::turratech_support::id(&payment);

    // Your code: turratech.capture-payment of "order-4" (executed; the client was sent 200)
    let path = format!("payments/{payment}/capture");
    crate::turratech_support::post(&sandbox, &path, &serde_json::json!({})).await.expect_status(200);

    // Your code: turratech.create-refund of "order-4" (executed; the client was sent 201)
    let body = serde_json::json!({"payment": payment});
    crate::turratech_support::post(&sandbox, "refunds", &body).await.expect_status(201);

    sandbox.ledger().order("order-4").executed_once();
    sandbox.expect_status("order-4", "succeeded");
    sandbox.finish();
}

// Recorded by payments-sandbox. With this seed, the same requests in the same order get the same ids.
#[tokio::test]
async fn recorded_order_5() {
    let sandbox = payments_sandbox::Sandbox::builder().seed(11).start().await;

    // Your code: turbo-txn.initiate of "order-5" (executed; the client was sent 200)
    crate::turbo_txn::initiate(&sandbox, "order-5", 300).await.expect_status(200);

    sandbox.turbo_txn().order("order-5").reject();

    sandbox.ledger().order("order-5").executed_once();
    sandbox.expect_status("order-5", "Rejected");
    sandbox.finish();
}

// Recorded by payments-sandbox. With this seed, the same requests in the same order get the same ids.
#[tokio::test]
async fn recorded_order_6() {
    let sandbox = payments_sandbox::Sandbox::builder().seed(12).start().await;

    // Your code: turbopay.deposit of "order-6" (executed; the client was sent 201)
    let body = crate::support::deposit("order-6");
    crate::support::post(&sandbox, "deposit/new", &body).await.expect_status(201);

    sandbox.clock().advance(std::time::Duration::from_secs(600));
    sandbox.clock().advance(std::time::Duration::from_secs(100));

    // Your code: turbopay.merchant-order-status of "order-6" (the client was sent 200)
    let order = crate::support::get(&sandbox, "merchantorder/status/order-6").await;
    assert_eq!(order.expect_status(200)["status"], "expired");

    sandbox.ledger().order("order-6").executed_once();
    sandbox.expect_status("order-6", "expired");
    sandbox.finish();
}

// Recorded by payments-sandbox. With this seed, the same requests in the same order get the same ids.
#[tokio::test]
async fn recorded_run() {
    let sandbox = payments_sandbox::Sandbox::builder().seed(13).start().await;
    sandbox.fault("turbopay.withdraw#1 order=x\");panic!(\" @before-commit html=503");
    // It never occurred: sandbox.fault("turbopay.balance @query fin");
    sandbox.note("*/ \"); panic!(\"\u{fffd}// \u{202e}{}\\");

    // Your code: turbopay.withdraw of "x\");panic!(\"" (not executed; the client was sent 503)
    let body = crate::support::withdrawal("x\");panic!(\"");
    crate::support::post(&sandbox, "withdraw/new", &body).await;

    // Your code: turbopay.withdraw of "x\");panic!(\"" (executed; the client was sent 201)
    let body = crate::support::withdrawal("x\");panic!(\"");
    crate::support::post(&sandbox, "withdraw/new", &body).await.expect_status(201);

    sandbox.turbopay().order("x\");panic!(\"").fail("\\\"); panic!(\"\u{a}}");
    sandbox.control("POST", "/turbopay/orders/x%22%29%3Bpanic%21%28%22/resend", "{\"utr\":\"\\\"); panic!(\\\"\"}");
    let _ = sandbox.turbo_link().create("1.00");
    sandbox.turbo_link().link("emag68").complete();

    sandbox.same_order(&["x\");panic!(\"", "\u{a}\"]); panic!("]);
    sandbox.ledger().order("x\");panic!(\"").executed_once();
    sandbox.ledger().order("emag68").never_executed();
    sandbox.expect_status("x\");panic!(\"", "failed");
    sandbox.expect_status("emag68", "completed");
    sandbox.finish();
}
