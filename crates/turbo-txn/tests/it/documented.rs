//! The samples of the documentation, member by member.

use payments_core::test_util::Reply;
use turbo_txn::{Envelope, MerchantOrderId, NewTransaction, TxnStatus};

use crate::support::{BASE_URL, CLIENT_ID, SECRET_KEY, order_id, rupees, scripted};

#[tokio::test]
async fn an_initiation_is_sent_as_documented() {
    let (client, script) = scripted([Reply::json(200, INITIATED)]);

    let transaction = NewTransaction::new(order_id("tt00d0u049100"), rupees("300"), "https://example.com");
    client.initiate(transaction).send().await.unwrap();

    let request = &script.requests()[0];
    assert_eq!(request.method(), "POST");
    assert_eq!(request.url(), format!("{BASE_URL}/turbo-svc/api/v1/transaction/ext/v2/amt/initiate-s2s"));
    assert_eq!(
        std::str::from_utf8(request.body().as_ref()).unwrap(),
        r#"{"orderId":"tt00d0u049100","amount":300,"returnUrl":"https://example.com"}"#
    );
    for (name, value) in [
        ("client-id", CLIENT_ID),
        ("secret-key", SECRET_KEY),
        ("content-type", "application/json"),
        ("accept", "application/json"),
        ("accept-encoding", "identity"),
    ] {
        assert_eq!(request.headers().get_all(name).iter().collect::<Vec<_>>(), [value], "{name}");
    }
    assert!(!request.headers().contains_key("order-id"));
}

#[tokio::test]
async fn the_documented_response_to_an_initiation_is_decoded_with_both_amounts() {
    let (client, _) = scripted([Reply::json(200, INITIATED)]);

    let transaction = NewTransaction::new(order_id("tt00d0u049100"), rupees("300"), "https://example.com");
    let sent = client.initiate(transaction).send_with_response().await.unwrap();

    let transaction = &sent.value;
    assert_eq!(transaction.txn_id.as_str(), "5NNGB2SVNBY0NOZ3G809SEM");
    assert_eq!(transaction.order_id, order_id("tt00d0u049100"));
    assert_eq!(transaction.requested_amount, rupees("300"));
    assert_eq!((transaction.amount().unwrap(), transaction.amount().unwrap().minor()), (rupees("300.01"), 30_001));
    let url = "https://payment-sdk.turbotransactions.in/utr/payment?data=OLGQ7qcmzpuQjwUK3PBIZ_gbRhDd4DqjVoOZp...";
    assert_eq!(transaction.sdk_url, url);
    let moment = transaction.timestamp.as_ref().unwrap().moment();
    assert_eq!(moment, Some(time::macros::datetime!(2025-08-26 07:52:23.243_989_861 UTC)));

    let envelope = Envelope::of(&sent.response).unwrap();
    assert_eq!(envelope.status_code.unwrap(), 200);
    assert_eq!((envelope.success, envelope.status.as_deref()), (Some(true), Some("OK")));
    assert_eq!(envelope.message.as_deref(), Some("Order Created Successfully"));
    assert_eq!(envelope.timestamp.unwrap().as_str(), "2025-08-26T07:52:23.243989861Z");
}

#[tokio::test]
async fn a_lookup_is_sent_as_documented() {
    let (client, script) = scripted([Reply::json(200, DETAILS)]);

    client.lookup(&order_id("TestTurboTxn001")).send().await.unwrap();

    let request = &script.requests()[0];
    assert_eq!(request.method(), "GET");
    assert_eq!(request.url(), format!("{BASE_URL}/turbo-svc/api/v1/transaction/ext/status-check"));
    assert!(request.body().is_empty());
    for (name, value) in [("order-id", "TestTurboTxn001"), ("client-id", CLIENT_ID), ("secret-key", SECRET_KEY)] {
        assert_eq!(request.headers().get_all(name).iter().collect::<Vec<_>>(), [value], "{name}");
    }
}

#[tokio::test]
async fn the_documented_response_to_a_lookup_is_decoded_and_its_status_is_unknown() {
    let (client, _) = scripted([Reply::json(200, DETAILS)]);

    let details = client.lookup(&order_id("TestTurboTxn001")).send().await.unwrap();

    assert_eq!((details.order_id.as_str(), details.amount().unwrap()), ("TestTurboTxn001", rupees("300.01")));
    assert_eq!(details.utr, None);
    // The sample lists all four statuses in one string.
    assert_eq!(details.status.as_str(), "Initiated / Approved / Rejected / Pending");
    assert!(matches!(details.status, TxnStatus::Unknown(_)) && !details.status.is_final());
    assert_eq!(details.timestamp.unwrap().as_str(), "2025-03-21T15:35:43.797919902Z");
}

#[tokio::test]
async fn every_documented_status_is_decoded_and_two_are_final() {
    for (text, status, is_final) in [
        ("Initiated", TxnStatus::Initiated, false),
        ("Pending", TxnStatus::Pending, false),
        ("Approved", TxnStatus::Approved, true),
        ("Rejected", TxnStatus::Rejected, true),
    ] {
        let response = DETAILS.replace("Initiated / Approved / Rejected / Pending", text);
        let (client, _) = scripted([Reply::json(200, &response.replace(r#""utr": """#, r#""utr": "402393486736""#))]);
        let details = client.lookup(&order_id("TestTurboTxn001")).send().await.unwrap();
        assert_eq!((&details.status, details.status.is_final()), (&status, is_final));
        let utr = details.utr.unwrap();
        assert_eq!((utr.as_str(), utr.to_string().as_str()), ("402393486736", "402393486736"));
    }
    // Other spellings are unknown and not final.
    for text in ["APPROVED", "approved", "Success", ""] {
        assert!(!TxnStatus::from(text).is_final() && matches!(TxnStatus::from(text), TxnStatus::Unknown(_)));
    }
}

#[test]
fn the_documented_order_ids_are_valid() {
    for text in ["tt00d0u049100", "Test001", "TestTurboTxn001", "Test123456789"] {
        assert_eq!(text.parse::<MerchantOrderId>().unwrap().as_str(), text);
    }
}

const INITIATED: &str = r#"{
"statusCode": 200,
"message": "Order Created Successfully",
"status": "OK",
"success": true,
"timestamp": "2025-08-26T07:52:23.243989861Z",
"data": {
"txnId": "5NNGB2SVNBY0NOZ3G809SEM",
"orderId": "tt00d0u049100",
"amount":300.01,
"sdkUrl": "https://payment-sdk.turbotransactions.in/utr/payment?data=OLGQ7qcmzpuQjwUK3PBIZ_gbRhDd4DqjVoOZp..."
}
}"#;

const DETAILS: &str = r#"{
"statusCode": 200,
"message": "Txn details fetched successfully",
"status": "OK",
"success": true,
"timestamp": "2025-03-21T15:35:43.797919902Z",
"data": {
"utr": "",
"orderId": "TestTurboTxn001",
"txnStatus": "Initiated / Approved / Rejected / Pending",
"amount": 300.01
}
}"#;
