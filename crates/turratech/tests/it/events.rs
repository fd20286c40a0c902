//! Events: the content of verified webhooks.

use payments_core::clock::Clock;
use turratech::test_util::sign;
use turratech::{Event, EventObject, EventType, Expected, Mismatch, Verified};

use crate::support::{clock, paid, pounds};
use crate::webhooks::{event, secret, verifier};

#[track_caller]
fn verified_event(event_type: &str, object: &str) -> Verified<Event> {
    let body = event(event_type, object);
    let header = sign(&secret(), body.as_bytes(), clock().now());
    verifier().verify_signature(body.as_bytes(), header.as_bytes()).unwrap()
}

#[test]
fn an_event_has_its_type_time_and_mode() {
    let event = verified_event("payment.succeeded", &paid("pay_1", "succeeded"));
    assert_eq!((event.id.as_str(), &event.event_type), ("evt_1", &EventType::PaymentSucceeded));
    assert_eq!((event.created.unwrap().unix_timestamp(), event.livemode), (1_704_067_200, false));
    assert!(event.raw_object.as_str().contains("pay_1"));
}

#[test]
fn the_object_is_decoded_according_to_the_event_type() {
    for kind in EventType::KNOWN {
        let object =
            if kind.as_str().starts_with("payment.") { paid("pay_1", "failed") } else { r#"{"id":"x_1"}"#.into() };
        let decoded = verified_event(kind.as_str(), &object).object().unwrap();
        let is_expected = match kind {
            EventType::PaymentSucceeded | EventType::PaymentFailed => matches!(&decoded, EventObject::Payment(_)),
            EventType::CustomerCreated => matches!(&decoded, EventObject::Customer(_)),
            EventType::SubscriptionCreated | EventType::SubscriptionUpdated | EventType::SubscriptionDeleted => {
                matches!(&decoded, EventObject::Subscription(_))
            }
            EventType::RefundCreated => matches!(&decoded, EventObject::Refund(_)),
            _ => matches!(&decoded, EventObject::Other(raw) if raw.as_str() == object),
        };
        assert!(is_expected, "{kind}: {decoded:?}");
    }
}

#[test]
fn an_unknown_event_type_is_kept_with_its_object() {
    for name in ["payment.refunded", "payout.created", "", "payment.Succeeded", "PAYMENT.SUCCEEDED"] {
        let event = verified_event(name, "[1, 2.50]");
        assert_eq!((event.event_type.as_str(), matches!(event.event_type, EventType::Unknown(_))), (name, true));
        let EventObject::Other(raw) = event.object().unwrap() else { panic!("{name}") };
        assert_eq!(raw.as_str(), "[1, 2.50]");
    }
}

#[test]
fn an_object_that_does_not_fit_its_event_type_is_rejected_with_a_path() {
    let rows = [
        ("payment.succeeded", "{}".to_owned(), "data.object"),
        ("payment.succeeded", "7".to_owned(), "data.object"),
        ("payment.succeeded", paid("pay_1", "succeeded").replace("\"pay_1\"", "[]"), "data.object.id"),
        ("payment.failed", paid("pay_1", "failed").replace("false", "true"), "data.object.livemode"),
        ("customer.created", r#"{"id":{}}"#.to_owned(), "data.object.id"),
        ("subscription.deleted", r#"{"id":"sub_1","status":{}}"#.to_owned(), "data.object.status"),
        ("refund.created", r#"{"id":"re_1","status":[]}"#.to_owned(), "data.object.status"),
    ];
    for (event_type, object, path) in rows {
        let event = verified_event(event_type, &object);
        assert_eq!(event.object().unwrap_err().path(), path, "{object}");
    }
}

#[test]
fn a_payment_in_an_event_is_compared_with_the_order_and_mode() {
    let event = verified_event("payment.succeeded", &paid("pay_1", "succeeded"));
    let EventObject::Payment(payment) = event.object().unwrap() else { panic!("{event:?}") };
    assert!(payment.is_paid());
    let expected = || Expected::new("12345", pounds(2000));
    assert_eq!(payment.check_metadata("order_id", &expected().live(false)), Ok(()));
    let live = payment.check_metadata("order_id", &expected().live(true));
    assert_eq!(live, Err(Mismatch::Mode { live: false }), "a test payment in live mode");
}

#[test]
fn the_event_type_does_not_replace_the_payments_status() {
    for status in ["processing", "failed", "under_review"] {
        let event = verified_event("payment.succeeded", &paid("pay_1", status));
        let EventObject::Payment(payment) = event.object().unwrap() else { panic!("{event:?}") };
        assert!(!payment.is_paid(), "{status}");
    }
}

#[test]
fn an_event_can_be_serialized() {
    let event = verified_event("invoice.paid", r#"{"total": 2.50}"#);
    let stored = serde_json::to_string(&event.into_inner()).unwrap();
    assert_eq!(
        stored,
        r#"{"id":"evt_1","type":"invoice.paid","created":1704067200,"livemode":false,"raw_object":{"total": 2.50}}"#
    );
}

#[test]
fn a_serialized_event_shows_no_card_number_and_no_security_code() {
    let card = r#"{"id":"pay_1","card":{"number":"4242424242424242","cvc":"8309"}}"#;
    for kind in ["invoice.paid", "payment_method.attached"] {
        let event = verified_event(kind, card).into_inner();
        let object = event.object().unwrap();
        for text in [serde_json::to_string(&event).unwrap(), serde_json::to_string(&object).unwrap()] {
            assert!(!text.contains("4242424242424242") && !text.contains("8309"), "{text}");
            assert!(
                text.contains(r#"{"id":"pay_1","card":{"number":"424242******4242","cvc":"[redacted]"}}"#),
                "{text}"
            );
        }
        assert_eq!(event.raw_object.as_str(), card);
    }
}
