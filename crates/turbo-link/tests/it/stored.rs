//! Models that are stored and loaded.

use std::collections::BTreeMap;
use std::fmt::Debug;

use payments_core::stored::Stored;
use proptest::prelude::*;
use proptest::sample::Index;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use turbo_link::PaymentLink;
use turbo_link::test_util::{payment_link, payment_list};

use crate::support::SAMPLE;

const LINK: &str = r#"{"id":"abc123","amount":"$1,234.50","status":"completed","url":"javascript:1","qr":"https://api.tur.bo/images/abc123.png","created":"2023-11-01 11:19:49","convenience_fee":[{"setting":"flat","status":"enabled","value":"$1.50"},{"setting":"percentage","status":"x","value":2.5}]}"#;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_read_is_what_is_loaded(member: Index, value in any_value(), is_second: bool) {
        let fee = format!(r#"{{"setting":"flat","status":"enabled","value":{value}}}"#);
        for body in [
            mutated(LINK, member, &value, is_second),
            mutated(LINK, member, &fee, is_second),
        ] {
            let Ok(link) = payment_link(body) else { continue };
            let loaded = reloaded(&link);
            prop_assert_eq!(loaded.amount().ok(), link.amount().ok());
            for (loaded, fee) in loaded.convenience_fees.iter().zip(&link.convenience_fees) {
                prop_assert_eq!(loaded.amount().ok(), fee.amount().ok());
                prop_assert_eq!(loaded.value().ok(), fee.value().ok());
            }
        }
    }
}

#[test]
fn a_documented_link_is_stored_with_its_tag_and_loaded() {
    let link = payment_link(LINK).unwrap();
    assert_eq!(
        serde_json::to_string(&link).unwrap(),
        r#"{"stored":"turbo-link.payment_link/1","id":"abc123","amount":"1234.50","status":"completed","url":"javascript:1","qr":"https://api.tur.bo/images/abc123.png","created":"2023-11-01 11:19:49","convenience_fees":[{"status":"enabled","setting":"flat","value":"1.50","is_unreadable":false},{"status":"x","setting":"percentage","value":"2.5","is_unreadable":false}],"unreadable":[]}"#
    );
    reloaded(&link);
}

#[test]
fn the_links_of_a_list_are_stored_one_by_one() {
    let list = payment_list(SAMPLE).unwrap();
    reloaded(list.line_items[0].as_ref().unwrap());
    let stored = serde_json::to_value(&list).unwrap();
    let link: PaymentLink = serde_json::from_value(stored["line_items"][0].clone()).unwrap();
    assert_eq!(Some(&link), list.line_items[0].as_ref().ok());
}

#[test]
fn a_message_of_tur_bo_is_not_loaded_as_a_link() {
    /// Neither a message nor a stored model without its tag is loaded. The error names the tag.
    fn check<T: DeserializeOwned + Serialize + Stored>(message: &str, model: &T) {
        assert!(serde_json::from_str::<T>(message).is_err(), "{message}");
        let stored = serde_json::to_string(model).unwrap();
        let tag = format!("\"stored\":\"{}\",", T::TAG);
        assert!(stored.starts_with(&format!("{{{tag}")), "{stored}");
        for other in ["", "\"stored\":\"shop.order/1\",", "\"stored\":null,"] {
            let error = serde_json::from_str::<T>(&stored.replacen(&tag, other, 1)).err().unwrap().to_string();
            assert!(error.starts_with(&format!("the member `stored` must be `{}`", T::TAG)), "{error}");
        }
    }
    let link = payment_link(LINK).unwrap();
    check(LINK, &link);
    check(SAMPLE, &link);
}

#[test]
fn an_unreadable_amount_or_fee_stays_unreadable() {
    let body = LINK.replace("$1,234.50", "$1,5").replace("$1.50", "3%");
    let loaded = reloaded(&payment_link(body).unwrap());
    assert_eq!(loaded.amount().unwrap_err().raw(), Some("$1,5"));
    assert_eq!(loaded.convenience_fees[0].amount().unwrap_err().raw(), Some("3%"));
}

/// Stores a model, loads it, and compares the two. Returns the loaded model.
#[track_caller]
fn reloaded<T: Serialize + DeserializeOwned + PartialEq + Debug>(model: &T) -> T {
    let stored = serde_json::to_string(model).unwrap();
    let loaded: T = serde_json::from_str(&stored).unwrap();
    let value: serde_json::Value = serde_json::from_str(&stored).unwrap();
    assert_eq!(serde_json::from_value::<T>(value).unwrap(), loaded);
    // What was not masked is the same.
    if !stored.contains('*') {
        assert_eq!(&loaded, model);
        assert_eq!(format!("{loaded:?}"), format!("{model:?}"));
    }
    loaded
}

/// Replaces a member of a body, or adds a second one of the same name.
fn mutated(body: &str, member: Index, value: &str, is_second: bool) -> String {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(body).unwrap();
    let chosen = member.index(members.len());
    let members = members.iter().enumerate().map(|(index, (name, original))| match index == chosen {
        true if is_second => format!("\"{name}\":{original},\"{name}\":{value}"),
        true => format!("\"{name}\":{value}"),
        false => format!("\"{name}\":{original}"),
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(VALUES).prop_map(str::to_owned),
        ".{0,20}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?",
    ]
}

const VALUES: &[&str] = &[
    "null",
    "true",
    "\"\"",
    "[]",
    "{}",
    "7",
    "0",
    "-5",
    "1e400",
    "300.001",
    "\"300.10\"",
    "\"1,500\"",
    "\"$1,500.00\"",
    "\"$1,5\"",
    "123456789012345678901234567890",
    "\"0.0000000000000000000000000000001\"",
    "\"949\"",
    "\"TL\"",
    "\"ok \\ud83d\"",
    "[{\"a\":[1.50]}]",
    "{\"id\":\"x_1\"}",
    "{\"a\":null,\"b\":\"1\"}",
    "\"4111111111111111\"",
    "4111111111111111",
    "\"2023-11-01 11:19:49\"",
    "1704067200",
];
