//! Waiting for a link to be paid, and comparing it with what is expected.

use payments_core::test_util::Reply;
use turbo_link::test_util::payment_link;
use turbo_link::{Currency, ErrorKind, Expected, LinkStatus, Mismatch, Money};

use crate::support::{SAMPLE, block_on, sample_with, scripted};

fn dollars(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

#[test]
fn a_link_is_listed_until_it_is_paid() {
    let paid = sample_with("pending", "completed");
    let (client, script) = scripted([
        Reply::json(200, SAMPLE),
        // The documented sample lists another link than the requested one.
        Reply::json(200, &sample_with("\"abc123\"", "\"other\"")),
        Reply::json(200, &paid),
    ]);
    let link = block_on(client.wait_until_final(&"abc123".parse().unwrap()).send()).unwrap();
    assert_eq!(link.status, LinkStatus::Completed);
    let urls: Vec<_> = script.requests().iter().map(|request| request.url().to_owned()).collect();
    assert_eq!(urls, ["https://api.tur.bo/payments/abc123"; 3]);
}

#[test]
fn at_the_timeout_the_last_status_is_returned_or_an_error_if_the_link_was_never_listed() {
    let minute = std::time::Duration::from_secs(60);
    let (client, _) = scripted((0..20).map(|_| Reply::json(200, SAMPLE)));
    let link = block_on(client.wait_until_final(&"abc123".parse().unwrap()).timeout(minute).send()).unwrap();
    assert_eq!(link.status, LinkStatus::Pending);
    let (client, _) = scripted((0..20).map(|_| Reply::json(200, SAMPLE)));
    let err = block_on(client.wait_until_final(&"other".parse().unwrap()).timeout(minute).send()).unwrap_err();
    assert_eq!((err.kind(), err.json_path()), (ErrorKind::MalformedResponse, Some("line_items")));
}

#[test]
fn a_status_is_final_if_the_link_was_paid() {
    let known: Vec<_> = LinkStatus::KNOWN.iter().map(|status| (status.as_str(), status.is_final())).collect();
    assert_eq!(known, [("pending", false), ("completed", true), ("refunded", true)]);
    assert!(!LinkStatus::from("paid_out").is_final());
}

#[test]
fn a_link_is_compared_by_id_currency_and_amount() {
    let link = payment_link(r#"{"id":"abc123","amount":"$1.00","status":"completed"}"#).unwrap();
    assert_eq!(link.check(&Expected::new("abc123", dollars(100))), Ok(()));
    assert_eq!(link.check(&Expected::new("abc124", dollars(100))), Err(Mismatch::Reference));
    let differs = Mismatch::AmountDiffers { expected: dollars(101), actual: dollars(100) };
    assert_eq!(link.check(&Expected::new("abc123", dollars(101))), Err(differs));
    let rupees = Money::from_minor(100, Currency::INR);
    let currency = Mismatch::Currency { expected: Currency::INR, actual: Currency::USD };
    assert_eq!(link.check(&Expected::new("abc123", rupees)), Err(currency));
    for amount in ["\"1.00\"", "\"$1,00\"", "null", "\"€1.00\"", "\"$1.001\""] {
        let body = format!(r#"{{"id":"abc123","amount":{amount},"status":"completed"}}"#);
        let unreadable = payment_link(body).unwrap().check(&Expected::new("abc123", dollars(100)));
        assert!(matches!(unreadable, Err(Mismatch::AmountUnreadable(_))), "{amount} {unreadable:?}");
    }
}
