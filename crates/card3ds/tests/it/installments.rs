//! Installment options: differences are computed exactly and are not errors.

use card3ds::{Currency, ErrorKind, InstallmentOption, InstallmentQuery, Money, MoneyError};
use payments_core::test_util::Reply;
use rust_decimal::Decimal;

use crate::support::{card, lira, now, scripted};

/// Decodes a response with one option and these JSON values.
fn option(requested: Money, count: &str, installment: &str, interest: &str, total: &str) -> InstallmentOption {
    let (client, _) = scripted([options(requested.currency(), count, installment, interest, total)]);
    let query = InstallmentQuery::new(requested, card().number().clone());
    now(client.installment_options(query).send()).unwrap().remove(0).unwrap()
}

fn options(currency: Currency, count: &str, installment: &str, interest: &str, total: &str) -> Reply {
    Reply::json(
        200,
        &format!(
            r#"{{"options":[{{"installmentCount":{count},"installmentAmount":{installment},"currency":"{currency}",
                "interestAmount":{interest},"totalAmount":{total}}}]}}"#
        ),
    )
}

#[track_caller]
fn check(option: &InstallmentOption, installments: &str, total: &str) {
    let differences = option.differences().unwrap();
    assert_eq!(
        (differences.installments.to_string().as_str(), differences.total.to_string().as_str()),
        (installments, total)
    );
    assert_eq!(differences.is_zero(), installments == "0" && total == "0");
}

#[test]
fn an_option_that_adds_up_has_no_differences() {
    check(&option(lira("1000"), "2", "510.00", "20.00", "1020.00"), "0", "0");
    check(&option(lira("1000"), "3", "345.00", "35", "1035.0000"), "0", "0");
    check(&option(lira("1000"), "1", "1000", "0", "1000"), "0", "0");
    check(&option(lira("66.70"), "2", "33.35", "0", "66.7"), "0", "0");
    check(&option(lira("66.70"), "2", "33.35", "0.75", "67.65"), "-0.95", "0.2");
}

#[test]
fn three_installments_of_one_hundred_have_a_difference() {
    let short = option(lira("100"), "3", "33.33", "0.00", "100.00");
    check(&short, "-0.01", "0");
    assert_eq!(short.installment_money(), Ok(lira("33.33")));
    check(&option(lira("100"), "3", "33.34", "0.00", "100.00"), "0.02", "0");
}

#[test]
fn interest_paid_by_the_merchant_is_a_difference() {
    check(&option(lira("1000"), "2", "500.00", "20.00", "1000.00"), "0", "-20");
    check(&option(lira("1000"), "2", "510.00", "20.00", "1020.01"), "-0.01", "0.01");
}

#[test]
fn amounts_with_more_decimals_than_the_currency_stay_exact() {
    let third = option(lira("100"), "3", "33.333333", "0.0001", "100.0001");
    check(&third, "-0.000101", "0");
    assert_eq!(third.interest_amount, Decimal::new(1, 4));
    assert_eq!(third.total_money(), Err(MoneyError::TooPrecise { currency: Currency::TRY, decimals: 2 }));
}

#[test]
fn differences_are_not_rounded_although_decimal_arithmetic_rounds() {
    // The product of 28 digits and 36 has 30 digits, which `Decimal` rounds.
    let precise = option(lira("12"), "36", "0.3333333333333333333333333333", "0", "12");
    let rounded = precise.installment_amount * Decimal::from(36) - Decimal::from(12);
    assert_ne!(rounded.to_string(), "-0.0000000000000000000000000012", "`Decimal` no longer rounds");
    check(&precise, "-0.0000000000000000000000000012", "0");
}

#[test]
fn a_difference_that_is_out_of_range_is_an_error() {
    let huge = option(lira("1"), "4294967295", "79228162514264337593543950335", "0", "1");
    assert_eq!(huge.differences(), Err(MoneyError::OutOfRange));
}

#[test]
fn an_option_in_another_currency_is_a_malformed_response() {
    let (client, script) = scripted([options(Currency::USD, "2", "510", "20", "1020")]);
    let err = now(client.installment_options(InstallmentQuery::new(lira("1000"), card().number().clone())).send());
    let err = err.unwrap_err();
    assert_eq!((err.kind(), err.json_path()), (ErrorKind::MalformedResponse, Some("options[0].currency")));
    assert_eq!(script.requests().len(), 1);
}

#[test]
fn an_undecodable_option_is_an_error_with_its_path() {
    let path = |reply| {
        let (client, _) = scripted([reply]);
        let query = InstallmentQuery::new(lira("1000"), card().number().clone());
        now(client.installment_options(query).send()).unwrap_err().json_path().unwrap().to_owned()
    };
    assert_eq!(path(Reply::json(200, "{}")), ".");
    assert_eq!(path(Reply::json(200, r#"{"options":{}}"#)), "options");
    let item_path = |reply| {
        let (client, _) = scripted([reply]);
        let query = InstallmentQuery::new(lira("1000"), card().number().clone());
        now(client.installment_options(query).send()).unwrap().remove(0).unwrap_err().error.path().to_owned()
    };
    assert_eq!(item_path(options(Currency::TRY, "2.5", "510", "20", "1020")), "options[0].installmentCount");
    assert_eq!(item_path(options(Currency::TRY, "2", "{}", "20", "1020")), "options[0].installmentAmount");
    assert_eq!(item_path(options(Currency::TRY, "2", "510", "null", "1020")), "options[0].interestAmount");
}

#[test]
fn a_serialized_option_keeps_its_digits() {
    let stored = serde_json::to_string(&option(lira("1000"), "2", "510.00", "20.00", "1020.00")).unwrap();
    assert!(
        stored.contains(r#""installment_amount":"510.00""#) && stored.contains(r#""total_amount":"1020.00""#),
        "{stored}"
    );
}
