//! Payments that the customer's bank asks the customer about.

use std::panic::{AssertUnwindSafe, catch_unwind};

use payments_sandbox::{DeliveryState, Sandbox, What, card3ds::Settings};
use serde_json::{Value, json};

use super::{
    CARD, DEBIT, DECLINED, attribute, browse, fields, get, only_delivery, payment, post, post_to_the_end, secured,
    without_card,
};
use crate::support::{Answer, Merchant, with};

const BACK: &str = "https://merchant.example/back";

/// A payment that waits for its customer: its id, and where its page is.
async fn started(sandbox: &Sandbox, body: &Value) -> (String, String) {
    let found = post(sandbox, "/api/3ds", body).await.expect(200);
    let html = found["htmlContent"].as_str().unwrap();
    let token = attribute(html, "name=\"challenge\"", "value");
    (found["paymentId"].as_str().unwrap().to_owned(), format!("challenge={token}"))
}

async fn complete(sandbox: &Sandbox, id: &str, key: &str) -> Answer {
    post(sandbox, &format!("/api/3ds/{id}/complete"), &json!({"securityKey": key})).await
}

/// The security key that the customer came back with.
fn key(sandbox: &Sandbox) -> String {
    fields(&only_delivery(sandbox).body)[1].1.clone()
}

#[tokio::test]
async fn it_starts_with_html_that_leads_to_the_customer_s_bank_and_moves_nothing() {
    let sandbox = Sandbox::builder().start().await;

    let found = post(&sandbox, "/api/3ds", &secured("order-1", BACK)).await.expect(200);

    let html = found["htmlContent"].as_str().unwrap();
    let page = attribute(html, "<form", "action").strip_prefix(sandbox.card3ds().base_url()).expect("it is elsewhere");
    assert_eq!((attribute(html, "<form", "method"), html.contains("<script>")), ("POST", true));
    assert!(!html.contains(found["paymentId"].as_str().unwrap()), "{html}");
    let token = attribute(html, "name=\"challenge\"", "value");
    let shown = browse(&sandbox, "POST", page, &format!("challenge={token}")).await;
    let text = shown.text();
    assert_eq!((shown.status, shown.header("content-type")), (200, Some("text/html; charset=utf-8")));
    for part in ["100.50 TRY", "order-1", "542119******0656", "Approve", "Reject"] {
        assert!(without_card(&text).contains(part), "{part}: {text}");
    }
    assert!(!text.contains("<script") && !text.contains("http"), "{text}");
    assert_eq!(found["success"], true);
    assert_eq!((&found["resultCode"], &found["resultMessage"]), (&json!("SUCCESS"), &json!("Successful")));
    assert_eq!(sandbox.card3ds().order("order-1").status(), Some("ENROLLED"));
    sandbox.ledger().order("order-1").never_executed();
    let ledger = sandbox.ledger();
    assert_eq!((ledger.entries()[0].operation.as_str(), ledger.entries()[0].what), ("card3ds.start-3ds", What::Begun));
    sandbox.finish();
}

#[tokio::test]
async fn an_approved_payment_is_executed_when_the_merchant_completes_it_and_once() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let (id, _) = started(&sandbox, &secured("order-1", &merchant.url)).await;

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

    let found = complete(&sandbox, &id, &form[1].1).await.expect(200);

    assert_eq!((&found["status"], &found["paymentId"]), (&json!("SUCCESS"), &json!(id)));
    assert_eq!((&found["amount"], &found["pan"]), (&json!(100.5), &json!("542119******0656")));
    sandbox.ledger().order("order-1").executed_once();
    assert_eq!(sandbox.ledger().executions("card3ds.complete-3ds"), 1);
    let again = complete(&sandbox, &id, &form[1].1).await.expect(409);
    assert_eq!(again, json!({"message": "the payment is completed already"}));
    sandbox.ledger().order("order-1").executed_once();
    sandbox.believes("order-1", "SUCCESS");
    sandbox.finish();
}

#[tokio::test]
async fn a_wrong_key_completes_nothing_and_the_right_one_still_does() {
    let sandbox = Sandbox::builder().start().await;
    let (id, _) = started(&sandbox, &secured("order-1", BACK)).await;
    let (other, _) = started(&sandbox, &secured("order-2", BACK)).await;
    // Before the challenge is answered there is no key.
    assert_eq!(complete(&sandbox, &id, "3DS_AUTH_KEY_123456").await.expect(400)["field"], "securityKey");
    sandbox.card3ds().challenge(&id).approve();
    let key = key(&sandbox);
    for wrong in ["3DS_AUTH_KEY_123456", &key[..key.len() - 1], &key.to_lowercase()] {
        assert_eq!(complete(&sandbox, &id, wrong).await.expect(400)["field"], "securityKey", "{wrong}");
    }
    assert_eq!(complete(&sandbox, &other, &key).await.expect(400)["field"], "securityKey");
    for body in [json!({}), json!({"securityKey": null}), json!({"securityKey": 7}), json!({"securityKey": ""})] {
        let path = format!("/api/3ds/{id}/complete");
        assert_eq!(post(&sandbox, &path, &body).await.expect(400)["field"], "securityKey", "{body}");
    }
    assert_eq!(sandbox.ledger().executions("card3ds.complete-3ds"), 0);

    assert_eq!(complete(&sandbox, &id, &key).await.expect(200)["status"], "SUCCESS");
    sandbox.ledger().order("order-1").executed_once();
    sandbox.ledger().order("order-2").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn a_rejected_payment_has_failed_and_is_completed_as_such() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let (id, _) = started(&sandbox, &secured("order-1", &merchant.url)).await;

    sandbox.card3ds().challenge(&id).reject();
    sandbox.settle().await;

    assert!(merchant.received()[0].head.starts_with("POST /status?failure "), "{}", merchant.received()[0].head);
    assert_eq!(sandbox.card3ds().order("order-1").status(), Some("FAILED"));
    let found = complete(&sandbox, &id, &key(&sandbox)).await.expect(200);
    assert_eq!((&found["status"], &found["resultCode"]), (&json!("FAILED"), &json!("3DS_REJECTED")));
    complete(&sandbox, &id, &key(&sandbox)).await.expect(409);
    sandbox.ledger().order("order-1").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn a_customer_who_goes_away_leaves_it_enrolled_for_ever() {
    let sandbox = Sandbox::builder().start().await;
    let (id, _) = started(&sandbox, &secured("order-1", BACK)).await;

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
    let (id, _) = started(&sandbox, &with(secured("order-1", BACK), "pan", DECLINED)).await;
    sandbox.card3ds().challenge(&id).approve();
    let found = complete(&sandbox, &id, &key(&sandbox)).await.expect(200);
    assert_eq!((&found["status"], &found["resultCode"]), (&json!("FAILED"), &json!("DO_NOT_HONOR")));
    sandbox.ledger().order("order-1").never_executed();
    complete(&sandbox, &id, &key(&sandbox)).await.expect(409);
    sandbox.finish();
}

#[tokio::test]
async fn a_card_that_is_not_enrolled_is_an_answer_without_a_page() {
    let settings = Settings::default().not_enrolled(CARD);
    let sandbox = Sandbox::builder().card3ds(settings).start().await;
    for card in [CARD, "378282246310005"] {
        let found = post(&sandbox, "/api/3ds", &with(secured(card, BACK), "pan", card)).await.expect(200);
        assert_eq!((&found["success"], &found["resultCode"]), (&json!(false), &json!("NOT_ENROLLED")));
        assert_eq!(found["htmlContent"], Value::Null);
        let id = found["paymentId"].as_str().unwrap();
        assert_eq!(complete(&sandbox, id, "3DS_AUTH_KEY_123456").await.expect(400)["field"], "securityKey");
        assert_eq!(sandbox.card3ds().order(card).status(), Some("FAILED"));
        assert!(catch_unwind(AssertUnwindSafe(|| sandbox.card3ds().challenge(id).approve())).is_err());
    }
    assert_eq!(sandbox.ledger().entries(), []);
    started(&sandbox, &with(secured("order-1", BACK), "pan", DEBIT)).await;
    sandbox.finish();
}

#[tokio::test]
async fn what_is_no_3ds_payment_is_not_found() {
    let sandbox = Sandbox::builder().start().await;
    let paid = post(&sandbox, "/api/payment", &payment("order-1")).await.expect(200);
    for id in [paid["paymentId"].as_str().unwrap(), "nothing"] {
        let found = complete(&sandbox, id, "3DS_AUTH_KEY_123456").await.expect(404);
        assert_eq!(found, json!({"message": "there is no such 3-D Secure payment"}));
    }
    sandbox.finish();
}

#[tokio::test]
async fn in_a_browser_the_page_posts_to_the_merchant_and_no_message_is_sent() {
    let sandbox = Sandbox::builder().start().await;
    for (action, back, status) in [("approve", "success", "SUCCESS"), ("reject", "failure", "FAILED")] {
        let (id, page) = started(&sandbox, &secured(action, BACK)).await;

        let answer = browse(&sandbox, "POST", "/3ds-challenge", &format!("{page}&action={action}")).await;

        let text = answer.text();
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
        assert_eq!(attribute(&text, "<form", "action"), format!("{BACK}?{back}"));
        assert_eq!((attribute(&text, "<form", "method"), attribute(&text, "<form", "target")), ("post", "_self"));
        assert_eq!(attribute(&text, "name=\"paymentId\"", "value"), id);
        assert!(text.contains("<button") && text.contains("<script>document.forms[0].submit()</script>"), "{text}");
        let key = attribute(&text, "name=\"securityKey\"", "value");
        assert_eq!(complete(&sandbox, &id, key).await.expect(200)["status"], status);
        // What one has decided, the other cannot decide again.
        assert!(catch_unwind(AssertUnwindSafe(|| sandbox.card3ds().challenge(&id).approve())).is_err());
    }
    assert_eq!(sandbox.deliveries(), []);
    sandbox.finish();
}

#[tokio::test]
async fn a_challenge_is_answered_once_and_shows_it_then() {
    let sandbox = Sandbox::builder().start().await;
    for (first, shown) in [("approve", "approved"), ("reject", "rejected"), ("abandon", "abandoned")] {
        let (id, page) = started(&sandbox, &secured(first, BACK)).await;
        assert_eq!(browse(&sandbox, "POST", "/3ds-challenge", &format!("{page}&action={first}")).await.status, 200);
        for second in ["approve", "reject", "abandon"] {
            let answer = browse(&sandbox, "POST", "/3ds-challenge", &format!("{page}&action={second}")).await;
            assert_eq!(answer.status, 409, "{first}, then {second}");
            assert!(!answer.text().contains("3DS_AUTH_KEY"), "{}", answer.text());
        }
        let text = browse(&sandbox, "GET", &format!("/3ds-challenge?{page}"), "").await.text();
        assert!(text.contains(shown) && !text.contains("<form") && !text.contains(&id), "{text}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn after_a_test_has_answered_it_the_page_in_a_browser_posts_nothing() {
    let sandbox = Sandbox::builder().start().await;
    let (id, page) = started(&sandbox, &secured("order-1", BACK)).await;
    sandbox.card3ds().challenge(&id).approve();
    let answer = browse(&sandbox, "POST", "/3ds-challenge", &format!("{page}&action=approve")).await;
    assert_eq!((answer.status, answer.text().contains("<form")), (409, false));
    assert_eq!(only_delivery(&sandbox).about, "approved");
    sandbox.finish();
}

#[tokio::test]
async fn only_a_press_on_a_button_that_there_is_counts() {
    let sandbox = Sandbox::builder().start().await;
    let (id, page) = started(&sandbox, &secured("order-1", BACK)).await;
    for action in ["", "complete", "APPROVE"] {
        let answer = browse(&sandbox, "POST", "/3ds-challenge", &format!("{page}&action={action}")).await;
        assert_eq!(answer.status, 409, "{action}");
    }
    // A link that somebody else wrote presses no button.
    assert_eq!(browse(&sandbox, "GET", &format!("/3ds-challenge?{page}&action=approve"), "").await.status, 409);
    for wrong in ["", "challenge=", &format!("challenge={id}"), "challenge=%3Cscript%3E"] {
        let answer = browse(&sandbox, "POST", "/3ds-challenge", &format!("{wrong}&action=approve")).await;
        assert_eq!((answer.status, answer.text().contains("script")), (404, false), "{wrong}");
    }
    assert_eq!(sandbox.card3ds().order("order-1").status(), Some("ENROLLED"));
    sandbox.finish();
}

#[tokio::test]
async fn its_buttons_work_inside_a_frame_that_may_not_navigate_the_window_around_it() {
    let sandbox = Sandbox::builder().start().await;
    let (_, page) = started(&sandbox, &secured("order-1", BACK)).await;
    let text = browse(&sandbox, "POST", "/3ds-challenge", &page).await.text();
    let buttons = text.split("<form").skip(1);
    let buttons: Vec<_> =
        buttons.map(|form| (attribute(form, "name=\"action\"", "value"), attribute(form, "", "target"))).collect();
    assert_eq!(buttons, [("approve", "_self"), ("reject", "_self"), ("abandon", "_self")]);
    sandbox.finish();
}

#[tokio::test]
async fn what_a_merchant_sent_is_shown_as_text() {
    let sandbox = Sandbox::builder().start().await;
    let hostile = "\"><script>alert('1')</script>&amp;";
    let back = "https://merchant.example/'onload='x\"><script>";
    let (_, page) = started(&sandbox, &secured(hostile, back)).await;
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
async fn in_parts_it_costs_what_the_options_say_and_the_amount_stays() {
    for (settings, amount) in [(Settings::default(), 100_000), (Settings::default().amount_with_interest(), 103_500)] {
        let sandbox = Sandbox::builder().card3ds(settings).start().await;
        let body = with(with(secured("order-1", BACK), "amount", 1000), "installmentCount", 3);
        let (id, page) = started(&sandbox, &with(body, "interestPaidByCustomer", true)).await;
        let text = browse(&sandbox, "POST", "/3ds-challenge", &page).await.text();
        assert!(text.contains("In 3 parts, together 1035.00 TRY"), "{text}");
        sandbox.card3ds().challenge(&id).approve();
        let found = complete(&sandbox, &id, &key(&sandbox)).await.expect(200);
        assert_eq!(found["installmentCount"], 3);
        assert_eq!(found["amount"].to_string(), format!("{}.0", amount / 100));
        assert_eq!(sandbox.ledger().entries()[1].amount, amount);
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_card_without_such_an_option_is_refused() {
    let sandbox = Sandbox::builder().start().await;
    let body = with(secured("order-1", BACK), "installmentCount", 3);
    for body in [with(body.clone(), "pan", DEBIT), with(body.clone(), "amount", 2)] {
        assert_eq!(post(&sandbox, "/api/3ds", &body).await.expect(400)["field"], "installmentCount");
    }
    started(&sandbox, &with(body, "amount", 3)).await;
    started(&sandbox, &with(with(secured("order-1", BACK), "installmentCount", 1), "pan", DEBIT)).await;
    sandbox.finish();
}

#[tokio::test]
async fn a_browser_posts_once_however_it_is_answered() {
    for (answer, state) in [
        ("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", DeliveryState::Failed),
        ("", DeliveryState::Failed),
        ("HTTP/1.1 303 See Other\r\nLocation: /thanks\r\nContent-Length: 0\r\n\r\n", DeliveryState::Delivered),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", DeliveryState::Delivered),
    ] {
        let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
        merchant.answers([answer]);
        let (id, _) = started(&sandbox, &secured("order-1", &merchant.url)).await;
        sandbox.card3ds().challenge(&id).approve();
        sandbox.clock().advance(std::time::Duration::from_secs(24 * 3600));
        sandbox.settle().await;
        assert_eq!((merchant.received().len(), only_delivery(&sandbox).state), (1, state), "{answer}");
        sandbox.finish();
    }
}

#[tokio::test]
async fn the_way_back_can_be_lost_and_tampered_with() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    sandbox.fault("card3ds.start-3ds order=lost @webhook drop");
    sandbox.fault("card3ds.start-3ds order=tampered @webhook tamper");
    for order in ["lost", "tampered"] {
        let (id, _) = started(&sandbox, &secured(order, &merchant.url)).await;
        sandbox.card3ds().challenge(&id).approve();
        sandbox.settle().await;
        assert_eq!(merchant.received().len(), usize::from(order == "tampered"));
    }
    let received = merchant.received()[0].body.clone();
    assert!(received.starts_with(b"paymentId=") && fields(&received).len() <= 2, "{received:?}");
    sandbox.finish();
}

#[tokio::test]
async fn a_completion_whose_answer_is_lost_was_executed_or_was_not() {
    for (phase, times) in [("after-commit", 1), ("before-commit", 0)] {
        let sandbox = Sandbox::builder().start().await;
        sandbox.fault(&format!("card3ds.complete-3ds order=order-1 @{phase} fin"));
        let (id, _) = started(&sandbox, &secured("order-1", BACK)).await;
        sandbox.card3ds().challenge(&id).approve();
        let body = json!({"securityKey": key(&sandbox)});
        let (bytes, _) = post_to_the_end(&sandbox, &format!("/api/3ds/{id}/complete"), &body).await;
        assert_eq!(bytes, b"");
        sandbox.ledger().order("order-1").executed_times(times);
        sandbox.finish();
    }
}

#[tokio::test]
async fn no_look_up_knows_a_3ds_payment() {
    let sandbox = Sandbox::builder().start().await;
    let (id, _) = started(&sandbox, &secured("order-1", BACK)).await;
    for path in [format!("/api/3ds/{id}"), format!("/api/payment/{id}"), format!("/api/checkout/{id}")] {
        get(&sandbox, &path).await.expect(404);
    }
    sandbox.finish();
}
