//! Providers that wrap every answer in an envelope, and say "200 OK" around an error.

use payments_core::http::StatusCode;
use payments_core::provider::{Operation, ProviderSpec};
use payments_core::test_util::Reply;
use payments_core::transport::Response;
use payments_core::{ErrorKind, Outcome, ProviderError, json};
use serde::Deserialize;

use crate::support::{Bench, How, KEYED, UNKEYED, paid};

static ENVELOPED: ProviderSpec = ProviderSpec { parse_error, errors_in_2xx: true, ..UNKEYED };
static ENVELOPED_KEYED: ProviderSpec = ProviderSpec { parse_error, errors_in_2xx: true, ..KEYED };
/// The same provider, had its crate not said so.
static UNAWARE: ProviderSpec = ProviderSpec { parse_error, ..UNKEYED };

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
fn check(dialect: &'static ProviderSpec, how: How, http: u16, body: &str, expected: (ErrorKind, Outcome)) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let bench = Bench::with(dialect, None, (0..3).map(|_| Reply::json(http, body)), |_| {});
    let err = runtime.block_on(bench.send(how)).unwrap_err();
    assert_eq!((err.kind(), err.outcome()), expected, "HTTP {http} {body}: {err}");
    assert_eq!(err.message().is_some(), dialect.errors_in_2xx || http >= 400, "{err}");
}

#[test]
fn an_error_under_a_successful_status_is_what_its_envelope_says() {
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
        check(&ENVELOPED, How::Money, 200, &body, expected);
    }
    // Where keys exist, a conflict may be the same request still under way.
    check(&ENVELOPED_KEYED, How::Keyed, 200, r#"{"failed":true,"code":409}"#, (ErrorKind::Conflict, Unknown));
}

#[test]
fn an_envelope_that_contradicts_itself_or_the_status_proves_nothing() {
    let nothing = (ErrorKind::MalformedResponse, Outcome::Unknown);
    check(&ENVELOPED, How::Money, 200, r#"{"failed":true,"code":200}"#, nothing);
    check(&ENVELOPED, How::Money, 200, r#"{"failed":true}"#, nothing);
    check(&ENVELOPED, How::Money, 500, r#"{"failed":true,"code":200}"#, nothing);
    // Each of the two would be a refusal by itself.
    check(&ENVELOPED, How::Money, 502, r#"{"failed":true,"code":400}"#, (ErrorKind::InvalidRequest, Outcome::Unknown));
    check(&ENVELOPED, How::Money, 400, r#"{"failed":true,"code":500}"#, (ErrorKind::ProviderFailure, Outcome::Unknown));
    check(&ENVELOPED, How::Money, 400, r#"{"failed":true,"code":404}"#, (ErrorKind::NotFound, Outcome::Refused));
}

#[test]
fn only_a_provider_that_does_so_is_asked_about_successes() {
    check(&UNAWARE, How::Money, 200, r#"{"failed":true,"code":400}"#, (ErrorKind::MalformedResponse, Outcome::Unknown));
}

#[tokio::test]
async fn a_success_stays_one_and_an_error_prints_both_statuses() {
    let stated = Reply::json(200, r#"{"failed":true,"code":404}"#);
    let bench = Bench::with(&ENVELOPED, None, [paid(), stated], |_| {});
    assert_eq!(bench.send(How::Money).await.unwrap().id, "pay_1");
    let err = bench.send(How::Money).await.unwrap_err();
    assert_eq!(err.to_string(), "acme pay: not found (HTTP 200, stating 404): no");
    assert_eq!((err.status(), err.stated_status()), (Some(StatusCode::OK), Some(StatusCode::NOT_FOUND)));
}
