//! Initiations whose response is lost: one request, an unknown outcome, and a lookup that resolves it.

use payments_core::test_util::Reply;
use payments_core::{ErrorKind, Expected, Mismatch, Outcome};
use turbo_txn::{NewTransaction, TxnStatus};

use crate::support::{
    details_reply, new_transaction, order_id, rupees, scripted, scripted_with_clock, transaction_reply,
};

#[tokio::test]
async fn an_initiation_without_a_usable_response_is_never_sent_again_and_a_lookup_resolves_it() {
    for lost in [
        Reply::lost(),
        Reply::cut_off(200),
        Reply::cut_off(400),
        Reply::new(502, "<html>"),
        Reply::new(504, ""),
        Reply::json(200, "{}"),
        Reply::json(200, ""),
        Reply::json(200, "null"),
        Reply::json(200, r#"{"statusCode":200,"succ"#),
        Reply::json(429, r#"{"statusCode":429,"success":false,"message":"Too many requests"}"#),
        Reply::json(503, r#"{"statusCode":503,"success":false}"#),
        Reply::json(408, "{}"),
        Reply::new(302, "").header("location", "https://elsewhere.example"),
        transaction_reply("order-of-somebody-else"),
    ] {
        let described = format!("{lost:?}");
        let (client, script) = scripted([lost, details_reply("order-7421", "Approved")]);

        let err = client.initiate(new_transaction()).send().await.unwrap_err();

        assert_eq!(err.outcome(), Outcome::Unknown, "{described}: {err}");
        assert!(err.may_have_moved_money(), "{described}");
        assert!(err.to_string().ends_with("; it may have been executed"), "{err}");
        assert_eq!(script.requests().len(), 1, "{described}");

        let details = client.lookup(&order_id("order-7421")).send().await.unwrap();
        assert_eq!(details.status, TxnStatus::Approved);
        // Without the response only the requested amount is known. The check reports the difference with both amounts.
        let differs = Mismatch::AmountDiffers { expected: rupees("300"), actual: rupees("300.01") };
        assert_eq!(details.check(&Expected::new("order-7421", rupees("300"))), Err(differs));
    }
}

#[tokio::test]
async fn an_initiation_that_times_out_has_an_unknown_outcome() {
    let (client, script, clock) = scripted_with_clock([Reply::silence(), transaction_reply("order-7421")]);
    let call = tokio::spawn(client.initiate(new_transaction()).send());
    for _ in 0..1000 {
        if script.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    }
    clock.advance(std::time::Duration::from_secs(31));
    let err = call.await.unwrap().unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn an_initiation_that_could_not_connect_is_retried() {
    let (client, script) = scripted([Reply::not_connected(), transaction_reply("order-7421")]);
    assert_eq!(client.initiate(new_transaction()).send().await.unwrap().amount().unwrap(), rupees("300.01"));
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn an_initiation_that_never_connects_has_the_outcome_not_sent() {
    let (client, _) = scripted([]);
    let err = client.initiate(new_transaction()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Connection, Outcome::NotSent, 3));
    assert!(!err.may_have_moved_money());
}

#[tokio::test]
async fn an_error_names_the_unusable_member_of_the_response() {
    let valid = r#"{"statusCode":200,"success":true,"data":{"txnId":"t-1","orderId":"o-1","amount":300.01,"sdkUrl":"https://pay.example"}}"#;
    for (from, to, path) in [
        ("\"t-1\"", "[]", "data.txnId"),
        ("\"t-1\"", "\"\"", "data.txnId"),
        ("300.01", "0", "data.amount"),
        ("\"o-1\"", "\"o-2\"", "data.orderId"),
        ("\"https://pay.example\"", "\"javascript:alert(1)\"", "data.sdkUrl"),
        ("\"https://pay.example\"", "\"//pay.example\"", "data.sdkUrl"),
        ("\"https://pay.example\"", "\"\"", "data.sdkUrl"),
        ("\"https://pay.example\"", "null", "data.sdkUrl"),
        (",\"sdkUrl\":\"https://pay.example\"", "", "data"),
        (r#","data":{"txnId":"t-1","orderId":"o-1","amount":300.01,"sdkUrl":"https://pay.example"}"#, "", "."),
    ] {
        let (client, _) = scripted([Reply::json(200, &valid.replace(from, to))]);
        let transaction = NewTransaction::new(order_id("o-1"), rupees("300"), "https://shop.example");
        let err = client.initiate(transaction).send().await.unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown), "{to}");
        assert_eq!(err.json_path(), Some(path), "{to}: {err}");
        assert!(!format!("{err} {err:?}").contains("alert"), "{err:?}");
    }
}
