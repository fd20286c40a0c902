//! Keys, cookies, card numbers and security codes never reach the records.

use payments_sandbox::{RecordKind, Sandbox};
use serde_json::json;

use crate::card3ds;
use crate::support::{control, keys, send};

const CARD: &str = "4111111111111111";
const CVV: &str = "8371";

/// Returns everything that the records show, in this process and over the control API.
async fn everything(sandbox: &Sandbox) -> String {
    let records = sandbox.records();
    let contents = records.iter().filter_map(|record| record.content.as_deref());
    let contents: String =
        contents.map(|content| format!("{} {:?} {:?}\n", content.start, content.headers, content.body)).collect();
    let page = control(sandbox, "GET", "/records", "").await.text();
    format!("{records:?}\n{contents}\n{page}")
}

async fn recording() -> Sandbox {
    Sandbox::builder().record_contents().start().await
}

/// Sends a text to card3ds, with cookies and a key.
async fn send_text(sandbox: &Sandbox, target: &str, content_type: &str, body: &str) {
    let headers = [
        ("Content-Type", content_type),
        ("Cookie", "session=crumbs"),
        ("X-Unknown", "a secret of an unknown header"),
        ("Authorization", "Bearer abc"),
    ];
    send(sandbox.card3ds().base_url(), "POST", target, &headers, body).await;
}

#[tokio::test]
async fn keys_are_masked_in_headers_bodies_and_messages_of_all_providers() {
    let sandbox = recording().await;
    let key = sandbox.turbo_link().api_key();
    let body = json!({"api_key": key, "note": format!("my key is {key}")}).to_string();
    let json = [("Content-Type", "application/json")];
    send(sandbox.turbo_link().base_url(), "POST", "/payments", &json, &body).await;
    send(sandbox.turbo_link().base_url(), "POST", &format!("/payments?k={key}"), &[], "").await;
    crate::turbo_txn::initiate(&sandbox, "order-1", 300).await.expect_status(200);
    let merchant = crate::support::Merchant::start().await;
    let endpoint = json!({"url": merchant.url});
    crate::turratech_support::post(&sandbox, "webhook_endpoints", &endpoint).await.expect_status(201);
    for key in keys(&sandbox) {
        sandbox.note(format_args!("the note says {key}"));
        send_text(&sandbox, &format!("/api/payment/{key}"), "text/plain", key).await;
    }

    let text = everything(&sandbox).await;
    for key in keys(&sandbox) {
        assert!(!text.contains(key), "{key}: {text}");
    }
    assert!(text.contains("my key is [masked]") && text.contains("the note says [masked]"), "{text}");
    sandbox.finish();
}

#[tokio::test]
async fn cookies_and_unknown_headers_are_masked() {
    let sandbox = recording().await;
    send_text(&sandbox, "/api/payment", "application/json", "{}").await;
    let text = everything(&sandbox).await;
    for secret in ["crumbs", "a secret of an unknown header", "Bearer abc"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert!(text.contains("(\"cookie\", \"[masked]\")"), "{text}");
    sandbox.finish();
}

#[tokio::test]
async fn card_numbers_and_security_codes_are_masked_however_they_are_written() {
    for (content_type, body) in [
        ("application/json", json!({"pan": CARD, "cvv": CVV, "amount": 1}).to_string()),
        ("application/json", format!("{{\"pan\": {CARD}, \"cvv\": {CVV}}}")),
        ("application/json", json!({"description": format!("card {CARD}, code"), "card": {"cvc": CVV}}).to_string()),
        ("application/json", json!({"a": [{"b": "4111 1111 1111 1111"}, {"securityCode": CVV}]}).to_string()),
        ("application/json", json!({"a": "4111-1111-1111-1111 5555 5555 5555 4444", "Card-CVV2": CVV}).to_string()),
        ("application/json", format!("{{\"{CARD}\": true, \"cvv\": \"{CVV}\"}}")),
        ("application/json", format!("{{\"pan\": \"\\u0034111111111111111\", \"cv\\u0076\": \"{CVV}\"}}")),
        ("application/json", format!("{{\"x\": \"a\", \"x\": \"{CARD}\"}}")),
        ("application/json", format!("{{\"pan\": \"{CARD}\", \"cvv\": \"{CVV}\"")),
        ("application/x-www-form-urlencoded", format!("pan={CARD}&cvv={CVV}")),
        ("application/x-www-form-urlencoded", format!("card[number]={CARD}&card%5Bcvc%5D={CVV}")),
        ("application/x-www-form-urlencoded", "note=4111+1111+1111+1111&b=%34111111111111111".to_owned()),
        ("application/x-www-form-urlencoded", format!("{{\"cvv\": \"{CVV}\", \"pan\": \"{CARD}\"}}")),
        ("application/x-www-form-urlencoded", format!(" {{\"a\": \"b=c\", \"cvv\": \"{CVV}\"}}")),
        ("application/x-www-form-urlencoded", format!("[{{\"cvv\": \"{CVV}\"")),
        ("application/x-www-form-urlencoded", format!("payload={{\"cvv\":\"{CVV}\",\"pan\":{CARD}}}&a=b")),
        ("text/plain", format!("{CARD} {CVV}")),
        ("application/json", format!("\"{CARD} {CVV}\"")),
    ] {
        let sandbox = recording().await;
        send_text(&sandbox, &format!("/api/nothing/{CARD}?pan={CARD}&cvv={CVV}"), content_type, &body).await;
        let port = crate::support::authority(sandbox.card3ds().base_url()).to_owned();
        let text = everything(&sandbox).await.replace(&port, "");
        for secret in [CARD, CVV, "1111 1111", "1111-1111", "1111+1111", "5555 5555", "\\\\u0034", "%34111"] {
            assert!(!text.contains(secret), "{secret} of {body}: {text}");
        }
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_masked_body_is_otherwise_as_it_was_sent() {
    let sandbox = recording().await;
    let body = r#"{"pan": "4111111111111111","amount":1.50,"list":[1e3,null,{}],"id":"411111111111111111111111","utr":"123456789012"}"#;
    send_text(&sandbox, "/api/nothing", "application/json", body).await;
    let records = sandbox.records();
    let content = records.iter().find(|record| record.kind == RecordKind::Page).unwrap().content.clone().unwrap();
    let expected =
        r#"{"pan":"[masked]","amount":1.50,"list":[1e3,null,{}],"id":"411111111111111111111111","utr":"123456789012"}"#;
    assert_eq!((content.body.as_deref(), content.body_bytes), (Some(expected), body.len()));
    sandbox.finish();
}

#[tokio::test]
async fn the_security_key_of_a_challenge_is_masked_in_its_message_and_in_its_completion() {
    let (sandbox, merchant) = (recording().await, crate::support::Merchant::start().await);
    let body = card3ds::three_ds_payment("order-1", &merchant.url);
    let started = card3ds::post(&sandbox, "/api/3ds", &body).await.expect_status(200);
    let id = started["paymentId"].as_str().unwrap();
    sandbox.card3ds().challenge(id).approve();
    sandbox.settle().await;
    let form = String::from_utf8(merchant.received()[0].body.clone()).unwrap();
    let key = form.split_once("securityKey=").unwrap().1;
    let complete = json!({"securityKey": key});
    card3ds::post(&sandbox, &format!("/api/3ds/{id}/complete"), &complete).await.expect_status(200);
    let text = everything(&sandbox).await;
    assert!(!text.contains(key), "{key}: {text}");
    assert!(text.contains("securityKey"), "{text}");
    sandbox.finish();
}

#[tokio::test]
async fn a_long_body_is_cut_and_a_deep_one_is_masked() {
    let sandbox = recording().await;
    let long = json!({"text": "x".repeat(40_000)}).to_string();
    let deep = format!("{}\"{CARD}\"{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in [&long, &deep] {
        send_text(&sandbox, "/api/nothing", "application/json", body).await;
    }
    let records = sandbox.records();
    let mut pages = records.iter().filter(|record| record.kind == RecordKind::Page);
    let first = pages.next().unwrap().content.clone().unwrap();
    assert_eq!((first.body.as_ref().unwrap().len(), first.body_bytes), (16 * 1024, long.len()));
    let second = pages.next().unwrap().content.clone().unwrap();
    assert!(!second.body.as_deref().unwrap_or_default().contains(CARD));
    sandbox.finish();
}
