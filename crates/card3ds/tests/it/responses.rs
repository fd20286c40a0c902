//! Decoding of payments: tolerant of formatting, strict about what matters.

use card3ds::{
    CardScheme, CardType, Currency, ErrorKind, Expected, Mismatch, Money, Outcome, Payment, PaymentStatus, Region,
};
use payments_core::test_util::Reply;
use rust_decimal::Decimal;
use time::macros::datetime;

use crate::support::{PAN, lira, now, payment, payment_id, response, response_without, scripted};

fn created(reply: Reply) -> Payment {
    let (client, _) = scripted([reply]);
    now(client.create_payment(payment()).send()).unwrap()
}

/// Checks that the response is malformed at this path, that the outcome is unknown, and that nothing is retried.
#[track_caller]
fn check_malformed(reply: Reply, path: &str) {
    let (client, script) = scripted([reply, response(&[])]);
    let err = now(client.create_payment(payment()).send()).unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown), "{err}");
    assert_eq!(err.json_path(), Some(path), "{err}");
    assert!(err.may_have_moved_money());
    assert_eq!(script.requests().len(), 1, "the request was retried");
}

#[test]
fn optional_members_may_be_missing() {
    let minimal = format!(r#"{{"paymentId":"{}","amount":100.5,"currency":"TRY","status":"SUCCESS"}}"#, payment_id());

    let payment = created(Reply::json(201, &minimal));

    assert_eq!(payment.status, PaymentStatus::Success);
    assert_eq!((payment.order_id, payment.installment_count, payment.customer_id), (None, None, None));
    assert!(payment.merchant_commission.is_none() && payment.payment_date.is_none() && payment.pan.is_none());
}

#[test]
fn missing_null_and_empty_members_are_the_same() {
    let optional = [
        "orderId",
        "installmentCount",
        "merchantCommission",
        "paymentDate",
        "cardHolderName",
        "pan",
        "domInt",
        "cardScheme",
        "cardType",
        "loyaltyCode",
        "externalTransactionId",
        "authCode",
        "resultCode",
        "resultMessage",
        "customerId",
    ];
    let (nulls, empty): (Vec<_>, Vec<_>) = optional.iter().map(|name| ((*name, "null"), (*name, "\"\""))).unzip();
    assert_eq!(created(response(&nulls)), created(response_without("orderId")));
    assert_eq!(created(response(&empty)), created(response_without("orderId")));
}

#[test]
fn id_and_status_are_required_and_amount_and_currency_for_a_success() {
    for required in ["paymentId", "status"] {
        check_malformed(response_without(required), required);
    }
    for required in ["amount", "currency"] {
        let payment = created(response_without(required));
        assert!(payment.amount().unwrap_err().to_string().contains(required));
        let check = payment.check(&Expected::new("ORD-12345", lira("100.50")));
        assert!(matches!(check, Err(Mismatch::AmountUnreadable(_))), "{check:?}");
        let err = payment.into_success().unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown), "{err}");
    }
}

#[test]
fn an_undecodable_deciding_member_is_an_error_with_its_path() {
    for (field, shape) in [
        ("paymentId", "{}"),
        ("paymentId", "[7]"),
        ("paymentId", "\"../checkout\""),
        ("status", "[]"),
        ("status", "{}"),
        ("orderId", "{}"),
        ("orderId", "[\"ORD-12345\"]"),
    ] {
        check_malformed(response(&[(field, shape)]), field);
    }
}

#[test]
fn an_undecodable_descriptive_member_is_absent_and_recorded() {
    for (field, shape) in [
        ("installmentCount", "1.5"),
        ("installmentCount", "-1"),
        ("installmentCount", "4294967296"),
        ("merchantCommission", "{}"),
        ("merchantCommission", "\"much\""),
        ("installmentCount", "[]"),
        ("installmentCount", "\"three\""),
        ("customerId", "[12345]"),
        ("pan", "[]"),
        ("domInt", "{}"),
        ("paymentDate", "[2023,5,1,14,30]"),
        ("resultMessage", "{}"),
    ] {
        let payment = created(response(&[(field, shape)]));
        let paths: Vec<_> = payment.unreadable_members().iter().map(|member| (&*member.path, &*member.raw)).collect();
        assert_eq!(paths, [(field, shape)]);
        // Without the unreadable members, which are stored too.
        let stored = |payment: &Payment| {
            let mut stored: serde_json::Value = serde_json::to_value(payment).unwrap();
            stored["unreadable"].take();
            stored
        };
        assert_eq!(stored(&payment), stored(&created(response_without(field))), "{field} {shape}");
    }
}

#[test]
fn a_response_that_differs_from_the_request_is_malformed() {
    check_malformed(response(&[("orderId", "\"ORD-99999\"")]), "orderId");
    check_malformed(response(&[("amount", "100.51")]), "amount");
    check_malformed(response(&[("amount", "10050")]), "amount");
    check_malformed(response(&[("currency", "\"USD\"")]), "currency");
    // Also if the payment failed.
    check_malformed(response(&[("orderId", "\"ORD-99999\""), ("status", "\"FAILED\"")]), "orderId");
}

#[test]
fn the_response_to_a_capture_is_compared_with_the_request() {
    for (field, value) in
        [("amount", "100.50"), ("currency", "\"EUR\""), ("paymentId", "\"00000000-e89b-12d3-a456-426614174000\"")]
    {
        let (client, _) = scripted([response(&[("amount", "90.00"), (field, value)])]);
        let err = now(client.capture_payment(&payment_id(), lira("90")).send()).unwrap_err();
        assert_eq!((err.outcome(), err.json_path()), (Outcome::Unknown, Some(field)));
    }
    // A capture's request has no order id to compare with.
    let (client, _) = scripted([response(&[("amount", "90.00"), ("orderId", "\"ORD-7\"")])]);
    assert!(now(client.capture_payment(&payment_id(), lira("90")).send()).is_ok());
}

#[test]
fn payment_ids_are_compared_case_insensitively() {
    let id = format!("\"{}\"", payment_id().as_str().to_uppercase());
    let (client, _) = scripted([response(&[("paymentId", &id), ("amount", "90")])]);
    assert!(now(client.capture_payment(&payment_id(), lira("90")).send()).is_ok());
}

#[test]
fn unknown_values_are_kept() {
    let payment = created(response(&[
        ("status", "\"REVERSED\""),
        ("domInt", "\"EEA\""),
        ("cardScheme", "\"TROY\""),
        ("cardType", "\"PREPAID\""),
        ("somethingNew", "[1]"),
    ]));
    assert_eq!(payment.status, PaymentStatus::from("REVERSED"));
    assert!(!payment.status.is_final());
    assert_eq!(payment.region.unwrap().as_str(), "EEA");
    assert_eq!(payment.card_scheme.unwrap().as_str(), "TROY");
    assert_eq!(payment.card_type.unwrap().as_str(), "PREPAID");
    // A value in another case is unknown, too.
    assert!(matches!(created(response(&[("status", "\"success\"")])).status, PaymentStatus::Unknown(_)));
}

#[test]
fn known_values_have_variants() {
    let payment =
        created(response(&[("domInt", "\"INT\""), ("cardScheme", "\"MASTERCARD\""), ("cardType", "\"DEBIT\"")]));
    assert_eq!(payment.region, Some(Region::International));
    assert_eq!(payment.card_scheme, Some(CardScheme::Mastercard));
    assert_eq!(payment.card_type, Some(CardType::Debit));
    let finals: Vec<_> = PaymentStatus::KNOWN.iter().map(PaymentStatus::is_final).collect();
    assert_eq!(finals, [true, true, false]);
}

#[test]
fn any_number_is_accepted_as_commission() {
    let commission = |wire: &str| created(response(&[("merchantCommission", wire)])).merchant_commission.unwrap();

    let precise = commission("2.5125");
    assert_eq!(precise.decimal(), Ok(Decimal::new(25125, 4)));
    assert!(precise.money(Currency::TRY).is_err(), "the commission was rounded");
    assert_eq!(commission("\"2.50\"").money(Currency::TRY), Ok(lira("2.5")));
    for unusual in
        ["0.3333333333333333333333333333333333", "2E+1", "1.0E-7", "1e400", "99999999999999999999999999999999"]
    {
        let commission = commission(unusual);
        assert_eq!(commission.as_str(), unusual);
        assert!(commission.decimal().is_err(), "{unusual}");
    }
    assert_eq!(commission("-0.10").decimal(), Ok(Decimal::new(-10, 2)));
}

#[test]
fn a_date_in_another_form_is_kept_as_written() {
    let dated = |text: &str| created(response(&[("paymentDate", &format!("\"{text}\""))])).payment_date.unwrap();

    assert_eq!(dated("2023-05-01T14:30:00Z").moment(), Some(datetime!(2023-05-01 14:30 UTC)));
    assert_eq!(dated("2023-05-01T14:30:00.123+03:00").moment(), Some(datetime!(2023-05-01 14:30:00.123 +3)));
    for other in ["2023-05-01T14:30:00", "2023-05-01", "01.05.2023 14:30"] {
        assert_eq!((dated(other).as_str(), dated(other).moment()), (other, None));
    }
}

#[test]
fn a_date_that_is_a_number_or_a_boolean_is_kept_as_its_text() {
    for other in ["1682951400000", "-1.5e3", "false"] {
        let payment = created(response(&[("paymentDate", other)]));
        assert_eq!(payment.status, PaymentStatus::Success);
        let date = payment.payment_date.unwrap();
        assert_eq!((date.as_str(), date.moment()), (other, None));
    }
    let printed = format!("{:?}", created(response(&[("paymentDate", PAN)])));
    assert!(!printed.contains(PAN), "{printed}");
}

#[test]
fn a_number_instead_of_an_optional_string_is_kept_as_written() {
    let payment = created(response(&[
        ("customerId", "12345"),
        ("authCode", "987654"),
        ("resultCode", "0"),
        ("externalTransactionId", "123456789012345678901234567890"),
        ("pan", PAN),
    ]));
    assert_eq!(payment.customer_id.unwrap().as_str(), "12345");
    assert_eq!((payment.auth_code.as_deref(), payment.result_code.as_deref()), (Some("987654"), Some("0")));
    assert_eq!(payment.external_transaction_id.as_deref(), Some("123456789012345678901234567890"));
    assert_eq!(payment.pan.unwrap().as_str(), "542119******0656");
    // A number that is another order's id is still compared.
    check_malformed(response(&[("orderId", "12345")]), "orderId");
}

#[test]
fn a_count_may_have_trailing_zeros_or_quotes() {
    for wire in ["3", "3.0", "\"3\""] {
        assert_eq!(created(response(&[("installmentCount", wire)])).installment_count, Some(3), "{wire}");
    }
}

#[test]
fn a_full_card_number_is_masked_when_it_is_decoded() {
    let masked = |text: &str| created(response(&[("pan", &format!("\"{text}\""))])).pan.unwrap().as_str().to_owned();
    for (received, expected) in [
        ("411111******1111", "411111******1111"),
        ("****1111", "****1111"),
        ("41111111****1111", "41111111****1111"),
        (PAN, "542119******0656"),
        ("5421 1901 2209 0656", "5421 19** **** 0656"),
        ("5421-1901-2209-0656", "5421-19**-****-0656"),
        // With a wrong check digit, or with twelve digits.
        ("5421190122090657", "542119******0657"),
        ("501800000009", "501800**0009"),
        ("5018 0000 0009", "5018 00** 0009"),
        ("x5421190122090656x", "x542119******0656x"),
        // With fewer than four hidden digits.
        ("4222222222*22", "422222**22*22"),
        ("42222222***2222", "422222*****2222"),
        ("card 501800000009", "card 501800**0009"),
        ("54211901XXXX0656", "54211901XXXX0656"),
        ("542119*0656", "542119*0656"),
    ] {
        assert_eq!(masked(received), expected);
    }
}

#[test]
fn a_payment_is_compared_with_the_expected_order() {
    let payment = created(response(&[]));
    let check = |order: &str, amount: Money| payment.check(&Expected::new(order, amount));

    assert_eq!(check("ORD-12345", lira("100.50")), Ok(()));
    assert_eq!(check("ORD-1", lira("100.50")), Err(Mismatch::Reference));
    let dollars = Money::parse("100.50", Currency::USD).unwrap();
    assert_eq!(check("ORD-12345", dollars), Err(Mismatch::Currency { expected: Currency::USD, actual: Currency::TRY }));
    let expected = lira("1000");
    assert_eq!(check("ORD-12345", expected), Err(Mismatch::AmountDiffers { expected, actual: lira("100.50") }));
    let without_order = created(response_without("orderId"));
    assert_eq!(without_order.check(&Expected::new("ORD-12345", lira("100.50"))), Err(Mismatch::Reference));
}

#[test]
fn a_serialized_payment_contains_no_full_card_number() {
    let payment = created(response(&[
        ("pan", &format!("\"{PAN}\"")),
        ("resultMessage", &format!("\"card {PAN} was charged\"")),
        ("cardHolderName", &format!("\"{PAN}\"")),
        ("merchantCommission", "2.5125"),
        ("paymentDate", "\"2023-05-01T14:30:00Z\""),
    ]));

    let stored = serde_json::to_string(&payment).unwrap();

    assert!(!stored.contains(PAN), "{stored}");
    for expected in [
        r#""amount":"100.50","currency":"TRY""#,
        r#""status":"SUCCESS""#,
        r#""merchant_commission":"2.5125""#,
        r#""payment_date":"2023-05-01T14:30:00Z""#,
        r#""result_message":"card 542119******0656 was charged""#,
    ] {
        assert!(stored.contains(expected), "{expected} in {stored}");
    }
}
