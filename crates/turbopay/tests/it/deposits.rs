//! What must never be printed, and what a page must never run.

use std::sync::Arc;

use payments_core::test_util::{Reply, Script};
use payments_core::transport::Transport;
use turbopay::{ApiKey, Client, HostedDeposit, Traffic, WebhookKey};

use crate::support::{KEY, deposit, scripted, withdrawal};

#[tokio::test]
async fn keys_accounts_and_private_ids_appear_in_nothing_that_is_printed() {
    let (client, _) = scripted([Reply::json(401, r#"{"message":"Unauthorized"}"#)]);
    let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();
    let (client, script) = scripted([Reply::json(201, r#"{"order_id":"private-order","status":"new"}"#)]);
    let call = client.create_withdrawal(withdrawal());
    let call_printed = format!("{call:?}");
    let order = call.send_with_response().await.unwrap();
    let found =
        r#"{"order_id":"private-order","merchant_order_id":"payout-7421","status":"new","amount":"1","utr":null}"#;
    let (client, _) = scripted([Reply::json(200, found), Reply::json(200, found)]);
    let looked_up = client.lookup(&"payout-7421".parse().unwrap()).send().await.unwrap();
    let contradicted = client.lookup(&"other".parse().unwrap()).send().await.unwrap_err();
    let builder = Client::builder(ApiKey::new(KEY).unwrap());
    let webhook_key = WebhookKey::new("whk-canary-51ab").unwrap();

    let printed = format!(
        "{err} {err:?} {err:#?} {client:?} {call_printed} {order:?} {builder:?} {webhook_key:?} {looked_up:?} {contradicted:?} {:?} {:?}",
        script.requests(),
        withdrawal()
    );

    for canary in [KEY, "whk-canary-51ab", "private-order", "065432123456789"] {
        assert!(!printed.contains(canary), "{canary} in {printed}");
    }
}

#[tokio::test]
async fn the_frames_html_cannot_be_broken_out_of() {
    let response = r#"{"order_id":"o-1","status":"new","form_url":"https://pay.example/?hash=\"><script>alert(1)</script>&x='y'"}"#;
    let (client, _) = scripted([Reply::json(201, response)]);

    let html = client.create_deposit(deposit()).send().await.unwrap().iframe("pay\"><b>");

    assert_eq!(
        html,
        "<iframe id=\"pay&quot;&gt;&lt;b&gt;\" \
         src=\"https://pay.example/?hash=&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;x=&#39;y&#39;\" \
         allow=\"clipboard-write\" height=\"800\" width=\"100%\" frameborder=\"0\"></iframe>"
    );
}

#[test]
fn the_frames_script_listens_to_its_own_frame_only() {
    let script = HostedDeposit::iframe_script("a\"</script>");
    assert!(script.contains(r#"getElementById("a\"\u003c/script>")"#), "{script}");
    assert!(script.contains("event.source === frame.contentWindow && event.data === \"close\""), "{script}");
    assert!(script.contains("addEventListener(\"message\""), "{script}");
}

#[tokio::test]
async fn a_page_that_is_no_web_address_is_refused() {
    for url in ["javascript:alert(1)", "//evil.example", "data:text/html,x", ""] {
        let response = format!(r#"{{"order_id":"o-1","status":"new","form_url":"{url}"}}"#);
        let (client, _) = scripted([Reply::json(201, &response)]);
        let err = client.create_deposit(deposit()).send().await.unwrap_err();
        assert_eq!(err.json_path(), Some("form_url"), "{url}");
    }
}

#[tokio::test]
async fn a_broken_qr_code_says_so_and_leaves_the_deposit_to_be_paid() {
    for (qr, problem) in [("%%%", "qr: is not base64"), ("aGVsbG8=", "qr: is not a PNG")] {
        let response = format!(
            r#"{{"order_id":"o-1","status":"new","wallet_address":"a@b","wallet_name":"n","transaction_note":"t",
                "order_expiration_seconds":"600","qr":"{qr}","deep_links":{{"gpay":"gpay://x","paytm":null}}}}"#
        );
        let (client, _) = scripted([Reply::json(201, &response)]);

        let deposit = client.create_host_to_host_deposit(deposit()).send().await.unwrap();

        assert_eq!(deposit.qr.as_ref().unwrap().png().unwrap_err().to_string(), problem);
        assert_eq!((deposit.deep_links.get("gpay"), deposit.deep_links.paytm()), (Some("gpay://x"), None));
        assert!(deposit.upi_link().is_some());
    }
}

#[tokio::test]
async fn a_wallet_that_is_no_upi_id_has_no_upi_link() {
    let response = r#"{"order_id":"o-1","status":"new","wallet_address":"065432123456789","wallet_name":"n",
        "transaction_note":"t","order_expiration_seconds":"600"}"#;
    let (client, _) = scripted([Reply::json(201, response)]);
    assert_eq!(client.create_host_to_host_deposit(deposit()).send().await.unwrap().upi_link(), None);
}

#[tokio::test]
async fn a_deposit_without_what_is_only_recorded_is_read_all_the_same() {
    // The document's own example.
    let response = r#"{"wallet_address":"username@bankname","wallet_name":"Company Name","order_expiration_seconds":"600",
        "transaction_note":"A1b2c","order_id":"c2f0f71a-6f3f-4d65-be01-aa6b0f86cbe1","status":"new"}"#;
    let (client, _) = scripted([Reply::json(201, response)]);

    let deposit = client.create_host_to_host_deposit(deposit()).send().await.unwrap();

    assert_eq!((deposit.qr.is_none(), deposit.deep_links.phonepe()), (true, None));
    assert_eq!(
        deposit.upi_link().unwrap(),
        "upi://pay?pa=username%40bankname&pn=Company%20Name&tn=A1b2c&am=2000.00&cu=INR"
    );
}

#[tokio::test]
async fn two_merchants_share_one_transport_through_an_arc() {
    let created = || Reply::json(201, r#"{"order_id":"o-1","status":"new"}"#);
    let script = Script::new([created(), created()]);
    let shared: Arc<dyn Transport> = Arc::new(script.clone());
    for key in ["first-key", "second-key"] {
        let merchant = Client::builder(ApiKey::new(key).unwrap()).transport(Arc::clone(&shared));
        let merchant = merchant.status_url("https://m.example/s").traffic(Traffic::Standard).build().unwrap();
        merchant.create_withdrawal(withdrawal()).send().await.unwrap();
    }
    let keys: Vec<_> = script.requests().iter().map(|sent| sent.headers()["authorization"].clone()).collect();
    assert_eq!(keys, ["first-key", "second-key"]);
}
