//! TurraTech in the words that all providers share, where its answers leave something open.

use payments_core::test_util::Reply;
use payments_core::{Currency, ErrorKind, Money, Outcome};
use turratech::payments_core::gateway::{Capture, CaptureRequest};

use crate::support::{now, paid, pounds, scripted};

/// A payment of 20.00 GBP that holds this much, as a member; or says nothing of it.
fn held(amount_capturable: &str) -> Reply {
    Reply::json(200, &paid("pay_1", "requires_capture").replace(r#""amount_capturable":0,"#, amount_capturable))
}

#[test]
fn all_that_is_held_is_captured() {
    let (client, script) =
        scripted([held(r#""amount_capturable":2000,"#), Reply::json(200, &paid("pay_1", "succeeded"))]);
    let found = now(Capture::capture_payment(&client, &CaptureRequest::new("pay_1", pounds(2000)))).unwrap();
    assert!(found.status.is_paid());
    assert_eq!((found.amount, script.requests().len()), (Some(pounds(2000)), 2));
}

#[test]
fn what_an_earlier_capture_took_is_not_called_uncaptured() {
    let captured = || scripted([Reply::json(200, &paid("pay_1", "succeeded"))]);
    let (client, script) = captured();
    assert!(
        now(Capture::capture_payment(&client, &CaptureRequest::new("pay_1", pounds(2000)))).unwrap().status.is_paid()
    );
    assert_eq!(script.requests().len(), 1, "it is looked at, and not captured again");

    let err = now(Capture::capture_payment(&captured().0, &CaptureRequest::new("pay_1", pounds(1999)))).unwrap_err();
    assert_eq!(err.param(), Some("amount"));
}

#[test]
fn a_part_of_what_is_held_is_not() {
    let other = Money::from_minor(2000, Currency::EUR);
    for (capturable, asked) in [("2000", pounds(1999)), ("2000", other), ("1500", pounds(2000)), ("0", pounds(2000))] {
        let (client, script) = scripted([held(&format!(r#""amount_capturable":{capturable},"#))]);
        let err = now(Capture::capture_payment(&client, &CaptureRequest::new("pay_1", asked))).unwrap_err();
        assert_eq!((err.outcome(), err.param()), (Outcome::NotSent, Some("amount")), "{capturable}: {err}");
        assert_eq!(script.requests().len(), 1);
    }
}

#[test]
fn nothing_is_captured_where_how_much_is_held_is_not_said() {
    for capturable in ["", r#""amount_capturable":null,"#] {
        let (client, script) = scripted([held(capturable)]);
        let err = now(Capture::capture_payment(&client, &CaptureRequest::new("pay_1", pounds(2000)))).unwrap_err();
        assert_eq!((err.outcome(), err.kind()), (Outcome::NotSent, ErrorKind::Unsupported), "{err}");
        assert_eq!(script.requests().len(), 1);
    }
}
