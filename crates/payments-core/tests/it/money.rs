use std::num::NonZeroU32;

use payments_core::rust_decimal::Decimal;
use payments_core::{Currency, Money, MoneyError};
use proptest::prelude::*;

#[track_caller]
fn check_parsed(text: &str, currency: Currency, minor: i64) {
    assert_eq!(Money::parse(text, currency), Ok(Money::from_minor(minor, currency)), "{text} {currency}");
}

#[track_caller]
fn check_rejected(text: &str, currency: Currency) {
    assert!(Money::parse(text, currency).is_err(), "{text:?} {currency} was accepted");
}

fn currencies_with_decimals() -> impl Iterator<Item = Currency> {
    Currency::iso_4217().filter(|currency| currency.exponent().is_some())
}

#[test]
fn an_amount_is_the_same_after_formatting_and_parsing() {
    let edges = [0, 1, 9, 10, 99, 100, 101, 999, 1000, 9_999, 10_000, 10_001, i64::MAX, i64::MAX - 1];
    for currency in currencies_with_decimals() {
        for minor in edges.into_iter().flat_map(|edge| [edge, -edge]).chain([i64::MIN, i64::MIN + 1]) {
            let amount = Money::from_minor(minor, currency);
            let text = amount.decimal_text().unwrap();
            check_parsed(&text, currency, minor);
            let exact = amount.to_decimal().unwrap();
            assert_eq!(exact.to_string(), text);
            assert_eq!(Money::from_decimal(exact, currency), Ok(amount));
            assert_eq!(amount.to_string(), format!("{text} {currency}"));
        }
    }
}

#[test]
fn an_amount_is_formatted_with_exactly_the_currencys_decimals() {
    for currency in currencies_with_decimals() {
        let decimals = currency.exponent().unwrap() as usize;
        for minor in [0, 1, -1, 12_345_678] {
            let text = Money::from_minor(minor, currency).decimal_text().unwrap();
            let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
            assert_eq!(fraction.len(), decimals, "{text} {currency}");
        }
    }
    assert_eq!(Money::from_minor(-5, Currency::INR).to_string(), "-0.05 INR");
    assert_eq!(format!("{:?}", Money::from_minor(-5, Currency::INR)), "Money(-0.05 INR)");
    assert_eq!(Money::from_minor(5, Currency::JPY).to_string(), "5 JPY");
    assert_eq!(Money::from_minor(5, Currency::KWD).to_string(), "0.005 KWD");
    assert_eq!(Money::from_minor(5, Currency::CLF).to_string(), "0.0005 CLF");
}

#[test]
fn only_zeros_are_accepted_beyond_the_currencys_decimals() {
    for (text, minor) in [
        ("300", 30_000),
        ("300.1", 30_010),
        ("300.10", 30_010),
        ("300.1000", 30_010),
        ("300.1000000000000000000000000000000000000000", 30_010),
        ("0", 0),
        ("-0", 0),
        ("-0.00", 0),
        ("0000300.10", 30_010),
        ("00000000000000000000000000000000000000000001", 100),
        ("-2.2800", -228),
        ("92233720368547758.07", i64::MAX),
        ("-92233720368547758.08", i64::MIN),
    ] {
        check_parsed(text, Currency::INR, minor);
    }
    check_parsed("5.000", Currency::JPY, 5);
    check_parsed("5.0010", Currency::BHD, 5001);
    for text in ["300.001", "300.0000000000000000000000000000000000000001", "-0.001", "92233720368547758.071"] {
        assert_eq!(
            Money::parse(text, Currency::INR),
            Err(MoneyError::TooPrecise { currency: Currency::INR, decimals: 2 }),
            "{text}"
        );
    }
    check_rejected("5.1", Currency::JPY);
    check_rejected("5.0011", Currency::BHD);
}

#[test]
fn text_that_is_not_a_plain_decimal_is_rejected() {
    let mut invalid: Vec<String> = [
        "",
        ".",
        "-",
        "--1",
        "-+1",
        "+1",
        "1.",
        ".5",
        "-.5",
        "-1.",
        "1..2",
        "1.2.3",
        "1e2",
        "1E2",
        "1e-2",
        "0x10",
        "1_000",
        "1,000",
        "1,00",
        "1 000",
        " 1",
        "1 ",
        "1\n",
        "\t1",
        "1\0",
        "NaN",
        "nan",
        "inf",
        "-inf",
        "Infinity",
        "null",
        "true",
        "१२",
        "１２",
        "٣",
        "²",
        "½",
        "1\u{a0}000",
        "\u{2212}1",
        "1٫5",
        "1．5",
        "\u{feff}1",
        "1\u{200b}",
        "💰",
        "1-",
        "(1)",
        "₹1",
        "1INR",
        "1.0e0",
        "1f",
        "0b1",
        "1/2",
        "-0-",
        "1.-5",
        "1.5-",
    ]
    .map(str::to_owned)
    .to_vec();
    invalid.push("9".repeat(30));
    invalid.push(format!("-{}", "9".repeat(30)));
    invalid.push("9".repeat(10_000));
    invalid.push(format!("1.{}", "9".repeat(10_000)));
    for currency in currencies_with_decimals() {
        for text in &invalid {
            check_rejected(text, currency);
        }
    }
}

#[test]
fn one_unit_out_of_range_is_an_error() {
    for text in ["92233720368547758.08", "-92233720368547758.09", "92233720368547759", "-92233720368547759"] {
        assert_eq!(Money::parse(text, Currency::INR), Err(MoneyError::OutOfRange), "{text}");
    }
    assert_eq!(Money::parse("9223372036854775808", Currency::JPY), Err(MoneyError::OutOfRange));
    assert_eq!(Money::parse("-9223372036854775809", Currency::JPY), Err(MoneyError::OutOfRange));
    assert_eq!(Money::from_decimal(Decimal::MAX, Currency::JPY), Err(MoneyError::OutOfRange));
    assert_eq!(Money::from_decimal(Decimal::MIN, Currency::JPY), Err(MoneyError::OutOfRange));
}

#[test]
fn amounts_in_a_currency_with_unknown_decimals_are_only_stored() {
    for code in ["XXX", "XAU", "XTS", "ABC", "ZZZ"] {
        let currency: Currency = code.parse().unwrap();
        let amount = Money::from_minor(200_000, currency);
        let unknown = MoneyError::UnknownExponent(currency);
        assert_eq!(Money::parse("1", currency), Err(unknown));
        assert_eq!(Money::parse("nonsense", currency), Err(unknown));
        assert_eq!(Money::from_decimal(Decimal::ONE, currency), Err(unknown));
        assert_eq!(amount.decimal_text(), Err(unknown));
        assert_eq!(amount.whole_units(), Err(unknown));
        assert_eq!(amount.to_decimal(), Err(unknown));
        assert_eq!(amount.to_string(), format!("200000 minor units of {code}"));
        assert_eq!(amount.minor(), 200_000);
    }
}

#[test]
fn amounts_in_different_currencies_cannot_be_combined() {
    let (rupee, dollar) = (Money::from_minor(1, Currency::INR), Money::from_minor(1, Currency::USD));
    let mismatch = MoneyError::CurrencyMismatch { left: Currency::INR, right: Currency::USD };
    assert_eq!(rupee.checked_add(dollar), Err(mismatch));
    assert_eq!(rupee.checked_sub(dollar), Err(mismatch));
    assert_eq!(rupee.checked_cmp(dollar), Err(mismatch));
    assert_ne!(rupee, dollar);
}

#[test]
fn arithmetic_never_overflows() {
    let (max, min) = (Money::from_minor(i64::MAX, Currency::INR), Money::from_minor(i64::MIN, Currency::INR));
    let one = Money::from_minor(1, Currency::INR);
    assert_eq!(max.checked_add(one), Err(MoneyError::OutOfRange));
    assert_eq!(min.checked_sub(one), Err(MoneyError::OutOfRange));
    assert_eq!(min.checked_neg(), Err(MoneyError::OutOfRange));
    assert_eq!(min.checked_mul(-1), Err(MoneyError::OutOfRange));
    assert_eq!(max.checked_neg().unwrap().minor(), -i64::MAX);
    assert_eq!(one.checked_mul(-3).unwrap().minor(), -3);
    assert_eq!(one.checked_add(one).unwrap().minor(), 2);
    assert_eq!(one.checked_sub(one).unwrap().minor(), 0);
    assert_eq!(max.checked_cmp(min), Ok(std::cmp::Ordering::Greater));
    assert!(one.is_positive() && one.check_positive("price").is_ok());
    for amount in [Money::from_minor(0, Currency::INR), min] {
        assert_eq!(amount.check_positive("price").unwrap_err().to_string(), "`price` must be greater than zero");
    }
    assert!(!Money::from_minor(0, Currency::INR).is_positive());
    assert!(!min.is_positive());
}

#[test]
fn whole_units_exist_only_for_an_amount_without_a_fraction() {
    let whole = |minor, currency| Money::from_minor(minor, currency).whole_units().unwrap();
    assert_eq!(whole(200_000, Currency::INR), Some(2000));
    assert_eq!(whole(200_050, Currency::INR), None);
    assert_eq!(whole(-200_000, Currency::INR), Some(-2000));
    assert_eq!(whole(-1, Currency::INR), None);
    assert_eq!(whole(7, Currency::JPY), Some(7));
    assert_eq!(whole(7000, Currency::KWD), Some(7));
    assert_eq!(whole(7010, Currency::KWD), None);
    assert_eq!(whole(70_000, Currency::CLF), Some(7));
    assert_eq!(whole(i64::MIN, Currency::JPY), Some(i64::MIN));
}

#[test]
fn the_remainder_goes_to_the_first_parts() {
    let parts = |minor: i64, weights: &[u32]| -> Vec<i64> {
        Money::from_minor(minor, Currency::INR).allocate(weights).unwrap().into_iter().map(Money::minor).collect()
    };
    assert_eq!(parts(100, &[1, 1, 1]), [34, 33, 33]);
    assert_eq!(parts(101, &[1, 1, 1]), [34, 34, 33]);
    assert_eq!(parts(-100, &[1, 1, 1]), [-34, -33, -33]);
    assert_eq!(parts(5, &[0, 3, 7, 0]), [0, 2, 3, 0]);
    assert_eq!(parts(1, &[0, 1]), [0, 1]);
    assert_eq!(parts(i64::MIN, &[1]), [i64::MIN]);
    assert_eq!(parts(i64::MAX, &[u32::MAX, u32::MAX]).iter().sum::<i64>(), i64::MAX);
    let three = NonZeroU32::new(3).unwrap();
    let split = Money::from_minor(10, Currency::JPY).split(three).unwrap();
    assert_eq!(split.into_iter().map(Money::minor).collect::<Vec<_>>(), [4, 3, 3]);
}

#[test]
fn an_amount_cannot_be_split_without_weights() {
    let amount = Money::from_minor(100, Currency::INR);
    assert_eq!(amount.allocate(&[]), Err(MoneyError::NoWeights));
    assert_eq!(amount.allocate(&[0, 0]), Err(MoneyError::NoWeights));
}

#[test]
fn an_amount_is_serialized_with_its_currency_and_never_as_a_float() {
    let amount = Money::parse("92233720368547758.07", Currency::INR).unwrap();
    let json = serde_json::to_string(&amount).unwrap();
    assert_eq!(json, r#"{"minor":9223372036854775807,"currency":"INR"}"#);
    assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), amount);
    for invalid in [
        r#"{"minor":1.0,"currency":"INR"}"#,
        r#"{"minor":1e2,"currency":"INR"}"#,
        r#"{"minor":"1","currency":"INR"}"#,
        r#"{"minor":9223372036854775808,"currency":"INR"}"#,
        r#"{"minor":1,"currency":"RUPEE"}"#,
        r#"{"minor":1}"#,
        "1",
    ] {
        assert!(serde_json::from_str::<Money>(invalid).is_err(), "{invalid}");
    }
}

fn any_currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(currencies_with_decimals().collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_amount_is_the_same_after_formatting_and_parsing(minor: i64, currency in any_currency(), zeros in 0_usize..40) {
        let amount = Money::from_minor(minor, currency);
        let mut text = amount.decimal_text().unwrap();
        prop_assert_eq!(Money::parse(&text, currency), Ok(amount));
        prop_assert_eq!(Money::from_decimal(amount.to_decimal().unwrap(), currency), Ok(amount));
        if text.contains('.') {
            text.extend(std::iter::repeat_n('0', zeros));
            prop_assert_eq!(Money::parse(&text, currency), Ok(amount));
        }
    }

    #[test]
    fn one_digit_too_many_is_never_rounded(minor in -1_000_000_i64..1_000_000, digit in 1_u8..=9, currency in any_currency()) {
        let text = Money::from_minor(minor, currency).decimal_text().unwrap();
        let point = if text.contains('.') { "" } else { "." };
        let text = format!("{text}{point}{digit}");
        prop_assert_eq!(
            Money::parse(&text, currency),
            Err(MoneyError::TooPrecise { currency, decimals: currency.exponent().unwrap() })
        );
    }

    #[test]
    fn no_text_panics(text: String, currency in any_currency()) {
        let _ = Money::parse(&text, currency);
    }

    #[test]
    fn a_parsed_amount_is_the_same_number_as_its_text(text in "-?[0-9]{1,12}(\\.[0-9]{1,6})?", currency in any_currency()) {
        if let Ok(amount) = Money::parse(&text, currency) {
            let (converted, expected) = (amount.to_decimal().unwrap(), text.parse::<Decimal>().unwrap());
            prop_assert_eq!(converted, expected);
        }
    }

    #[test]
    fn parts_add_up_to_the_amount_and_differ_from_their_share_by_at_most_one_unit(
        minor in prop_oneof![any::<i64>(), -1000_i64..1000, Just(i64::MIN), Just(i64::MAX)],
        weights in prop::collection::vec(prop_oneof![0_u32..5, any::<u32>()], 1..20),
    ) {
        let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        let result = Money::from_minor(minor, Currency::INR).allocate(&weights);
        if total == 0 {
            prop_assert_eq!(result, Err(MoneyError::NoWeights));
            return Ok(());
        }
        let parts = result.unwrap();
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert_eq!(parts.iter().map(|part| i128::from(part.minor())).sum::<i128>(), i128::from(minor));
        for (part, weight) in parts.iter().zip(&weights) {
            // |part - minor * weight / total| <= 1, without dividing.
            let difference = i128::from(part.minor()) * total - i128::from(minor) * i128::from(*weight);
            prop_assert!(difference.abs() <= total, "{} of {} by {}", part, minor, weight);
            prop_assert!(*weight > 0 || part.minor() == 0);
            prop_assert!(part.minor().signum() * minor.signum() >= 0);
        }
    }
}
