//! Deposits: the payment page, its iframe, and the ways to pay.

use payments_core::test_util::Reply;
use turbopay::HostedDeposit;

use crate::support::{deposit, scripted};

#[tokio::test]
async fn the_iframe_escapes_the_id_and_the_url() {
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
fn the_iframe_script_accepts_messages_from_its_own_iframe_only() {
    let html = HostedDeposit::iframe_script("a\"</script>");
    assert!(html.contains(r#"getElementById("a\"\u003c/script>")"#), "{html}");
    assert!(html.contains("event.source === frame.contentWindow && event.data === \"close\""), "{html}");
    assert!(html.contains("addEventListener(\"message\""), "{html}");
}

#[test]
fn the_iframe_script_is_one_html_element_and_the_id_cannot_end_it() {
    for id in ["turbopay", "a\"</script>", "<!--<script>"] {
        let html = HostedDeposit::iframe_script(id);

        let script = html.strip_prefix("<script>\n").unwrap().strip_suffix("\n</script>").unwrap();
        assert!(!script.contains('<'), "{html}");
    }
}

#[tokio::test]
async fn a_payment_page_that_is_not_an_http_url_is_rejected() {
    for url in ["javascript:alert(1)", "//evil.example", "data:text/html,x", ""] {
        let response = format!(r#"{{"order_id":"o-1","status":"new","form_url":"{url}"}}"#);
        let (client, _) = scripted([Reply::json(201, &response)]);
        let err = client.create_deposit(deposit()).send().await.unwrap_err();
        assert_eq!(err.json_path(), Some("form_url"), "{url}");
    }
}

#[tokio::test]
async fn a_qr_code_is_an_image_for_a_page_and_links_can_be_iterated() {
    // The image, with and without the prefix that some services add.
    for qr in ["iVBORw0KGgo=", "data:image/png;base64,iVBORw0KGgo="] {
        let body = format!(
            r#"{{"order_id":"o-1","status":"new","wallet_address":"shop@upi","qr":"{qr}",
                "deep_links":{{"phonepe":"phonepe://pay","gpay":"gpay://x"}}}}"#
        );
        let (client, _) = scripted([Reply::json(200, &body)]);
        let deposit = client.create_host_to_host_deposit(deposit()).send().await.unwrap();
        assert_eq!(deposit.qr.unwrap().data_uri().unwrap(), "data:image/png;base64,iVBORw0KGgo=");
        let links: Vec<_> = (&deposit.deep_links).into_iter().collect();
        assert_eq!(links, [("gpay", "gpay://x"), ("phonepe", "phonepe://pay")]);
        assert_eq!(deposit.deep_links.iter().len(), 2);
        assert!(!deposit.deep_links.is_empty());
    }
}

#[tokio::test]
async fn a_deposit_with_a_broken_qr_code_can_still_be_paid() {
    for (qr, problem) in [("%%%", "qr: is not base64"), ("aGVsbG8=", "qr: is not a PNG")] {
        let response = format!(
            r#"{{"order_id":"o-1","status":"new","wallet_address":"a@b","wallet_name":"n","transaction_note":"t",
                "order_expiration_seconds":"600","qr":"{qr}","deep_links":{{"gpay":"gpay://x","paytm":null}}}}"#
        );
        let (client, _) = scripted([Reply::json(201, &response)]);

        let deposit = client.create_host_to_host_deposit(deposit()).send().await.unwrap();

        assert_eq!(deposit.qr.as_ref().unwrap().png().unwrap_err().to_string(), problem);
        assert_eq!(deposit.qr.as_ref().unwrap().data_uri().unwrap_err().to_string(), problem);
        assert_eq!((deposit.deep_links.get("gpay"), deposit.deep_links.paytm()), (Some("gpay://x"), None));
        assert!(deposit.upi_link().is_some());
    }
}

#[tokio::test]
async fn an_address_that_is_not_a_upi_id_has_no_upi_link() {
    let response = r#"{"order_id":"o-1","status":"new","wallet_address":"065432123456789","wallet_name":"n",
        "transaction_note":"t","order_expiration_seconds":"600"}"#;
    let (client, _) = scripted([Reply::json(201, response)]);
    assert_eq!(client.create_host_to_host_deposit(deposit()).send().await.unwrap().upi_link(), None);
}

#[tokio::test]
async fn a_deposit_without_the_undocumented_members_is_decoded() {
    // The documented example, without the QR code and the links that only the recorded response has.
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
