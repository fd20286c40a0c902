//! A callback that decrypts is a hint: an order to ask about.

use payments_core::test_util::Reply;
use turbo_txn::test_util::callback;
use turbo_txn::{CallbackDecryptor, CallbackKey, ErrorKind, Lookup as _, TxnStatus, VerifyError};

use crate::support::{CALLBACK_KEY, CALLBACK_KEY_BYTES, callback_key, callbacks, found, scripted};

#[tokio::test]
async fn a_callback_gives_an_order_to_look_up_and_the_look_up_is_what_counts() {
    let body = callback(&callback_key(), [9; 16], CALLBACK.as_bytes());
    let hint = callbacks().decrypt(body.as_bytes()).unwrap();
    assert_eq!(hint.claimed().as_str(), "Test123456789");
    assert_eq!(format!("{hint:?}"), "Unverified(MerchantOrderId(\"Test123456789\"))");

    // It claims to be approved; the provider knows better.
    let (client, script) = scripted([found("Test123456789", "Rejected")]);
    let details = hint.lookup(&client).send().await.unwrap();
    assert_eq!(details.status, TxnStatus::Rejected);
    assert_eq!(script.requests()[0].headers()["order-id"], "Test123456789");
}

#[tokio::test]
async fn a_forged_order_ends_at_the_look_up() {
    let forged = callback(&callback_key(), [9; 16], br#"{"orderId":"order-of-nobody"}"#);
    let unknown = Reply::json(200, r#"{"statusCode":404,"success":false,"message":"Order not found"}"#);
    let (client, _) = scripted([unknown]);
    let hint = callbacks().decrypt(forged.as_bytes()).unwrap();
    assert_eq!(hint.lookup(&client).send().await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_callback_is_acknowledged_as_documented() {
    assert_eq!((CallbackDecryptor::ACKNOWLEDGEMENT.status, CallbackDecryptor::ACKNOWLEDGEMENT.body), (200, "OK"));
}

#[test]
fn both_keys_count_while_they_rotate() {
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
        assert_eq!(callbacks().decrypt(body.as_bytes()).unwrap().claimed().as_str(), "o-1", "{text}");
    }
}

#[test]
fn a_body_is_json_with_the_member_and_perhaps_others() {
    let data = turbo_txn::test_util::encrypt(&callback_key(), [0; 16], br#"{"orderId":"o-1"}"#);
    assert!(data.contains(['+', '/']), "so that an escaped slash is met: {data}");
    for body in [
        format!(r#"{{"encryptedData":"{data}"}}"#),
        format!(" {{\"version\":2, \"encryptedData\" : \"{data}\"}}\n"),
        format!(r#"{{"encryptedData":"{}"}}"#, data.replace('/', "\\/").replace('+', "\\u002B")),
    ] {
        assert!(callbacks().decrypt(body.as_bytes()).is_ok(), "{body}");
    }
}

#[test]
fn every_length_of_text_is_decrypted() {
    for length in 0..=64 {
        let text = format!(r#"{{"utr":"{}","orderId":"o-1"}}"#, "x".repeat(length));
        let body = callback(&callback_key(), [7; 16], text.as_bytes());
        assert!(callbacks().decrypt(body.as_bytes()).is_ok(), "{length}");
    }
}

#[test]
fn a_callback_may_be_as_long_as_256_kib_and_no_longer() {
    let empty = callback(&callback_key(), [7; 16], br#"{"orderId":"o-1"}"#);
    let longest = format!("{empty}{}", " ".repeat(256 * 1024 - empty.len()));
    assert!(callbacks().decrypt(longest.as_bytes()).is_ok());
    assert_eq!(callbacks().decrypt(format!("{longest} ").as_bytes()).unwrap_err(), VerifyError::Rejected);
}

#[test]
fn a_key_is_base64_of_32_bytes_and_anything_else_says_what_is_wrong() {
    let base64_of = |bytes: &[u8]| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(bytes)
    };
    assert_eq!(base64_of(CALLBACK_KEY_BYTES), CALLBACK_KEY);
    let url_safe = "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8=".to_owned();
    for (text, rule) in [
        (String::new(), "must not be empty"),
        (format!("{CALLBACK_KEY}\n"), "is there a newline at its end?"),
        (format!(" {CALLBACK_KEY}"), "must not hold white space"),
        (CALLBACK_KEY.trim_end_matches('=').to_owned(), "padded, of 32 bytes: 44 characters"),
        (format!("{CALLBACK_KEY}="), "padded, of 32 bytes: 44 characters"),
        // The last character's unused bits are not zero: another text for the same bytes.
        (CALLBACK_KEY.replace("I=", "J="), "padded, of 32 bytes: 44 characters"),
        (url_safe, "not with `-` and `_`"),
        ("0123456789abcdef0123456789abcdef".to_owned(), "it is of 24. Is it the key itself?"),
        ("a raw key of thirty-two charact.".replace(' ', "."), "not with `-` and `_`"),
        ("a.raw.key.of.thirty.two.charact.".to_owned(), "must be base64"),
        (base64_of(&[7; 16]), "it is of 16"),
        (base64_of(&[7; 24]), "it is of 24. Is it the key itself?"),
        (base64_of(&[7; 31]), "it is of 31"),
        (base64_of(&[7; 33]), "it is of 33"),
        (base64_of(&[7; 64]), "it is of 64"),
        // Hexadecimal digits of 32 bytes are base64 of 48.
        ("0123456789abcdef".repeat(4), "it is of 48"),
        ("kéy".to_owned(), "visible ASCII"),
    ] {
        let err = CallbackKey::new(text.clone()).unwrap_err();
        assert_eq!(err.field(), "callback_key");
        assert!(err.rule().contains(rule), "{text}: {err}");
    }
    // It must stand in the environment, or say so by the variable's name.
    assert_eq!(CallbackKey::from_env().unwrap_err().field(), "TURBO_TXN_CALLBACK_KEY");
}

/// The document's form of a decrypted callback, with one status.
pub(crate) const CALLBACK: &str = r#"{
"utr": "402393486736",
"amount": 300.01,
"orderId": "Test123456789",
"txnStatus": "Approved"
}"#;
