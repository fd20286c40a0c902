//! Payments with 3-D Secure.

use std::panic::{AssertUnwindSafe, catch_unwind};

use payments_sandbox::{DeliveryState, EntryKind, Sandbox, card3ds::Settings};
use serde_json::{Value, json};

use super::{
    CARD, DEBIT, DECLINED, assert_without_card, attribute, browse, fields, get, only_delivery, payment, post,
    post_until_closed, three_ds_payment,
};
use crate::support::{Merchant, Response, with};

const BACK: &str = "https://merchant.example/back";

/// Starts a 3-D Secure payment, and returns its id and the form data that opens its challenge page.
async fn start_3ds(sandbox: &Sandbox, body: &Value) -> (String, String) {
    let response = post(sandbox, "/api/3ds", body).await.expect_status(200);
    let html = response["htmlContent"].as_str().unwrap();
    let token = attribute(html, "name=\"challenge\"", "value");
    (response["paymentId"].as_str().unwrap().to_owned(), format!("challenge={token}"))
}

async fn complete(sandbox: &Sandbox, id: &str, key: &str) -> Response {
    post(sandbox, &format!("/api/3ds/{id}/complete"), &json!({"securityKey": key})).await
}

/// Returns the security key with which the customer returned.
fn security_key(sandbox: &Sandbox) -> String {
    fields(&only_delivery(sandbox).body)[1].1.clone()
}

#[tokio::test]
async fn starting_returns_html_for_the_challenge_page_and_moves_no_money() {
    let sandbox = Sandbox::builder().start().await;

    let started = post(&sandbox, "/api/3ds", &three_ds_payment("order-1", BACK)).await.expect_status(200);

    let html = started["htmlContent"].as_str().unwrap();
    let page = attribute(html, "<form", "action")
        .strip_prefix(sandbox.card3ds().base_url())
        .expect("the page belongs to another server");
    assert_eq!((attribute(html, "<form", "method"), html.contains("<script>")), ("POST", true));
    assert!(!html.contains(started["paymentId"].as_str().unwrap()), "{html}");
    let token = attribute(html, "name=\"challenge\"", "value");
    let response = browse(&sandbox, "POST", page, &format!("challenge={token}")).await;
    let text = response.text();
    assert_eq!((response.status, response.header("content-type")), (200, Some("text/html; charset=utf-8")));
    for part in ["100.50 TRY", "order-1", "542119******0656", "Approve", "Reject"] {
        assert!(assert_without_card(&text).contains(part), "{part}: {text}");
    }
    assert!(!text.contains("<script") && !text.contains("http"), "{text}");
    assert_eq!(started["success"], true);
    assert_eq!((&started["resultCode"], &started["resultMessage"]), (&json!("SUCCESS"), &json!("Successful")));
    assert_eq!(sandbox.card3ds().order("order-1").status(), Some("ENROLLED"));
    sandbox.ledger().order("order-1").never_executed();
    let ledger = sandbox.ledger();
    assert_eq!(
        (ledger.entries()[0].operation.as_str(), ledger.entries()[0].kind),
        ("card3ds.start-3ds", EntryKind::Begun)
    );
    sandbox.finish();
}

#[tokio::test]
async fn an_approved_payment_is_executed_once_when_the_merchant_completes_it() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let (id, _) = start_3ds(&sandbox, &three_ds_payment("order-1", &merchant.url)).await;

    sandbox.card3ds().challenge(&id).approve();
    sandbox.settle().await;

    let message = &merchant.received()[0];
    assert!(message.head.starts_with("POST /status?success HTTP/1.1\r\n"), "{}", message.head);
    assert_eq!(message.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(message.header("origin"), Some(sandbox.card3ds().base_url()));
    let form = fields(&message.body);
    assert_eq!((form[0].0.as_str(), form[1].0.as_str(), form.len()), ("paymentId", "securityKey", 2));
    assert_eq!(form[0].1, id);
    assert!(form[1].1.starts_with("3DS_AUTH_KEY_"), "{form:?}");
    sandbox.ledger().order("order-1").never_executed();
    assert_eq!(sandbox.card3ds().order("order-1").status(), Some("ENROLLED"));

    let response = complete(&sandbox, &id, &form[1].1).await.expect_status(200);

    assert_eq!((&response["status"], &response["paymentId"]), (&json!("SUCCESS"), &json!(id)));
    assert_eq!((&response["amount"], &response["pan"]), (&json!(100.5), &json!("542119******0656")));
    sandbox.ledger().order("order-1").executed_once();
    assert_eq!(sandbox.ledger().executions("card3ds.complete-3ds"), 1);
    let again = complete(&sandbox, &id, &form[1].1).await.expect_status(409);
    assert_eq!(again, json!({"message": "the payment has already been completed"}));
    sandbox.ledger().order("order-1").executed_once();
    sandbox.expect_status("order-1", "SUCCESS");
    sandbox.finish();
}

#[tokio::test]
async fn a_wrong_security_key_completes_nothing_and_the_right_one_still_works() {
    let sandbox = Sandbox::builder().start().await;
    let (id, _) = start_3ds(&sandbox, &three_ds_payment("order-1", BACK)).await;
    let (other, _) = start_3ds(&sandbox, &three_ds_payment("order-2", BACK)).await;
    // There is no key before the challenge is answered.
    assert_eq!(complete(&sandbox, &id, "3DS_AUTH_KEY_123456").await.expect_status(400)["field"], "securityKey");
    sandbox.card3ds().challenge(&id).approve();
    let key = security_key(&sandbox);
    for wrong in ["3DS_AUTH_KEY_123456", &key[..key.len() - 1], &key.to_lowercase()] {
        assert_eq!(complete(&sandbox, &id, wrong).await.expect_status(400)["field"], "securityKey", "{wrong}");
    }
    assert_eq!(complete(&sandbox, &other, &key).await.expect_status(400)["field"], "securityKey");
    for body in [json!({}), json!({"securityKey": null}), json!({"securityKey": 7}), json!({"securityKey": ""})] {
        let path = format!("/api/3ds/{id}/complete");
        assert_eq!(post(&sandbox, &path, &body).await.expect_status(400)["field"], "securityKey", "{body}");
    }
    assert_eq!(sandbox.ledger().executions("card3ds.complete-3ds"), 0);

    assert_eq!(complete(&sandbox, &id, &key).await.expect_status(200)["status"], "SUCCESS");
    sandbox.ledger().order("order-1").executed_once();
    sandbox.ledger().order("order-2").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn completing_a_rejected_payment_returns_failed() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let (id, _) = start_3ds(&sandbox, &three_ds_payment("order-1", &merchant.url)).await;

    sandbox.card3ds().challenge(&id).reject();
    sandbox.settle().await;

    assert!(merchant.received()[0].head.starts_with("POST /status?failure "), "{}", merchant.received()[0].head);
    assert_eq!(sandbox.card3ds().order("order-1").status(), Some("FAILED"));
    let response = complete(&sandbox, &id, &security_key(&sandbox)).await.expect_status(200);
    assert_eq!((&response["status"], &response["resultCode"]), (&json!("FAILED"), &json!("3DS_REJECTED")));
    complete(&sandbox, &id, &security_key(&sandbox)).await.expect_status(409);
    sandbox.ledger().order("order-1").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn an_abandoned_payment_stays_enrolled() {
    let sandbox = Sandbox::builder().start().await;
    let (id, _) = start_3ds(&sandbox, &three_ds_payment("order-1", BACK)).await;

    sandbox.card3ds().challenge(&id).abandon();
    sandbox.clock().advance(std::time::Duration::from_secs(400 * 24 * 3600));

    assert_eq!(sandbox.deliveries(), []);
    assert_eq!(sandbox.card3ds().order("order-1").status(), Some("ENROLLED"));
    let late = catch_unwind(AssertUnwindSafe(|| sandbox.card3ds().challenge(&id).approve()));
    assert!(late.is_err());
    sandbox.ledger().order("order-1").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn an_approved_payment_can_still_be_declined() {
    let sandbox = Sandbox::builder().start().await;
    let (id, _) = start_3ds(&sandbox, &with(three_ds_payment("order-1", BACK), "pan", DECLINED)).await;
    sandbox.card3ds().challenge(&id).approve();
    let response = complete(&sandbox, &id, &security_key(&sandbox)).await.expect_status(200);
    assert_eq!((&response["status"], &response["resultCode"]), (&json!("FAILED"), &json!("DO_NOT_HONOR")));
    sandbox.ledger().order("order-1").never_executed();
    complete(&sandbox, &id, &security_key(&sandbox)).await.expect_status(409);
    sandbox.finish();
}

#[tokio::test]
async fn a_card_that_is_not_enrolled_gets_a_response_without_html() {
    let settings = Settings::default().not_enrolled(CARD);
    let sandbox = Sandbox::builder().card3ds(settings).start().await;
    for card in [CARD, "378282246310005"] {
        let response =
            post(&sandbox, "/api/3ds", &with(three_ds_payment(card, BACK), "pan", card)).await.expect_status(200);
        assert_eq!((&response["success"], &response["resultCode"]), (&json!(false), &json!("NOT_ENROLLED")));
        assert_eq!(response["htmlContent"], Value::Null);
        let id = response["paymentId"].as_str().unwrap();
        assert_eq!(complete(&sandbox, id, "3DS_AUTH_KEY_123456").await.expect_status(400)["field"], "securityKey");
        assert_eq!(sandbox.card3ds().order(card).status(), Some("FAILED"));
        assert!(catch_unwind(AssertUnwindSafe(|| sandbox.card3ds().challenge(id).approve())).is_err());
    }
    assert_eq!(sandbox.ledger().entries(), []);
    start_3ds(&sandbox, &with(three_ds_payment("order-1", BACK), "pan", DEBIT)).await;
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_3ds_payment_is_not_found() {
    let sandbox = Sandbox::builder().start().await;
    let paid = post(&sandbox, "/api/payment", &payment("order-1")).await.expect_status(200);
    for id in [paid["paymentId"].as_str().unwrap(), "nothing"] {
        let response = complete(&sandbox, id, "3DS_AUTH_KEY_123456").await.expect_status(404);
        assert_eq!(response, json!({"message": "no such 3-D Secure payment"}));
    }
    sandbox.finish();
}

#[tokio::test]
async fn in_a_browser_the_page_posts_to_the_merchant_and_the_sandbox_sends_nothing() {
    let sandbox = Sandbox::builder().start().await;
    for (action, back, status) in [("approve", "success", "SUCCESS"), ("reject", "failure", "FAILED")] {
        let (id, page) = start_3ds(&sandbox, &three_ds_payment(action, BACK)).await;

        let response = browse(&sandbox, "POST", "/3ds-challenge", &format!("{page}&action={action}")).await;

        let text = response.text();
        assert_eq!((response.status, response.header("cache-control")), (200, Some("no-store")));
        assert_eq!(attribute(&text, "<form", "action"), format!("{BACK}?{back}"));
        assert_eq!((attribute(&text, "<form", "method"), attribute(&text, "<form", "target")), ("post", "_self"));
        assert_eq!(attribute(&text, "name=\"paymentId\"", "value"), id);
        assert!(text.contains("<button") && text.contains("<script src=\"/sandbox.js\" defer></script>"), "{text}");
        let key = attribute(&text, "name=\"securityKey\"", "value");
        assert_eq!(complete(&sandbox, &id, key).await.expect_status(200)["status"], status);
        // The handle cannot repeat what the browser did.
        assert!(catch_unwind(AssertUnwindSafe(|| sandbox.card3ds().challenge(&id).approve())).is_err());
    }
    assert_eq!(sandbox.deliveries(), []);
    sandbox.finish();
}

#[tokio::test]
async fn a_challenge_is_answered_once_and_then_shows_the_result() {
    let sandbox = Sandbox::builder().start().await;
    for (first, result) in [("approve", "approved"), ("reject", "rejected"), ("abandon", "abandoned")] {
        let (id, page) = start_3ds(&sandbox, &three_ds_payment(first, BACK)).await;
        assert_eq!(browse(&sandbox, "POST", "/3ds-challenge", &format!("{page}&action={first}")).await.status, 200);
        for second in ["approve", "reject", "abandon"] {
            let response = browse(&sandbox, "POST", "/3ds-challenge", &format!("{page}&action={second}")).await;
            assert_eq!(response.status, 409, "{first}, then {second}");
            assert!(response.text().contains(&format!("<a href=\"/3ds-challenge?{page}\">Back to the payment</a>")));
            assert!(!response.text().contains("3DS_AUTH_KEY"), "{}", response.text());
        }
        let text = browse(&sandbox, "GET", &format!("/3ds-challenge?{page}"), "").await.text();
        assert!(text.contains(result) && !text.contains("<form") && !text.contains(&id), "{text}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn the_page_posts_nothing_after_the_handle_answered_the_challenge() {
    let sandbox = Sandbox::builder().start().await;
    let (id, page) = start_3ds(&sandbox, &three_ds_payment("order-1", BACK)).await;
    sandbox.card3ds().challenge(&id).approve();
    let response = browse(&sandbox, "POST", "/3ds-challenge", &format!("{page}&action=approve")).await;
    assert_eq!((response.status, response.text().contains("<form")), (409, false));
    assert_eq!(only_delivery(&sandbox).about, "approved");
    sandbox.finish();
}

#[tokio::test]
async fn only_a_post_with_a_known_action_answers_the_challenge() {
    let sandbox = Sandbox::builder().start().await;
    let (id, page) = start_3ds(&sandbox, &three_ds_payment("order-1", BACK)).await;
    for action in ["", "complete", "APPROVE"] {
        let response = browse(&sandbox, "POST", "/3ds-challenge", &format!("{page}&action={action}")).await;
        assert_eq!(response.status, 409, "{action}");
    }
    // A GET, such as a link on another page, answers nothing.
    assert_eq!(browse(&sandbox, "GET", &format!("/3ds-challenge?{page}&action=approve"), "").await.status, 409);
    for wrong in ["", "challenge=", &format!("challenge={id}"), "challenge=%3Cscript%3E"] {
        let response = browse(&sandbox, "POST", "/3ds-challenge", &format!("{wrong}&action=approve")).await;
        assert_eq!((response.status, response.text().contains("script")), (404, false), "{wrong}");
    }
    assert_eq!(sandbox.card3ds().order("order-1").status(), Some("ENROLLED"));
    sandbox.finish();
}

#[tokio::test]
async fn the_buttons_work_inside_a_frame_that_cannot_navigate_its_parent() {
    let sandbox = Sandbox::builder().start().await;
    let (_, page) = start_3ds(&sandbox, &three_ds_payment("order-1", BACK)).await;
    let text = browse(&sandbox, "POST", "/3ds-challenge", &page).await.text();
    let buttons = text.split("<form").skip(1);
    let buttons: Vec<_> =
        buttons.map(|form| (attribute(form, "name=\"action\"", "value"), attribute(form, "", "target"))).collect();
    assert_eq!(buttons, [("approve", "_self"), ("reject", "_self"), ("abandon", "_self")]);
    sandbox.finish();
}

#[tokio::test]
async fn merchant_input_is_escaped() {
    let sandbox = Sandbox::builder().start().await;
    let hostile = "\"><script>alert('1')</script>&amp;";
    let back = "https://merchant.example/'onload='x\"><script>";
    let (_, page) = start_3ds(&sandbox, &three_ds_payment(hostile, back)).await;
    let text = browse(&sandbox, "POST", "/3ds-challenge", &page).await.text();
    assert!(!text.contains("<script"), "{text}");
    assert!(text.contains("&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;"), "{text}");
    let text = browse(&sandbox, "POST", "/3ds-challenge", &format!("{page}&action=approve")).await.text();
    assert_eq!(text.matches("<script").count(), 1, "{text}");
    assert_eq!(
        attribute(&text, "<form", "action"),
        "https://merchant.example/&#39;onload=&#39;x&quot;&gt;&lt;script&gt;?success"
    );
    sandbox.finish();
}

#[tokio::test]
async fn installments_cost_what_the_options_say() {
    for (settings, amount) in [(Settings::default(), 100_000), (Settings::default().amount_with_interest(), 103_500)] {
        let sandbox = Sandbox::builder().card3ds(settings).start().await;
        let body = with(with(three_ds_payment("order-1", BACK), "amount", 1000), "installmentCount", 3);
        let (id, page) = start_3ds(&sandbox, &with(body, "interestPaidByCustomer", true)).await;
        let text = browse(&sandbox, "POST", "/3ds-challenge", &page).await.text();
        assert!(text.contains("In 3 installments, 1035.00 TRY in total"), "{text}");
        sandbox.card3ds().challenge(&id).approve();
        let response = complete(&sandbox, &id, &security_key(&sandbox)).await.expect_status(200);
        assert_eq!(response["installmentCount"], 3);
        assert_eq!(response["amount"].to_string(), format!("{}.0", amount / 100));
        assert_eq!(sandbox.ledger().entries()[1].amount, amount);
        sandbox.finish();
    }
}

#[tokio::test]
async fn an_installment_count_that_is_not_offered_is_rejected() {
    let sandbox = Sandbox::builder().start().await;
    let body = with(three_ds_payment("order-1", BACK), "installmentCount", 3);
    for body in [with(body.clone(), "pan", DEBIT), with(body.clone(), "amount", 2)] {
        assert_eq!(post(&sandbox, "/api/3ds", &body).await.expect_status(400)["field"], "installmentCount");
    }
    start_3ds(&sandbox, &with(body, "amount", 3)).await;
    start_3ds(&sandbox, &with(with(three_ds_payment("order-1", BACK), "installmentCount", 1), "pan", DEBIT)).await;
    sandbox.finish();
}

#[tokio::test]
async fn the_browser_form_is_posted_once_for_any_response() {
    for (response, state) in [
        ("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", DeliveryState::Failed),
        ("", DeliveryState::Failed),
        ("HTTP/1.1 303 See Other\r\nLocation: /thanks\r\nContent-Length: 0\r\n\r\n", DeliveryState::Delivered),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", DeliveryState::Delivered),
    ] {
        let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
        merchant.queue_responses([response]);
        let (id, _) = start_3ds(&sandbox, &three_ds_payment("order-1", &merchant.url)).await;
        sandbox.card3ds().challenge(&id).approve();
        sandbox.clock().advance(std::time::Duration::from_secs(24 * 3600));
        sandbox.settle().await;
        assert_eq!((merchant.received().len(), only_delivery(&sandbox).state), (1, state), "{response}");
        sandbox.finish();
    }
}

#[tokio::test]
async fn the_browser_form_can_be_dropped_or_tampered_with() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    sandbox.fault("card3ds.start-3ds order=lost @webhook drop");
    sandbox.fault("card3ds.start-3ds order=tampered @webhook tamper");
    for order in ["lost", "tampered"] {
        let (id, _) = start_3ds(&sandbox, &three_ds_payment(order, &merchant.url)).await;
        sandbox.card3ds().challenge(&id).approve();
        sandbox.settle().await;
        assert_eq!(merchant.received().len(), usize::from(order == "tampered"));
    }
    let received = merchant.received()[0].body.clone();
    assert!(received.starts_with(b"paymentId=") && fields(&received).len() <= 2, "{received:?}");
    sandbox.finish();
}

#[tokio::test]
async fn a_completion_with_a_lost_response_may_have_been_executed() {
    for (phase, times) in [("after-commit", 1), ("before-commit", 0)] {
        let sandbox = Sandbox::builder().start().await;
        sandbox.fault(&format!("card3ds.complete-3ds order=order-1 @{phase} fin"));
        let (id, _) = start_3ds(&sandbox, &three_ds_payment("order-1", BACK)).await;
        sandbox.card3ds().challenge(&id).approve();
        let body = json!({"securityKey": security_key(&sandbox)});
        let (bytes, _) = post_until_closed(&sandbox, &format!("/api/3ds/{id}/complete"), &body).await;
        assert_eq!(bytes, b"");
        sandbox.ledger().order("order-1").executed_times(times);
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_3ds_payment_cannot_be_looked_up() {
    let sandbox = Sandbox::builder().start().await;
    let (id, _) = start_3ds(&sandbox, &three_ds_payment("order-1", BACK)).await;
    for path in [format!("/api/3ds/{id}"), format!("/api/payment/{id}"), format!("/api/checkout/{id}")] {
        get(&sandbox, &path).await.expect_status(404);
    }
    sandbox.finish();
}
