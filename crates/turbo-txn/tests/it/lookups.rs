//! Asking where a transaction stands.

use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::test_util::Reply;
use payments_core::{Currency, ErrorKind, Expected, Mismatch, Money};
use turbo_txn::TxnStatus;

use crate::support::{found, initiated, order, rupees, scripted, scripted_with_clock, transaction};

#[tokio::test]
async fn a_transaction_is_held_against_what_was_ordered() {
    let (client, _) = scripted([initiated("order-7421"), found("order-7421", "Approved")]);
    let transaction = client.initiate(transaction()).send().await.unwrap();
    let details = client.lookup(&transaction.order_id).send().await.unwrap();

    // What counts is the amount of the answer; it may differ from what was asked for, and says so.
    let differs = Err(Mismatch::AmountDiffers { expected: rupees("300"), actual: rupees("300.01") });
    for of_both in [0, 1] {
        let check =
            |expected: &Expected| if of_both == 0 { transaction.check(expected) } else { details.check(expected) };
        assert_eq!(check(&Expected::new(&transaction.order_id, transaction.amount)), Ok(()));
        assert_eq!(check(&Expected::new(&transaction.order_id, transaction.requested_amount)), differs);
        assert_eq!(check(&Expected::new("order-1", transaction.amount)), Err(Mismatch::Reference));
        let dollars = Money::from_minor(30_001, Currency::USD);
        let currency = Mismatch::Currency { expected: Currency::USD, actual: Currency::INR };
        assert_eq!(check(&Expected::new(&transaction.order_id, dollars)), Err(currency));
    }
}

#[tokio::test]
async fn amounts_are_read_from_the_numbers_own_text() {
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
        let response = String::from_utf8(response(text)).unwrap();
        let (client, _) = scripted([Reply::json(200, &response)]);
        let details = client.lookup(&order("o-1")).send().await.unwrap();
        assert_eq!(details.amount, Money::from_minor(minor, Currency::INR), "{text}");
    }
}

#[tokio::test]
async fn an_amount_that_is_not_exact_is_an_error_with_its_path() {
    for text in
        ["300.001", "3e2", "1e400", "\"300,01\"", "\"₹300\"", "\"\"", "null", "true", "[]", "92233720368547758.08"]
    {
        let (client, _) = scripted([Reply::new(200, response(text))]);
        let err = client.lookup(&order("o-1")).send().await.unwrap_err();
        assert_eq!((err.kind(), err.json_path()), (ErrorKind::MalformedResponse, Some("data.amount")), "{text}");
    }
}

#[tokio::test]
async fn an_answer_about_another_order_is_refused() {
    let (client, script) = scripted([found("order-2", "Approved"), found("order-1", "Approved")]);
    let err = client.lookup(&order("order-1")).send().await.unwrap_err();
    assert_eq!((err.kind(), err.json_path()), (ErrorKind::MalformedResponse, Some("data.orderId")));
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn a_member_of_the_wrong_shape_is_named_and_unknown_ones_are_ignored() {
    let whole =
        r#"{"statusCode":200,"success":true,"data":{"utr":null,"orderId":"o-1","txnStatus":"Pending","amount":1}}"#;
    for (from, to, path) in [
        (r#""Pending""#, "7", "data.txnStatus"),
        (r#""utr":null"#, r#""utr":7"#, "data.utr"),
        (r#""o-1""#, r#""o 1""#, "data.orderId"),
        (r#""o-1""#, "null", "data.orderId"),
        ("200,", r#"200,"timestamp":7,"#, "timestamp"),
        ("true", "\"true\"", "success"),
        ("true", "1", "success"),
        ("\"success\":true,", "", "."),
        ("\"statusCode\":200,", "", "."),
        ("200", "\"200\"", "statusCode"),
        ("200", "200.0", "statusCode"),
        (r#""data":{"utr":null,"orderId":"o-1","txnStatus":"Pending","amount":1}"#, r#""data":null"#, "data"),
    ] {
        let (client, _) = scripted([Reply::json(200, &whole.replace(from, to))]);
        let err = client.lookup(&order("o-1")).send().await.unwrap_err();
        assert_eq!((err.kind(), err.json_path()), (ErrorKind::MalformedResponse, Some(path)), "{to}: {err}");
    }
    for (from, to) in [
        ("{\"utr\":null,", "{\"payer\":{\"vpa\":[1]},"),
        ("\"statusCode\"", "\"message\":7,\"path\":null,\"statusCode\""),
        ("200,", "201,"),
    ] {
        let (client, _) = scripted([Reply::json(200, &whole.replace(from, to))]);
        assert_eq!(client.lookup(&order("o-1")).send().await.unwrap().utr, None, "{to}");
    }
}

#[tokio::test]
async fn a_timestamp_of_another_form_costs_nothing() {
    let response = r#"{"statusCode":200,"success":true,"timestamp":"yesterday","data":{"orderId":"o-1","txnStatus":"Pending","amount":1}}"#;
    let (client, _) = scripted([Reply::json(200, response)]);
    let timestamp = client.lookup(&order("o-1")).send().await.unwrap().timestamp.unwrap();
    assert_eq!((timestamp.as_str(), timestamp.moment()), ("yesterday", None));
}

#[tokio::test]
async fn waiting_ends_with_the_first_final_status() {
    let (client, script) = scripted([
        Reply::json(200, r#"{"statusCode":404,"message":"No such order","success":false}"#),
        found("o-1", "Initiated"),
        Reply::new(502, "<html>"),
        found("o-1", "Pending"),
        found("o-1", "On Hold"),
        found("o-1", "Approved"),
    ]);

    let details = client.wait_until_final(&order("o-1")).send().await.unwrap();

    assert_eq!(details.status, TxnStatus::Approved);
    assert_eq!(script.requests().len(), 6);
}

#[tokio::test]
async fn waiting_gives_the_last_status_when_time_is_up() {
    let (client, _, clock) = scripted_with_clock((0..50).map(|_| found("o-1", "Pending")));
    let details = client.wait_until_final(&order("o-1")).timeout(Duration::from_secs(30)).send().await.unwrap();
    assert_eq!(details.status, TxnStatus::Pending);
    assert_eq!(clock.monotonic(), Duration::from_secs(30));
}

#[tokio::test]
async fn waiting_gives_up_at_once_where_asking_again_cannot_help() {
    let unauthorized = Reply::json(200, r#"{"statusCode":401,"message":"Invalid keys","success":false}"#);
    let (client, script) = scripted([found("o-1", "Pending"), unauthorized]);
    let err = client.wait_until_final(&order("o-1")).send().await.unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Authentication);
    assert_eq!(script.requests().len(), 2);
}

fn response(amount: &str) -> Vec<u8> {
    format!(
        r#"{{"statusCode":200,"success":true,"data":{{"orderId":"o-1","txnStatus":"Approved","amount":{amount}}}}}"#
    )
    .into_bytes()
}
