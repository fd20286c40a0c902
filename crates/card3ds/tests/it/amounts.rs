//! Never a cent off: on the way out as on the way in.

use card3ds::{Currency, ErrorKind, Money, Outcome};

use crate::support::{body_of, lira, now, payment_id, payment_of, response, scripted};

#[track_caller]
fn check_sent(amount: Money, wire: &str) {
    let (client, script) = scripted([]);
    let _ = now(client.create_payment(payment_of(amount)).send());
    let body = body_of(&script);
    assert!(body.contains(&format!(r#""amount":{wire},"currency":"{}""#, amount.currency())), "{body}");

    let _ = now(client.capture(&payment_id(), amount).send());
    assert_eq!(body_of(&script), format!(r#"{{"amount":{wire},"currency":"{}"}}"#, amount.currency()));
}

#[test]
fn amounts_go_out_as_numbers_with_exactly_their_currencys_decimals() {
    check_sent(lira("100.50"), "100.50");
    check_sent(lira("100.5"), "100.50");
    check_sent(lira("100"), "100.00");
    check_sent(lira("0.01"), "0.01");
    check_sent(lira("0.10"), "0.10");
    // A float would make 1000000000000.1 of it.
    check_sent(lira("1000000000000.10"), "1000000000000.10");
    check_sent(Money::from_minor(i64::MAX, Currency::TRY), "92233720368547758.07");
    check_sent(Money::from_minor(1500, Currency::JPY), "1500");
    check_sent(Money::from_minor(1500, Currency::KWD), "1.500");
}

#[track_caller]
fn check_read(wire: &str) {
    let (client, _) = scripted([response(&[("amount", wire)])]);
    let payment = now(client.create_payment(payment_of(lira("100.50"))).send()).unwrap();
    assert_eq!(payment.amount, lira("100.50"), "{wire}");
}

#[test]
fn an_answers_amount_is_read_with_fewer_decimals_and_with_zeros_beyond() {
    check_read("100.50");
    check_read("100.5");
    check_read("100.500000");
    check_read(r#""100.50""#);
}

#[test]
fn an_amount_that_cannot_be_had_exactly_leaves_a_payment_unknown() {
    for wire in ["100.505", "100.500000000000000000000000000001", "1e2", r#""100,50""#, "true", "{}", "null", r#""""#] {
        let (client, script) = scripted([response(&[("amount", wire)])]);
        let err = now(client.create_payment(payment_of(lira("100.50"))).send()).unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown), "{wire}");
        assert_eq!(err.json_path(), Some("amount"), "{wire}");
        assert_eq!(script.requests().len(), 1);
    }
}

#[test]
fn the_largest_and_the_smallest_amounts_come_back_as_they_went() {
    for minor in [1, 99, 100, 101, i64::MAX] {
        for currency in [Currency::TRY, Currency::JPY, Currency::KWD, Currency::CLF] {
            let amount = Money::from_minor(minor, currency);
            let (wire, code) = (amount.decimal_text().unwrap(), format!("\"{currency}\""));
            let (client, _) = scripted([response(&[("amount", &wire), ("currency", &code)])]);
            assert_eq!(now(client.create_payment(payment_of(amount)).send()).unwrap().amount, amount);
        }
    }
}
