//! TurboPay's webhooks: their content, signature, and schedule.

use std::time::Duration;

use payments_sandbox::{DeliveryState, Sandbox};
use serde_json::{Value, json};

use crate::support::{Merchant, check_three_resends, deposit, get, openssl_hmac, post, with, withdrawal};

/// Creates a deposit whose webhooks go to this merchant.
async fn deposit_to(sandbox: &Sandbox, merchant: &Merchant, reference: &str) -> Value {
    post(sandbox, "deposit/new", &with(deposit(reference), "status_url", merchant.url.as_str()))
        .await
        .expect_status(201)
}

fn states(sandbox: &Sandbox) -> Vec<(String, u32, DeliveryState)> {
    sandbox.deliveries().into_iter().map(|delivery| (delivery.about, delivery.attempts, delivery.state)).collect()
}

#[tokio::test]
async fn a_deposit_webhook_has_the_documented_fields() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let order = deposit_to(&sandbox, &merchant, "order-1").await;
    sandbox.turbopay().order("order-1").pending();
    sandbox.turbopay().order("order-1").succeed();
    sandbox.settle().await;

    let messages = merchant.received();
    assert_eq!(merchant.statuses(), ["pending", "success"]);
    assert_eq!(
        messages[0].json(),
        json!({
            "order_id": order["order_id"],
            "merchant_order_id": "order-1",
            "status": "pending",
            "reason": "new -> pending: Order is pending",
            "amount": "2000.00",
            "utr": null,
            "target_upi_id": "test@test",
            "merchant_customer_id": "customer-1"
        })
    );
    let success = messages[1].json();
    let names: Vec<&String> = success.as_object().unwrap().keys().collect();
    let mut documented =
        ["order_id", "merchant_order_id", "status", "reason", "amount", "utr", "target_upi_id", "merchant_customer_id"];
    documented.sort_unstable();
    assert_eq!(names, documented);
    assert_eq!(success["utr"].as_str().unwrap().len(), 12);
    assert!(messages[0].head.starts_with("POST /status HTTP/1.1\r\n"), "{}", messages[0].head);
    assert_eq!(messages[0].header("content-type"), Some("application/json"));
    sandbox.finish();
}

#[tokio::test]
async fn a_withdrawal_webhook_has_an_error_only_if_the_withdrawal_failed() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let body = with(with(withdrawal("order-1"), "amount", 300), "status_url", merchant.url.as_str());
    let order = post(&sandbox, "withdraw/new", &body).await.expect_status(201);
    sandbox.turbopay().order("order-1").succeed();
    sandbox.turbopay().order("order-1").fail("some reason");
    sandbox.settle().await;

    assert_eq!(merchant.statuses(), ["pending", "success", "failed"]);
    let (success, failed) = (merchant.received()[1].json(), merchant.received()[2].json());
    assert_eq!(success.as_object().unwrap().len(), 6, "{success}");
    assert_eq!(
        failed,
        json!({
            "order_id": order["order_id"],
            "merchant_order_id": "order-1",
            "status": "failed",
            "reason": "some reason",
            "amount": "300",
            "utr": success["utr"],
            "error_code": "ERR_001",
            "error_message": "Payout service under maintenance. Try again later."
        })
    );
    sandbox.finish();
}

#[tokio::test]
async fn a_chargeback_webhook_has_a_claim_id() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    deposit_to(&sandbox, &merchant, "order-1").await;
    sandbox.turbopay().order("order-1").succeed_with("200.00");
    sandbox.turbopay().order("order-1").charge_back("chargeback");
    sandbox.settle().await;

    let (success, chargeback) = (merchant.received()[0].json(), merchant.received()[1].json());
    assert_eq!((&chargeback["status"], &chargeback["reason"]), (&json!("chargeback"), &json!("chargeback")));
    assert_eq!(chargeback["amount"], "200.00", "the amount that was credited");
    assert_eq!(chargeback["utr"], success["utr"]);
    assert!(chargeback["claim_id"].as_str().is_some_and(|claim| !claim.is_empty()), "{chargeback}");
    assert!(success["claim_id"].is_null() && success["error_code"].is_null(), "{success}");
    sandbox.finish();
}

#[tokio::test]
async fn the_signature_is_the_hmac_that_openssl_computes() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    deposit_to(&sandbox, &merchant, "órder \"1\"").await;
    sandbox.turbopay().order("órder \"1\"").succeed();
    sandbox.settle().await;

    let message = merchant.received().remove(0);
    let signature = message.header("x-pay-signature").unwrap();
    assert!(signature.len() == 64 && !signature.contains(|c: char| !c.is_ascii_hexdigit() || c.is_ascii_uppercase()));
    match openssl_hmac(sandbox.turbopay().webhook_key(), &message.body) {
        Some(expected) => assert_eq!(signature, expected),
        None => println!("skipped: the openssl command is not installed"),
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_tampered_webhook_has_another_amount_under_the_old_signature() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    sandbox.fault("turbopay.deposit @webhook tamper");
    deposit_to(&sandbox, &merchant, "order-1").await;
    sandbox.turbopay().order("order-1").succeed();
    sandbox.turbopay().order("order-1").resend();
    sandbox.settle().await;

    let (tampered, genuine) = (merchant.received().remove(0), merchant.received().remove(1));
    assert_eq!(
        (tampered.json()["amount"].as_str(), genuine.json()["amount"].as_str()),
        (Some("92000.00"), Some("2000.00"))
    );
    assert_eq!(tampered.header("x-pay-signature"), genuine.header("x-pay-signature"));
    sandbox.finish();
}

#[tokio::test]
async fn a_lookup_sends_a_webhook_too() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let id = deposit_to(&sandbox, &merchant, "order-1").await["order_id"].as_str().unwrap().to_owned();
    sandbox.settle().await;
    assert_eq!(merchant.received().len(), 0, "creating an order sends no webhook");

    get(&sandbox, &format!("order/status/{id}")).await.expect_status(200);
    get(&sandbox, "merchantorder/status/order-1").await.expect_status(200);
    sandbox.settle().await;

    assert_eq!(merchant.statuses(), ["new", "new"]);
    sandbox.finish();
}

#[tokio::test]
async fn an_unaccepted_webhook_is_sent_again_after_1_10_and_60_minutes_and_then_no_more() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    merchant.queue_responses(["HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"; 4]);
    deposit_to(&sandbox, &merchant, "order-1").await;
    sandbox.turbopay().order("order-1").succeed();
    sandbox.settle().await;
    assert_eq!(states(&sandbox), [("success".to_owned(), 1, DeliveryState::Waiting)]);

    check_three_resends(&sandbox, &merchant).await;
    assert_eq!(states(&sandbox), [("success".to_owned(), 4, DeliveryState::Failed)]);

    sandbox.clock().advance(Duration::from_secs(86_400));
    sandbox.settle().await;
    let bodies: Vec<Vec<u8>> = merchant.received().into_iter().map(|message| message.body).collect();
    assert!(bodies.len() == 4 && bodies.iter().all(|body| *body == bodies[0]), "the same bytes four times");
    sandbox.turbopay().order("order-1").resend();
    sandbox.settle().await;
    assert_eq!(merchant.received().len(), 5, "the back office can send the webhook again");
    sandbox.finish();
}

#[tokio::test]
async fn a_webhook_is_accepted_with_status_200_only() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let cases = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", DeliveryState::Delivered),
        ("HTTP/1.1 200\r\n\r\n", DeliveryState::Delivered),
        ("HTTP/1.0 204 No Content\r\n\r\n", DeliveryState::Waiting),
        ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", DeliveryState::Waiting),
        ("HTTP/1.1 404 Not Found\r\n\r\n", DeliveryState::Waiting),
        ("SSH-2.0-  200 garbage\r\n\r\n", DeliveryState::Waiting),
    ];
    merchant.queue_responses(cases.map(|(response, _)| response));
    for (number, (response, state)) in cases.into_iter().enumerate() {
        deposit_to(&sandbox, &merchant, &format!("order-{number}")).await;
        sandbox.turbopay().order(&format!("order-{number}")).succeed();
        sandbox.settle().await;
        assert_eq!(sandbox.deliveries()[number].state, state, "{response:?}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn an_unreachable_merchant_gets_the_webhook_at_the_next_attempt() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    merchant.queue_responses([""]);
    deposit_to(&sandbox, &merchant, "order-1").await;
    sandbox.turbopay().order("order-1").succeed();
    let unreachable = with(deposit("order-2"), "status_url", "http://127.0.0.1:1/status");
    post(&sandbox, "deposit/new", &unreachable).await.expect_status(201);
    sandbox.turbopay().order("order-2").succeed();
    sandbox.settle().await;
    assert!(states(&sandbox).iter().all(|(_, attempts, state)| (*attempts, *state) == (1, DeliveryState::Waiting)));

    sandbox.clock().advance(Duration::from_secs(60));
    sandbox.settle().await;
    assert_eq!(sandbox.deliveries()[0].state, DeliveryState::Delivered);
    sandbox.finish();
}

#[tokio::test]
async fn a_delivery_prints_neither_its_body_nor_its_header_values() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    deposit_to(&sandbox, &merchant, "order-1").await;
    sandbox.turbopay().order("order-1").succeed();
    sandbox.settle().await;

    let delivery = sandbox.deliveries().remove(0);
    let printed = format!("{delivery:?} {delivery:#?}");

    assert!(!delivery.headers.is_empty() && !delivery.body.is_empty());
    for (name, value) in &delivery.headers {
        assert!(printed.contains(name.as_str()) && !printed.contains(value.as_str()), "{name}");
    }
    assert!(!printed.contains(&String::from_utf8(delivery.body.clone()).unwrap()));
    assert!(!printed.contains(&format!("{:?}", delivery.body)));
    assert!(printed.contains(&format!("body: [{} bytes]", delivery.body.len())), "{printed}");
    sandbox.finish();
}

#[tokio::test]
async fn a_held_webhook_waits_until_it_is_released() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    sandbox.fault("turbopay.deposit#1 @webhook hold");
    deposit_to(&sandbox, &merchant, "order-1").await;
    sandbox.turbopay().order("order-1").pending();
    sandbox.turbopay().order("order-1").succeed();
    sandbox.clock().advance(Duration::from_secs(86_400));
    sandbox.settle().await;
    assert_eq!(merchant.statuses(), ["success"]);
    assert_eq!(sandbox.deliveries()[0].state, DeliveryState::Held);

    sandbox.release();
    sandbox.settle().await;

    assert_eq!(merchant.statuses(), ["success", "pending"]);
    assert_eq!(sandbox.deliveries()[0].state, DeliveryState::Delivered);
    sandbox.finish();
}

#[tokio::test]
async fn a_dropped_webhook_is_never_sent() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    sandbox.fault("turbopay.deposit @webhook drop");
    deposit_to(&sandbox, &merchant, "order-1").await;
    sandbox.turbopay().order("order-1").succeed();
    sandbox.release();
    sandbox.clock().advance(Duration::from_secs(86_400));
    sandbox.settle().await;
    assert_eq!((merchant.received().len(), sandbox.deliveries()[0].state), (0, DeliveryState::Dropped));
    assert_eq!(sandbox.turbopay().order("order-1").status(), Some("success"));
    sandbox.finish();
}

#[tokio::test]
async fn a_duplicated_webhook_arrives_twice_with_the_same_bytes() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    sandbox.fault("turbopay.deposit @webhook duplicate");
    deposit_to(&sandbox, &merchant, "order-1").await;
    sandbox.turbopay().order("order-1").succeed();
    sandbox.settle().await;

    let messages = merchant.received();
    assert_eq!(merchant.statuses(), ["success", "success"]);
    assert_eq!(messages[0].body, messages[1].body);
    assert_eq!(messages[0].header("x-pay-signature"), messages[1].header("x-pay-signature"));
    let numbers: Vec<usize> = sandbox.deliveries().iter().map(|delivery| delivery.number).collect();
    assert_eq!(numbers, [1, 2]);
    sandbox.finish();
}

#[tokio::test]
async fn a_reordered_webhook_arrives_after_the_next_one() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    sandbox.fault("turbopay.deposit#1 @webhook reorder");
    deposit_to(&sandbox, &merchant, "order-1").await;
    sandbox.turbopay().order("order-1").pending();
    sandbox.settle().await;
    assert_eq!(merchant.statuses(), Vec::<String>::new());

    sandbox.turbopay().order("order-1").succeed();
    sandbox.settle().await;

    assert_eq!(merchant.statuses(), ["success", "pending"]);
    assert!(states(&sandbox).iter().all(|(_, attempts, state)| (*attempts, *state) == (1, DeliveryState::Delivered)));
    sandbox.finish();
}

#[tokio::test]
async fn every_webhook_is_delivered_once_while_others_are_reordered() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    sandbox.fault("turbopay.deposit p=50% @webhook reorder x*");
    for number in 0..20 {
        let reference = format!("order-{number}");
        deposit_to(&sandbox, &merchant, &reference).await;
        // Without `settle` here, the sandbox delivers in the background while new webhooks are queued.
        sandbox.turbopay().order(&reference).pending();
        tokio::task::yield_now().await;
        sandbox.turbopay().order(&reference).succeed();
    }
    sandbox.release();
    sandbox.settle().await;

    let mut delivered: Vec<(String, String)> = merchant
        .received()
        .iter()
        .map(|message| (message.json()["merchant_order_id"].to_string(), message.json()["status"].to_string()))
        .collect();
    let count = delivered.len();
    delivered.sort_unstable();
    delivered.dedup();
    assert_eq!((count, delivered.len()), (40, 40));
    assert!(states(&sandbox).iter().all(|(_, attempts, state)| (*attempts, *state) == (1, DeliveryState::Delivered)));
    sandbox.finish();
}

#[tokio::test]
async fn webhooks_are_sent_in_the_background_without_settle() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let body = with(withdrawal("order-1"), "status_url", merchant.url.as_str());
    post(&sandbox, "withdraw/new", &body).await.expect_status(201);
    crate::support::wait_until("pending arrives", || merchant.statuses() == ["pending"]).await;
    sandbox.clock().advance(Duration::from_secs(2));
    crate::support::wait_until("success arrives", || merchant.statuses() == ["pending", "success"]).await;
    sandbox.finish();
}

#[tokio::test]
async fn webhook_faults_match_by_operation_and_by_reference() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    sandbox.fault("turbopay.withdraw @webhook drop");
    sandbox.fault("turbopay order=order-2 @webhook drop");
    for reference in ["order-1", "order-2"] {
        deposit_to(&sandbox, &merchant, reference).await;
        sandbox.turbopay().order(reference).succeed();
    }
    sandbox.settle().await;
    let states: Vec<DeliveryState> = sandbox.deliveries().iter().map(|delivery| delivery.state).collect();
    assert_eq!(states, [DeliveryState::Delivered, DeliveryState::Dropped]);
    assert_eq!(merchant.received().len(), 1);
    sandbox.abandon();
}

#[tokio::test]
async fn no_webhook_is_sent_to_another_machine() {
    let merchant = Merchant::start().await;
    let port = merchant.url.trim_end_matches("/status").rsplit_once(':').unwrap().1.to_owned();
    let sandbox = Sandbox::builder().start().await;
    let urls = [
        "https://merchant.example/status".to_owned(),
        "http://192.0.2.1/status".to_owned(),
        "http://127.0.0.1.merchant.example/status".to_owned(),
        "http://localhost.merchant.example/status".to_owned(),
        format!("http://127.0.0.1:{port}@192.0.2.1/status"),
        format!("http://192.0.2.1\\@127.0.0.1:{port}/status"),
        format!("http://2130706433:{port}/status"),
        format!("http://0x7f.1:{port}/status"),
        format!("https://127.0.0.1:{port}/status"),
        "http://[2001:db8::1]/status".to_owned(),
        "http://".to_owned(),
        "http:///status".to_owned(),
    ];
    for (number, url) in urls.iter().enumerate() {
        let reference = format!("order-{number}");
        post(&sandbox, "deposit/new", &with(deposit(&reference), "status_url", url.as_str())).await.expect_status(201);
        sandbox.turbopay().order(&reference).succeed();
    }
    sandbox.release();
    sandbox.clock().advance(Duration::from_secs(86_400));
    sandbox.settle().await;

    assert_eq!(sandbox.deliveries().len(), urls.len());
    for delivery in sandbox.deliveries() {
        assert_eq!((delivery.state, delivery.attempts), (DeliveryState::NotSent, 0), "{}", delivery.url);
    }
    assert_eq!(merchant.received().len(), 0);
    sandbox.finish();
}

#[tokio::test]
async fn webhooks_are_sent_to_loopback_urls_in_every_form() {
    let merchant = Merchant::start().await;
    let port = merchant.url.trim_end_matches("/status").rsplit_once(':').unwrap().1.to_owned();
    let sandbox = Sandbox::builder().start().await;
    for (number, (url, target)) in [
        (format!("http://127.0.0.1:{port}"), "/"),
        (format!("http://127.0.0.1:{port}?a=b"), "/?a=b"),
        (format!("http://localhost:{port}/x/y?a=b#c"), "/x/y?a=b"),
    ]
    .into_iter()
    .enumerate()
    {
        let reference = format!("order-{number}");
        post(&sandbox, "deposit/new", &with(deposit(&reference), "status_url", url.as_str())).await.expect_status(201);
        sandbox.turbopay().order(&reference).succeed();
        sandbox.settle().await;
        let head = merchant.received().pop().unwrap().head;
        assert!(head.starts_with(&format!("POST {target} HTTP/1.1\r\n")), "{url}: {head}");
    }
    post(&sandbox, "deposit/new", &with(deposit("v6"), "status_url", "http://[::1]/status")).await.expect_status(201);
    sandbox.turbopay().order("v6").succeed();
    sandbox.settle().await;
    assert_eq!(sandbox.deliveries()[3].attempts, 1, "port 80 of the IPv6 loopback was tried");
    sandbox.abandon();
}
