//! Providers that wrap every response in an envelope and send errors with HTTP 200.

use payments_core::http::StatusCode;
use payments_core::provider::{IdempotencyPolicy, Operation, ProviderSpec};
use payments_core::test_util::Reply;
use payments_core::transport::Response;
use payments_core::{ErrorKind, Outcome, ProviderError, json};
use serde::Deserialize;

use crate::support::{CallType, DAY, Harness, payment_response};

static ENVELOPED: ProviderSpec = ProviderSpec::new("acme", "acme/0.1.0", parse_error).with_errors_in_2xx();
static ENVELOPED_KEYED: ProviderSpec = ProviderSpec::new("acme", "acme/0.1.0", parse_error)
    .with_errors_in_2xx()
    .with_idempotency(IdempotencyPolicy::new("idempotency-key", DAY));
/// A spec that does not declare errors under 2xx.
static WITHOUT_ERRORS_IN_2XX: ProviderSpec = ProviderSpec::new("acme", "acme/0.1.0", parse_error);

#[derive(Deserialize)]
struct Envelope {
    failed: bool,
    code: Option<u16>,
}

fn parse_error(_: &Operation, response: &Response) -> Option<ProviderError> {
    let envelope: Envelope = json::decode(response.body()).ok()?;
    let status = envelope.code.and_then(|code| StatusCode::from_u16(code).ok());
    envelope.failed.then(|| ProviderError { status, message: Some("no".to_owned()), ..ProviderError::default() })
}

#[track_caller]
fn check(spec: &'static ProviderSpec, call_type: CallType, http: u16, body: &str, expected: (ErrorKind, Outcome)) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let harness = Harness::with(spec, None, (0..3).map(|_| Reply::json(http, body)), |_| {});
    let err = runtime.block_on(harness.send(call_type)).unwrap_err();
    assert_eq!((err.kind(), err.outcome()), expected, "HTTP {http} {body}: {err}");
    assert_eq!(err.message().is_some(), spec.errors_in_2xx || http >= 400, "{err}");
}

#[test]
fn an_error_under_http_200_is_classified_by_its_envelope() {
    use ErrorKind::{Authentication, InvalidRequest, NotFound, ProviderFailure, Throttled, Timeout};
    use Outcome::{Refused, Unknown};
    for (code, expected) in [
        (400, (InvalidRequest, Refused)),
        (401, (Authentication, Refused)),
        (404, (NotFound, Refused)),
        (408, (Timeout, Unknown)),
        (429, (Throttled, Unknown)),
        (500, (ProviderFailure, Unknown)),
        (503, (ProviderFailure, Unknown)),
    ] {
        let body = format!(r#"{{"failed":true,"code":{code}}}"#);
        check(&ENVELOPED, CallType::MoveMoney, 200, &body, expected);
    }
    // For a provider with keys, a conflict may be the same request that is still in progress.
    check(&ENVELOPED_KEYED, CallType::Keyed, 200, r#"{"failed":true,"code":409}"#, (ErrorKind::Conflict, Unknown));
}

#[test]
fn an_envelope_that_contradicts_itself_or_the_http_status_leaves_the_outcome_unknown() {
    let unknown = (ErrorKind::MalformedResponse, Outcome::Unknown);
    check(&ENVELOPED, CallType::MoveMoney, 200, r#"{"failed":true,"code":200}"#, unknown);
    check(&ENVELOPED, CallType::MoveMoney, 200, r#"{"failed":true}"#, unknown);
    check(&ENVELOPED, CallType::MoveMoney, 500, r#"{"failed":true,"code":200}"#, unknown);
    // The client error alone would prove that the operation was not executed.
    check(
        &ENVELOPED,
        CallType::MoveMoney,
        502,
        r#"{"failed":true,"code":400}"#,
        (ErrorKind::InvalidRequest, Outcome::Unknown),
    );
    check(
        &ENVELOPED,
        CallType::MoveMoney,
        400,
        r#"{"failed":true,"code":500}"#,
        (ErrorKind::ProviderFailure, Outcome::Unknown),
    );
    check(
        &ENVELOPED,
        CallType::MoveMoney,
        400,
        r#"{"failed":true,"code":404}"#,
        (ErrorKind::NotFound, Outcome::Refused),
    );
}

#[test]
fn a_spec_without_errors_in_2xx_does_not_parse_errors_under_http_200() {
    check(
        &WITHOUT_ERRORS_IN_2XX,
        CallType::MoveMoney,
        200,
        r#"{"failed":true,"code":400}"#,
        (ErrorKind::MalformedResponse, Outcome::Unknown),
    );
}

#[tokio::test]
async fn a_success_is_decoded_and_an_error_prints_both_statuses() {
    let stated = Reply::json(200, r#"{"failed":true,"code":404}"#);
    let harness = Harness::with(&ENVELOPED, None, [payment_response(), stated], |_| {});
    assert_eq!(harness.send(CallType::MoveMoney).await.unwrap().id, "pay_1");
    let err = harness.send(CallType::MoveMoney).await.unwrap_err();
    assert_eq!(err.to_string(), "acme pay: not found (HTTP 200, stated status 404): no");
    assert_eq!((err.status(), err.stated_status()), (Some(StatusCode::OK), Some(StatusCode::NOT_FOUND)));
}
