//! Convenience fees: one or a list, with a number or a string as value.

use turbo_link::payments_core::rust_decimal::Decimal;
use turbo_link::{ConvenienceFee, Currency, ErrorKind, FeeSetting, FeeStatus, Money};

use crate::support::{list_from, sample_with};

const SAMPLE: &str = r#"{"setting":null,"status":"disabled","value":null}"#;

fn fees(json: &str) -> Result<Vec<ConvenienceFee>, turbo_link::Error> {
    list_from(&sample_with(SAMPLE, json)).map(|list| list.line_items[0].convenience_fees.clone())
}

#[test]
fn convenience_fees_are_an_object_a_list_or_missing() {
    let flat = r#"{"setting":"flat","status":"enabled","value":1.50}"#;
    let percentage = r#"{"setting":"percentage","status":"enabled","value":"2.75"}"#;
    for (json, count) in [
        (flat.to_owned(), 1),
        (format!("[{flat}]"), 1),
        (format!("[{flat},{percentage},{SAMPLE}]"), 3),
        ("[]".to_owned(), 0),
        ("null".to_owned(), 0),
        (r#"{"status":"disabled"}"#.to_owned(), 1),
        (r#"{"status":"disabled","more":{"value":1e400}}"#.to_owned(), 1),
    ] {
        assert_eq!(fees(&json).unwrap().len(), count, "{json}");
    }
    let without = list_from(&sample_with(&format!(r#", "convenience_fee":{SAMPLE}"#), "")).unwrap();
    assert_eq!(without.line_items[0].convenience_fees, []);
}

#[test]
fn a_value_is_decoded_exactly() {
    for (value, text) in [
        ("1.50", "1.50"),
        ("1.5", "1.5"),
        ("3", "3"),
        ("0.1", "0.1"),
        ("\"1.50\"", "1.50"),
        ("\"$1.50\"", "1.50"),
        ("\"$1,234.5\"", "1234.5"),
        ("\"2.875\"", "2.875"),
        ("0.3000000000000000000000001", "0.3000000000000000000000001"),
        ("-1", "-1"),
    ] {
        for json in [
            format!(r#"{{"setting":"flat","status":"enabled","value":{value}}}"#),
            format!(r#"[{{"setting":"flat","status":"enabled","value":{value}}}]"#),
        ] {
            let fees = fees(&json).unwrap();
            assert_eq!(fees[0].value.unwrap().to_string(), text, "{json}");
            assert_eq!(fees[0].value, Some(text.parse::<Decimal>().unwrap()));
        }
    }
    for none in ["null", "\"\""] {
        let json = format!(r#"{{"setting":"flat","status":"enabled","value":{none}}}"#);
        assert_eq!(fees(&json).unwrap()[0].value, None);
    }
}

#[test]
fn an_enabled_fee_is_an_amount_of_dollars_for_both_settings() {
    let fee = |setting: &str, status: &str, value: &str| {
        let json = format!(r#"{{"setting":{setting},"status":"{status}","value":{value}}}"#);
        fees(&json).unwrap()[0].clone()
    };
    let dollar_fifty = Money::from_minor(150, Currency::USD);
    assert_eq!(fee("\"flat\"", "enabled", "1.5").amount(), Ok(Some(dollar_fifty)));
    assert_eq!(fee("\"flat\"", "enabled", "\"$1.50\"").amount(), Ok(Some(dollar_fifty)));
    assert_eq!(fee("\"flat\"", "disabled", "1.5").amount(), Ok(None));
    assert_eq!(fee("\"flat\"", "paused", "1.5").amount(), Ok(None));
    assert_eq!(fee("\"percentage\"", "enabled", "1.5").amount(), Ok(Some(dollar_fifty)));
    assert_eq!(fee("\"percentage\"", "disabled", "1.5").amount(), Ok(None));
    assert_eq!(fee("\"tiered\"", "enabled", "1.5").amount(), Ok(None));
    assert_eq!(fee("null", "enabled", "1.5").amount(), Ok(None));
    assert_eq!(fee("\"flat\"", "enabled", "null").amount(), Ok(None));
    assert!(fee("\"flat\"", "enabled", "1.505").amount().is_err(), "half a cent must not be rounded");

    let unknown = fee("\"tiered\"", "paused", "1");
    assert!(matches!((unknown.setting, unknown.status), (Some(FeeSetting::Unknown(_)), FeeStatus::Unknown(_))));
}

#[test]
fn an_error_names_the_malformed_member() {
    for (json, path) in [
        (r#"{"status":"enabled","value":"3%"}"#, "line_items[0].convenience_fee.value"),
        (r#"{"status":"enabled","value":"$1,5"}"#, "line_items[0].convenience_fee.value"),
        (r#"{"status":"enabled","value":1e2}"#, "line_items[0].convenience_fee.value"),
        (r#"{"status":"enabled","value":true}"#, "line_items[0].convenience_fee.value"),
        (r#"{"status":"enabled","value":{}}"#, "line_items[0].convenience_fee.value"),
        (r#"{"status":7}"#, "line_items[0].convenience_fee.status"),
        (r#"{"status":"enabled","setting":7}"#, "line_items[0].convenience_fee.setting"),
        (r#"[{"status":"enabled"},{"status":null}]"#, "line_items[0].convenience_fee[1].status"),
        (r#"[{"status":"enabled","value":[]}]"#, "line_items[0].convenience_fee[0].value"),
        ("{}", "line_items[0].convenience_fee"),
        ("7", "line_items[0].convenience_fee"),
        (r#""none""#, "line_items[0].convenience_fee"),
    ] {
        let err = fees(json).unwrap_err();
        assert_eq!((err.kind(), err.json_path()), (ErrorKind::MalformedResponse, Some(path)), "{json}: {err}");
        let is_whole_fee = path.ends_with("fee") && json != "{}";
        assert_eq!(
            err.to_string().ends_with("expected a convenience fee or a list of them"),
            is_whole_fee,
            "{json}: {err}"
        );
    }
}
