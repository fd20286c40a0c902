//! Raw JSON, decoding of objects, and escaping for HTML.

use payments_core::html::{escape, script_string};
use payments_core::json::{self, DecodeError, RawJson};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize, PartialEq)]
struct Line {
    #[serde(default, with = "json::decimal_option")]
    fee: Option<Decimal>,
}

#[test]
fn raw_json_is_kept_byte_for_byte_and_decoded_on_request() {
    let text = r#"{"a": 100.50,  "deep": [1e400], "pan": "4111111111111111"}"#;
    let raw: RawJson = json::decode(text.as_bytes()).unwrap();
    assert_eq!(raw.as_str(), text);
    assert_eq!(serde_json::to_string(&raw).unwrap(), text);
    assert_eq!(format!("{raw:?}"), format!("RawJson([{} bytes])", text.len()));
    assert_eq!(raw.decode::<Vec<u8>>().unwrap_err().path(), ".");
}

#[test]
fn an_array_of_members_is_not_accepted_as_an_object() {
    for array in [r#"["2.50"]"#, " \n[\"2.50\"]"] {
        let err = json::decode_object::<Line>(array.as_bytes()).unwrap_err();
        assert_eq!((err.path(), err.problem()), (".", "is not an object"));
        let raw: RawJson = json::decode(array.as_bytes()).unwrap();
        assert_eq!(raw.decode_object::<Line>().unwrap_err().problem(), "is not an object");
    }
    let object: Line = json::decode_object(b" {\"fee\": 2.50}").unwrap();
    assert_eq!(object.fee, Some(Decimal::new(250, 2)));
    assert!(json::decode_object::<Line>(b"[1,").unwrap_err().problem().contains("ends before"));
}

#[test]
fn invalid_utf_8_is_rejected_even_in_a_member_that_is_not_decoded() {
    let body = b"{\"fee\": 2.50, \"note\": \"caf\xe9\"}";
    for err in [json::decode::<Line>(body).unwrap_err(), json::decode_object::<Line>(body).unwrap_err()] {
        assert_eq!((err.path(), err.problem()), (".", "not JSON, because it is not UTF-8 after byte 26"));
    }
}

#[test]
fn an_error_in_a_part_can_be_given_the_path_of_the_part() {
    let raw: RawJson = json::decode(br#"{"fee": "x"}"#).unwrap();
    assert_eq!(raw.decode::<Line>().unwrap_err().within("data[3]").path(), "data[3].fee");
    assert_eq!(DecodeError::new(".", "is empty").within("data").path(), "data");
}

#[test]
fn an_optional_amount_may_be_missing_or_null_but_not_invalid() {
    for none in ["{}", r#"{"fee":null}"#] {
        assert_eq!(json::decode::<Line>(none.as_bytes()).unwrap(), Line { fee: None });
    }
    let some: Line = json::decode(br#"{"fee": 2.50}"#).unwrap();
    assert_eq!(serde_json::to_string(&some).unwrap(), r#"{"fee":"2.50"}"#);
    assert_eq!(json::decode::<Line>(br#"{"fee": true}"#).unwrap_err().path(), "fee");
}

#[test]
fn escaped_text_contains_no_markup() {
    assert_eq!(escape(r#""></iframe><script>'&"#), "&quot;&gt;&lt;/iframe&gt;&lt;script&gt;&#39;&amp;");
    assert_eq!(script_string("a\"</script>\n\\"), r#""a\"\u003c/script>\n\\""#);
}
