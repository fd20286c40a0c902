//! Card payments without 3-D Secure.

use payments_sandbox::{Sandbox, StartError, card3ds::Settings, card3ds::TEST_CARDS};
use serde_json::{Value, json};

use super::{
    DECLINED, assert_without_card, get, payment, post, post_text, post_until_closed, request, send_bytes,
    three_ds_payment,
};
use crate::support::{with, without};

#[tokio::test]
async fn a_payment_is_executed_and_its_response_has_every_documented_field() {
    let sandbox = Sandbox::builder().start().await;

    let response = post(&sandbox, "/api/payment", &payment("ORD-12345")).await;

    let text = response.text();
    assert!(
        assert_without_card(&text).contains("\"amount\":100.50,") && text.contains("\"merchantCommission\":2.51,"),
        "{text}"
    );
    let mut payment_response = response.expect_status(200);
    for (name, begins, length) in
        [("paymentId", "", 36), ("externalTransactionId", "EXT", 12), ("authCode", "AUTH", 10)]
    {
        let value = payment_response[name].take();
        assert!(value.as_str().is_some_and(|text| text.starts_with(begins) && text.len() == length), "{name}: {value}");
    }
    assert_eq!(
        payment_response,
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
    sandbox.expect_status("ORD-12345", "SUCCESS");
    sandbox.finish();
}

#[tokio::test]
async fn a_repeated_order_is_executed_twice_and_the_ledger_reports_it() {
    let sandbox = Sandbox::builder().start().await;
    let first = post(&sandbox, "/api/payment", &payment("order-1")).await.expect_status(200);
    let second = post(&sandbox, "/api/payment", &payment("order-1")).await.expect_status(200);
    assert_eq!((&first["status"], &second["status"]), (&json!("SUCCESS"), &json!("SUCCESS")));
    assert_ne!(first["paymentId"], second["paymentId"]);
    assert_eq!(sandbox.ledger().double_executions(), [("card3ds.payment".to_owned(), "order-1".to_owned())]);
    sandbox.abandon();
}

#[tokio::test]
async fn a_payment_with_a_lost_response_may_have_been_executed() {
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
async fn a_payment_that_was_not_executed_shows_an_id_that_no_payment_has() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("card3ds.payment#1 @before-commit truncate=60");
    let (bytes, _) = post_until_closed(&sandbox, "/api/payment", &payment("order-1")).await;
    let lost = String::from_utf8(bytes).unwrap();
    let response = post(&sandbox, "/api/payment", &payment("order-1")).await.expect_status(200);
    assert!(lost.contains("\"paymentId\":\"") && !lost.contains(response["paymentId"].as_str().unwrap()), "{lost}");
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn an_order_has_the_status_of_its_last_payment_unless_one_succeeded() {
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
        post(&sandbox, path, body).await.expect_status(200);
        assert_eq!(sandbox.card3ds().order("order-1").status(), Some(status));
    }
    sandbox.expect_status("order-1", "SUCCESS");
    sandbox.finish();
}

#[tokio::test]
async fn a_declined_card_gets_a_response_and_moves_no_money() {
    let sandbox = Sandbox::builder().start().await;
    for card in TEST_CARDS.iter().filter(|card| card.declines.is_some()) {
        let response = post(&sandbox, "/api/payment", &with(payment("order-1"), "pan", card.number)).await;
        assert!(response.text().contains("\"merchantCommission\":0.00,"), "{}", response.text());
        let payment_response = response.expect_status(200);
        let (code, message) = card.declines.unwrap();
        assert_eq!(payment_response["status"], "FAILED", "{}", card.name);
        assert_eq!(
            (&payment_response["resultCode"], &payment_response["resultMessage"]),
            (&json!(code), &json!(message)),
            "{}",
            card.name
        );
        assert_eq!(
            (&payment_response["authCode"], &payment_response["pan"]),
            (&Value::Null, &json!(card.mask())),
            "{}",
            card.name
        );
    }
    assert_eq!(sandbox.ledger().entries(), []);
    assert_eq!(sandbox.card3ds().order("order-1").status(), Some("FAILED"));

    post(&sandbox, "/api/payment", &payment("order-1")).await.expect_status(200);
    post(&sandbox, "/api/payment", &with(payment("order-1"), "pan", DECLINED)).await.expect_status(200);

    sandbox.ledger().order("order-1").executed_once();
    assert_eq!(sandbox.card3ds().order("order-1").status(), Some("SUCCESS"));
    assert_eq!(sandbox.card3ds().order("order-2").status(), None);
    sandbox.finish();
}

#[tokio::test]
async fn every_other_test_card_succeeds() {
    let sandbox = Sandbox::builder().start().await;
    for card in TEST_CARDS.iter().filter(|card| card.declines.is_none()) {
        let response =
            post(&sandbox, "/api/payment", &with(payment(card.name), "pan", card.number)).await.expect_status(200);
        assert_eq!(response["status"], "SUCCESS", "{}", card.name);
        assert_eq!((&response["cardScheme"], &response["cardType"]), (&json!(card.scheme), &json!(card.card_type)));
        assert_eq!((&response["domInt"], &response["loyaltyCode"]), (&json!(card.dom_int), &json!(card.loyalty_code)));
        sandbox.ledger().order(card.name).executed_once();
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_card_is_valid_until_the_end_of_its_expiry_month() {
    let sandbox = Sandbox::builder().start().await;
    for (month, year, status) in [("01", "26", "SUCCESS"), ("12", "25", "FAILED"), ("12", "26", "SUCCESS")] {
        let order = format!("{month}/{year}");
        let body = with(with(payment(&order), "expiryMonth", month), "expiryYear", year);
        let response = post(&sandbox, "/api/payment", &body).await.expect_status(200);
        assert_eq!(response["status"], status, "{order}");
        assert_eq!(response["resultCode"], if status == "FAILED" { "EXPIRED_CARD" } else { "SUCCESS" }, "{order}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn the_customer_id_is_optional() {
    let sandbox = Sandbox::builder().start().await;
    for body in [without(payment("a"), "customerId"), with(payment("b"), "customerId", Value::Null)] {
        let response = post(&sandbox, "/api/payment", &body).await.expect_status(200);
        assert_eq!(response["customerId"], Value::Null);
    }
    sandbox.finish();
}

#[tokio::test]
async fn an_amount_is_exact_to_the_last_digit() {
    let sandbox = Sandbox::builder().start().await;
    for (currency, sent, printed, hundredths) in [
        ("TRY", "100.5", "100.50", 10_050),
        ("TRY", "100", "100.00", 10_000),
        ("EUR", "0.01", "0.01", 1),
        // A float cannot represent this amount exactly.
        ("USD", "900719925474.93", "900719925474.93", 90_071_992_547_493),
        ("JPY", "500", "500", 50_000),
    ] {
        let body = with(payment(sent), "currency", currency).to_string();
        let body = body.replace("\"amount\":100.5,", &format!("\"amount\":{sent},"));
        let response = post_text(&sandbox, "/api/payment", &body).await;
        assert!(response.text().contains(&format!("\"amount\":{printed},")), "{}", response.text());
        assert_eq!(sandbox.ledger().order(sent).entries()[0].amount, hundredths, "{sent}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_commission_can_have_more_decimals_than_the_currency() {
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
async fn a_request_without_the_key_and_the_secret_is_rejected() {
    let sandbox = Sandbox::builder().start().await;
    let (key, secret) = (sandbox.card3ds().api_key(), sandbox.card3ds().api_secret());
    let valid = String::from_utf8(request(&sandbox, "POST", "/api/payment", &payment("order-1").to_string())).unwrap();
    for (from, to) in [
        (format!("X-API-KEY: {key}\r\n"), String::new()),
        (format!("X-API-SECRET: {secret}\r\n"), String::new()),
        (key.to_owned(), secret.to_owned()),
        (secret.to_owned(), key.to_owned()),
        (secret.to_owned(), format!("{secret}x")),
        ("X-API-KEY".to_owned(), "Authorization".to_owned()),
    ] {
        let request = valid.replacen(&from, &to, 1);
        assert_ne!(request, valid);
        assert_eq!(
            send_bytes(&sandbox, request.as_bytes()).await.expect_status(401),
            json!({"message": "Unauthorized"}),
            "{from}"
        );
    }
    assert_eq!(sandbox.ledger().entries(), []);
    sandbox.finish();
}

#[tokio::test]
async fn keys_can_be_configured_but_live_keys_are_rejected() {
    let sandbox = Sandbox::builder().card3ds(Settings::default().keys("test_key", "sandbox_secret")).start().await;
    assert_eq!((sandbox.card3ds().api_key(), sandbox.card3ds().api_secret()), ("test_key", "sandbox_secret"));
    post(&sandbox, "/api/payment", &payment("order-1")).await.expect_status(200);
    sandbox.finish();

    for (key, secret) in [("live_key", "sandbox_secret"), ("test_key", "secret")] {
        let result = Sandbox::builder().card3ds(Settings::default().keys(key, secret)).try_start().await;
        assert!(matches!(result, Err(StartError::LiveKey)), "{key}");
    }
}

#[tokio::test]
async fn an_unknown_endpoint_returns_404() {
    let sandbox = Sandbox::builder().start().await;
    for path in ["/api/payments", "/payment", "/api/payment/", "/api/3ds/x/capture", "/api/checkout"] {
        assert_eq!(get(&sandbox, path).await.expect_status(404), json!({"message": "no such endpoint"}), "{path}");
    }
    post(&sandbox, "/api/refund", &payment("order-1")).await.expect_status(404);
    assert_eq!(sandbox.ledger().entries(), []);
    sandbox.finish();
}
