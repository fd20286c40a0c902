//! Callbacks: one form is parsed, and any other body is the same error.

use std::fmt::Write as _;

use card3ds::{CheckoutCallback, Lookup, ThreeDsCallback, ThreeDsFailure, VerifyError};
use payments_core::webhook::Acknowledgement;

use crate::support::{PAYMENT, response, scripted, sent_to};

const KEY: &str = "3DS_AUTH_KEY_123456";

#[track_caller]
fn check_rejected(body: impl AsRef<[u8]>) {
    let body = body.as_ref();
    let start = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
    assert_eq!(ThreeDsCallback::parse(body).unwrap_err(), VerifyError::Rejected, "{start}");
}

#[track_caller]
fn check_checkout_rejected(body: impl AsRef<[u8]>) {
    assert_eq!(CheckoutCallback::parse(body.as_ref()).unwrap_err(), VerifyError::Rejected);
}

/// Returns the completion request's body, which contains the callback's security key.
async fn completion_body(body: &str) -> String {
    let (client, script) = scripted([]);
    let callback = ThreeDsCallback::parse(body.as_bytes()).unwrap();
    let _ = client.complete_3ds(callback.claimed().payment_id(), &callback).send().await;
    crate::support::body_of(&script)
}

#[tokio::test]
async fn fields_may_have_any_order_and_unknown_fields_are_ignored() {
    for body in [
        format!("paymentId={PAYMENT}&securityKey={KEY}"),
        format!("securityKey={KEY}&paymentId={PAYMENT}"),
        format!("&&mdStatus=1&securityKey={KEY}&x&paymentId={PAYMENT}&mdStatus=2&=&"),
        format!("p%61ymentId={PAYMENT}&securityKey=3DS%5fAUTH_KEY_123456"),
    ] {
        let callback = ThreeDsCallback::parse(body.as_bytes()).unwrap();
        assert_eq!(callback.claimed().payment_id().as_str(), PAYMENT);
        assert_eq!(completion_body(&body).await, format!(r#"{{"securityKey":"{KEY}"}}"#), "{body}");
    }
    // Base64 in the URL encoding of a browser.
    let body = format!("paymentId={PAYMENT}&securityKey=ab%2Bcd%2Fef%3D%3D");
    assert_eq!(completion_body(&body).await, r#"{"securityKey":"ab+cd/ef=="}"#);
}

#[test]
fn a_field_that_occurs_twice_is_rejected() {
    check_rejected(format!("paymentId={PAYMENT}&paymentId={PAYMENT}&securityKey={KEY}"));
    check_rejected(format!("paymentId={PAYMENT}&securityKey={KEY}&paymentId=other"));
    check_rejected(format!("paymentId={PAYMENT}&securityKey={KEY}&securityKey="));
    // Also if one of the names is encoded.
    check_rejected(format!("paymentId={PAYMENT}&securityKey={KEY}&payment%49d=other"));
    check_checkout_rejected(format!("checkoutId={PAYMENT}&checkoutId={PAYMENT}"));
}

#[test]
fn a_missing_or_empty_field_is_rejected() {
    for body in ["", "&", "=", "paymentId", "paymentId=", "securityKey=k", "\0"] {
        check_rejected(body);
        check_checkout_rejected(body);
    }
    check_rejected(format!("paymentId={PAYMENT}"));
    check_rejected(format!("paymentId={PAYMENT}&securityKey="));
    check_rejected(format!("paymentId=&securityKey={KEY}"));
    check_rejected(format!("PaymentId={PAYMENT}&SecurityKey={KEY}"));
    check_rejected(format!("paymentId[]={PAYMENT}&securityKey={KEY}"));
    check_rejected(format!("paymentId={PAYMENT};securityKey={KEY}"));
    check_rejected(format!(r#"{{"paymentId":"{PAYMENT}","securityKey":"{KEY}"}}"#));
    check_rejected(format!("?paymentId={PAYMENT}&securityKey={KEY}"));
    check_rejected(format!("\u{feff}paymentId={PAYMENT}&securityKey={KEY}"));
    check_checkout_rejected(format!("checkoutid={PAYMENT}"));
    check_checkout_rejected(format!("paymentId={PAYMENT}"));
}

#[test]
fn an_id_that_is_unsafe_in_a_path_is_rejected() {
    for id in [
        "../../admin",
        "..",
        ".",
        "..%2fadmin",
        "%2e%2e%2fadmin",
        "%2e%2e",
        "a/b",
        "a%2Fb",
        "a?b",
        "a%3Fb",
        "a#b",
        "a%23b",
        "a b",
        "a+b",
        "a%00",
        "a%0d%0aX-Evil:%201",
        "a\r\n",
        "%C3%A4",
        "ä",
        "%FF",
        "%zz",
        "%",
        "а",
        "a\\b",
        " a",
        "a ",
    ] {
        check_rejected(format!("paymentId={id}&securityKey={KEY}"));
        check_checkout_rejected(format!("checkoutId={id}"));
    }
    let mut raw = b"paymentId=\xff\xfe&securityKey=".to_vec();
    raw.extend_from_slice(KEY.as_bytes());
    check_rejected(raw);
}

#[test]
fn an_id_that_is_encoded_twice_is_rejected() {
    let twice: String = PAYMENT.bytes().fold(String::new(), |mut out, byte| {
        write!(out, "%25{byte:02X}").unwrap();
        out
    });
    check_rejected(format!("paymentId={twice}&securityKey={KEY}"));
    assert!(ThreeDsFailure::parse(format!("paymentId={twice}").as_bytes()).is_err());
    check_checkout_rejected(format!("checkoutId={twice}"));
}

#[tokio::test]
async fn a_security_key_may_contain_a_percent_sign() {
    for (posted, key) in [("100%25", "100%"), ("ab%252Bcd", "ab%2Bcd"), ("ab%2", "ab%2"), ("%25", "%")] {
        let body = format!("paymentId={PAYMENT}&securityKey={posted}");
        assert_eq!(completion_body(&body).await, format!(r#"{{"securityKey":"{key}"}}"#));
    }
}

#[test]
fn a_failure_may_have_no_security_key() {
    for body in [
        format!("paymentId={PAYMENT}"),
        format!("paymentId={PAYMENT}&securityKey="),
        format!("securityKey={KEY}&mdStatus=0&paymentId={PAYMENT}&securityKey=x"),
    ] {
        let failure = ThreeDsFailure::parse(body.as_bytes()).unwrap();
        assert_eq!(failure.claimed().payment_id().as_str(), PAYMENT, "{body}");
        assert!(!format!("{failure:?}").contains(KEY));
    }
    for body in ["", "paymentId=", "paymentId=..", "paymentId=a&paymentId=b", "PaymentId=a", "{}", "paymentId=a%2Fb"] {
        assert_eq!(ThreeDsFailure::parse(body.as_bytes()).unwrap_err(), VerifyError::Rejected, "{body}");
    }
}

#[test]
fn a_security_key_with_other_than_visible_ascii_characters_is_rejected() {
    for key in ["a b", "a%20b", "a%0A", "a\r\n", "%00", "%C3%A4", "ä", "%FF", "a\t"] {
        check_rejected(format!("paymentId={PAYMENT}&securityKey={key}"));
    }
}

#[tokio::test]
async fn fields_that_a_framework_has_parsed_are_read_by_the_same_rules() {
    // A framework decodes a raw plus sign as a space. No key contains one.
    for (parsed, key) in [(KEY, KEY), ("a b", "a+b"), ("a+b", "a+b"), ("100%", "100%")] {
        let (client, script) = scripted([]);
        let fields = [("mdStatus", "1"), ("paymentId", PAYMENT), ("securityKey", parsed), ("mdStatus", "2")];
        let callback = ThreeDsCallback::from_fields(fields).unwrap();
        let _ = client.complete_3ds(callback.claimed().payment_id(), &callback).send().await;
        assert_eq!(crate::support::body_of(&script), format!(r#"{{"securityKey":"{key}"}}"#));
    }
    let owned = vec![("paymentId".to_owned(), PAYMENT.to_owned())];
    assert_eq!(ThreeDsFailure::from_fields(owned).unwrap().claimed().payment_id().as_str(), PAYMENT);
    let map = std::collections::HashMap::from([("checkoutId", PAYMENT)]);
    assert_eq!(CheckoutCallback::from_fields(&map).unwrap().claimed().checkout_id().as_str(), PAYMENT);
}

#[test]
fn parsed_fields_that_are_missing_twice_invalid_or_too_long_are_rejected() {
    let long = "a".repeat(64 * 1024);
    for fields in [
        vec![],
        vec![("paymentId", PAYMENT)],
        vec![("securityKey", KEY)],
        vec![("paymentId", PAYMENT), ("securityKey", "")],
        vec![("paymentId", PAYMENT), ("securityKey", "a\n")],
        vec![("paymentId", "../x"), ("securityKey", KEY)],
        vec![("paymentId", "a%2Fb"), ("securityKey", KEY)],
        vec![("paymentId", PAYMENT), ("securityKey", KEY), ("paymentId", "other")],
        vec![("paymentId", PAYMENT), ("securityKey", KEY), ("securityKey", KEY)],
        vec![("paymentId", PAYMENT), ("securityKey", KEY), ("padding", &long)],
    ] {
        assert_eq!(ThreeDsCallback::from_fields(fields).unwrap_err(), VerifyError::Rejected);
    }
    for fields in [vec![], vec![("paymentId", "..")], vec![("paymentId", "a"), ("paymentId", "b")]] {
        assert_eq!(ThreeDsFailure::from_fields(fields).unwrap_err(), VerifyError::Rejected);
    }
    for fields in [vec![], vec![("checkoutId", "")], vec![("checkoutId", "a"), ("checkoutId", "b")]] {
        assert_eq!(CheckoutCallback::from_fields(fields).unwrap_err(), VerifyError::Rejected);
    }
}

#[test]
fn a_body_or_id_that_is_too_long_is_rejected() {
    let long = "a".repeat(1024 * 1024);
    check_rejected(format!("paymentId={long}&securityKey={KEY}"));
    check_rejected(format!("paymentId={PAYMENT}&securityKey={long}"));
    check_rejected(format!("paymentId={PAYMENT}&securityKey={KEY}&padding={long}"));
    check_rejected("x&".repeat(1024 * 512));
    check_checkout_rejected(format!("checkoutId={long}"));
    // An id has at most 255 characters.
    check_rejected(format!("paymentId={}&securityKey={KEY}", "a".repeat(256)));
    assert!(ThreeDsCallback::parse(format!("paymentId={}&securityKey={KEY}", "a".repeat(255)).as_bytes()).is_ok());
    // The limit is 64 KiB, inclusive.
    let is_accepted = |length: usize| {
        let body = format!("paymentId={PAYMENT}&securityKey={KEY}&padding=");
        let padding = "a".repeat(length - body.len());
        ThreeDsCallback::parse((body + &padding).as_bytes()).is_ok()
    };
    assert_eq!((is_accepted(64 * 1024), is_accepted(64 * 1024 + 1)), (true, false));
}

#[tokio::test]
async fn a_checkout_callback_exposes_only_an_id_to_look_up() {
    let callback = CheckoutCallback::parse(format!("checkoutId={PAYMENT}&status=SUCCESS&amount=1").as_bytes()).unwrap();
    assert_eq!(callback.claimed().checkout_id().as_str(), PAYMENT);
    assert_eq!(
        format!("{callback:?}"),
        format!("Unverified(CheckoutCallback {{ checkout_id: CheckoutId(\"{PAYMENT}\") }})")
    );

    let hint = callback.hint();
    assert_eq!((hint.reference, hint.object_id.as_deref()), (None, Some(PAYMENT)));

    let (client, script) = scripted([response(&[("status", "\"FAILED\"")])]);
    let payment = callback.lookup(&client).send().await.unwrap();

    assert!(payment.into_success().is_err(), "the claimed status counts");
    assert_eq!(sent_to(&script), format!("GET https://api.example.com/api/checkout/{PAYMENT}"));
}

#[test]
fn callbacks_are_acknowledged_with_status_200() {
    for acknowledgement in
        [ThreeDsCallback::ACKNOWLEDGEMENT, ThreeDsFailure::ACKNOWLEDGEMENT, CheckoutCallback::ACKNOWLEDGEMENT]
    {
        assert_eq!(acknowledgement, Acknowledgement::new(200, ""));
    }
}
