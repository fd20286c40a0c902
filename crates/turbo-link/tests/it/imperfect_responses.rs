//! Responses that differ from the documentation are read as far as no decision depends on the difference.

use payments_core::test_util::Reply;
use proptest::prelude::*;
use turbo_link::{Currency, Error, ErrorKind, LinkId, LinkStatus, ListLinks, Money, PaymentList, UnreadableMembers};

use crate::any_value::any_value;
use crate::support::{SAMPLE, block_on, list_from, sample_with, scripted};

/// The link of the documented sample.
fn link() -> &'static str {
    &SAMPLE[SAMPLE.find("[{").unwrap() + 1..SAMPLE.rfind(']').unwrap()]
}

/// Returns a list of three links, the second of which has one part replaced.
#[track_caller]
fn list_with(part: &str, replacement: &str) -> Result<PaymentList, Error> {
    assert!(link().contains(part), "{part} is not in the link");
    let second = link().replace("abc123", "abc124").replacen(&part.replace("abc123", "abc124"), replacement, 1);
    let third = link().replace("abc123", "abc125");
    list_from(&sample_with(link(), &format!("{},{second},{third}", link())))
}

fn id(text: &str) -> LinkId {
    text.parse().unwrap()
}

fn notes(members: &UnreadableMembers) -> Vec<&str> {
    members.iter().map(|member| &*member.path).collect()
}

#[test]
fn a_descriptive_member_of_a_link_that_cannot_be_read_fails_nothing() {
    for (part, replacement, note) in [
        (r#""2023-11-01 11:19:49""#, "null", None),
        (r#""2023-11-01 11:19:49""#, "\"\"", None),
        (r#""2023-11-01 11:19:49""#, "\"0000-00-00 00:00:00\"", Some("created")),
        (r#""2023-11-01 11:19:49""#, "1698837589", Some("created")),
        (r#", "created":"2023-11-01 11:19:49""#, "", None),
        (r#""status":"disabled","value":null"#, r#""status":"enabled","value":"3%""#, None),
        (r#"{"setting":null,"status":"disabled","value":null}"#, "\"3%\"", Some("convenience_fee")),
        (r#""https://api.tur.bo/images/abc123.png""#, "7", Some("qr")),
        (r#""https://api.tur.bo/images/abc123.png""#, "[{}]", Some("qr")),
    ] {
        let list = list_with(part, replacement).unwrap();
        let links: Vec<_> = list.line_items.iter().flatten().collect();
        assert_eq!(links.len(), 3, "{replacement}");
        assert_eq!((links[1].id.as_str(), &links[1].status), ("abc124", &LinkStatus::Pending));
        assert_eq!(links[1].amount(), Ok(Money::from_minor(100, Currency::USD)));
        assert_eq!(notes(links[1].unreadable_members()), note.into_iter().collect::<Vec<_>>(), "{replacement}");
        let in_list: Vec<String> = note.iter().map(|note| format!("line_items[1].{note}")).collect();
        assert_eq!(notes(list.unreadable_members()), in_list, "{replacement}");
        assert!(links[0].unreadable_members().is_empty() && links[2].unreadable_members().is_empty());
    }
}

#[test]
fn a_list_survives_an_unreadable_link() {
    for (part, replacement, id_of_item) in [
        (r#""pending""#, "null", Some("abc124")),
        (r#""pending""#, "[]", Some("abc124")),
        (r#""status":"pending","#, "", Some("abc124")),
        (r#""status":"pending""#, r#""status":"pending","status":"completed""#, Some("abc124")),
        (r#""abc123""#, "{}", None),
        (r#""abc123""#, r#""abc\ud83d""#, None),
        (r#""id":"abc123""#, r#""id":"abc124","id":"abc124""#, None),
    ] {
        let list = list_with(part, replacement).unwrap();
        let item = list.line_items[1].as_ref().unwrap_err();
        assert_eq!((item.index, item.id.as_deref()), (1, id_of_item), "{replacement}");
        assert!(item.error.path().starts_with("line_items[1]"), "{replacement}: {item}");
        assert!(item.raw.as_str().contains("$1.00"), "{replacement}");
        assert!(list.line_items[0].is_ok() && list.line_items[2].is_ok(), "{replacement}");
        assert_eq!((list.total_results, list.not_shown()), (1, 0));

        assert_eq!(list.find(&id("abc125")).unwrap().unwrap().id, id("abc125"), "{replacement}");
        assert_eq!(list.find(&id("abc124")).unwrap_err().index, 1, "unreadable is not absent: {replacement}");
        // An item without a readable id may be any link.
        assert_eq!(list.find(&id("abc126")).is_err(), id_of_item.is_none(), "{replacement}");
        let error = Error::from(list.find(&id("abc124")).unwrap_err());
        assert_eq!((error.kind(), error.object_id()), (ErrorKind::MalformedResponse, id_of_item));
    }
}

#[test]
fn an_unreadable_link_is_serialized_without_its_text() {
    let list = list_with(r#""pending""#, r#"{"card":"4111111111111111"}"#).unwrap();
    let json = serde_json::to_string(&list).unwrap();
    assert!(json.contains(r#"{"id":"abc124","unreadable":"line_items[1].status: invalid type: map, "#), "{json}");
    assert!(!format!("{json}{list:?}").contains("4111111111111111"), "{json}");
}

#[test]
fn a_list_of_links_that_is_null_is_empty_and_any_other_shape_is_an_error() {
    let list = list_from(r#"{"error":false,"line_items":null,"total_results":0}"#).unwrap();
    assert_eq!((list.line_items.len(), list.limit, list.not_shown()), (0, None, 0));
    assert_eq!(list.find(&id("abc123")), Ok(None));
    for items in ["7", "{}", "\"\"", "true"] {
        let err = list_from(&format!(r#"{{"error":false,"line_items":{items},"total_results":0}}"#)).unwrap_err();
        assert_eq!((err.kind(), err.json_path()), (ErrorKind::MalformedResponse, Some("line_items")), "{items}");
    }
    for body in
        [r#"{"error":false,"total_results":0}"#, r#"{"error":false,"line_items":[],"line_items":[],"total_results":0}"#]
    {
        assert_eq!(list_from(body).unwrap_err().kind(), ErrorKind::MalformedResponse, "{body}");
    }
}

#[test]
fn a_number_in_place_of_a_text_is_its_text() {
    let list = list_from(&sample_with(r#""abc123""#, "7421")).unwrap();
    let link = list.find(&id("7421")).unwrap().unwrap();
    assert_eq!(notes(link.unreadable_members()), ["id"]);
    assert_eq!(list.find(&id("07421")), Ok(None));
    let list = list_from(&sample_with(r#""pending""#, "1")).unwrap();
    assert_eq!(list.line_items[0].as_ref().unwrap().status, LinkStatus::from("1"));
    let list = list_from(&sample_with(r#""msg":"OK""#, r#""msg":7,"type":true,"interval":30"#)).unwrap();
    assert_eq!((list.msg.as_deref(), list.kind.as_deref()), (Some("7"), Some("true")));
    assert_eq!(list.interval.as_ref().unwrap().as_str(), "30");
    assert_eq!(notes(list.unreadable_members()), ["msg", "type", "interval"]);
}

#[test]
fn a_byte_order_mark_and_invalid_unicode_in_prose_are_read() {
    assert!(list_from(&format!("\u{feff}{SAMPLE}")).unwrap().unreadable_members().is_empty());
    let list = list_from(&sample_with(r#""msg":"OK""#, r#""msg":"OK \ud83d""#)).unwrap();
    assert_eq!((list.msg.as_deref(), notes(list.unreadable_members())), (Some("OK \u{fffd}"), vec!["msg"]));
    let err = list_from("\u{feff}{\"error\":true,\"msg\":\"no \\ud83d\"}").unwrap_err();
    assert_eq!((err.kind(), err.message()), (ErrorKind::InvalidRequest, Some("no \u{fffd}")));
}

#[test]
fn bytes_that_are_not_utf_8_affect_only_the_link_that_has_them() {
    let list = |text: &str| {
        let mut body =
            SAMPLE.replace(link(), &format!("{},{}", link(), link().replace("abc123", "abc124"))).into_bytes();
        let at = body.windows(text.len()).position(|part| part == text.as_bytes()).unwrap();
        body[at] = 0xe9;
        let (client, _) = scripted([Reply::new(200, body)]);
        block_on(client.list_links(ListLinks::new()).send()).unwrap()
    };
    for deciding in ["abc123\"", "pending"] {
        let list = list(deciding);
        assert!(list.line_items[0].is_err() && list.line_items[1].is_ok(), "{deciding}");
    }
    let fee = list("disabled");
    assert!(fee.line_items[0].as_ref().unwrap().convenience_fees[0].amount().is_err());
    let qr = list("images");
    assert!(qr.line_items.iter().all(Result::is_ok));
    assert_eq!(notes(qr.unreadable_members()), ["line_items[0].qr"]);
}

/// The descriptive members: a part of the sample, the part's name and its path.
const DESCRIPTIVE: &[(&str, &str, &str)] = &[
    (r#""msg":"OK""#, "msg", "msg"),
    (r#""msg":"OK""#, "type", "type"),
    (r#""msg":"OK""#, "start", "start"),
    (r#""msg":"OK""#, "end", "end"),
    (r#""msg":"OK""#, "interval", "interval"),
    (r#""api_path":"/payments""#, "api_path", "api_path"),
    (r#""limit":25"#, "limit", "limit"),
    (r#""qr":"https://api.tur.bo/images/abc123.png""#, "qr", "line_items[0].qr"),
    (r#""qr":"https://api.tur.bo/images/abc123.png""#, "url", "line_items[0].url"),
    (r#""created":"2023-11-01 11:19:49""#, "created", "line_items[0].created"),
    (
        r#""convenience_fee":{"setting":null,"status":"disabled","value":null}"#,
        "convenience_fee",
        "line_items[0].convenience_fee",
    ),
    (r#""setting":null"#, "setting", "line_items[0].convenience_fee.setting"),
    (r#""status":"disabled""#, "status", "line_items[0].convenience_fee.status"),
    (r#""value":null"#, "value", "line_items[0].convenience_fee.value"),
    (r#""amount":"$1.00""#, "amount", "line_items[0].amount"),
];

proptest! {
    #[test]
    fn a_descriptive_member_of_any_shape_fails_nothing(index in 0..DESCRIPTIVE.len(), value in any_value()) {
        let (part, name, path) = DESCRIPTIVE[index];
        let list = list_from(&sample_with(part, &format!("\"{name}\":{value}"))).unwrap();
        let link = list.line_items[0].as_ref().unwrap();
        prop_assert_eq!((&link.id, &link.status), (&id("abc123"), &LinkStatus::Pending));
        for note in notes(list.unreadable_members()) {
            prop_assert!(note.starts_with(path), "{}", note);
        }
        // A text, a number for the limit, and a list or an object of fees can be as documented.
        let may_be_documented = match name {
            "limit" => value.parse::<u64>().is_ok(),
            "convenience_fee" => value.starts_with(['{', '[']),
            "amount" | "value" => true,
            _ => value.starts_with('"'),
        };
        prop_assert!(may_be_documented || list.unreadable_members().concerns(path), "{}", value);
        if path.contains("fee.") && name != "value" && !value.starts_with('"') {
            prop_assert!(link.convenience_fees[0].amount().is_err());
        }
    }

    #[test]
    fn a_deciding_member_of_any_shape_is_never_read_as_another_value(
        name in prop::sample::select(vec!["id", "status"]),
        value in any_value(),
    ) {
        let part = if name == "id" { r#""id":"abc123""# } else { r#""status":"pending""# };
        let list = list_from(&sample_with(part, &format!("\"{name}\":{value}"))).unwrap();
        let text = serde_json::from_str::<String>(&value).unwrap_or_else(|_| value.clone());
        match &list.line_items[0] {
            Ok(link) if name == "id" => prop_assert_eq!(link.id.as_str(), text),
            Ok(link) => prop_assert_eq!(link.status.as_str(), text),
            Err(item) => prop_assert_eq!(item.error.path(), format!("line_items[0].{name}")),
        }
    }

    #[test]
    fn a_list_of_any_shape_never_panics(items in any_value(), total in any_value(), error in any_value()) {
        let body = format!(r#"{{"error":{error},"line_items":{items},"total_results":{total}}}"#);
        prop_assert!(list_from(&body).is_err());
        let body = format!(r#"{{"error":false,"line_items":[{items}],"total_results":1}}"#);
        prop_assert!(list_from(&body).unwrap().line_items[0].is_err());
    }
}
