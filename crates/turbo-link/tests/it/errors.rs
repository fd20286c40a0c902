//! `error: true` is an error under any HTTP status; and asking again is safe.

use payments_core::test_util::Reply;
use turbo_link::{ErrorKind, ListLinks, Outcome};

use crate::support::{SAMPLE, now, scripted};

#[track_caller]
fn check(status: u16, body: &str, kind: ErrorKind, outcome: Outcome) -> turbo_link::Error {
    let (client, _) = scripted((0..3).map(|_| Reply::json(status, body)));
    let err = now(client.list_links(ListLinks::new()).send()).unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (kind, outcome), "HTTP {status} {body}: {err}");
    assert!(!err.may_have_moved_money(), "a list moves no money");
    err
}

use ErrorKind::{Authentication, InvalidRequest, MalformedResponse, NotFound, Permission, ProviderFailure, Throttled};
use Outcome::{Refused, Unknown};

#[test]
fn an_error_is_what_its_http_status_says_and_under_200_an_invalid_request() {
    let body = r#"{"error":true,"msg":"Unknown payment link","line_items":[]}"#;
    for (status, kind, outcome) in [
        (200, InvalidRequest, Refused),
        (201, InvalidRequest, Refused),
        (400, InvalidRequest, Refused),
        (401, Authentication, Refused),
        (403, Permission, Refused),
        (404, NotFound, Refused),
        (429, Throttled, Unknown),
        (500, ProviderFailure, Unknown),
    ] {
        let err = check(status, body, kind, outcome);
        assert_eq!(err.message(), Some("Unknown payment link"));
    }
    let err = check(200, body, InvalidRequest, Refused);
    assert_eq!(err.to_string(), "turbo-link list_links: invalid request (HTTP 200): Unknown payment link");
    assert_eq!(err.attempts(), 1, "the next answer would be the same");
}

#[test]
fn an_error_that_brings_a_whole_list_with_it_is_one_all_the_same() {
    check(200, &SAMPLE.replace(r#""error":false"#, r#""error":true"#), InvalidRequest, Refused);
    for words in ["", r#","msg":null"#, r#","msg":7"#, r#","msg":["x"]"#] {
        let err = check(200, &format!(r#"{{"error":true{words}}}"#), InvalidRequest, Refused);
        assert_eq!(err.message(), None);
    }
}

#[test]
fn words_beside_a_list_that_is_none_are_kept() {
    let (client, _) = scripted([Reply::json(200, &SAMPLE.replace(r#""msg":"OK""#, r#""msg":"nothing found""#))]);
    assert_eq!(now(client.list_links(ListLinks::new()).send()).unwrap().msg.as_deref(), Some("nothing found"));
}

#[test]
fn somebody_elses_words_are_not_tur_bos() {
    for body in
        ["<html>", "", "[]", "[true]", "null", "{}", r#"{"message":"no"}"#, r#"{"error":"no","msg":"x"}"#, SAMPLE]
    {
        for status in [400, 401, 404] {
            check(status, body, MalformedResponse, Unknown);
        }
        check(502, body, ProviderFailure, Unknown);
    }
    for body in [
        "<html>",
        "",
        "[]",
        "[true]",
        "null",
        "{}",
        r#"{"error":"true","msg":"x"}"#,
        "{\"error\":true",
        "{\"error\":true} x",
    ] {
        check(200, body, MalformedResponse, Unknown);
    }
}

#[test]
fn a_list_is_asked_for_again_after_a_failure_that_passes() {
    for lost in 0..5 {
        for whole_list in [true, false] {
            let lost = match lost {
                0 => Reply::lost(),
                1 => Reply::cut_off(200),
                2 => Reply::new(502, "<html>"),
                3 => Reply::json(429, "{}"),
                _ => Reply::json(200, "{"),
            };
            let described = format!("{lost:?}");
            let (client, script) = scripted([lost, Reply::not_connected(), Reply::json(200, SAMPLE)]);
            let call = if whole_list {
                client.list_links(ListLinks::new())
            } else {
                client.list_links(ListLinks::new().only("abc123".parse().unwrap()))
            };
            assert_eq!(now(call.send()).unwrap().line_items.len(), 1, "{described}");
            let requests = script.requests();
            assert_eq!(requests.len(), 3, "{described}");
            assert!(requests.iter().all(|request| request.body().as_ref() == requests[0].body().as_ref()));
        }
    }
}

#[test]
fn a_redirect_is_not_followed_because_the_key_would_follow_it() {
    let (client, script) = scripted([Reply::new(307, "").header("location", "https://evil.example")]);
    let err = now(client.list_links(ListLinks::new()).send()).unwrap_err();
    assert_eq!((err.kind(), script.requests().len()), (ErrorKind::Configuration, 1));
}
