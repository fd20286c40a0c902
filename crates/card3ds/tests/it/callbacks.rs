//! What is posted by strangers: one form is read, all others are one and the same error.

use std::fmt::Write as _;

use card3ds::{CheckoutCallback, Lookup, ThreeDsCallback, ThreeDsFailure, VerifyError};
use payments_core::webhook::Acknowledgement;

use crate::support::{PAYMENT, response, scripted, sent_to};

const KEY: &str = "3DS_AUTH_KEY_123456";

#[track_caller]
fn check_refused(body: impl AsRef<[u8]>) {
    let body = body.as_ref();
    let shown = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
    assert_eq!(ThreeDsCallback::parse(body).unwrap_err(), VerifyError::Rejected, "{shown}");
}

#[track_caller]
fn check_checkout_refused(body: impl AsRef<[u8]>) {
    assert_eq!(CheckoutCallback::parse(body.as_ref()).unwrap_err(), VerifyError::Rejected);
}

/// The key that a callback would complete with, as it goes out.
async fn key_of(body: &str) -> String {
    let (client, script) = scripted([]);
    let callback = ThreeDsCallback::parse(body.as_bytes()).unwrap();
    let _ = client.complete_3ds(callback.claimed().payment_id(), &callback).send().await;
    crate::support::body_of(&script)
}

#[tokio::test]
async fn a_form_is_read_in_any_order_and_with_fields_of_others() {
    for body in [
        format!("paymentId={PAYMENT}&securityKey={KEY}"),
        format!("securityKey={KEY}&paymentId={PAYMENT}"),
        format!("&&mdStatus=1&securityKey={KEY}&x&paymentId={PAYMENT}&mdStatus=2&=&"),
        format!("p%61ymentId={PAYMENT}&securityKey=3DS%5fAUTH_KEY_123456"),
    ] {
        let callback = ThreeDsCallback::parse(body.as_bytes()).unwrap();
        assert_eq!(callback.claimed().payment_id().as_str(), PAYMENT);
        assert_eq!(key_of(&body).await, format!(r#"{{"securityKey":"{KEY}"}}"#), "{body}");
    }
    // Base64, as a browser encodes it.
    let body = format!("paymentId={PAYMENT}&securityKey=ab%2Bcd%2Fef%3D%3D");
    assert_eq!(key_of(&body).await, r#"{"securityKey":"ab+cd/ef=="}"#);
}

#[test]
fn a_field_that_stands_twice_is_refused() {
    check_refused(format!("paymentId={PAYMENT}&paymentId={PAYMENT}&securityKey={KEY}"));
    check_refused(format!("paymentId={PAYMENT}&securityKey={KEY}&paymentId=other"));
    check_refused(format!("paymentId={PAYMENT}&securityKey={KEY}&securityKey="));
    // Also where one of the names is encoded.
    check_refused(format!("paymentId={PAYMENT}&securityKey={KEY}&payment%49d=other"));
    check_checkout_refused(format!("checkoutId={PAYMENT}&checkoutId={PAYMENT}"));
}

#[test]
fn a_field_that_is_missing_or_empty_is_refused() {
    for body in ["", "&", "=", "paymentId", "paymentId=", "securityKey=k", "\0"] {
        check_refused(body);
        check_checkout_refused(body);
    }
    check_refused(format!("paymentId={PAYMENT}"));
    check_refused(format!("paymentId={PAYMENT}&securityKey="));
    check_refused(format!("paymentId=&securityKey={KEY}"));
    check_refused(format!("PaymentId={PAYMENT}&SecurityKey={KEY}"));
    check_refused(format!("paymentId[]={PAYMENT}&securityKey={KEY}"));
    check_refused(format!("paymentId={PAYMENT};securityKey={KEY}"));
    check_refused(format!(r#"{{"paymentId":"{PAYMENT}","securityKey":"{KEY}"}}"#));
    check_refused(format!("?paymentId={PAYMENT}&securityKey={KEY}"));
    check_refused(format!("\u{feff}paymentId={PAYMENT}&securityKey={KEY}"));
    check_checkout_refused(format!("checkoutid={PAYMENT}"));
    check_checkout_refused(format!("paymentId={PAYMENT}"));
}

#[test]
fn ids_that_could_lead_elsewhere_are_refused() {
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
        check_refused(format!("paymentId={id}&securityKey={KEY}"));
        check_checkout_refused(format!("checkoutId={id}"));
    }
    let mut raw = b"paymentId=\xff\xfe&securityKey=".to_vec();
    raw.extend_from_slice(KEY.as_bytes());
    check_refused(raw);
}

#[test]
fn what_is_encoded_twice_is_refused() {
    let twice: String = PAYMENT.bytes().fold(String::new(), |mut out, byte| {
        write!(out, "%25{byte:02X}").unwrap();
        out
    });
    check_refused(format!("paymentId={twice}&securityKey={KEY}"));
    assert!(ThreeDsFailure::parse(format!("paymentId={twice}").as_bytes()).is_err());
    check_checkout_refused(format!("checkoutId={twice}"));
}

#[tokio::test]
async fn a_key_may_hold_a_percent_sign_of_its_own() {
    for (posted, key) in [("100%25", "100%"), ("ab%252Bcd", "ab%2Bcd"), ("ab%2", "ab%2"), ("%25", "%")] {
        let body = format!("paymentId={PAYMENT}&securityKey={posted}");
        assert_eq!(key_of(&body).await, format!(r#"{{"securityKey":"{key}"}}"#));
    }
}

#[test]
fn a_failed_challenge_may_come_without_a_key() {
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
fn keys_that_are_no_text_of_visible_characters_are_refused() {
    for key in ["a b", "a+b", "a%20b", "a%0A", "a\r\n", "%00", "%C3%A4", "ä", "%FF", "a\t"] {
        check_refused(format!("paymentId={PAYMENT}&securityKey={key}"));
    }
}

#[test]
fn what_is_too_long_is_refused() {
    let long = "a".repeat(1024 * 1024);
    check_refused(format!("paymentId={long}&securityKey={KEY}"));
    check_refused(format!("paymentId={PAYMENT}&securityKey={long}"));
    check_refused(format!("paymentId={PAYMENT}&securityKey={KEY}&padding={long}"));
    check_refused("x&".repeat(1024 * 512));
    check_checkout_refused(format!("checkoutId={long}"));
    // An id is never that long, whatever the form's length.
    check_refused(format!("paymentId={}&securityKey={KEY}", "a".repeat(256)));
    assert!(ThreeDsCallback::parse(format!("paymentId={}&securityKey={KEY}", "a".repeat(255)).as_bytes()).is_ok());
    // 64 KiB are read, a byte more is not.
    let fits = |length: usize| {
        let body = format!("paymentId={PAYMENT}&securityKey={KEY}&padding=");
        let padding = "a".repeat(length - body.len());
        ThreeDsCallback::parse((body + &padding).as_bytes()).is_ok()
    };
    assert_eq!((fits(64 * 1024), fits(64 * 1024 + 1)), (true, false));
}

#[tokio::test]
async fn a_checkouts_callback_yields_a_look_up_and_nothing_else() {
    let callback = CheckoutCallback::parse(format!("checkoutId={PAYMENT}&status=SUCCESS&amount=1").as_bytes()).unwrap();
    assert_eq!(callback.claimed().checkout_id().as_str(), PAYMENT);
    assert_eq!(
        format!("{callback:?}"),
        format!("Unverified(CheckoutCallback {{ checkout_id: CheckoutId(\"{PAYMENT}\") }})")
    );

    let (client, script) = scripted([response(&[("status", "\"FAILED\"")])]);
    let payment = callback.lookup(&client).send().await.unwrap();

    assert!(payment.into_success().is_err(), "whatever the callback claimed");
    assert_eq!(sent_to(&script), format!("GET https://api.example.com/api/checkout/{PAYMENT}"));
}

#[test]
fn callbacks_are_acknowledged_with_200() {
    for acknowledgement in
        [ThreeDsCallback::ACKNOWLEDGEMENT, ThreeDsFailure::ACKNOWLEDGEMENT, CheckoutCallback::ACKNOWLEDGEMENT]
    {
        assert_eq!(acknowledgement, Acknowledgement::new(200, ""));
    }
}
