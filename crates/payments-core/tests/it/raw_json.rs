//! JSON that is kept as it came, and text in pages.

use payments_core::html::{escaped, script_string};
use payments_core::json::{self, DecodeError, RawJson};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize, PartialEq)]
struct Line {
    #[serde(default, with = "json::decimal_option")]
    fee: Option<Decimal>,
}

#[test]
fn it_is_kept_byte_for_byte_and_decoded_on_demand() {
    let whole = r#"{"a": 100.50,  "deep": [1e400], "pan": "4111111111111111"}"#;
    let raw: RawJson = json::decode(whole.as_bytes()).unwrap();
    assert_eq!(raw.as_str(), whole);
    assert_eq!(serde_json::to_string(&raw).unwrap(), whole);
    assert_eq!(format!("{raw:?}"), format!("RawJson([{} bytes])", whole.len()));
    assert_eq!(raw.decode::<Vec<u8>>().unwrap_err().path(), ".");
}

#[test]
fn a_list_of_its_members_is_no_object() {
    for list in [r#"["2.50"]"#, " \n[\"2.50\"]"] {
        let problem = json::decode_object::<Line>(list.as_bytes()).unwrap_err();
        assert_eq!((problem.path(), problem.problem()), (".", "is not an object"));
        let raw: RawJson = json::decode(list.as_bytes()).unwrap();
        assert_eq!(raw.decode_object::<Line>().unwrap_err().problem(), "is not an object");
    }
    let object: Line = json::decode_object(b" {\"fee\": 2.50}").unwrap();
    assert_eq!(object.fee, Some(Decimal::new(250, 2)));
    assert!(json::decode_object::<Line>(b"[1,").unwrap_err().problem().contains("ends before"));
}

#[test]
fn what_is_not_utf_8_is_no_json_not_even_in_a_member_that_nobody_reads() {
    let body = b"{\"fee\": 2.50, \"note\": \"caf\xe9\"}";
    for problem in [json::decode::<Line>(body).unwrap_err(), json::decode_object::<Line>(body).unwrap_err()] {
        assert_eq!((problem.path(), problem.problem()), (".", "not JSON, because it is not UTF-8 after byte 26"));
    }
}

#[test]
fn an_error_in_a_part_says_where_the_part_is() {
    let raw: RawJson = json::decode(br#"{"fee": "x"}"#).unwrap();
    assert_eq!(raw.decode::<Line>().unwrap_err().within("data[3]").path(), "data[3].fee");
    assert_eq!(DecodeError::new(".", "is empty").within("data").path(), "data");
}

#[test]
fn an_optional_amount_may_be_missing_or_null_but_not_wrong() {
    for none in ["{}", r#"{"fee":null}"#] {
        assert_eq!(json::decode::<Line>(none.as_bytes()).unwrap(), Line { fee: None });
    }
    let some: Line = json::decode(br#"{"fee": 2.50}"#).unwrap();
    assert_eq!(serde_json::to_string(&some).unwrap(), r#"{"fee":"2.50"}"#);
    assert_eq!(json::decode::<Line>(br#"{"fee": true}"#).unwrap_err().path(), "fee");
}

#[test]
fn what_others_wrote_does_not_become_markup() {
    assert_eq!(escaped(r#""></iframe><script>'&"#), "&quot;&gt;&lt;/iframe&gt;&lt;script&gt;&#39;&amp;");
    assert_eq!(script_string("a\"</script>\n\\"), r#""a\"\u003c/script>\n\\""#);
}
