use payments_core::decimal::{self, DecimalError};
use payments_core::json::{self, DecodeError, JsonNumber};
use payments_core::rust_decimal::Decimal;
use payments_core::{Currency, Money};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Balance {
    #[serde(with = "json::decimal")]
    amount: Decimal,
}

#[track_caller]
fn check_parsed(json: &str, expected: &str) {
    let balance: Balance = json::decode(format!(r#"{{"amount":{json}}}"#).as_bytes()).unwrap();
    assert_eq!(balance.amount.to_string(), expected, "{json}");
}

#[track_caller]
fn check_rejected(json: &str) -> DecodeError {
    json::decode::<Balance>(format!(r#"{{"amount":{json}}}"#).as_bytes()).unwrap_err()
}

#[test]
fn a_decimal_is_parsed_exactly_from_a_number_or_a_string() {
    for text in ["0", "1", "-1", "100.50", "0.1", "0.30000000000000000000000004", "9223372036854775808", "-0.001"] {
        check_parsed(text, text);
        check_parsed(&format!("\"{text}\""), text);
    }
    check_parsed("79228162514264337593543950335", "79228162514264337593543950335");
    check_parsed(r#""\u0031.5""#, "1.5");
}

#[test]
fn trailing_zeros_never_make_a_decimal_too_long() {
    for zeros in [1, 27, 28, 29, 60, 1000] {
        for whole in ["0", "100", "-123456789", "79228162514264337593543950335"] {
            let text = format!("{whole}.{}", "0".repeat(zeros));
            assert_eq!(decimal::parse(&text), Ok(whole.parse().unwrap()), "{text}");
        }
    }
    assert_eq!(decimal::parse(&format!("{}1.50", "0".repeat(60))).unwrap().to_string(), "1.50");
}

#[test]
fn an_invalid_decimal_is_rejected_with_its_path() {
    for json in [
        "1e2",
        "1E2",
        "1e400",
        "1.5e-3",
        "\"1e2\"",
        "\"\"",
        "\".\"",
        "\"1.\"",
        "\".5\"",
        "\"+1\"",
        "\" 1\"",
        "\"NaN\"",
        "true",
        "null",
        "[]",
        "[1]",
        "{}",
        r#"{"amount":1}"#,
        "\"१\"",
    ] {
        let err = check_rejected(json);
        assert_eq!(err.path(), "amount", "{json}");
    }
    for json in ["", "01", "+1", "1.", ".5", "-", "NaN", "1_0", "1,5", "\"1"] {
        check_rejected(json);
    }
}

#[test]
fn a_decimal_with_too_many_digits_is_rejected_and_not_rounded() {
    for text in [
        "79228162514264337593543950336",
        "0.00000000000000000000000000001",
        "1.00000000000000000000000000001",
        "7.9228162514264337593543950336",
    ] {
        assert_eq!(decimal::parse(text), Err(DecimalError::OutOfRange), "{text}");
    }
    assert!(decimal::parse(&"9".repeat(100_000)).is_err());
    assert!(decimal::parse(&format!("0.{}", "9".repeat(100_000))).is_err());
}

#[test]
fn a_decimal_is_written_as_a_string_with_its_decimals() {
    let balance = Balance { amount: "100.50".parse().unwrap() };
    assert_eq!(serde_json::to_string(&balance).unwrap(), r#"{"amount":"100.50"}"#);
}

#[test]
fn a_json_number_is_written_with_the_currencys_decimals() {
    #[derive(Serialize)]
    struct Order {
        amount: JsonNumber,
        count: JsonNumber,
    }
    let amount = JsonNumber::decimal(Money::parse("100.5", Currency::INR).unwrap()).unwrap();
    let order = Order { amount, count: JsonNumber::integer(i64::MIN).unwrap() };
    assert_eq!(serde_json::to_string(&order).unwrap(), r#"{"amount":100.50,"count":-9223372036854775808}"#);
    let unknown: Currency = "ABC".parse().unwrap();
    assert!(JsonNumber::decimal(Money::from_minor(1, unknown)).is_err());
}

#[test]
fn an_error_names_the_path_and_never_the_value() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "the test only needs the shape")]
    struct Page {
        items: Vec<Balance>,
        state: Option<State>,
        count: Option<u8>,
        flag: Option<bool>,
        #[serde(flatten)]
        rest: std::collections::BTreeMap<String, ()>,
    }
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum State {
        Open,
        Closed,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "the test only needs the shape")]
    struct Plain {
        items: Vec<Balance>,
        state: Option<State>,
        count: Option<u8>,
        flag: Option<bool>,
        text: Option<String>,
    }

    let canary = "4111111111111111";
    for (body, path) in [
        (format!(r#"{{"items":[{{"amount":1}},{{"amount":"{canary}x"}}]}}"#), "items[1].amount"),
        (format!(r#"{{"items":[],"state":"{canary}"}}"#), "state"),
        (format!(r#"{{"items":[],"state":"{canary}`, expected `{canary}"}}"#), "state"),
        (format!(r#"{{"items":[],"state":{{"{canary}":1}}}}"#), "state"),
        (format!(r#"{{"items":[],"count":{canary}}}"#), "count"),
        (format!(r#"{{"items":[],"count":-{canary}}}"#), "count"),
        (format!(r#"{{"items":[],"count":{canary}.5}}"#), "count"),
        (format!(r#"{{"items":[],"count":"{canary}\", expected {canary} at line 1"}}"#), "count"),
        (format!(r#"{{"items":[],"flag":"{canary}, expected {canary}"}}"#), "flag"),
        (format!(r#"{{"items":"{canary}"}}"#), "items"),
        (format!(r#"{{"items":[{canary}]}}"#), "items[0]"),
        (format!(r#"{{"items":[],"text":{canary}}}"#), "text"),
        (format!(r#"{{"items":[],"text":["{canary}"]}}"#), "text"),
    ] {
        let err = json::decode::<Plain>(body.as_bytes()).unwrap_err();
        assert!(err.path().starts_with(path), "{body}: {err}");
        assert!(!format!("{err} {err:?}").contains(canary), "{err}");
        assert!(!err.problem().is_empty());
    }
    // A path contains the member names of the body, which may be anything.
    let body = format!(r#"{{"items":[],"a\n{canary}":7}}"#);
    let err = json::decode::<Page>(body.as_bytes()).unwrap_err();
    assert!(!format!("{err} {err:?}").contains(canary), "{err}");
    assert_eq!(err.to_string().lines().count(), 1, "{err:?}");
}

#[test]
fn an_error_says_what_was_expected() {
    let err = json::decode::<Vec<u8>>(br#"[1,"two"]"#).unwrap_err();
    assert_eq!(err.to_string(), "[1]: invalid type: string, expected u8");
    let err = json::decode::<Balance>(b"{}").unwrap_err();
    assert_eq!(err.to_string(), "missing field `amount`");
    let err = json::decode::<Balance>(br#"{"amount":1,"amount":1}"#).unwrap_err();
    assert_eq!(err.problem(), "duplicate field `amount`");
    let err = json::decode::<Vec<u8>>(b"[1,300]").unwrap_err();
    assert_eq!(err.to_string(), "[1]: invalid value: integer, expected u8");
}

#[test]
fn invalid_json_is_reported_as_such() {
    #[track_caller]
    fn check(body: &[u8], problem: &str) {
        let err = json::decode::<Balance>(body).unwrap_err();
        assert!(err.to_string().contains(problem), "{err}");
    }
    check(b"", "the body ends before its JSON does");
    check(br#"{"amount":1"#, "the body ends before its JSON does");
    check(b"<html>canary</html>", "not JSON at line 1 column 1");
    check(br#"{"amount":1}{"amount":1}"#, "not JSON");
    check(b"\xef\xbb\xbf{\"amount\":1}", "not JSON");
    check(b"{\"amount\":\"\xff\xfe\"}", "");
}

#[test]
fn a_member_that_is_not_decoded_may_have_any_value() {
    for value in ["1e400", "-1e400", "9223372036854775808", "18446744073709551616", "1e-400", "\"\\ud83d\\ude00\""] {
        let body = format!(r#"{{"extra":{value},"amount":1}}"#);
        assert_eq!(json::decode::<Balance>(body.as_bytes()).unwrap().amount, Decimal::ONE, "{value}");
    }
}

#[test]
fn deeply_nested_json_needs_little_stack() {
    let run = || {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
            let body = format!(r#"{{"extra":{nested},"amount":2}}"#);
            assert_eq!(json::decode::<Balance>(body.as_bytes()).unwrap().amount, Decimal::TWO);
            // The second decoding, which finds the path, needs little stack as well.
            let body = format!(r#"{{"extra":{nested},"amount":"x"}}"#);
            assert_eq!(json::decode::<Balance>(body.as_bytes()).unwrap_err().path(), "amount");
            let body = format!(r#"{{"amount":{nested}}}"#);
            assert_eq!(json::decode::<Balance>(body.as_bytes()).unwrap_err().path(), "amount");
            // Nesting that is never closed.
            let body = format!(r#"{{"extra":{}"#, open.repeat(10_000));
            json::decode::<Balance>(body.as_bytes()).unwrap_err();
        }
    };
    std::thread::Builder::new().stack_size(64 * 1024).spawn(run).unwrap().join().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_decimal_is_the_same_after_formatting_and_parsing(mantissa: i64, scale in 0_u32..=28) {
        let amount = Decimal::from_i128_with_scale(i128::from(mantissa), scale);
        prop_assert_eq!(decimal::parse(&amount.to_string()), Ok(amount));
        let json = serde_json::to_string(&Balance { amount }).unwrap();
        prop_assert_eq!(json::decode::<Balance>(json.as_bytes()).unwrap().amount.to_string(), amount.to_string());
    }

    #[test]
    fn no_text_panics(text: String, bytes: Vec<u8>) {
        let _ = decimal::parse(&text);
        let _ = json::decode::<Balance>(&bytes);
        let _ = json::decode::<Balance>(text.as_bytes());
    }
}

#[derive(Debug, PartialEq, Deserialize)]
struct Price {
    #[serde(deserialize_with = "json::integer")]
    amount: i64,
}

fn parse_price(json: &str) -> Result<i64, DecodeError> {
    json::decode::<Price>(format!(r#"{{"amount":{json}}}"#).as_bytes()).map(|price| price.amount)
}

#[test]
fn an_integer_may_have_trailing_zeros_after_the_point() {
    for (json, amount) in [
        ("2000", 2000),
        ("2000.00", 2000),
        ("\"2000\"", 2000),
        ("-1", -1),
        ("0.0", 0),
        ("9007199254740993", 9_007_199_254_740_993),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", i64::MIN),
    ] {
        assert_eq!(parse_price(json), Ok(amount), "{json}");
    }
}

#[test]
fn a_number_that_is_not_an_integer_is_rejected() {
    for json in ["2000.5", "0.001", "2e3", "9223372036854775808", "\"\"", "null", "true"] {
        assert_eq!(parse_price(json).unwrap_err().path(), "amount", "{json}");
    }
}

#[test]
fn a_value_that_differs_from_the_request_is_an_error() {
    assert_eq!(json::expect_equal("id", &"pay_1", &"pay_1"), Ok(()));
    let other = json::expect_equal("id", &"pay_2", &"pay_1").unwrap_err();
    assert_eq!(other.to_string(), "id: differs from what was requested");
}
