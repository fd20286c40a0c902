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
fn check_reads(json: &str, expected: &str) {
    let balance: Balance = json::decode(format!(r#"{{"amount":{json}}}"#).as_bytes()).unwrap();
    assert_eq!(balance.amount.to_string(), expected, "{json}");
}

#[track_caller]
fn check_refuses(json: &str) -> DecodeError {
    json::decode::<Balance>(format!(r#"{{"amount":{json}}}"#).as_bytes()).unwrap_err()
}

#[test]
fn a_decimal_is_read_exactly_from_a_number_or_a_string() {
    for text in ["0", "1", "-1", "100.50", "0.1", "0.30000000000000000000000004", "9223372036854775808", "-0.001"] {
        check_reads(text, text);
        check_reads(&format!("\"{text}\""), text);
    }
    check_reads("79228162514264337593543950335", "79228162514264337593543950335");
    check_reads(r#""\u0031.5""#, "1.5");
}

#[test]
fn zeros_at_the_end_never_make_a_decimal_too_long() {
    for zeros in [1, 27, 28, 29, 60, 1000] {
        for whole in ["0", "100", "-123456789", "79228162514264337593543950335"] {
            let text = format!("{whole}.{}", "0".repeat(zeros));
            assert_eq!(decimal::parse(&text), Ok(whole.parse().unwrap()), "{text}");
        }
    }
    assert_eq!(decimal::parse(&format!("{}1.50", "0".repeat(60))).unwrap().to_string(), "1.50");
}

#[test]
fn what_is_no_plain_decimal_is_refused_where_it_stands() {
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
        let err = check_refuses(json);
        assert_eq!(err.path(), "amount", "{json}");
    }
    for json in ["", "01", "+1", "1.", ".5", "-", "NaN", "1_0", "1,5", "\"1"] {
        check_refuses(json);
    }
}

#[test]
fn a_decimal_with_more_digits_than_fit_is_refused_and_not_rounded() {
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
fn a_decimal_is_written_as_a_string_with_its_own_decimals() {
    let balance = Balance { amount: "100.50".parse().unwrap() };
    assert_eq!(serde_json::to_string(&balance).unwrap(), r#"{"amount":"100.50"}"#);
}

#[test]
fn a_number_is_written_as_its_text() {
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
    #[expect(dead_code, reason = "only its shape matters")]
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
    #[expect(dead_code, reason = "only its shape matters")]
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
    // A path goes through the names in the body, and a name may be anything.
    let body = format!(r#"{{"items":[],"a\n{canary}":7}}"#);
    let err = json::decode::<Page>(body.as_bytes()).unwrap_err();
    assert!(!format!("{err} {err:?}").contains(canary), "{err}");
    assert_eq!(err.to_string().lines().count(), 1, "{err:?}");
}

#[test]
fn what_was_expected_stays_in_the_error() {
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
fn what_is_no_json_is_said_to_be_none() {
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
fn what_nobody_asks_for_may_be_anything() {
    for odd in ["1e400", "-1e400", "9223372036854775808", "18446744073709551616", "1e-400", "\"\\ud83d\\ude00\""] {
        let body = format!(r#"{{"extra":{odd},"amount":1}}"#);
        assert_eq!(json::decode::<Balance>(body.as_bytes()).unwrap().amount, Decimal::ONE, "{odd}");
    }
}

#[test]
fn deep_nesting_needs_no_stack() {
    let run = || {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
            let body = format!(r#"{{"extra":{nested},"amount":2}}"#);
            assert_eq!(json::decode::<Balance>(body.as_bytes()).unwrap().amount, Decimal::TWO);
            // The second decoding, which finds the path, as well.
            let body = format!(r#"{{"extra":{nested},"amount":"x"}}"#);
            assert_eq!(json::decode::<Balance>(body.as_bytes()).unwrap_err().path(), "amount");
            let body = format!(r#"{{"amount":{nested}}}"#);
            assert_eq!(json::decode::<Balance>(body.as_bytes()).unwrap_err().path(), "amount");
            // And one that never closes.
            let body = format!(r#"{{"extra":{}"#, open.repeat(10_000));
            json::decode::<Balance>(body.as_bytes()).unwrap_err();
        }
    };
    std::thread::Builder::new().stack_size(64 * 1024).spawn(run).unwrap().join().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_decimal_survives_its_text(mantissa: i64, scale in 0_u32..=28) {
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

fn price(json: &str) -> Result<i64, DecodeError> {
    json::decode::<Price>(format!(r#"{{"amount":{json}}}"#).as_bytes()).map(|price| price.amount)
}

#[test]
fn a_whole_number_is_read_whatever_zeros_stand_behind_its_point() {
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
        assert_eq!(price(json), Ok(amount), "{json}");
    }
}

#[test]
fn no_other_number_is_made_whole() {
    for json in ["2000.5", "0.001", "2e3", "9223372036854775808", "\"\"", "null", "true"] {
        assert_eq!(price(json).unwrap_err().path(), "amount", "{json}");
    }
}

#[test]
fn an_answer_about_something_else_is_none() {
    assert_eq!(json::expect_equal("id", &"pay_1", &"pay_1"), Ok(()));
    let other = json::expect_equal("id", &"pay_2", &"pay_1").unwrap_err();
    assert_eq!(other.to_string(), "id: differs from what was requested");
}
