//! Events: the content of verified webhooks.

use payments_core::PaymentStatus;
use payments_core::clock::Clock;
use payments_core::gateway::{EventReport, WriteOperation};
use turratech::test_util::sign;
use turratech::{Currency, Event, EventObject, EventType, Expected, Mismatch, Verified};

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
        let payment = verified_event(kind.as_str(), &object).payment().unwrap();
        assert_eq!(payment.is_some(), matches!(decoded, EventObject::Payment(_)), "{kind}");
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
        let is_payment = event_type.starts_with("payment.");
        assert_eq!(event.payment().err().map(|error| error.path().to_owned()), is_payment.then(|| path.to_owned()));
    }
}

#[test]
fn a_payment_in_an_event_is_compared_with_the_order_and_mode() {
    let event = verified_event("payment.succeeded", &paid("pay_1", "succeeded"));
    let payment = event.payment().unwrap().unwrap();
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

#[track_caller]
fn report(event_type: &str, object: &str) -> EventReport {
    verified_event(event_type, object).report().unwrap().unwrap()
}

#[test]
fn a_payments_event_reports_the_payment_in_the_shared_vocabulary() {
    let report = report("payment.succeeded", &paid("pay_1", "succeeded"));
    assert_eq!((report.event_id.as_deref(), report.object_id.as_deref()), (Some("evt_1"), Some("pay_1")));
    assert_eq!(report.reference.as_deref(), Some("12345"));
    assert_eq!(report.operations, [WriteOperation::StartPayment, WriteOperation::Capture, WriteOperation::Cancel]);
    assert_eq!((&report.status, report.is_final), (&PaymentStatus::Succeeded, true));
    assert_eq!(report.amount.as_ref().unwrap().to_string(), "20.00");
    assert_eq!((report.currency.clone(), report.live), (Ok(Some(Currency::GBP)), Some(false)));
    let expected = Expected::new("12345", pounds(2000));
    assert_eq!(report.check(&expected), Ok(()));
    assert_eq!(report.check(&expected.live(true)), Err(Mismatch::Mode { live: false }));
    let text = serde_json::to_string(&report).unwrap();
    assert!(!text.contains("Order #12345") && !text.contains("pm_card_visa"), "more than the facts: {text}");
}

#[test]
fn a_report_has_the_payments_own_status_and_the_amount_that_counts() {
    for (status, common, is_final, amount) in [
        ("succeeded", PaymentStatus::Succeeded, true, "15.00"),
        ("failed", PaymentStatus::Failed, true, "20.00"),
        ("canceled", PaymentStatus::Cancelled, true, "20.00"),
        ("processing", PaymentStatus::Processing, false, "20.00"),
        ("requires_capture", PaymentStatus::Authorized, false, "20.00"),
        ("under_review", PaymentStatus::Unknown("under_review".to_owned()), false, "20.00"),
    ] {
        let object = paid("pay_1", status).replace(r#""amount_received":2000"#, r#""amount_received":1500"#);
        let report = report("payment.succeeded", &object);
        assert_eq!((report.status, report.is_final), (common, is_final), "{status}");
        assert_eq!(report.amount.unwrap().to_string(), amount, "{status}");
    }
}

#[test]
fn a_report_fails_the_comparison_if_an_amount_or_currency_cannot_be_read() {
    let sample = paid("pay_1", "succeeded");
    for (from, to) in [
        (r#""amount_received":2000"#, r#""amount_received":"2,000""#),
        (r#""amount_received":2000"#, r#""amount_received":2000.5"#),
        (r#""currency":"gbp""#, r#""currency":"pounds""#),
        (r#""currency":"gbp""#, r#""currency":null"#),
        (r#""amount":2000,"amount_capturable":0,"amount_received":2000,"#, ""),
    ] {
        let object = sample.replace(from, to);
        assert_ne!(object, sample);
        let report = report("payment.succeeded", &object);
        let check = report.check(&Expected::new("12345", pounds(2000)));
        assert!(matches!(check, Err(Mismatch::AmountUnreadable(_))), "{to}: {check:?}");
        let loaded: EventReport = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
        assert_eq!(loaded, report, "{to}");
    }
}

#[test]
fn a_report_may_have_no_reference_but_never_an_unreadable_one() {
    let sample = paid("pay_1", "succeeded");
    let metadata = r#""metadata":{"order_id":"12345"}"#;
    for to in [r#""metadata":{}"#, r#""metadata":null"#, r#""metadata":{"note":"\ud800"}"#, r#""metadata":{"note":[]}"#]
    {
        let report = report("payment.succeeded", &sample.replace(metadata, to));
        assert_eq!(report.reference, None, "{to}");
        assert_eq!(report.check_object_id("pay_1", &Expected::new("12345", pounds(2000))), Ok(()));
    }
    for to in [
        r#""metadata":{"order_id":"\ud800"}"#,
        r#""metadata":{"order_id":[]}"#,
        r#""metadata":{"order_id":"12345","order_id":"12345"}"#,
        r#""metadata":7"#,
    ] {
        for (event_type, object) in [
            ("payment.succeeded", sample.replace(metadata, to)),
            ("refund.created", format!(r#"{{"id":"re_1",{to}}}"#)),
        ] {
            let err = verified_event(event_type, &object).report().unwrap_err();
            assert_eq!(err.path(), "data.object.metadata.order_id", "{event_type} {to}");
        }
    }
}

#[test]
fn a_refunds_event_reports_a_status_that_is_never_final() {
    let object = r#"{"id":"re_1","payment":"pay_1","amount":500,"currency":"gbp","status":"succeeded",
        "metadata":{"order_id":"refund-1"}}"#;
    let refund = report("refund.created", object);
    assert_eq!(refund.operations, [WriteOperation::Refund]);
    assert_eq!((refund.object_id.as_deref(), refund.reference.as_deref()), (Some("re_1"), Some("refund-1")));
    let status = PaymentStatus::Unknown("succeeded".to_owned());
    assert_eq!((&refund.status, refund.is_final, refund.live), (&status, false, Some(false)));
    assert_eq!(refund.check(&Expected::new("refund-1", pounds(500)).live(false)), Ok(()));

    let bare = report("refund.created", r#"{"id":"re_1"}"#);
    assert_eq!((bare.status.as_str(), bare.reference.clone()), ("not reported", None));
    assert_eq!(bare.amount.clone().unwrap_err().raw(), None, "{bare:?}");
}

#[test]
fn an_event_about_something_else_has_no_report() {
    let is_reported = |kind: &EventType| {
        matches!(kind, EventType::PaymentSucceeded | EventType::PaymentFailed | EventType::RefundCreated)
    };
    for kind in EventType::KNOWN.iter().filter(|kind| !is_reported(kind)) {
        assert_eq!(verified_event(kind.as_str(), r#"{"id":[]}"#).report(), Ok(None), "{kind}");
    }
    assert_eq!(verified_event("payment.refunded", &paid("pay_1", "succeeded")).report(), Ok(None));
}

#[test]
fn a_report_fails_if_the_object_does_not_fit_its_event() {
    for (event_type, object, path) in [
        ("payment.succeeded", "{}".to_owned(), "data.object"),
        ("payment.failed", paid("pay_1", "failed").replace("false", "true"), "data.object.livemode"),
        ("refund.created", r#"{"id":"re_1","status":[]}"#.to_owned(), "data.object.status"),
    ] {
        assert_eq!(verified_event(event_type, &object).report().unwrap_err().path(), path, "{object}");
    }
}
