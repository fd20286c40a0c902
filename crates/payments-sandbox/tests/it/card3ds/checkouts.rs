//! The hosted checkout and the customer's return from it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use payments_sandbox::{EntryKind, Sandbox, card3ds::Settings, card3ds::TEST_CARDS};
use serde_json::{Value, json};

use super::{CARD, DEBIT, DECLINED, assert_without_card, attribute, browse, checkout, get, only_delivery, post};
use crate::support::{Merchant, with, without};

const BACK: &str = "https://merchant.example/back";

/// Creates a checkout, and returns its id and the request target of its page.
async fn create_checkout(sandbox: &Sandbox, body: &Value) -> (String, String) {
    let response = post(sandbox, "/api/checkout", body).await.expect_status(200);
    let id = response["checkoutId"].as_str().unwrap().to_owned();
    let page = response["redirectUrl"].as_str().unwrap().strip_prefix(sandbox.card3ds().base_url()).unwrap().to_owned();
    assert_eq!((page.as_str(), response.as_object().unwrap().len()), (format!("/checkout-link/{id}").as_str(), 2));
    (id, page)
}

async fn status(sandbox: &Sandbox, id: &str) -> Value {
    get(sandbox, &format!("/api/checkout/{id}")).await.expect_status(200)
}

#[tokio::test]
async fn the_payment_of_an_unpaid_checkout_is_enrolled_and_has_no_card() {
    let sandbox = Sandbox::builder().start().await;
    let (id, _) = create_checkout(&sandbox, &checkout("order-1", BACK)).await;

    let mut response = status(&sandbox, &id).await;

    assert_eq!(response["paymentId"].take().as_str().map(str::len), Some(36));
    assert_eq!(
        response,
        json!({
            "paymentId": null,
            "orderId": "order-1",
            "amount": 100.5,
            "installmentCount": 1,
            "currency": "TRY",
            "merchantCommission": 0.0,
            "status": "ENROLLED",
            "paymentDate": null,
            "cardHolderName": null,
            "pan": null,
            "domInt": null,
            "cardScheme": null,
            "cardType": null,
            "loyaltyCode": null,
            "externalTransactionId": null,
            "authCode": null,
            "resultCode": "WAITING",
            "resultMessage": "Waiting for the customer",
            "customerId": "CUST-12345",
        })
    );
    sandbox.ledger().order("order-1").never_executed();
    let ledger = sandbox.ledger();
    assert_eq!(
        (ledger.entries()[0].operation.as_str(), ledger.entries()[0].kind),
        ("card3ds.checkout", EntryKind::Begun)
    );
    sandbox.finish();
}

#[tokio::test]
async fn a_customer_who_pays_returns_with_the_checkout_id() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let (id, _) = create_checkout(&sandbox, &checkout("order-1", &merchant.url)).await;

    sandbox.card3ds().checkout(&id).pay(CARD);
    sandbox.settle().await;

    let message = &merchant.received()[0];
    assert_eq!(message.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(message.body, format!("checkoutId={id}").into_bytes());
    let response = status(&sandbox, &id).await;
    assert_eq!((&response["status"], &response["pan"]), (&json!("SUCCESS"), &json!("542119******0656")));
    assert_eq!((&response["merchantCommission"], &response["installmentCount"]), (&json!(2.51), &json!(1)));
    sandbox.ledger().order("order-1").executed_once();
    assert_eq!(sandbox.ledger().executions("card3ds.checkout"), 1);
    assert_eq!((only_delivery(&sandbox).about.as_str(), merchant.received().len()), ("processed", 1));
    sandbox.expect_status("order-1", "SUCCESS");
    sandbox.finish();
}

#[tokio::test]
async fn in_a_browser_the_page_posts_to_the_merchant_and_the_sandbox_sends_nothing() {
    let sandbox = Sandbox::builder().start().await;
    for (form, status_after, executions) in [
        ("action=pay&card=mastercard", "SUCCESS", 1),
        ("action=pay&card=declined&installments=1", "FAILED", 0),
        ("action=cancel", "FAILED", 0),
    ] {
        let (id, page) = create_checkout(&sandbox, &checkout(form, BACK)).await;

        let response = browse(&sandbox, "POST", &page, form).await;

        let text = response.text();
        assert_eq!((response.status, attribute(&text, "<form", "action")), (200, BACK));
        assert_eq!(attribute(&text, "name=\"checkoutId\"", "value"), id);
        assert!(text.contains("<button") && text.contains("<script src=\"/sandbox.js\" defer></script>"), "{text}");
        assert_eq!(status(&sandbox, &id).await["status"], status_after);
        sandbox.ledger().order(form).executed_times(executions);
        // The handle cannot repeat what the browser did.
        assert!(catch_unwind(AssertUnwindSafe(|| sandbox.card3ds().checkout(&id).pay(CARD))).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| sandbox.card3ds().checkout(&id).cancel())).is_err());
        sandbox.ledger().order(form).executed_times(executions);
    }
    assert_eq!(sandbox.deliveries(), []);
    sandbox.finish();
}

#[tokio::test]
async fn the_page_shows_the_purchase_and_the_test_cards() {
    let sandbox = Sandbox::builder().start().await;
    let (_, page) = create_checkout(&sandbox, &with(checkout("order-1", BACK), "amount", 1000)).await;

    let response = browse(&sandbox, "GET", &page, "").await;

    let text = response.text();
    assert_eq!((response.status, response.header("content-type")), (200, Some("text/html; charset=utf-8")));
    for part in ["1000.00 TRY", "order-1", "Product purchase", "3 × 345.00, 1035.00 TRY in total", "Cancel"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(text.matches("<option").count(), 6, "{text}");
    for card in TEST_CARDS {
        assert!(text.contains(&card.mask()) && !text.contains(card.number), "{}: {text}", card.name);
        assert!(text.contains(&format!("value=\"{}\"", card.name)), "{}: {text}", card.name);
    }
    assert!(!text.contains("<script") && !text.contains("http"), "{text}");
    sandbox.finish();
}

#[tokio::test]
async fn installments_are_available_only_if_the_merchant_allows_them() {
    let sandbox = Sandbox::builder().start().await;
    for body in
        [without(checkout("a", BACK), "maxInstallmentCount"), with(checkout("b", BACK), "maxInstallmentCount", 1)]
    {
        let (id, page) = create_checkout(&sandbox, &body).await;
        let text = browse(&sandbox, "GET", &page, "").await.text();
        assert!(!text.contains("installments"), "{text}");
        let response = browse(&sandbox, "POST", &page, "action=pay&card=mastercard&installments=2").await;
        assert_eq!(response.status, 409, "{}", response.text());
        assert_eq!(status(&sandbox, &id).await["status"], "ENROLLED");
    }
    sandbox.finish();
}

#[tokio::test]
async fn installments_cost_what_the_options_say() {
    for (settings, amount) in [(Settings::default(), 100_000), (Settings::default().amount_with_interest(), 103_500)] {
        let sandbox = Sandbox::builder().card3ds(settings).start().await;
        let (id, _) = create_checkout(&sandbox, &with(checkout("order-1", BACK), "amount", 1000)).await;
        for (installments, card) in [(3, DEBIT), (7, CARD), (0, CARD)] {
            let pay = AssertUnwindSafe(|| sandbox.card3ds().checkout(&id).pay_in_installments(installments, card));
            assert!(catch_unwind(pay).is_err(), "{installments}");
        }
        sandbox.ledger().order("order-1").never_executed();

        sandbox.card3ds().checkout(&id).pay_in_installments(3, CARD);

        let response = status(&sandbox, &id).await;
        assert_eq!(
            (&response["installmentCount"], &response["amount"]),
            (&json!(3), &json!(f64::from(amount) / 100.0))
        );
        assert_eq!(sandbox.ledger().entries()[1].amount, i64::from(amount));
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_declined_card_or_a_cancellation_ends_the_checkout() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    let (declined, _) = create_checkout(&sandbox, &checkout("declined", &merchant.url)).await;
    let (cancelled, _) = create_checkout(&sandbox, &checkout("cancelled", &merchant.url)).await;

    sandbox.card3ds().checkout(&declined).pay(DECLINED);
    sandbox.card3ds().checkout(&cancelled).cancel();
    sandbox.settle().await;

    for (id, code) in [(&declined, "DO_NOT_HONOR"), (&cancelled, "CANCELLED")] {
        let response = status(&sandbox, id).await;
        assert_eq!((&response["status"], &response["resultCode"]), (&json!("FAILED"), &json!(code)));
    }
    let bodies: Vec<String> =
        merchant.received().iter().map(|message| String::from_utf8(message.body.clone()).unwrap()).collect();
    assert_eq!(bodies, [format!("checkoutId={declined}"), format!("checkoutId={cancelled}")]);
    assert_eq!(sandbox.ledger().executions("card3ds.checkout"), 0);
    sandbox.finish();
}

#[tokio::test]
async fn the_page_of_a_finished_checkout_shows_the_result_and_no_buttons() {
    let sandbox = Sandbox::builder().start().await;
    let (id, page) = create_checkout(&sandbox, &checkout("order-1", BACK)).await;
    sandbox.card3ds().checkout(&id).pay(CARD);
    let text = browse(&sandbox, "GET", &page, "").await.text();
    assert!(assert_without_card(&text).contains("SUCCESS") && !text.contains("<form"), "{text}");
    for form in ["action=pay&card=visa", "action=cancel"] {
        let response = browse(&sandbox, "POST", &page, form).await;
        assert_eq!(response.status, 409);
        assert!(
            response.text().contains(&format!("<a href=\"{page}\">Back to the payment</a>")),
            "{}",
            response.text()
        );
    }
    sandbox.ledger().order("order-1").executed_once();
    assert_eq!(sandbox.deliveries().len(), 1);
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_action_is_rejected() {
    let sandbox = Sandbox::builder().start().await;
    let (id, page) = create_checkout(&sandbox, &checkout("order-1", BACK)).await;
    let number = format!("action=pay&card={CARD}");
    for form in [
        "",
        "action=",
        "action=refund",
        "action=pay",
        "action=pay&card=nobody",
        "action=pay&card=visa&installments=x",
        &number,
    ] {
        assert_eq!(browse(&sandbox, "POST", &page, form).await.status, 409, "{form}");
    }
    assert_eq!(status(&sandbox, &id).await["status"], "ENROLLED");
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_checkout_is_not_found() {
    let sandbox = Sandbox::builder().start().await;
    let (id, _) = create_checkout(&sandbox, &checkout("order-1", BACK)).await;
    let payment = status(&sandbox, &id).await["paymentId"].as_str().unwrap().to_owned();
    for unknown in [payment.as_str(), "nothing", "%3Cscript%3E"] {
        let response = get(&sandbox, &format!("/api/checkout/{unknown}")).await.expect_status(404);
        assert_eq!(response, json!({"message": "no such checkout"}));
        let page = browse(&sandbox, "GET", &format!("/checkout-link/{unknown}"), "").await;
        assert_eq!((page.status, page.text().contains("script")), (404, false));
    }
    sandbox.finish();
}

#[tokio::test]
async fn merchant_input_is_escaped() {
    let sandbox = Sandbox::builder().start().await;
    let hostile = "\"><script>alert('1')</script>";
    let (_, page) = create_checkout(&sandbox, &with(checkout(hostile, BACK), "description", hostile)).await;
    let text = browse(&sandbox, "GET", &page, "").await.text();
    assert!(!text.contains("<script"), "{text}");
    assert_eq!(text.matches("&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;").count(), 2, "{text}");
    sandbox.finish();
}

#[tokio::test]
async fn two_paid_checkouts_of_one_order_are_a_double_execution() {
    let sandbox = Sandbox::builder().start().await;
    for _ in 0..2 {
        let (id, _) = create_checkout(&sandbox, &checkout("order-1", BACK)).await;
        sandbox.card3ds().checkout(&id).pay(CARD);
    }
    assert_eq!(sandbox.ledger().double_executions(), [("card3ds.checkout".to_owned(), "order-1".to_owned())]);
    sandbox.abandon();
}
