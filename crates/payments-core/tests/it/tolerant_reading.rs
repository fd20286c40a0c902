//! A message that differs from its document is read as far as no decision depends on the difference.

use std::collections::BTreeMap;
use std::time::Instant;

use payments_core::json::{self, Facts, ProviderMessage, Read};
use proptest::prelude::*;
use serde::Deserialize;

use crate::any_value::any_value;

#[derive(Debug, Deserialize)]
struct Order {
    id: String,
    status: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    retries: Option<u32>,
    #[serde(default)]
    metadata: Option<BTreeMap<String, Option<String>>>,
    #[serde(default)]
    card: Option<json::Object<Card>>,
}

#[derive(Debug, Deserialize)]
struct Card {
    #[serde(default)]
    brand: Option<String>,
}

impl ProviderMessage for Order {
    const DECIDING: &'static [&'static str] = &["id", "status"];

    fn facts(member: &dyn Fn(&str) -> Option<String>) -> Facts {
        Facts { object_id: member("id"), status: member("status"), amount: member("amount") }
    }
}

fn read(body: &str) -> Read<'_, Order> {
    json::read(body.as_bytes()).unwrap()
}

#[track_caller]
fn notes(read: &Read<'_, Order>, expected: &[(&str, &str)]) {
    let found: Vec<(&str, &str)> = read.unreadable.iter().map(|member| (&*member.path, &*member.raw)).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_documented_message_has_no_unreadable_members() {
    let order = read(r#"{"id":"7","status":"paid","reason":"ok","metadata":{"a":"b"},"other":[1]}"#);
    assert!(order.unreadable.is_empty());
    assert_eq!(order.value.reason.as_deref(), Some("ok"));
}

#[test]
fn a_number_or_a_boolean_becomes_its_text() {
    let order = read(r#"{"id":7421,"status":"paid","reason":1.50,"card":{"brand":true}}"#);
    assert_eq!((&*order.value.id, order.value.reason.as_deref()), ("7421", Some("1.50")));
    assert_eq!(order.value.card.as_ref().unwrap().0.brand.as_deref(), Some("true"));
    notes(&order, &[("id", "7421"), ("reason", "1.50"), ("card.brand", "true")]);
}

#[test]
fn an_empty_array_becomes_an_empty_object() {
    let order = read(r#"{"id":"7","status":"paid","metadata":[]}"#);
    assert_eq!(order.value.metadata.as_ref().unwrap().len(), 0);
    notes(&order, &[("metadata", "[]")]);
}

#[test]
fn any_other_shape_of_a_descriptive_member_is_absent() {
    let order = read(r#"{"id":"7","status":"paid","reason":{"text":"no"},"retries":"three","metadata":"none"}"#);
    assert!(order.value.reason.is_none() && order.value.retries.is_none() && order.value.metadata.is_none());
    notes(&order, &[("reason", r#"{"text":"no"}"#), ("retries", "\"three\""), ("metadata", "\"none\"")]);
}

#[test]
fn a_name_with_dots_is_found() {
    let order = read(r#"{"id":"7","status":"paid","metadata":{"a.b":{},"c":"d"}}"#);
    let metadata = order.value.metadata.as_ref().unwrap();
    assert_eq!((&metadata["a.b"], metadata["c"].as_deref()), (&None, Some("d")));
    notes(&order, &[("metadata.a.b", "{}")]);
}

#[test]
fn a_descriptive_member_that_occurs_twice_is_recorded_and_absent() {
    let order = read(r#"{"id":"7","reason":"a","status":"paid","reason":"b"}"#);
    assert_eq!(order.value.reason, None);
    notes(&order, &[("reason", r#""a", "b""#)]);
}

#[test]
fn a_deciding_member_that_cannot_be_read_is_an_error_that_names_it() {
    for (body, path) in [
        (r#"{"id":"7","status":{}}"#, "status"),
        (r#"{"id":["7"],"status":"paid"}"#, "id"),
        (r#"{"id":null,"status":"paid"}"#, "id"),
        (r#"{"id":"7","status":"paid","id":"8"}"#, "id"),
        (r#"{"id":"a\ud83d","status":"paid"}"#, "id"),
    ] {
        assert_eq!(json::read::<Order>(body.as_bytes()).unwrap_err().path(), path, "{body}");
    }
    let missing = json::read::<Order>(br#"{"id":"7"}"#).unwrap_err();
    assert_eq!(missing.to_string(), "missing field `status`");
}

#[test]
fn an_error_carries_the_members_that_could_be_read() {
    for (body, id, amount) in [
        (r#"{"id":"7","status":{},"amount":1.50}"#, Some("7"), Some("1.50")),
        (r#"{"id":7421,"status":[],"amount":"1,50"}"#, Some("7421"), Some("1,50")),
        (r#"{"id":"7","status":{},"id":"8","amount":null}"#, None, None),
        (r#"{"id":"a\ud83d","status":{},"amount":""}"#, None, None),
        (r#"{"id":["7"],"status":{},"amount":true}"#, None, None),
        ("[]", None, None),
        (r#"{"id":"7""#, None, None),
    ] {
        let error = json::read::<Order>(body.as_bytes()).unwrap_err();
        let facts = error.facts().unwrap();
        assert_eq!((facts.object_id.as_deref(), facts.amount.as_deref()), (id, amount), "{body}");
        assert_eq!(facts.status, None);
    }
}

#[test]
fn a_byte_order_mark_and_invalid_unicode_in_a_descriptive_member_are_read() {
    let order: Read<'_, Order> = json::read(b"\xef\xbb\xbf{\"id\":\"7\",\"status\":\"paid\"}").unwrap();
    assert!(order.unreadable.is_empty());
    let order: Read<'_, Order> = json::read(b"{\"id\":\"7\",\"status\":\"paid\",\"reason\":\"\xddslem\"}").unwrap();
    assert_eq!(order.value.reason.as_deref(), Some("\u{fffd}slem"));
    notes(&order, &[("reason", "\"\u{fffd}slem\"")]);
    let order = read(r#"{"id":"7","status":"paid","reason":"ok \ud83d \\ud83d \ud83d\ude00"}"#);
    assert_eq!(order.value.reason.as_deref(), Some("ok \u{fffd} \\ud83d \u{1f600}"));
}

#[test]
fn what_is_not_an_object_stays_an_error() {
    for body in ["", "[]", "null", "\"text\"", "{", r#"{"id":"7","status":"paid"} {}"#, r#"{"id":"7",}"#, "<html>"] {
        assert!(json::read::<Order>(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn a_card_number_in_an_unreadable_member_is_masked() {
    let order = read(r#"{"id":"7","status":"paid","retries":"4111111111111111"}"#);
    notes(&order, &[("retries", "\"411111******1111\"")]);
    assert!(!format!("{order:?}").contains("411111"));
}

#[test]
fn a_hostile_body_of_one_mebibyte_is_read_in_bounded_time() {
    let mut members = String::new();
    while members.len() < 1024 * 1024 {
        members.push_str(&format!(",\"{}\":{{}}", members.len()));
    }
    let body = format!(r#"{{"id":"7","status":"paid","reason":[],"metadata":{{"a":"b"{members}}}}}"#);
    #[expect(clippy::disallowed_methods, reason = "the time is reported, not asserted")]
    let start = Instant::now();
    let order = read(&body);
    println!("read {} bytes in {:?}", body.len(), start.elapsed());
    assert_eq!((&*order.value.id, order.value.metadata), ("7", None));
    assert!(order.unreadable.iter().count() <= 64);
}

proptest! {
    #[test]
    fn a_descriptive_member_of_any_shape_fails_nothing(
        name in prop::sample::select(vec!["reason", "retries", "metadata", "card"]),
        value in any_value(),
    ) {
        let body = format!(r#"{{"id":"7","{name}":{value},"status":"paid"}}"#);
        let order = json::read::<Order>(body.as_bytes()).unwrap();
        prop_assert_eq!((&*order.value.id, &*order.value.status), ("7", "paid"));
        for member in order.unreadable.iter() {
            prop_assert!(member.path.starts_with(name), "{}", member.path);
        }
    }

    #[test]
    fn a_deciding_member_is_never_read_as_another_value(value in any_value()) {
        let body = format!(r#"{{"id":{value},"status":"paid"}}"#);
        if let Ok(order) = json::read::<Order>(body.as_bytes()) {
            let text = serde_json::from_str::<String>(&value).unwrap_or_else(|_| value.clone());
            prop_assert_eq!(order.value.id, text);
        }
    }

    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = json::read::<Order>(&body);
    }
}
