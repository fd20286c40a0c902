//! Keys, account numbers and private ids are never printed.

use payments_core::test_util::Reply;
use turbopay::{ApiKey, Client, WebhookKey};

use crate::support::{KEY, scripted, withdrawal};

#[tokio::test]
async fn keys_account_numbers_and_private_ids_are_never_printed() {
    let (client, _) = scripted([Reply::json(401, r#"{"message":"Unauthorized"}"#)]);
    let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();
    let (client, script) = scripted([Reply::json(201, r#"{"order_id":"private-order","status":"new"}"#)]);
    let call = client.create_withdrawal(withdrawal());
    let printed_call = format!("{call:?}");
    let created = call.send_with_response().await.unwrap();
    let order =
        r#"{"order_id":"private-order","merchant_order_id":"payout-7421","status":"new","amount":"1","utr":null}"#;
    let (client, _) = scripted([Reply::json(200, order), Reply::json(200, order)]);
    let order = client.lookup(&"payout-7421".parse().unwrap()).send().await.unwrap();
    let contradiction = client.lookup(&"other".parse().unwrap()).send().await.unwrap_err();
    let builder = Client::builder(ApiKey::new(KEY).unwrap());
    let webhook_key = WebhookKey::new("whk-canary-51ab").unwrap();

    let printed = format!(
        "{err} {err:?} {err:#?} {client:?} {printed_call} {created:?} {builder:?} {webhook_key:?} {order:?} {contradiction:?} {:?} {:?}",
        script.requests(),
        withdrawal()
    );

    for canary in [KEY, "whk-canary-51ab", "private-order", "065432123456789"] {
        assert!(!printed.contains(canary), "{canary} in {printed}");
    }
}
