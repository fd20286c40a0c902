//! Looking up transactions.

use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::test_util::Reply;
use payments_core::{Currency, ErrorKind, Expected, Mismatch, Money};
use turbo_txn::TxnStatus;

use crate::support::{
    details_reply, new_transaction, order_id, rupees, scripted, scripted_with_clock, transaction_reply,
};

#[tokio::test]
async fn a_check_compares_reference_currency_and_amount() {
    let (client, _) = scripted([transaction_reply("order-7421"), details_reply("order-7421", "Approved")]);
    let transaction = client.initiate(new_transaction()).send().await.unwrap();
    let details = client.lookup(&transaction.order_id).send().await.unwrap();

    // The response's amount counts. It may differ from the requested amount, and `check` reports that.
    let differs = Err(Mismatch::AmountDiffers { expected: rupees("300"), actual: rupees("300.01") });
    for is_lookup in [false, true] {
        let check = |expected: &Expected| if is_lookup { details.check(expected) } else { transaction.check(expected) };
        assert_eq!(check(&Expected::new(&transaction.order_id, transaction.amount().unwrap())), Ok(()));
        assert_eq!(check(&Expected::new(&transaction.order_id, transaction.requested_amount)), differs);
        assert_eq!(check(&Expected::new("order-1", transaction.amount().unwrap())), Err(Mismatch::Reference));
        let dollars = Money::from_minor(30_001, Currency::USD);
        let currency = Mismatch::Currency { expected: Currency::USD, actual: Currency::INR };
        assert_eq!(check(&Expected::new(&transaction.order_id, dollars)), Err(currency));
    }
}

#[tokio::test]
async fn amounts_are_decoded_exactly_from_the_text_of_the_number() {
    for (text, minor) in [
        ("300.01", 30_001),
        ("300", 30_000),
        ("300.1", 30_010),
        ("300.1000", 30_010),
        ("\"300.01\"", 30_001),
        ("0.1", 10),
        ("90071992547409.93", 9_007_199_254_740_993),
        ("92233720368547758.07", i64::MAX),
    ] {
        let (client, _) = scripted([Reply::json(200, &body_with_amount(text))]);
        let details = client.lookup(&order_id("o-1")).send().await.unwrap();
        assert_eq!(details.amount().unwrap(), Money::from_minor(minor, Currency::INR), "{text}");
    }
}

#[tokio::test]
async fn an_inexact_amount_leaves_the_status_readable_and_matches_nothing() {
    for (text, raw) in [
        ("300.001", Some("300.001")),
        ("3e2", Some("3e2")),
        ("1e400", Some("1e400")),
        ("\"300,01\"", Some("300,01")),
        ("\"₹300\"", Some("₹300")),
        ("\"\"", None),
        ("null", None),
        ("true", Some("true")),
        ("[]", Some("[]")),
        ("92233720368547758.08", Some("92233720368547758.08")),
    ] {
        let (client, _) = scripted([Reply::json(200, &body_with_amount(text))]);
        let details = client.lookup(&order_id("o-1")).send().await.unwrap();
        assert_eq!((&details.status, details.amount().unwrap_err().raw()), (&TxnStatus::Approved, raw), "{text}");
        assert!(details.check(&Expected::new("o-1", rupees("300"))).is_err(), "{text}");
    }
}

#[tokio::test]
async fn a_response_about_another_order_is_rejected() {
    let (client, script) = scripted([details_reply("order-2", "Approved"), details_reply("order-1", "Approved")]);
    let err = client.lookup(&order_id("order-1")).send().await.unwrap_err();
    assert_eq!((err.kind(), err.json_path()), (ErrorKind::MalformedResponse, Some("data.orderId")));
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn an_error_names_a_malformed_member_and_unknown_members_are_ignored() {
    let valid =
        r#"{"statusCode":200,"success":true,"data":{"utr":null,"orderId":"o-1","txnStatus":"Pending","amount":1}}"#;
    for (from, to, path) in [
        (r#""Pending""#, "null", "data.txnStatus"),
        (r#""Pending""#, r#"["Approved"]"#, "data.txnStatus"),
        (r#""o-1""#, r#""o 1""#, "data.orderId"),
        (r#""o-1""#, "null", "data.orderId"),
        ("true", "\"true\"", "success"),
        ("true", "1", "success"),
        ("\"success\":true,", "", "."),
        ("\"statusCode\":200,", "", "."),
        ("200", "\"200\"", "statusCode"),
        ("200", "200.0", "statusCode"),
        (r#""data":{"utr":null,"orderId":"o-1","txnStatus":"Pending","amount":1}"#, r#""data":null"#, "data"),
    ] {
        let (client, _) = scripted([Reply::json(200, &valid.replace(from, to))]);
        let err = client.lookup(&order_id("o-1")).send().await.unwrap_err();
        assert_eq!((err.kind(), err.json_path()), (ErrorKind::MalformedResponse, Some(path)), "{to}: {err}");
    }
    for (from, to) in [
        ("{\"utr\":null,", "{\"payer\":{\"vpa\":[1]},"),
        ("\"statusCode\"", "\"message\":7,\"path\":null,\"statusCode\""),
        ("200,", "201,"),
    ] {
        let (client, _) = scripted([Reply::json(200, &valid.replace(from, to))]);
        assert_eq!(client.lookup(&order_id("o-1")).send().await.unwrap().utr, None, "{to}");
    }
}

#[tokio::test]
async fn a_timestamp_in_another_format_does_not_fail_the_lookup() {
    let response = r#"{"statusCode":200,"success":true,"timestamp":"yesterday","data":{"orderId":"o-1","txnStatus":"Pending","amount":1}}"#;
    let (client, _) = scripted([Reply::json(200, response)]);
    let timestamp = client.lookup(&order_id("o-1")).send().await.unwrap().timestamp.unwrap();
    assert_eq!((timestamp.as_str(), timestamp.moment()), ("yesterday", None));
}

#[tokio::test]
async fn waiting_ends_at_the_first_final_status() {
    let (client, script) = scripted([
        Reply::json(200, r#"{"statusCode":404,"message":"No such order","success":false}"#),
        details_reply("o-1", "Initiated"),
        Reply::new(502, "<html>"),
        details_reply("o-1", "Pending"),
        details_reply("o-1", "On Hold"),
        details_reply("o-1", "Approved"),
    ]);

    let details = client.wait_until_final(&order_id("o-1")).send().await.unwrap();

    assert_eq!(details.status, TxnStatus::Approved);
    assert_eq!(script.requests().len(), 6);
}

#[tokio::test]
async fn waiting_returns_the_last_status_at_the_timeout() {
    let (client, _, clock) = scripted_with_clock((0..50).map(|_| details_reply("o-1", "Pending")));
    let details = client.wait_until_final(&order_id("o-1")).timeout(Duration::from_secs(30)).send().await.unwrap();
    assert_eq!(details.status, TxnStatus::Pending);
    assert_eq!(clock.monotonic(), Duration::from_secs(30));
}

#[tokio::test]
async fn waiting_ends_at_once_if_another_lookup_cannot_help() {
    let unauthorized = Reply::json(200, r#"{"statusCode":401,"message":"Invalid keys","success":false}"#);
    let (client, script) = scripted([details_reply("o-1", "Pending"), unauthorized]);
    let err = client.wait_until_final(&order_id("o-1")).send().await.unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Authentication);
    assert_eq!(script.requests().len(), 2);
}

fn body_with_amount(amount: &str) -> String {
    format!(
        r#"{{"statusCode":200,"success":true,"data":{{"orderId":"o-1","txnStatus":"Approved","amount":{amount}}}}}"#
    )
}
