//! Deliveries that are stored, and verified later.

use payments_core::http::{HeaderMap, HeaderName, HeaderValue};
use payments_core::time::{Duration, OffsetDateTime};
use payments_core::webhook::{Delivery, VerifyError, one_header};
use proptest::prelude::*;

const RECEIVED: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn headers(list: &[(&'static str, &[u8])]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in list {
        headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
    }
    headers
}

#[track_caller]
fn stored_and_loaded(delivery: &Delivery) -> Delivery {
    let text = serde_json::to_string(delivery).unwrap();
    let loaded: Delivery = serde_json::from_str(&text).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::from_value::<Delivery>(value).unwrap(), loaded);
    loaded
}

#[test]
fn cookies_and_credentials_are_dropped() {
    let all = headers(&[
        ("cookie", b"canary1"),
        ("set-cookie", b"canary2"),
        ("authorization", b"canary3"),
        ("proxy-authorization", b"canary4"),
        ("x-api-key", b"canary5"),
        ("x-webhook-token", b"canary6"),
        ("x-forwarded-for", b"canary7"),
        ("content-type", b"canary8"),
        ("x-pay-signature", b"a"),
        ("webhook-timestamp", b"b"),
        ("content-digest", b"c"),
        ("x-shop-hmac-sha256", b"d"),
    ]);
    let delivery = Delivery::new("{}", &all, RECEIVED);
    assert_eq!(delivery.headers().len(), 4);
    let stored = serde_json::to_string(&delivery).unwrap();
    assert!(!stored.contains("canary"), "{stored}");
}

#[test]
fn a_header_that_occurs_twice_is_still_rejected_after_loading() {
    let twice = headers(&[("x-signature", b"aa"), ("x-signature", b"aa")]);
    let loaded = stored_and_loaded(&Delivery::new("{}", &twice, RECEIVED));
    assert_eq!(one_header(loaded.headers(), "x-signature"), Err(VerifyError::Rejected));
    let once = headers(&[("x-signature", b"aa")]);
    let loaded = stored_and_loaded(&Delivery::new("{}", &once, RECEIVED));
    assert_eq!(one_header(loaded.headers(), "x-signature"), Ok(b"aa".as_slice()));
}

#[test]
fn the_body_is_not_printed() {
    let delivery = Delivery::new("canary", &headers(&[("x-signature", b"canary")]), RECEIVED);
    let printed = format!("{delivery:?}");
    assert!(!printed.contains("canary"), "{printed}");
    assert!(printed.contains("[6 bytes]") && printed.contains("x-signature"), "{printed}");
}

#[test]
fn only_a_stored_delivery_is_loaded() {
    let stored = serde_json::to_string(&Delivery::new("{}", &HeaderMap::new(), RECEIVED)).unwrap();
    assert_eq!(
        stored,
        r#"{"stored":"payments.delivery/1","body":"e30=","headers":[],"received_at":"1970-01-01T00:00:00Z"}"#
    );
    for (from, to) in [
        (r#""stored":"payments.delivery/1","#, ""),
        ("e30=", "{}"),
        ("[]", r#"[["x signature","a"]]"#),
        ("[]", r#"[["x-signature","a\nb"]]"#),
        ("[]", r#"[["x-signature","č"]]"#),
        ("1970-01-01T00:00:00Z", "now"),
    ] {
        assert!(serde_json::from_str::<Delivery>(&stored.replace(from, to)).is_err(), "{to}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_byte_of_a_delivery_is_loaded_as_it_was_received(
        body in prop::collection::vec(any::<u8>(), 0..64),
        values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..16), 0..4),
        nanoseconds in 0_i64..4_102_444_800_000_000_000,
    ) {
        let mut headers = HeaderMap::new();
        for value in values {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append("x-signature", value);
            }
        }
        let received_at = RECEIVED + Duration::nanoseconds(nanoseconds);
        let delivery = Delivery::new(body.clone(), &headers, received_at);
        let loaded = stored_and_loaded(&delivery);
        prop_assert_eq!(&loaded, &delivery);
        prop_assert_eq!((loaded.body(), loaded.received_at()), (body.as_slice(), received_at));
        prop_assert_eq!(loaded.headers(), &headers);
    }
}
