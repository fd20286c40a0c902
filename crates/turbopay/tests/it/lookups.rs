//! Lookups of orders and balances, within TurboPay's limit.

use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::test_util::Reply;
use turbopay::{Currency, ErrorKind, Expected, Mismatch, OrderStatus, Outcome};

use crate::support::{order, rupees, scripted, scripted_with_clock, withdrawal};

#[tokio::test]
async fn the_sixty_first_lookup_waits_until_the_first_is_one_minute_old() {
    let (client, script, clock) = scripted_with_clock((0..61).map(|_| order("r-1", "new")));
    let (reference, id) = ("r-1".parse().unwrap(), "o-1".parse().unwrap());

    for number in 0..60 {
        // Lookups by either id count together.
        let lookup = if number % 2 == 0 { client.lookup(&reference) } else { client.order_status(&id) };
        lookup.send().await.unwrap();
    }
    assert_eq!(clock.monotonic(), Duration::ZERO, "sixty lookups need no wait");
    client.lookup(&reference).timeout(Duration::from_secs(90)).send().await.unwrap();

    assert_eq!(clock.monotonic(), Duration::from_secs(60));
    assert_eq!(script.requests().len(), 61);
}

#[tokio::test]
async fn a_lookup_that_would_wait_longer_than_its_timeout_is_not_sent() {
    let (client, script) = scripted((0..60).map(|_| order("r-1", "new")));
    let reference = "r-1".parse().unwrap();
    for _ in 0..60 {
        client.lookup(&reference).send().await.unwrap();
    }

    let err = client.lookup(&reference).timeout(Duration::from_secs(59)).send().await.unwrap_err();

    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Throttled, Outcome::NotSent));
    assert_eq!(err.retry_after(), Some(Duration::from_secs(60)));
    assert_eq!(script.requests().len(), 60);
}

#[tokio::test]
async fn lookups_by_another_process_count_if_the_rate_limit_headers_report_them() {
    let limited = order("r-1", "new").header("x-ratelimit-limit", "60").header("x-ratelimit-remaining", "1");
    let (client, _, clock) = scripted_with_clock([limited, order("r-1", "new"), order("r-1", "new")]);
    let reference = "r-1".parse().unwrap();

    for _ in 0..3 {
        client.lookup(&reference).timeout(Duration::from_secs(90)).send().await.unwrap();
    }

    assert_eq!(clock.monotonic(), Duration::from_secs(60), "another process used 58 of the 60 lookups");
}

#[tokio::test]
async fn the_limit_on_lookups_does_not_delay_withdrawals() {
    let created = Reply::json(201, r#"{"order_id":"o-2","status":"new"}"#);
    let (client, _, clock) = scripted_with_clock((0..60).map(|_| order("r-1", "new")).chain([created]));
    for _ in 0..60 {
        client.lookup(&"r-1".parse().unwrap()).send().await.unwrap();
    }

    client.create_withdrawal(withdrawal()).send().await.unwrap();

    assert_eq!(clock.monotonic(), Duration::ZERO);
}

#[tokio::test]
async fn a_response_about_another_order_is_rejected() {
    let (client, _) = scripted([order("r-2", "success")]);
    let err = client.lookup(&"r-1".parse().unwrap()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.json_path()), (ErrorKind::MalformedResponse, Some("merchant_order_id")));

    let (client, _) = scripted([order("r-1", "success")]);
    let err = client.order_status(&"o-9".parse().unwrap()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.json_path()), (ErrorKind::MalformedResponse, Some("order_id")));
}

#[tokio::test]
async fn a_reference_with_any_characters_is_one_path_segment() {
    let rows = [
        ("a/b", "a%2Fb"),
        ("../balance", "..%2Fbalance"),
        ("%2e%2e", "%252e%252e"),
        ("a?x=1#y", "a%3Fx%3D1%23y"),
        ("a\r\nHost: evil", "a%0D%0AHost%3A%20evil"),
        ("ümlaut 7", "%C3%BCmlaut%207"),
        ("a\\b", "a%5Cb"),
    ];
    for (reference, segment) in rows {
        let (client, script) = scripted([]);
        let _ = client.lookup(&reference.parse().unwrap()).send().await;
        assert_eq!(script.requests()[0].url(), format!("https://api.turbopay.com/api/merchantorder/status/{segment}"));
    }
}

#[tokio::test]
async fn wait_until_final_returns_the_first_final_status() {
    let (client, script) = scripted([
        Reply::json(404, r#"{"message":"Order not found"}"#),
        order("r-1", "new"),
        Reply::new(502, "<html>"),
        order("r-1", "pending"),
        order("r-1", "success"),
    ]);

    let order = client.wait_until_final(&"r-1".parse().unwrap()).send().await.unwrap();

    assert_eq!(order.status, OrderStatus::Success);
    assert_eq!(script.requests().len(), 5);
}

#[tokio::test]
async fn wait_until_final_returns_the_last_status_at_its_timeout() {
    let (client, _, clock) = scripted_with_clock((0..50).map(|_| order("r-1", "pending")));
    let poller = client.wait_until_final(&"r-1".parse().unwrap()).timeout(Duration::from_secs(30));

    let order = poller.send().await.unwrap();

    assert_eq!(order.status, OrderStatus::Pending);
    assert_eq!(clock.monotonic(), Duration::from_secs(30));
}

#[tokio::test]
async fn wait_until_final_stops_at_an_error_that_is_not_temporary() {
    let (client, script) = scripted([order("r-1", "new"), Reply::json(401, r#"{"message":"Unauthorized"}"#)]);
    let err = client.wait_until_final(&"r-1".parse().unwrap()).send().await.unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Authentication);
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn check_compares_an_order_with_what_was_ordered() {
    let (client, _) = scripted([order("r-1", "success")]);
    let order = client.lookup(&"r-1".parse().unwrap()).send().await.unwrap();

    assert_eq!(order.check(&Expected::new("r-1", rupees("500"))), Ok(()));
    assert_eq!(order.check(&Expected::new("r-2", rupees("500"))), Err(Mismatch::Reference));
    let differs = Mismatch::AmountDiffers { expected: rupees("501"), actual: rupees("500") };
    assert_eq!(order.check(&Expected::new("r-1", rupees("501"))), Err(differs));
}

#[tokio::test]
async fn a_balance_in_another_currency_than_requested_is_rejected() {
    let inr = r#"{"account_id":"a","currency":"INR","available_balance":"1.0000","total_balance":"2.005"}"#;
    let (client, script) = scripted([Reply::json(200, inr), Reply::json(200, inr)]);

    let balance = client.balance(Currency::INR).send().await.unwrap();
    assert_eq!(balance.available_money().unwrap(), rupees("1"));
    assert!(balance.total_money().is_err(), "half a paisa is not rounded");
    assert_eq!(script.requests()[0].url(), "https://api.turbopay.com/api/balance?currency=INR");
    let err = client.balance(Currency::EUR).send().await.unwrap_err();
    assert_eq!(err.json_path(), Some("currency"));
}
