//! Amounts are exact in requests and responses.

use card3ds::{Currency, ErrorKind, Expected, Mismatch, Money, Outcome};

use crate::support::{PAYMENT, body_of, lira, now, payment_id, payment_of, response, scripted};

#[track_caller]
fn check_sent(amount: Money, wire: &str) {
    let (client, script) = scripted([]);
    let _ = now(client.create_payment(payment_of(amount)).send());
    let body = body_of(&script);
    assert!(body.contains(&format!(r#""amount":{wire},"currency":"{}""#, amount.currency())), "{body}");

    let _ = now(client.capture_payment(&payment_id(), amount).send());
    assert_eq!(body_of(&script), format!(r#"{{"amount":{wire},"currency":"{}"}}"#, amount.currency()));
}

#[test]
fn amounts_are_sent_as_numbers_with_exactly_the_currencys_decimals() {
    check_sent(lira("100.50"), "100.50");
    check_sent(lira("100.5"), "100.50");
    check_sent(lira("100"), "100.00");
    check_sent(lira("0.01"), "0.01");
    check_sent(lira("0.10"), "0.10");
    // A float would send 1000000000000.1.
    check_sent(lira("1000000000000.10"), "1000000000000.10");
    check_sent(Money::from_minor(i64::MAX, Currency::TRY), "92233720368547758.07");
    check_sent(Money::from_minor(1500, Currency::JPY), "1500");
    check_sent(Money::from_minor(1500, Currency::KWD), "1.500");
}

#[track_caller]
fn check_received(wire: &str) {
    let (client, _) = scripted([response(&[("amount", wire)])]);
    let payment = now(client.create_payment(payment_of(lira("100.50"))).send()).unwrap();
    assert_eq!(payment.amount(), Ok(lira("100.50")), "{wire}");
}

#[test]
fn a_received_amount_may_have_fewer_decimals_or_trailing_zeros() {
    check_received("100.50");
    check_received("100.5");
    check_received("100.500000");
    check_received(r#""100.50""#);
}

#[test]
fn an_amount_that_is_not_exact_makes_the_outcome_unknown() {
    for wire in ["100.500000000000000000000000000001", "1e2", r#""100,50""#, "true", "{}", "null", r#""""#] {
        let (client, script) = scripted([response(&[("amount", wire)])]);
        let payment = now(client.create_payment(payment_of(lira("100.50"))).send()).unwrap();
        let unreadable = payment.amount().unwrap_err();
        assert_eq!(unreadable.raw(), Some(wire.trim_matches('"')).filter(|raw| !matches!(*raw, "null" | "")), "{wire}");
        let check = payment.check(&Expected::new("ORD-12345", lira("100.50")));
        assert_eq!(check, Err(Mismatch::AmountUnreadable(unreadable)), "{wire}");
        let err = payment.into_success().unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown), "{wire}");
        assert_eq!(err.object_id(), Some(PAYMENT), "{wire}");
        assert_eq!(script.requests().len(), 1);
    }
}

#[test]
fn an_amount_with_more_decimals_than_the_currency_contradicts_the_request() {
    let (client, script) = scripted([response(&[("amount", "100.501")])]);
    let err = now(client.create_payment(payment_of(lira("100.50"))).send()).unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown));
    assert_eq!((err.object_id(), err.reported_amount()), (Some(PAYMENT), Some("100.501")));
    assert_eq!(script.requests().len(), 1);
}

#[test]
fn the_largest_and_the_smallest_amounts_survive_a_round_trip() {
    for minor in [1, 99, 100, 101, i64::MAX] {
        for currency in [Currency::TRY, Currency::JPY, Currency::KWD, Currency::CLF] {
            let amount = Money::from_minor(minor, currency);
            let (wire, code) = (amount.decimal_text().unwrap(), format!("\"{currency}\""));
            let (client, _) = scripted([response(&[("amount", &wire), ("currency", &code)])]);
            assert_eq!(now(client.create_payment(payment_of(amount)).send()).unwrap().amount(), Ok(amount));
        }
    }
}
