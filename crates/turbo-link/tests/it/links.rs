//! The members of lists and links.

use payments_core::test_util::Reply;
use turbo_link::{ErrorKind, LinkId, LinkStatus, ListLinks};

use crate::support::{SAMPLE, block_on, list_from, sample_with, scripted};

#[test]
fn a_list_reports_how_many_links_are_missing() {
    for (total, not_shown) in [(0, 0), (1, 0), (2, 1), (26, 25), (u64::MAX, u64::MAX - 1)] {
        let list = list_from(&sample_with(r#""total_results":1"#, &format!(r#""total_results":{total}"#))).unwrap();
        assert_eq!((list.total_results, list.not_shown()), (total, not_shown));
    }
    let empty = list_from(r#"{"error":false,"line_items":[],"total_results":7,"limit":0}"#).unwrap();
    assert_eq!((empty.not_shown(), empty.limit, empty.msg, empty.period), (7, Some(0), None, None));
}

#[test]
fn find_returns_the_link_with_the_id() {
    let link = &SAMPLE[SAMPLE.find("[{").unwrap() + 1..SAMPLE.rfind(']').unwrap()];
    let links = format!(
        "{link},{},{}",
        link.replace("abc123", "abc124").replace("$1.00", "$2.00"),
        link.replace("abc123", "abc125")
    );
    let list = list_from(&sample_with(link, &links)).unwrap();
    let found = list.find(&"abc124".parse().unwrap()).unwrap().unwrap();
    assert_eq!((found.amount().unwrap().minor(), list.line_items.len()), (200, 3));
    assert_eq!(list.find(&"abc12".parse().unwrap()).unwrap(), None);
}

#[test]
fn unknown_values_are_kept_and_unknown_members_are_ignored() {
    let list =
        list_from(&sample_with(r#""pending""#, r#""under_review","memo":{"amount":1e400},"tags":[[]]"#)).unwrap();
    assert!(matches!(list.line_items[0].as_ref().unwrap().status, LinkStatus::Unknown(_)));
    assert_eq!(list.line_items[0].as_ref().unwrap().status.as_str(), "under_review");
    for status in ["Completed", "paid", ""] {
        assert!(!LinkStatus::KNOWN.contains(&LinkStatus::from(status)), "{status}");
    }
    let list =
        list_from(&sample_with(r#""msg":"OK""#, r#""msg":"OK","type":"payment-list","interval":"last_90_days""#))
            .unwrap();
    assert_eq!(list.kind.as_deref(), Some("payment-list"));
    assert_eq!(list.interval.unwrap().as_str(), "last_90_days");
}

#[test]
fn missing_null_and_empty_members_are_none() {
    for period in ["null", "{\"a\": [1.10]}", "\"x\"", "7"] {
        let list = list_from(&sample_with(r#""period": []"#, &format!(r#""period": {period}"#))).unwrap();
        assert_eq!(list.period.as_ref().map_or("null", |raw| raw.as_str()), period);
    }
    let nulls = r#""period": [],"type":null,"start":null,"end":"","interval":"""#;
    let list = list_from(&sample_with(r#""period": []"#, nulls)).unwrap();
    assert_eq!((list.kind, list.start, list.end, list.interval), (None, None, None, None));
    let list = list_from(&sample_with(r#""https://api.tur.bo/images/abc123.png""#, r#"null,"url":null"#)).unwrap();
    assert_eq!((&list.line_items[0].as_ref().unwrap().qr, &list.line_items[0].as_ref().unwrap().url), (&None, &None));
}

#[test]
fn an_invalid_url_does_not_fail_the_list_and_has_no_href() {
    for invalid in [
        "javascript:alert(1)",
        "//evil.example",
        "/images/abc123.png",
        "data:image/png;base64,x",
        "",
        "https://",
        "https://a b",
    ] {
        let list = list_from(&sample_with("https://api.tur.bo/images/abc123.png", invalid)).unwrap();
        let qr = list.line_items[0].as_ref().unwrap().qr.as_ref().unwrap();
        assert_eq!((qr.href(), qr.as_str()), (None, invalid));
    }
    let list = list_from(&sample_with(r#""qr":"https"#, r#""url":"javascript:x","qr":"http"#)).unwrap();
    let link = &list.line_items[0].as_ref().unwrap();
    assert_eq!(link.url.as_ref().unwrap().href(), None);
    assert_eq!(link.qr.as_ref().unwrap().href(), Some("http://api.tur.bo/images/abc123.png"));
}

#[test]
fn days_and_times_in_other_formats_are_absent_and_recorded() {
    for invalid in [
        "2023-11-01",
        "2023-11-01T11:19:49",
        "2023-11-01 11:19:49Z",
        "2023-11-01 11:19:49 ",
        "2023-11-01 11:19",
        "2023-11-01 24:00:00",
        "2023-11-01 11:60:00",
        "2023-11-01 11:19:60",
        "2023-02-29 11:19:49",
        "2023-13-01 11:19:49",
        "2023-00-01 11:19:49",
        "0000-00-00 00:00:00",
        "11/01/2023 11:19:49",
        "23-11-01 11:19:49",
        "2023-1-1 1:1:1",
        "2023-11-01 11:19:4٩",
        "+023-11-01 11:19:49",
        "2023-11-01 -1:19:49",
        "1698837589",
    ] {
        let list = list_from(&sample_with("2023-11-01 11:19:49", invalid)).unwrap();
        let link = list.line_items[0].as_ref().unwrap();
        assert_eq!((link.created, notes(link.unreadable_members())), (None, vec!["created"]), "{invalid}");
        assert_eq!(notes(list.unreadable_members()), ["line_items[0].created"], "{invalid}");
    }
    for invalid in [
        "2023-11-01",
        "11/1/2023",
        "1/11/2023",
        "13/01/2023",
        "02/30/2023",
        "00/01/2023",
        "11/01/23",
        "11/01/2023 ",
        "11-01-2023",
        "11/01/2023/1",
    ] {
        for name in ["start", "end"] {
            let list = list_from(&sample_with(r#""period""#, &format!(r#""{name}":"{invalid}","period""#))).unwrap();
            assert_eq!((list.start, list.end, notes(list.unreadable_members())), (None, None, vec![name]), "{invalid}");
        }
    }
    let leap = list_from(&sample_with("2023-11-01 11:19:49", "2024-02-29 00:00:00")).unwrap();
    assert_eq!(leap.line_items[0].as_ref().unwrap().created, Some(time::macros::datetime!(2024-02-29 00:00:00)));
}

#[test]
fn an_error_names_the_malformed_member() {
    for (member, value, path) in [
        (r#""error":false"#, r#""error":"false""#, "error"),
        (r#""error":false"#, r#""error":0"#, "error"),
        (r#""error":false"#, r#""error":null"#, "error"),
        (r#""error":false,"#, "", "."),
        (r#""error":false"#, r#""error":false,"error":false"#, "error"),
        (r#""total_results":1"#, r#""total_results":"1""#, "total_results"),
        (r#""total_results":1"#, r#""total_results":-1"#, "total_results"),
        (r#""total_results":1"#, r#""total_results":1.5"#, "total_results"),
        (r#""total_results":1,"#, "", "."),
        (r#""line_items":["#, r#""line_items":7,"more":["#, "line_items"),
    ] {
        let err = list_from(&sample_with(member, value)).unwrap_err();
        assert_eq!((err.kind(), err.json_path()), (ErrorKind::MalformedResponse, Some(path)), "{value}: {err}");
    }
}

#[test]
fn an_unreadable_link_names_its_malformed_member() {
    for (member, value, path, id) in [
        (r#""abc123""#, r#""../balance""#, "line_items[0].id", None),
        (r#""abc123""#, "null", "line_items[0].id", None),
        (r#""abc123""#, "[]", "line_items[0].id", None),
        (r#""id":"abc123","#, "", "line_items[0]", None),
        (r#""pending""#, "null", "line_items[0].status", Some("abc123")),
        (r#""pending""#, "{}", "line_items[0].status", Some("abc123")),
        (r#""pending""#, r#""pend\ud83ding""#, "line_items[0].status", Some("abc123")),
        (r#""line_items":["#, r#""line_items":[null,"#, "line_items[0]", None),
    ] {
        let list = list_from(&sample_with(member, value)).unwrap();
        let item = list.line_items[0].as_ref().unwrap_err();
        assert_eq!((item.index, item.error.path(), item.id.as_deref()), (0, path, id), "{value}: {item}");
    }
}

#[test]
fn an_id_cannot_change_the_path() {
    let hostile = [
        "",
        ".",
        "..",
        "../balance",
        "a/b",
        "a?b",
        "a#b",
        "a%2e",
        "%2e%2e",
        "a b",
        "a\r\nX: y",
        "a\0",
        "ä",
        "а",
        "a\\b",
        "a;b",
        "a:b",
        "a@b",
    ];
    let control = (0..0x20_u8).map(|byte| format!("a{}", char::from(byte)));
    for id in hostile.map(str::to_owned).into_iter().chain(control).chain(["x".repeat(256)]) {
        assert!(id.parse::<LinkId>().is_err(), "{id:?}");
    }
    for id in ["abc123", "a.b_c-d", "...", "-", "x".repeat(255).as_str()] {
        let (client, script) = scripted([Reply::lost()]);
        let _ = block_on(client.list_links(ListLinks::new().only(id)).retry(turbo_link::RetryPolicy::none()).send());
        assert_eq!(script.requests()[0].url(), format!("https://api.tur.bo/payments/{id}"));
    }
}

fn notes(members: &turbo_link::UnreadableMembers) -> Vec<&str> {
    members.iter().map(|member| &*member.path).collect()
}

#[test]
fn a_serialized_list_shows_no_card_number() {
    let list = list_from(&sample_with(r#""period": []"#, r#""period": {"cvc":987,"n":4111111111111111}"#)).unwrap();
    let text = serde_json::to_string(&list).unwrap();
    assert!(text.contains(r#""period":{"cvc":"[redacted]","n":"411111******1111"}"#), "{text}");
}
