//! The outcome and the retries after each failure, for each type of call.

use payments_core::test_util::Reply;
use payments_core::{ErrorKind, Outcome};

use crate::support::{CallType, Harness, KEYED, Payment, UNKEYED, error_response, payment_response, value};

/// The calls that are retried after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Retried {
    /// All calls.
    All,
    /// Read-only calls, and calls under a key.
    ReadOrKeyed,
    /// No calls.
    Never,
}

#[track_caller]
fn check(row: &str, reply: impl Fn() -> Reply, expected: (ErrorKind, Outcome, Retried)) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (kind, outcome, retried) = expected;
    for call_type in CallType::ALL {
        let spec = if call_type == CallType::Keyed { &KEYED } else { &UNKEYED };
        let harness = Harness::with(spec, None, (0..5).map(|_| reply()), |_| {});
        let err = runtime.block_on(harness.send(call_type)).unwrap_err();
        let attempts = match (retried, call_type) {
            (Retried::All, _) | (Retried::ReadOrKeyed, CallType::Read | CallType::Keyed) => 3,
            (Retried::Never, _) | (Retried::ReadOrKeyed, CallType::Write | CallType::MoveMoney) => 1,
        };
        assert_eq!(
            (err.kind(), err.outcome(), err.attempts()),
            (kind, outcome, attempts),
            "{row}, {call_type:?}: {err}"
        );
        assert_eq!(harness.request_count(), attempts as usize, "{row}, {call_type:?}");
        let moves_money = matches!(call_type, CallType::MoveMoney | CallType::Keyed);
        assert_eq!(err.may_have_moved_money(), moves_money && outcome == Outcome::Unknown, "{row}, {call_type:?}");
        let says_unknown = err.to_string().contains("it may have been executed");
        assert_eq!(
            says_unknown,
            call_type != CallType::Read && outcome == Outcome::Unknown,
            "{row}, {call_type:?}: {err}"
        );
        assert_eq!(err.to_string().lines().count(), 1, "{err}");
        assert_eq!(err.provider(), "acme");
        assert_eq!(err.idempotency_key().is_some(), call_type == CallType::Keyed);
    }
}

/// A response that is not in the provider's documented form, such as a proxy's error page.
fn unrecognised(status: u16) -> Reply {
    Reply::new(status, "<html><h1>Somebody else</h1></html>").header("content-type", "text/html; charset=utf-8")
}

#[test]
fn a_request_without_a_connection_is_not_sent_and_is_retried() {
    check("no connection", Reply::not_connected, (ErrorKind::Connection, Outcome::NotSent, Retried::All));
}

#[test]
fn a_lost_response_leaves_the_outcome_unknown() {
    check("lost", Reply::lost, (ErrorKind::Connection, Outcome::Unknown, Retried::ReadOrKeyed));
}

#[test]
fn an_incomplete_body_leaves_the_outcome_unknown_for_any_status() {
    for status in [200, 201, 302, 400, 401, 402, 404, 422, 429, 500, 503] {
        let row = format!("{status} cut off");
        check(&row, || Reply::cut_off(status), (ErrorKind::MalformedResponse, Outcome::Unknown, Retried::ReadOrKeyed));
    }
}

#[test]
fn a_success_that_cannot_be_decoded_leaves_the_outcome_unknown() {
    let malformed = (ErrorKind::MalformedResponse, Outcome::Unknown, Retried::ReadOrKeyed);
    for status in [200, 201, 202, 204, 206] {
        for body in ["", "{", r#"{"id":"pay_1","am"#] {
            check(&format!("{status} {body}"), || Reply::json(status, body), malformed);
        }
        // JSON with unexpected content is not retried: the next response would most likely be the same.
        let unexpected_json = (ErrorKind::MalformedResponse, Outcome::Unknown, Retried::Never);
        for body in
            ["null", "{}", "[]", r#" ["pay_1", 100.50]"#, r#"{"id":"pay_1"}"#, r#"{"id":"pay_1","amount":"1e2"}"#]
        {
            check(&format!("{status} {body}"), || Reply::json(status, body), unexpected_json);
        }
        check(&format!("{status} in html"), || unrecognised(status), malformed);
        check(&format!("{status} with an error in it"), || error_response(status), unexpected_json);
        check(&format!("{status} not utf-8"), || Reply::new(status, b"\xff\xfe\0"), malformed);
    }
}

#[tokio::test]
async fn a_response_that_cannot_be_decoded_is_described_and_not_quoted() {
    for (reply, description) in [
        (unrecognised(502), "a response of 35 bytes (text/html)"),
        (Reply::new(200, "pay_1"), "a response of 5 bytes (no content type)"),
    ] {
        let err = Harness::new([reply]).send(CallType::MoveMoney).await.unwrap_err();
        assert!(err.to_string().contains(description), "{err}");
        assert!(!err.to_string().contains("Somebody") && !err.to_string().contains("pay_1"), "{err}");
    }
}

#[tokio::test]
async fn a_success_that_contradicts_the_request_leaves_the_outcome_unknown() {
    let harness = Harness::new([payment_response(), payment_response()]);
    let err = harness.client.pay_expecting_id("pay_2").send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown));
    assert_eq!(err.json_path(), Some("id"));
    assert!(err.may_have_moved_money());
    assert_eq!(harness.request_count(), 1);
    assert!(harness.client.pay_expecting_id("pay_1").send().await.is_ok());
}

#[test]
fn a_redirect_is_not_followed_and_leaves_the_outcome_unknown() {
    for status in [300, 301, 302, 303, 304, 305, 307, 308] {
        let configuration = (ErrorKind::Configuration, Outcome::Unknown, Retried::Never);
        check(&status.to_string(), || unrecognised(status).header("location", "https://evil.test/"), configuration);
        check(&format!("{status} in the documented form"), || error_response(status), configuration);
    }
}

#[test]
fn an_error_response_in_the_documented_form_is_a_refusal() {
    for (status, kind) in [
        (400, ErrorKind::InvalidRequest),
        (401, ErrorKind::Authentication),
        (402, ErrorKind::Declined),
        (403, ErrorKind::Permission),
        (404, ErrorKind::NotFound),
        (405, ErrorKind::InvalidRequest),
        (413, ErrorKind::InvalidRequest),
        (415, ErrorKind::InvalidRequest),
        (422, ErrorKind::InvalidRequest),
    ] {
        check(&status.to_string(), || error_response(status), (kind, Outcome::Refused, Retried::Never));
    }
}

#[test]
fn an_unrecognised_error_response_leaves_the_outcome_unknown() {
    for status in [400, 401, 402, 403, 404, 405, 409, 410, 413, 415, 422] {
        let unrecognised_response = (ErrorKind::MalformedResponse, Outcome::Unknown, Retried::ReadOrKeyed);
        check(&status.to_string(), || unrecognised(status), unrecognised_response);
        check(&format!("{status} empty"), || Reply::new(status, ""), unrecognised_response);
        check(&format!("{status} other json"), || Reply::json(status, r#"{"detail":"no"}"#), unrecognised_response);
        check(&format!("{status} incomplete"), || Reply::json(status, r#"{"error":{"code":"n"#), unrecognised_response);
    }
}

#[test]
fn a_documented_decline_is_a_refusal_for_any_client_error() {
    for status in [400, 402, 403, 409, 418, 422] {
        let declined = || Reply::json(status, r#"{"error":{"code":"card_declined","decline_code":"lost_card"}}"#);
        // Under a key, 409 says only that the same request is still in progress.
        if status == 409 {
            let harness = Harness::with(&UNKEYED, None, [declined()], |_| {});
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let err = runtime.block_on(harness.send(CallType::MoveMoney)).unwrap_err();
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::Declined, Outcome::Refused));
            continue;
        }
        check(&status.to_string(), declined, (ErrorKind::Declined, Outcome::Refused, Retried::Never));
    }
    let declined = || Reply::json(409, r#"{"error":{"code":"card_declined"}}"#);
    let harness = Harness::with(&KEYED, None, (0..5).map(|_| declined()), |_| {});
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let err = runtime.block_on(harness.send(CallType::Keyed)).unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Declined, Outcome::Unknown), "under a key, 409 proves nothing");
    for status in [408, 429] {
        let declined = || Reply::json(status, r#"{"error":{"code":"card_declined"}}"#);
        let unknown = (ErrorKind::Declined, Outcome::Unknown, Retried::ReadOrKeyed);
        check(&format!("{status} declined"), declined, unknown);
    }
    let failed = || Reply::json(500, r#"{"error":{"code":"card_declined"}}"#);
    check("a decline that is a failure", failed, (ErrorKind::Declined, Outcome::Unknown, Retried::ReadOrKeyed));
}

#[test]
fn a_refusal_that_may_be_about_an_earlier_request_leaves_the_outcome_unknown() {
    for status in [400, 403, 409, 422] {
        let taken = || Reply::json(status, r#"{"error":{"code":"already_taken"}}"#);
        check(&status.to_string(), taken, (ErrorKind::Conflict, Outcome::Unknown, Retried::ReadOrKeyed));
    }
}

#[test]
fn a_conflict_leaves_the_outcome_unknown() {
    check("409", || error_response(409), (ErrorKind::Conflict, Outcome::Unknown, Retried::ReadOrKeyed));
}

#[test]
fn a_provider_failure_leaves_the_outcome_unknown_in_any_form() {
    check("408", || error_response(408), (ErrorKind::Timeout, Outcome::Unknown, Retried::ReadOrKeyed));
    check("408", || unrecognised(408), (ErrorKind::Timeout, Outcome::Unknown, Retried::ReadOrKeyed));
    for status in [500, 501, 502, 503, 504, 511, 520, 522, 524, 599] {
        let failed = (ErrorKind::ProviderFailure, Outcome::Unknown, Retried::ReadOrKeyed);
        check(&status.to_string(), || error_response(status), failed);
        check(&format!("{status} in html"), || unrecognised(status), failed);
        check(&format!("{status} empty"), || Reply::new(status, ""), failed);
    }
}

#[test]
fn throttling_leaves_the_outcome_unknown_in_any_form() {
    let unknown = (ErrorKind::Throttled, Outcome::Unknown, Retried::ReadOrKeyed);
    check("documented form", || error_response(429), unknown);
    check("unrecognised", || unrecognised(429), unknown);
}

#[test]
fn an_undocumented_status_leaves_the_outcome_unknown() {
    for status in [406, 410, 411, 412, 414, 416, 417, 418, 421, 423, 424, 425, 426, 428, 431, 451, 499] {
        check(
            &status.to_string(),
            || error_response(status),
            (ErrorKind::InvalidRequest, Outcome::Unknown, Retried::Never),
        );
    }
    for status in [100, 101, 199, 600, 999] {
        let malformed = (ErrorKind::MalformedResponse, Outcome::Unknown, Retried::ReadOrKeyed);
        check(&status.to_string(), || error_response(status), malformed);
        check(&format!("{status} unrecognised"), || unrecognised(status), malformed);
    }
}

#[test]
fn an_encoding_that_was_not_requested_leaves_the_outcome_unknown() {
    for status in [200, 400, 429, 500] {
        for encoding in ["gzip", "br", "deflate", "zstd", "x-gzip", "identity, gzip", "GZIP"] {
            let reply = || Reply::json(status, r#"{"id":"pay_1","amount":1}"#).header("content-encoding", encoding);
            let malformed = (ErrorKind::MalformedResponse, Outcome::Unknown, Retried::ReadOrKeyed);
            check(&format!("{status} {encoding}"), reply, malformed);
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for encoding in ["identity", "Identity"] {
        let harness = Harness::new([payment_response().header("content-encoding", encoding)]);
        assert!(runtime.block_on(harness.send(CallType::MoveMoney)).is_ok());
    }
    let harness = Harness::new([payment_response().header("content-encoding", "gzip")]);
    let err = runtime.block_on(harness.send(CallType::MoveMoney)).unwrap_err();
    assert!(err.to_string().contains("encoded as gzip"), "{err}");
}

#[tokio::test]
async fn an_invalid_request_is_rejected_before_it_is_sent() {
    use payments_core::provider::Operation;
    use payments_core::request::RequestBuilder;
    use payments_core::{Error, ValidationError};
    let harness = Harness::new([payment_response()]);
    let invalid =
        || -> Result<RequestBuilder, Error> { Err(ValidationError::new("amount", "must be greater than zero").into()) };
    let call = harness.client.connection.call(Operation::move_money("pay"), invalid(), value::<Payment>);
    let err = call.send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::InvalidRequest, Outcome::NotSent, 0));
    assert_eq!(err.param(), Some("amount"));
    let unsupported = Err(Error::unsupported("not supported"));
    let err = harness
        .client
        .connection
        .call(Operation::move_money("pay"), unsupported, value::<Payment>)
        .send()
        .await
        .unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Unsupported, Outcome::NotSent, 0));
    assert_eq!(harness.request_count(), 0);
}

#[tokio::test]
async fn an_error_contains_the_providers_error_response() {
    let body = r#"{"error":{"code":"card_declined","decline_code":"lost_card","message":"No.\nReally: 4111111111111111",
        "param":"source","object":"pay_7"}}"#;
    let harness = Harness::new([Reply::json(402, body).header("x-request-id", "req_1").header("cf-ray", "ray_1")]);
    let err = harness.send(CallType::MoveMoney).await.unwrap_err();
    assert_eq!((err.code(), err.decline_code()), (Some("card_declined"), Some("lost_card")));
    assert_eq!((err.param(), err.object_id()), (Some("source"), Some("pay_7")));
    assert_eq!((err.status().unwrap().as_u16(), err.request_id()), (402, Some("req_1")));
    assert_eq!(err.response().unwrap().body(), body.as_bytes());
    assert_eq!(err.to_string(), "acme pay: declined (HTTP 402): No. Really: 411111******1111");
}

#[tokio::test]
async fn a_call_that_is_never_sent_does_nothing() {
    let harness = Harness::new([payment_response()]);
    drop(harness.client.pay());
    drop(harness.client.pay().send());
    assert_eq!(harness.request_count(), 0);
}

#[tokio::test]
async fn a_call_that_is_dropped_while_in_flight_was_sent_once() {
    let harness = Harness::new([Reply::silence(), payment_response()]);
    let mut call = Box::pin(harness.client.pay().send());
    assert!(crate::support::poll_once(call.as_mut()).is_pending());
    drop(call);
    assert_eq!(harness.request_count(), 1);
}

#[tokio::test]
async fn a_call_can_return_the_whole_response() {
    let harness = Harness::new([payment_response().header("request-id", "req_9")]);
    let sent = harness.client.pay().send_with_response().await.unwrap();
    assert_eq!(sent.value.id, "pay_1");
    assert_eq!((sent.response.status().as_u16(), sent.response.request_id()), (200, Some("req_9")));
    assert_eq!(sent.response.body(), crate::support::PAYMENT_JSON.as_bytes());
}
