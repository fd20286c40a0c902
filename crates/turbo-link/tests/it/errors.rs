//! `error: true` is an error under any HTTP status, and retries are safe.

use payments_core::test_util::Reply;
use turbo_link::{ErrorKind, ListLinks, Outcome};

use crate::support::{SAMPLE, block_on, scripted};

#[track_caller]
fn check(status: u16, body: &str, kind: ErrorKind, outcome: Outcome) -> turbo_link::Error {
    let (client, _) = scripted((0..3).map(|_| Reply::json(status, body)));
    let err = block_on(client.list_links(ListLinks::new()).send()).unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (kind, outcome), "HTTP {status} {body}: {err}");
    assert!(!err.may_have_moved_money(), "a list must not count as moving money");
    err
}

use ErrorKind::{Authentication, InvalidRequest, MalformedResponse, NotFound, Permission, ProviderFailure, Throttled};
use Outcome::{Refused, Unknown};

#[test]
fn an_error_follows_the_http_status_and_is_an_invalid_request_under_2xx() {
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
    assert_eq!(err.attempts(), 1, "the call must not be retried");
}

#[test]
fn an_error_with_a_complete_list_is_still_an_error() {
    check(200, &SAMPLE.replace(r#""error":false"#, r#""error":true"#), InvalidRequest, Refused);
    for (msg, message) in [("", None), (r#","msg":null"#, None), (r#","msg":7"#, Some("7")), (r#","msg":["x"]"#, None)]
    {
        let err = check(200, &format!(r#"{{"error":true{msg}}}"#), InvalidRequest, Refused);
        assert_eq!(err.message(), message);
    }
}

#[test]
fn the_message_of_a_successful_response_is_kept() {
    let (client, _) = scripted([Reply::json(200, &SAMPLE.replace(r#""msg":"OK""#, r#""msg":"nothing found""#))]);
    assert_eq!(block_on(client.list_links(ListLinks::new()).send()).unwrap().msg.as_deref(), Some("nothing found"));
}

#[test]
fn an_unrecognised_body_is_a_malformed_response() {
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
fn a_list_is_retried_after_a_transient_failure() {
    for failure in 0..5 {
        for id in [None, Some("abc123")] {
            let failure = match failure {
                0 => Reply::lost(),
                1 => Reply::cut_off(200),
                2 => Reply::new(502, "<html>"),
                3 => Reply::json(429, "{}"),
                _ => Reply::json(200, "{"),
            };
            let described = format!("{failure:?}");
            let (client, script) = scripted([failure, Reply::not_connected(), Reply::json(200, SAMPLE)]);
            let list = match id {
                None => ListLinks::new(),
                Some(id) => ListLinks::new().only(id),
            };
            let call = client.list_links(list);
            assert_eq!(block_on(call.send()).unwrap().line_items.len(), 1, "{described}");
            let requests = script.requests();
            assert_eq!(requests.len(), 3, "{described}");
            assert!(requests.iter().all(|request| request.body().as_ref() == requests[0].body().as_ref()));
        }
    }
}

#[test]
fn a_redirect_is_not_followed_because_it_would_send_the_key_elsewhere() {
    let (client, script) = scripted([Reply::new(307, "").header("location", "https://evil.example")]);
    let err = block_on(client.list_links(ListLinks::new()).send()).unwrap_err();
    assert_eq!((err.kind(), script.requests().len()), (ErrorKind::Configuration, 1));
}
