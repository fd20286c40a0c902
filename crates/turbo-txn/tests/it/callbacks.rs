//! Decrypting callbacks into an order id to look up.

use payments_core::test_util::Reply;
use turbo_txn::test_util::callback;
use turbo_txn::{CallbackDecryptor, CallbackKey, ErrorKind, Lookup as _, TxnStatus, VerifyError};

use crate::support::{CALLBACK_KEY, CALLBACK_KEY_BYTES, callback_key, decryptor, details_reply, scripted};

#[tokio::test]
async fn a_callback_yields_an_order_id_and_the_status_comes_from_the_lookup() {
    let body = callback(&callback_key(), [9; 16], CALLBACK.as_bytes());
    let callback = decryptor().decrypt(body.as_bytes()).unwrap();
    assert_eq!(callback.claimed().as_str(), "Test123456789");
    assert_eq!(format!("{callback:?}"), "Unverified(MerchantOrderId(\"Test123456789\"))");

    let hint = callback.hint();
    assert_eq!((hint.reference.as_deref(), hint.object_id), (Some("Test123456789"), None));

    // The callback claims `Approved`; the lookup returns `Rejected`.
    let (client, script) = scripted([details_reply("Test123456789", "Rejected")]);
    let details = callback.lookup(&client).send().await.unwrap();
    assert_eq!(details.status, TxnStatus::Rejected);
    assert_eq!(script.requests()[0].headers()["order-id"], "Test123456789");
}

#[tokio::test]
async fn a_forged_order_id_fails_at_the_lookup() {
    let forged = callback(&callback_key(), [9; 16], br#"{"orderId":"order-of-nobody"}"#);
    let not_found = Reply::json(200, r#"{"statusCode":404,"success":false,"message":"Order not found"}"#);
    let (client, _) = scripted([not_found]);
    let callback = decryptor().decrypt(forged.as_bytes()).unwrap();
    assert_eq!(callback.lookup(&client).send().await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_callback_is_acknowledged_as_documented() {
    assert_eq!((CallbackDecryptor::ACKNOWLEDGEMENT.status, CallbackDecryptor::ACKNOWLEDGEMENT.body), (200, "OK"));
}

#[test]
fn both_keys_decrypt_during_a_rotation_and_a_third_does_not() {
    let other = CallbackKey::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    let third = CallbackKey::new("//////////////////////////////////////////8=").unwrap();
    let rotating = CallbackDecryptor::new(other.clone()).also_accept(callback_key());
    for key in [&other, &callback_key()] {
        let body = callback(key, [3; 16], CALLBACK.as_bytes());
        assert_eq!(rotating.decrypt(body.as_bytes()).unwrap().claimed().as_str(), "Test123456789");
    }
    let body = callback(&third, [3; 16], CALLBACK.as_bytes());
    assert_eq!(rotating.decrypt(body.as_bytes()).unwrap_err(), VerifyError::Rejected);
    let body = callback(&callback_key(), [3; 16], CALLBACK.as_bytes());
    assert_eq!(CallbackDecryptor::new(other).decrypt(body.as_bytes()).unwrap_err(), VerifyError::Rejected);
}

#[test]
fn nothing_but_the_order_id_is_read() {
    for text in [
        r#"{"orderId":"o-1"}"#,
        r#"{"orderId":"o-1","amount":"NaN","txnStatus":7,"utr":{"a":[]},"new":null}"#,
        r#"{"amount":1e400,"amount":2,"orderId":"o-1"}"#,
        "\n\t {\"orderId\" : \"o-1\" }\r\n",
        "{\"utr\":\"₹\",\"orderId\":\"\\u006f-1\"}",
    ] {
        let body = callback(&callback_key(), [0; 16], text.as_bytes());
        assert_eq!(decryptor().decrypt(body.as_bytes()).unwrap().claimed().as_str(), "o-1", "{text}");
    }
}

#[test]
fn json_whitespace_escapes_and_further_members_are_accepted() {
    let data = turbo_txn::test_util::encrypt(&callback_key(), [0; 16], br#"{"orderId":"o-1"}"#);
    assert!(data.contains(['+', '/']), "the data must contain characters to escape: {data}");
    for body in [
        format!(r#"{{"encryptedData":"{data}"}}"#),
        format!(" {{\"version\":2, \"encryptedData\" : \"{data}\"}}\n"),
        format!(r#"{{"encryptedData":"{}"}}"#, data.replace('/', "\\/").replace('+', "\\u002B")),
    ] {
        assert!(decryptor().decrypt(body.as_bytes()).is_ok(), "{body}");
    }
}

#[test]
fn texts_of_every_length_are_decrypted() {
    for length in 0..=64 {
        let text = format!(r#"{{"utr":"{}","orderId":"o-1"}}"#, "x".repeat(length));
        let body = callback(&callback_key(), [7; 16], text.as_bytes());
        assert!(decryptor().decrypt(body.as_bytes()).is_ok(), "{length} more characters");
    }
}

#[test]
fn a_body_longer_than_256_kib_is_rejected() {
    let empty = callback(&callback_key(), [7; 16], br#"{"orderId":"o-1"}"#);
    let longest = format!("{empty}{}", " ".repeat(256 * 1024 - empty.len()));
    assert!(decryptor().decrypt(longest.as_bytes()).is_ok());
    assert_eq!(decryptor().decrypt(format!("{longest} ").as_bytes()).unwrap_err(), VerifyError::Rejected);
}

#[test]
fn a_key_that_is_not_32_bytes_in_base64_is_rejected_with_the_reason() {
    let base64 = |bytes: &[u8]| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(bytes)
    };
    assert_eq!(base64(CALLBACK_KEY_BYTES), CALLBACK_KEY);
    let url_safe = "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8=".to_owned();
    for (text, rule) in [
        (String::new(), "must not be empty"),
        (format!("{CALLBACK_KEY}\n"), "must not contain whitespace; check for a newline at the end"),
        (format!(" {CALLBACK_KEY}"), "must not contain whitespace"),
        (
            CALLBACK_KEY.trim_end_matches('=').to_owned(),
            "must be 32 bytes in padded base64, which is a text of 44 characters",
        ),
        (format!("{CALLBACK_KEY}="), "must be 32 bytes in padded base64, which is a text of 44 characters"),
        // The unused bits of the last character are not zero: another text for the same bytes.
        (CALLBACK_KEY.replace("I=", "J="), "must be 32 bytes in padded base64, which is a text of 44 characters"),
        (url_safe, "not URL-safe base64 with `-` and `_`"),
        ("0123456789abcdef0123456789abcdef".to_owned(), "decodes to 24 bytes; is this the raw key?"),
        ("a raw key of thirty-two charact.".replace(' ', "."), "not URL-safe base64 with `-` and `_`"),
        ("a.raw.key.of.thirty.two.charact.".to_owned(), "must be 32 bytes in padded base64"),
        (base64(&[7; 16]), "decodes to 16 bytes"),
        (base64(&[7; 24]), "decodes to 24 bytes; is this the raw key?"),
        (base64(&[7; 31]), "decodes to 31 bytes"),
        (base64(&[7; 33]), "decodes to 33 bytes"),
        (base64(&[7; 64]), "decodes to 64 bytes"),
        // The hex digits of 32 bytes are also valid base64, of 48 bytes.
        ("0123456789abcdef".repeat(4), "decodes to 48 bytes"),
        ("kéy".to_owned(), "visible ASCII"),
    ] {
        let err = CallbackKey::new(text.clone()).unwrap_err();
        assert_eq!(err.field(), "callback_key");
        assert!(err.rule().contains(rule), "{text}: {err}");
    }
    // `from_env` names the environment variable.
    assert_eq!(CallbackKey::from_env().unwrap_err().field(), "TURBO_TXN_CALLBACK_KEY");
}

/// The documented form of a decrypted callback, with one status.
pub(crate) const CALLBACK: &str = r#"{
"utr": "402393486736",
"amount": 300.01,
"orderId": "Test123456789",
"txnStatus": "Approved"
}"#;
