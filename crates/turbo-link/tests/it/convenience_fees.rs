//! Convenience fees: one or a list, with a number or a string as value.

use turbo_link::payments_core::rust_decimal::Decimal;
use turbo_link::{ConvenienceFee, Currency, FeeSetting, FeeStatus, Money};

use crate::support::{list_from, sample_with};

const SAMPLE: &str = r#"{"setting":null,"status":"disabled","value":null}"#;

fn fees(json: &str) -> Result<Vec<ConvenienceFee>, turbo_link::Error> {
    list_from(&sample_with(SAMPLE, json)).map(|list| list.line_items[0].as_ref().unwrap().convenience_fees.clone())
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
    assert_eq!(without.line_items[0].as_ref().unwrap().convenience_fees, []);
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
            assert_eq!(fees[0].value().unwrap().unwrap().to_string(), text, "{json}");
            assert_eq!(fees[0].value().unwrap(), Some(text.parse::<Decimal>().unwrap()));
        }
    }
    for none in ["null", "\"\""] {
        let json = format!(r#"{{"setting":"flat","status":"enabled","value":{none}}}"#);
        assert_eq!(fees(&json).unwrap()[0].value().unwrap(), None);
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
    assert!(matches!((unknown.setting, unknown.status), (Some(FeeSetting::Unknown(_)), Some(FeeStatus::Unknown(_)))));
}

#[test]
fn a_fee_that_cannot_be_read_fails_nothing_and_has_no_amount() {
    for (json, note) in [
        (r#"{"setting":"flat","status":"enabled","value":"3%"}"#, None),
        (r#"{"setting":"flat","status":"enabled","value":"$1,5"}"#, None),
        (r#"{"setting":"flat","status":"enabled","value":1e2}"#, None),
        (r#"{"setting":"flat","status":"enabled","value":true}"#, None),
        (r#"{"setting":"flat","status":"enabled","value":{}}"#, None),
        (r#"[{"setting":"flat","status":"enabled","value":[]}]"#, None),
        (r#"{"status":7}"#, Some("convenience_fee.status")),
        (r#"{"status":{}}"#, Some("convenience_fee.status")),
        (r#"{"status":"enabled","setting":7}"#, Some("convenience_fee.setting")),
        (r#"{"status":"enabled","setting":[1]}"#, Some("convenience_fee.setting")),
        (r#"[{"status":null}]"#, None),
        (r#"{"status":"enab\ud83d","value":1}"#, Some("convenience_fee.status")),
        ("{}", None),
        ("[7]", Some("convenience_fee[0]")),
        (r#"[["enabled","flat",1]]"#, Some("convenience_fee[0]")),
        ("7", Some("convenience_fee")),
        (r#""none""#, Some("convenience_fee")),
    ] {
        let list = list_from(&sample_with(SAMPLE, json)).unwrap();
        let link = list.line_items[0].as_ref().unwrap();
        let [fee] = &link.convenience_fees[..] else { panic!("{json}: expected one fee") };
        assert!(fee.amount().is_err(), "{json}");
        let notes: Vec<&str> = link.unreadable_members().iter().map(|member| &*member.path).collect();
        assert_eq!(notes, note.into_iter().collect::<Vec<_>>(), "{json}");
    }
    let percent = &fees(r#"{"setting":"percentage","status":"enabled","value":"3%"}"#).unwrap()[0];
    assert_eq!(percent.value().unwrap_err().raw(), Some("3%"));
    let mixed = fees(r#"[7,{"setting":"flat","status":"enabled","value":1}]"#).unwrap();
    assert!(mixed[0].amount().is_err());
    assert_eq!(mixed[1].amount(), Ok(Some(Money::from_minor(100, Currency::USD))));
}
