//! Payments by card, without 3-D Secure.

use payments_sandbox::{Sandbox, StartError, card3ds::Settings, card3ds::TEST_CARDS};
use serde_json::{Value, json};

use super::{DECLINED, get, payment, post, post_text, post_until_closed, raw, request, three_ds_payment, without_card};
use crate::support::{with, without};

#[tokio::test]
async fn a_payment_is_executed_and_answered_with_every_documented_member() {
    let sandbox = Sandbox::builder().start().await;

    let response = post(&sandbox, "/api/payment", &payment("ORD-12345")).await;

    let text = response.text();
    assert!(
        without_card(&text).contains("\"amount\":100.50,") && text.contains("\"merchantCommission\":2.51,"),
        "{text}"
    );
    let mut found = response.expect(200);
    for (name, begins, length) in
        [("paymentId", "", 36), ("externalTransactionId", "EXT", 12), ("authCode", "AUTH", 10)]
    {
        let value = found[name].take();
        assert!(value.as_str().is_some_and(|text| text.starts_with(begins) && text.len() == length), "{name}: {value}");
    }
    assert_eq!(
        found,
        json!({
            "paymentId": null,
            "orderId": "ORD-12345",
            "amount": 100.5,
            "installmentCount": 1,
            "currency": "TRY",
            "merchantCommission": 2.51,
            "status": "SUCCESS",
            "paymentDate": "2026-01-01T12:00:00Z",
            "cardHolderName": "John Doe",
            "pan": "542119******0656",
            "domInt": "DOM",
            "cardScheme": "MASTERCARD",
            "cardType": "CREDIT",
            "loyaltyCode": null,
            "externalTransactionId": null,
            "authCode": null,
            "resultCode": "SUCCESS",
            "resultMessage": "Successful",
            "customerId": "CUST-12345",
        })
    );
    sandbox.ledger().order("ORD-12345").executed_once();
    let ledger = sandbox.ledger();
    let entry = &ledger.entries()[0];
    assert_eq!((entry.operation.as_str(), entry.amount, entry.currency.as_str()), ("card3ds.payment", 10_050, "TRY"));
    sandbox.believes("ORD-12345", "SUCCESS");
    sandbox.finish();
}

#[tokio::test]
async fn the_same_order_twice_is_executed_twice_and_the_ledger_says_so() {
    let sandbox = Sandbox::builder().start().await;
    let first = post(&sandbox, "/api/payment", &payment("order-1")).await.expect(200);
    let second = post(&sandbox, "/api/payment", &payment("order-1")).await.expect(200);
    assert_eq!((&first["status"], &second["status"]), (&json!("SUCCESS"), &json!("SUCCESS")));
    assert_ne!(first["paymentId"], second["paymentId"]);
    assert_eq!(sandbox.ledger().double_executions(), [("card3ds.payment".to_owned(), "order-1".to_owned())]);
    sandbox.abandon();
}

#[tokio::test]
async fn a_payment_whose_answer_is_lost_was_executed_or_was_not() {
    for (phase, times) in [("after-commit", 1), ("before-commit", 0)] {
        let sandbox = Sandbox::builder().start().await;
        sandbox.fault(&format!("card3ds.payment#1 order=order-1 @{phase} truncate"));
        let (bytes, _) = post_until_closed(&sandbox, "/api/payment", &payment("order-1")).await;
        assert!(String::from_utf8(bytes).unwrap().starts_with("HTTP/1.1 200 OK"), "{phase}");
        sandbox.ledger().order("order-1").executed_times(times);
        sandbox.finish();
    }
}

#[tokio::test]
async fn what_was_not_executed_has_an_id_that_no_payment_has() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("card3ds.payment#1 @before-commit truncate=60");
    let (bytes, _) = post_until_closed(&sandbox, "/api/payment", &payment("order-1")).await;
    let lost = String::from_utf8(bytes).unwrap();
    let found = post(&sandbox, "/api/payment", &payment("order-1")).await.expect(200);
    assert!(lost.contains("\"paymentId\":\"") && !lost.contains(found["paymentId"].as_str().unwrap()), "{lost}");
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn an_order_stands_where_its_last_payment_stands_unless_one_has_succeeded() {
    let sandbox = Sandbox::builder().start().await;
    let declined = with(payment("order-1"), "pan", DECLINED);
    let body = three_ds_payment("order-1", "https://merchant.example/back");
    for (path, body, status) in [
        ("/api/payment", &declined, "FAILED"),
        ("/api/3ds", &body, "ENROLLED"),
        ("/api/payment", &declined, "FAILED"),
        ("/api/payment", &payment("order-1"), "SUCCESS"),
        ("/api/3ds", &body, "SUCCESS"),
        ("/api/payment", &declined, "SUCCESS"),
    ] {
        post(&sandbox, path, body).await.expect(200);
        assert_eq!(sandbox.card3ds().order("order-1").status(), Some(status));
    }
    sandbox.believes("order-1", "SUCCESS");
    sandbox.finish();
}

#[tokio::test]
async fn a_declined_card_is_an_answer_and_moves_nothing() {
    let sandbox = Sandbox::builder().start().await;
    for card in TEST_CARDS.iter().filter(|card| card.declines.is_some()) {
        let response = post(&sandbox, "/api/payment", &with(payment("order-1"), "pan", card.number)).await;
        assert!(response.text().contains("\"merchantCommission\":0.00,"), "{}", response.text());
        let found = response.expect(200);
        let (code, message) = card.declines.unwrap();
        assert_eq!(found["status"], "FAILED", "{}", card.name);
        assert_eq!((&found["resultCode"], &found["resultMessage"]), (&json!(code), &json!(message)), "{}", card.name);
        assert_eq!((&found["authCode"], &found["pan"]), (&Value::Null, &json!(card.mask())), "{}", card.name);
    }
    assert_eq!(sandbox.ledger().entries(), []);
    assert_eq!(sandbox.card3ds().order("order-1").status(), Some("FAILED"));

    post(&sandbox, "/api/payment", &payment("order-1")).await.expect(200);
    post(&sandbox, "/api/payment", &with(payment("order-1"), "pan", DECLINED)).await.expect(200);

    sandbox.ledger().order("order-1").executed_once();
    assert_eq!(sandbox.card3ds().order("order-1").status(), Some("SUCCESS"));
    assert_eq!(sandbox.card3ds().order("order-2").status(), None);
    sandbox.finish();
}

#[tokio::test]
async fn every_other_test_card_pays() {
    let sandbox = Sandbox::builder().start().await;
    for card in TEST_CARDS.iter().filter(|card| card.declines.is_none()) {
        let found = post(&sandbox, "/api/payment", &with(payment(card.name), "pan", card.number)).await.expect(200);
        assert_eq!(found["status"], "SUCCESS", "{}", card.name);
        assert_eq!((&found["cardScheme"], &found["cardType"]), (&json!(card.scheme), &json!(card.card_type)));
        assert_eq!((&found["domInt"], &found["loyaltyCode"]), (&json!(card.dom_int), &json!(card.loyalty_code)));
        sandbox.ledger().order(card.name).executed_once();
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_card_is_good_until_the_end_of_its_month() {
    let sandbox = Sandbox::builder().start().await;
    for (month, year, status) in [("01", "26", "SUCCESS"), ("12", "25", "FAILED"), ("12", "26", "SUCCESS")] {
        let order = format!("{month}/{year}");
        let body = with(with(payment(&order), "expiryMonth", month), "expiryYear", year);
        let found = post(&sandbox, "/api/payment", &body).await.expect(200);
        assert_eq!(found["status"], status, "{order}");
        assert_eq!(found["resultCode"], if status == "FAILED" { "EXPIRED_CARD" } else { "SUCCESS" }, "{order}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_customer_s_id_is_not_needed() {
    let sandbox = Sandbox::builder().start().await;
    for body in [without(payment("a"), "customerId"), with(payment("b"), "customerId", Value::Null)] {
        let found = post(&sandbox, "/api/payment", &body).await.expect(200);
        assert_eq!(found["customerId"], Value::Null);
    }
    sandbox.finish();
}

#[tokio::test]
async fn an_amount_stays_what_it_is_to_the_last_digit() {
    let sandbox = Sandbox::builder().start().await;
    for (currency, sent, told, hundredths) in [
        ("TRY", "100.5", "100.50", 10_050),
        ("TRY", "100", "100.00", 10_000),
        ("EUR", "0.01", "0.01", 1),
        // One that a float would not keep.
        ("USD", "900719925474.93", "900719925474.93", 90_071_992_547_493),
        ("JPY", "500", "500", 50_000),
    ] {
        let body = with(payment(sent), "currency", currency).to_string();
        let body = body.replace("\"amount\":100.5,", &format!("\"amount\":{sent},"));
        let response = post_text(&sandbox, "/api/payment", &body).await;
        assert!(response.text().contains(&format!("\"amount\":{told},")), "{}", response.text());
        assert_eq!(sandbox.ledger().order(sent).entries()[0].amount, hundredths, "{sent}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_commission_can_have_more_decimals_than_can_be_paid() {
    let settings = Settings::default().commission(175).exact_commission();
    let sandbox = Sandbox::builder().card3ds(settings).start().await;
    let text = post(&sandbox, "/api/payment", &payment("order-1")).await.text();
    assert!(text.contains("\"merchantCommission\":1.75875,"), "{text}");
    sandbox.finish();

    let sandbox = Sandbox::builder().card3ds(Settings::default().commission(0)).start().await;
    let text = post(&sandbox, "/api/payment", &payment("order-1")).await.text();
    assert!(text.contains("\"merchantCommission\":0.00,"), "{text}");
    sandbox.finish();
}

#[tokio::test]
async fn without_its_key_and_its_secret_nobody_is_let_in() {
    let sandbox = Sandbox::builder().start().await;
    let (key, secret) = (sandbox.card3ds().api_key(), sandbox.card3ds().api_secret());
    let whole = String::from_utf8(request(&sandbox, "POST", "/api/payment", &payment("order-1").to_string())).unwrap();
    for (from, to) in [
        (format!("X-API-KEY: {key}\r\n"), String::new()),
        (format!("X-API-SECRET: {secret}\r\n"), String::new()),
        (key.to_owned(), secret.to_owned()),
        (secret.to_owned(), key.to_owned()),
        (secret.to_owned(), format!("{secret}x")),
        ("X-API-KEY".to_owned(), "Authorization".to_owned()),
    ] {
        let request = whole.replacen(&from, &to, 1);
        assert_ne!(request, whole);
        assert_eq!(raw(&sandbox, request.as_bytes()).await.expect(401), json!({"message": "Unauthorized"}), "{from}");
    }
    assert_eq!(sandbox.ledger().entries(), []);
    sandbox.finish();
}

#[tokio::test]
async fn its_keys_are_chosen_or_made_and_never_real() {
    let sandbox = Sandbox::builder().card3ds(Settings::default().keys("test_key", "sandbox_secret")).start().await;
    assert_eq!((sandbox.card3ds().api_key(), sandbox.card3ds().api_secret()), ("test_key", "sandbox_secret"));
    post(&sandbox, "/api/payment", &payment("order-1")).await.expect(200);
    sandbox.finish();

    for (key, secret) in [("live_key", "sandbox_secret"), ("test_key", "secret")] {
        let refused = Sandbox::builder().card3ds(Settings::default().keys(key, secret)).try_start().await;
        assert!(matches!(refused, Err(StartError::LiveKey)), "{key}");
    }
}

#[tokio::test]
async fn an_endpoint_that_there_is_not_is_answered_404() {
    let sandbox = Sandbox::builder().start().await;
    for path in ["/api/payments", "/payment", "/api/payment/", "/api/3ds/x/capture", "/api/checkout"] {
        assert_eq!(get(&sandbox, path).await.expect(404), json!({"message": "there is no such endpoint"}), "{path}");
    }
    post(&sandbox, "/api/refund", &payment("order-1")).await.expect(404);
    assert_eq!(sandbox.ledger().entries(), []);
    sandbox.finish();
}
