//! What is read of a payment: open where the provider is open, strict where it counts.

use card3ds::{
    CardScheme, CardType, Currency, ErrorKind, Expected, Mismatch, Money, Outcome, Payment, PaymentStatus, Region,
};
use payments_core::test_util::Reply;
use rust_decimal::Decimal;
use time::macros::datetime;

use crate::support::{PAN, answer_without, lira, now, payment, payment_id, response, scripted};

fn made(reply: Reply) -> Payment {
    let (client, _) = scripted([reply]);
    now(client.create_payment(payment()).send()).unwrap()
}

/// The answer cannot be believed: the error says where, the outcome is unknown, and nothing is sent again.
#[track_caller]
fn check_malformed(reply: Reply, path: &str) {
    let (client, script) = scripted([reply, response(&[])]);
    let err = now(client.create_payment(payment()).send()).unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown), "{err}");
    assert_eq!(err.json_path(), Some(path), "{err}");
    assert!(err.may_have_moved_money());
    assert_eq!(script.requests().len(), 1, "it was sent again");
}

#[test]
fn an_executed_payment_is_read_whatever_else_is_missing() {
    let bare = format!(r#"{{"paymentId":"{}","amount":100.5,"currency":"TRY","status":"SUCCESS"}}"#, payment_id());

    let payment = made(Reply::json(201, &bare));

    assert_eq!(payment.status, PaymentStatus::Success);
    assert_eq!((payment.order_id, payment.installment_count, payment.customer_id), (None, None, None));
    assert!(payment.merchant_commission.is_none() && payment.payment_date.is_none() && payment.pan.is_none());
}

#[test]
fn missing_null_and_empty_are_the_same() {
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
    let (nulls, empties): (Vec<_>, Vec<_>) = optional.iter().map(|name| ((*name, "null"), (*name, "\"\""))).unzip();
    assert_eq!(made(response(&nulls)), made(answer_without("orderId")));
    assert_eq!(made(response(&empties)), made(answer_without("orderId")));
}

#[test]
fn without_id_amount_currency_or_status_nothing_can_be_said_of_a_payment() {
    for required in ["paymentId", "amount", "currency", "status"] {
        check_malformed(answer_without(required), required);
    }
}

#[test]
fn a_field_of_another_shape_is_an_error_with_its_path() {
    for (field, shape) in [
        ("paymentId", "7"),
        ("paymentId", "\"../checkout\""),
        ("status", "true"),
        ("currency", "\"LIRA\""),
        ("installmentCount", "1.5"),
        ("installmentCount", "-1"),
        ("installmentCount", "4294967296"),
        ("merchantCommission", "{}"),
        ("merchantCommission", "\"much\""),
        ("installmentCount", "[]"),
        ("installmentCount", "\"three\""),
        // An amount is exact or it is none.
        ("amount", "1.005E+2"),
        ("amount", "\"1.005e2\""),
        ("amount", "\"\""),
        ("customerId", "true"),
        ("customerId", "[12345]"),
        ("pan", "[]"),
        ("domInt", "false"),
        ("resultMessage", "{}"),
    ] {
        check_malformed(response(&[(field, shape)]), field);
    }
}

#[test]
fn an_answer_about_something_else_is_not_believed() {
    check_malformed(response(&[("orderId", "\"ORD-99999\"")]), "orderId");
    check_malformed(response(&[("amount", "100.51")]), "amount");
    check_malformed(response(&[("amount", "10050")]), "amount");
    check_malformed(response(&[("currency", "\"USD\"")]), "currency");
    // Nor when it says that it failed.
    check_malformed(response(&[("orderId", "\"ORD-99999\""), ("status", "\"FAILED\"")]), "orderId");
}

#[test]
fn a_captures_answer_is_held_against_the_capture() {
    for (field, value) in
        [("amount", "100.50"), ("currency", "\"EUR\""), ("paymentId", "\"00000000-e89b-12d3-a456-426614174000\"")]
    {
        let (client, _) = scripted([response(&[("amount", "90.00"), (field, value)])]);
        let err = now(client.capture(&payment_id(), lira("90")).send()).unwrap_err();
        assert_eq!((err.outcome(), err.json_path()), (Outcome::Unknown, Some(field)));
    }
    // Which order it was, a capture does not say itself.
    let (client, _) = scripted([response(&[("amount", "90.00"), ("orderId", "\"ORD-7\"")])]);
    assert!(now(client.capture(&payment_id(), lira("90")).send()).is_ok());
}

#[test]
fn a_payments_id_is_the_same_in_either_case() {
    let id = format!("\"{}\"", payment_id().as_str().to_uppercase());
    let (client, _) = scripted([response(&[("paymentId", &id), ("amount", "90")])]);
    assert!(now(client.capture(&payment_id(), lira("90")).send()).is_ok());
}

#[test]
fn values_that_nobody_knows_are_kept() {
    let payment = made(response(&[
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
    // What is nearly a known value is not that value.
    assert!(matches!(made(response(&[("status", "\"success\"")])).status, PaymentStatus::Unknown(_)));
}

#[test]
fn known_values_are_named() {
    let payment = made(response(&[("domInt", "\"INT\""), ("cardScheme", "\"MASTERCARD\""), ("cardType", "\"DEBIT\"")]));
    assert_eq!(payment.region, Some(Region::International));
    assert_eq!(payment.card_scheme, Some(CardScheme::Mastercard));
    assert_eq!(payment.card_type, Some(CardType::Debit));
    let finals: Vec<_> = PaymentStatus::KNOWN.iter().map(PaymentStatus::is_final).collect();
    assert_eq!(finals, [true, true, false]);
}

#[test]
fn no_commission_costs_an_executed_payment() {
    let kept = |wire: &str| made(response(&[("merchantCommission", wire)])).merchant_commission.unwrap();

    let fine = kept("2.5125");
    assert_eq!(fine.decimal(), Ok(Decimal::new(25125, 4)));
    assert!(fine.money(Currency::TRY).is_err(), "nothing is rounded");
    assert_eq!(kept("\"2.50\"").money(Currency::TRY), Ok(lira("2.5")));
    // As a decimal of 34 digits, a third is written so.
    for odd in ["0.3333333333333333333333333333333333", "2E+1", "1.0E-7", "1e400", "99999999999999999999999999999999"] {
        let commission = kept(odd);
        assert_eq!(commission.as_str(), odd);
        assert!(commission.decimal().is_err(), "{odd}");
    }
    assert_eq!(kept("-0.10").decimal(), Ok(Decimal::new(-10, 2)));
}

#[test]
fn a_date_in_another_form_is_kept_as_it_was_written() {
    let dated = |text: &str| made(response(&[("paymentDate", &format!("\"{text}\""))])).payment_date.unwrap();

    assert_eq!(dated("2023-05-01T14:30:00Z").moment(), Some(datetime!(2023-05-01 14:30 UTC)));
    assert_eq!(dated("2023-05-01T14:30:00.123+03:00").moment(), Some(datetime!(2023-05-01 14:30:00.123 +3)));
    for other in ["2023-05-01T14:30:00", "2023-05-01", "01.05.2023 14:30"] {
        assert_eq!((dated(other).as_str(), dated(other).moment()), (other, None));
    }
}

#[test]
fn a_date_that_is_no_text_costs_no_payment() {
    for other in ["1682951400000", "-1.5e3", "[2023,5,1,14,30]", "{\"seconds\":1682951400}", "false"] {
        let payment = made(response(&[("paymentDate", other)]));
        assert_eq!(payment.status, PaymentStatus::Success);
        let date = payment.payment_date.unwrap();
        assert_eq!((date.as_str(), date.moment()), (other, None));
    }
    let printed = format!("{:?}", made(response(&[("paymentDate", &format!("[{PAN}]"))])).payment_date);
    assert!(!printed.contains(PAN), "{printed}");
}

#[test]
fn a_number_in_the_place_of_a_text_costs_no_payment() {
    let payment = made(response(&[
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
    // It is another order's all the same.
    check_malformed(response(&[("orderId", "12345")]), "orderId");
}

#[test]
fn counts_are_read_however_a_whole_number_is_written() {
    for wire in ["3", "3.0", "\"3\""] {
        assert_eq!(made(response(&[("installmentCount", wire)])).installment_count, Some(3), "{wire}");
    }
}

#[test]
fn a_whole_card_number_is_masked_as_it_is_read() {
    let masked = |text: &str| made(response(&[("pan", &format!("\"{text}\""))])).pan.unwrap().as_str().to_owned();
    for (sent, kept) in [
        ("411111******1111", "411111******1111"),
        ("****1111", "****1111"),
        ("41111111****1111", "41111111****1111"),
        (PAN, "542119******0656"),
        ("5421 1901 2209 0656", "5421 19** **** 0656"),
        ("5421-1901-2209-0656", "5421-19**-****-0656"),
        // With a wrong check digit, and of twelve digits.
        ("5421190122090657", "542119******0657"),
        ("501800000009", "501800**0009"),
        ("5018 0000 0009", "5018 00** 0009"),
        ("x5421190122090656x", "x542119******0656x"),
        // With next to nothing hidden.
        ("4222222222*22", "422222**22*22"),
        ("42222222***2222", "422222*****2222"),
        ("card 501800000009", "card 501800**0009"),
        ("54211901XXXX0656", "54211901XXXX0656"),
        ("542119*0656", "542119*0656"),
    ] {
        assert_eq!(masked(sent), kept);
    }
}

#[test]
fn a_payment_is_held_against_the_books() {
    let payment = made(response(&[]));
    let expected = |order: &str, amount: Money| payment.check(&Expected::new(order, amount));

    assert_eq!(expected("ORD-12345", lira("100.50")), Ok(()));
    assert_eq!(expected("ORD-1", lira("100.50")), Err(Mismatch::Reference));
    let dollars = Money::parse("100.50", Currency::USD).unwrap();
    assert_eq!(
        expected("ORD-12345", dollars),
        Err(Mismatch::Currency { expected: Currency::USD, actual: Currency::TRY })
    );
    let asked = lira("1000");
    assert_eq!(expected("ORD-12345", asked), Err(Mismatch::AmountDiffers { expected: asked, actual: lira("100.50") }));
    let nameless = made(answer_without("orderId"));
    assert_eq!(nameless.check(&Expected::new("ORD-12345", lira("100.50"))), Err(Mismatch::Reference));
}

#[test]
fn a_payment_can_be_stored_without_anything_that_may_not_be() {
    let payment = made(response(&[
        ("pan", &format!("\"{PAN}\"")),
        ("resultMessage", &format!("\"card {PAN} was charged\"")),
        ("cardHolderName", &format!("\"{PAN}\"")),
        ("merchantCommission", "2.5125"),
        ("paymentDate", "\"2023-05-01T14:30:00Z\""),
    ]));

    let stored = serde_json::to_string(&payment).unwrap();

    assert!(!stored.contains(PAN), "{stored}");
    for kept in [
        r#""amount":{"minor":10050,"currency":"TRY"}"#,
        r#""status":"SUCCESS""#,
        r#""merchant_commission":"2.5125""#,
        r#""payment_date":"2023-05-01T14:30:00Z""#,
        r#""result_message":"card 542119******0656 was charged""#,
    ] {
        assert!(stored.contains(kept), "{kept} in {stored}");
    }
}
