//! Captures through the common `Capture` trait, which never capture another amount than requested.

use payments_core::test_util::Reply;
use payments_core::{Currency, ErrorKind, Money, Outcome};
use turratech::payments_core::gateway::{Capture, CaptureRequest};

use crate::support::{block_on, paid, pounds, scripted};

/// An authorized payment of 20.00 GBP with this `amount_capturable` member, or without one.
fn authorized(amount_capturable: &str) -> Reply {
    Reply::json(200, &paid("pay_1", "requires_capture").replace(r#""amount_capturable":0,"#, amount_capturable))
}

#[test]
fn the_whole_authorized_amount_is_captured() {
    let (client, script) =
        scripted([authorized(r#""amount_capturable":2000,"#), Reply::json(200, &paid("pay_1", "succeeded"))]);
    let captured = block_on(client.capture(&CaptureRequest::new("capture-1", "pay_1", pounds(2000)))).unwrap();
    assert!(captured.status.is_paid());
    assert_eq!((captured.amount, script.requests().len()), (Some(pounds(2000)), 2));
}

#[test]
fn a_payment_that_is_already_captured_is_returned_without_a_second_capture() {
    let already_captured = || scripted([Reply::json(200, &paid("pay_1", "succeeded"))]);
    let (client, script) = already_captured();
    assert!(
        block_on(client.capture(&CaptureRequest::new("capture-1", "pay_1", pounds(2000))))
            .unwrap()
            .status
            .is_paid()
    );
    assert_eq!(script.requests().len(), 1, "the payment is retrieved and not captured again");

    let err = block_on(already_captured().0.capture(&CaptureRequest::new("capture-1", "pay_1", pounds(1999))))
        .unwrap_err();
    assert_eq!(err.param(), Some("amount"));
}

#[test]
fn an_amount_other_than_the_whole_authorized_amount_is_rejected() {
    let other = Money::from_minor(2000, Currency::EUR);
    for (capturable, requested) in
        [("2000", pounds(1999)), ("2000", other), ("1500", pounds(2000)), ("0", pounds(2000))]
    {
        let (client, script) = scripted([authorized(&format!(r#""amount_capturable":{capturable},"#))]);
        let err = block_on(client.capture(&CaptureRequest::new("capture-1", "pay_1", requested))).unwrap_err();
        assert_eq!((err.outcome(), err.param()), (Outcome::NotSent, Some("amount")), "{capturable}: {err}");
        assert_eq!(script.requests().len(), 1);
    }
}

#[test]
fn nothing_is_captured_if_the_authorized_amount_is_unknown() {
    for capturable in ["", r#""amount_capturable":null,"#] {
        let (client, script) = scripted([authorized(capturable)]);
        let err = block_on(client.capture(&CaptureRequest::new("capture-1", "pay_1", pounds(2000)))).unwrap_err();
        assert_eq!((err.outcome(), err.kind()), (Outcome::NotSent, ErrorKind::Unsupported), "{err}");
        assert_eq!(script.requests().len(), 1);
    }
}
