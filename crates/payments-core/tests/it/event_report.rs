//! Reports of verified events, and hints of unverified callbacks.

use payments_core::gateway::{EventReport, Hint, ReportEvent, ToHint, WriteOperation};
use payments_core::json::DecodeError;
use payments_core::webhook::{SigningSecrets, Unverified, Verified, sign};
use payments_core::{AmountUnreadable, Currency, Expected, Mismatch, Money, PaymentStatus, Secret};

struct Event {
    reference: Option<&'static str>,
}

impl ReportEvent for Event {
    fn report(&self) -> Result<Option<EventReport>, DecodeError> {
        let mut report = report();
        report.reference = self.reference.map(str::to_owned);
        Ok(Some(report))
    }
}

fn report() -> EventReport {
    let operations = [WriteOperation::StartPayment, WriteOperation::PayOut];
    let mut report = EventReport::new(&operations, PaymentStatus::Succeeded, true);
    report.event_id = Some("evt_1".to_owned());
    report.reference = Some("order-1".to_owned());
    report.object_id = Some("pay_1".to_owned());
    report.amount = Ok("300.10".parse().unwrap());
    report.currency = Ok(Some(Currency::INR));
    report.live = Some(true);
    report
}

fn expected() -> Expected {
    Expected::new("order-1", Money::parse("300.10", Currency::INR).unwrap()).live(true)
}

fn verified(event: Event) -> Verified<Event> {
    let secret = Secret::new("signing_secret", "canary").unwrap();
    let signature = sign(&secret, &[b"{}"]);
    SigningSecrets::new(&secret).verify(b"{}", &[b"{}"], &[signature]).unwrap().decode(|_| Ok(event)).unwrap()
}

fn unreadable(raw: Option<&str>) -> AmountUnreadable {
    AmountUnreadable::new(raw, "the amount is not a plain number")
}

/// Stores and loads a report in every way that databases and their libraries use.
#[track_caller]
fn loaded(report: &EventReport) -> EventReport {
    let text = serde_json::to_string(report).unwrap();
    let loaded: EventReport = serde_json::from_str(&text).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::from_value::<EventReport>(value).unwrap(), loaded);
    assert_eq!(serde_json::from_reader::<_, EventReport>(text.as_bytes()).unwrap(), loaded);
    loaded
}

#[test]
fn a_verified_event_is_compared_with_the_order() {
    let report = verified(Event { reference: Some("order-1") }).report().unwrap().unwrap();
    assert_eq!(report.check(&expected()), Ok(()));
    let other = Expected::new("order-2", expected().amount());
    assert_eq!(report.check(&other), Err(Mismatch::Reference));
    assert_eq!(report.check(&expected().live(false)), Err(Mismatch::Mode { live: true }));
    let dollars = Money::parse("300.10", Currency::USD).unwrap();
    let currency = Mismatch::Currency { expected: Currency::USD, actual: Currency::INR };
    assert_eq!(report.check(&Expected::new("order-1", dollars)), Err(currency));
    let more = Money::parse("300.11", Currency::INR).unwrap();
    let differs = Mismatch::AmountDiffers { expected: more, actual: expected().amount() };
    assert_eq!(report.check(&Expected::new("order-1", more)), Err(differs));
}

#[test]
fn a_report_without_a_reference_matches_an_order_by_the_providers_id_only() {
    let report = verified(Event { reference: None }).report().unwrap().unwrap();
    assert_eq!(report.check(&expected()), Err(Mismatch::Reference));
    assert_eq!(report.check_object_id("pay_1", &expected()), Ok(()));
    assert_eq!(report.check_object_id("pay_2", &expected()), Err(Mismatch::Reference));
    assert_eq!(report.check_object_id("pay_1", &expected().live(false)), Err(Mismatch::Mode { live: true }));

    let mut without_id = report.clone();
    without_id.object_id = None;
    assert_eq!(without_id.check_object_id("pay_1", &expected()), Err(Mismatch::Reference));

    // The reference of a capture is not the payment's.
    let capture = Expected::new("capture-1", expected().amount());
    assert_eq!(self::report().check_object_id("pay_1", &capture), Ok(()));
}

#[test]
fn a_report_has_no_amount_until_one_is_set() {
    let mut report = EventReport::new(&[WriteOperation::Refund], PaymentStatus::Succeeded, true);
    report.reference = Some("order-1".to_owned());
    let Err(Mismatch::AmountUnreadable(missing)) = report.check(&expected()) else { panic!("an amount is missing") };
    assert_eq!(missing.raw(), None);
}

#[test]
fn a_report_is_stored_with_exact_texts_and_loaded_as_it_was() {
    let text = serde_json::to_string(&report()).unwrap();
    assert_eq!(
        text,
        r#"{"stored":"payments.event_report/1","event_id":"evt_1","reference":"order-1","object_id":"pay_1","operations":["start_payment","pay_out"],"status":"succeeded","is_final":true,"amount":{"exact":"300.10"},"currency":{"known":"INR"},"live":true}"#
    );
    assert_eq!(loaded(&report()), report());
    for amount in ["0", "-0.01", "300.100", "79228162514264337593543950335", "0.1234567890123456789012345678"] {
        let mut report = report();
        report.amount = Ok(amount.parse().unwrap());
        assert_eq!(loaded(&report).amount.unwrap().to_string(), amount);
    }
}

#[test]
fn what_could_not_be_read_before_storing_cannot_be_read_afterwards() {
    for raw in [None, Some("1,500"), Some("")] {
        let mut report = report();
        report.amount = Err(unreadable(raw));
        assert_eq!(loaded(&report), report);
        assert_eq!(loaded(&report).check(&expected()), Err(Mismatch::AmountUnreadable(unreadable(raw))));

        let mut report = self::report();
        report.currency = Err(unreadable(raw));
        assert_eq!(loaded(&report), report);
        assert_eq!(loaded(&report).check(&expected()), Err(Mismatch::AmountUnreadable(unreadable(raw))));
    }
    let mut report = report();
    (report.currency, report.live) = (Ok(None), None);
    report.status = PaymentStatus::Unknown("succeeded".to_owned());
    assert_eq!(loaded(&report), report);
    assert!(!loaded(&report).status.is_paid(), "a provider's own text became a known status");
}

#[test]
fn only_a_stored_report_is_loaded() {
    let text = serde_json::to_string(&report()).unwrap();
    for (from, to) in [
        (r#""stored":"payments.event_report/1","#, ""),
        ("payments.event_report/1", "payments.event_report/2"),
        (r#"{"exact":"300.10"}"#, "300.10"),
        (r#"{"exact":"300.10"}"#, r#"{"exact":300.10}"#),
        (r#"{"exact":"300.10"}"#, r#"{"exact":"3e2"}"#),
        (r#"{"exact":"300.10"}"#, "null"),
        (r#"{"known":"INR"}"#, "null"),
        (r#"{"known":"INR"}"#, r#"{"known":"rupees"}"#),
        ("pay_out", "a_later_operation"),
        (r#""succeeded""#, r#""paid""#),
    ] {
        let other = text.replace(from, to);
        assert_ne!(other, text);
        assert!(serde_json::from_str::<EventReport>(&other).is_err(), "{other}");
    }
}

#[test]
fn no_card_number_and_no_private_id_is_shown() {
    let mut report = report();
    report.amount = Err(unreadable(Some("4242424242424242")));
    report.currency = Err(unreadable(Some("4242 4242 4242 4242")));
    let (debug, stored) = (format!("{report:?}"), serde_json::to_string(&report).unwrap());
    for text in [&debug, &stored] {
        assert!(!text.contains("42424242") && !text.contains("4242 4242"), "{text}");
    }
    assert!(!debug.contains("pay_1") && debug.contains("order-1"), "{debug}");
}

#[test]
fn a_hint_says_what_to_look_up_and_shows_no_private_id() {
    struct ByReference;
    impl ToHint for ByReference {
        fn to_hint(&self) -> Hint {
            Hint::by_reference("order-1")
        }
    }
    let hint = Unverified::new(ByReference).hint();
    assert_eq!((hint.reference.as_deref(), hint.object_id), (Some("order-1"), None));

    let hint = Hint::by_object_id("chk_1");
    assert_eq!((hint.reference.as_deref(), hint.object_id.as_deref()), (None, Some("chk_1")));
    assert_eq!(format!("{hint:?}"), "Hint { reference: None, object_id: [redacted] }");
}
