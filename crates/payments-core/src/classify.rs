//! The outcome of a failed attempt. Any response that is not recognised leaves it unknown.

use std::time::Duration;

use http::StatusCode;
use http::header::CONTENT_ENCODING;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::clock::Clock;
use crate::error::ProviderError;
use crate::json::DecodeError;
use crate::message::Response;
use crate::provider::{ErrorParser, Operation, ProviderSpec};
use crate::transport::{Cause, Reached, TransportError};
use crate::{Error, ErrorKind, Outcome};

/// Returns a response that may be a success, and an error for any other.
pub(crate) fn response(
    spec: &ProviderSpec,
    parse_error: &ErrorParser,
    operation: &Operation,
    keyed: bool,
    response: Response,
    clock: &dyn Clock,
) -> Result<Response, Error> {
    let status = response.status();
    if let Some(encoding) = response.header(CONTENT_ENCODING).filter(|name| !name.eq_ignore_ascii_case("identity")) {
        let problem = format!("the body is encoded as {}, which was not requested", plain(encoding));
        return Err(Error::new(ErrorKind::MalformedResponse, Outcome::Unknown, problem)
            .with_retry_after(retry_after(&response, clock))
            .with_response(response));
    }
    if status.is_success() {
        let error = spec.errors_in_2xx.then(|| parse_error(operation, &response)).flatten();
        return match error {
            Some(error) => Err(error_response(spec, keyed, response, Some(error), clock)),
            None => Ok(response),
        };
    }
    if status.is_redirection() {
        let problem = "the server responded with a redirect, and redirects are never followed";
        return Err(Error::new(ErrorKind::Configuration, Outcome::Unknown, problem).with_response(response));
    }
    let error = parse_error(operation, &response);
    Err(error_response(spec, keyed, response, error, clock))
}

/// A successful response that could not be decoded, or that contradicts the request.
pub(crate) fn undecodable(response: Response, problem: DecodeError) -> Error {
    Error::new(ErrorKind::MalformedResponse, Outcome::Unknown, describe(&response))
        .with_decode_error(problem)
        .with_response(response)
}

/// An attempt without a response, or with an incomplete one.
pub(crate) fn transport(error: TransportError, body_limit: usize, clock: &dyn Clock) -> Error {
    let TransportError { reached, cause, problem, source } = error;
    let broken = if cause == Cause::TimedOut { ErrorKind::Timeout } else { ErrorKind::Connection };
    match reached {
        Reached::NotSent if cause == Cause::Configuration => Error::configuration(problem),
        Reached::NotSent => Error::new(broken, Outcome::NotSent, problem),
        Reached::Unknown => Error::new(broken, Outcome::Unknown, problem),
        Reached::Head(response) if cause == Cause::TooLong => {
            let advice = "request a smaller page, or raise `response_limit`";
            let problem = format!("{problem} of {body_limit} bytes: {advice}");
            Error::new(ErrorKind::MalformedResponse, Outcome::Unknown, problem).with_response(*response).repeatable()
        }
        Reached::Head(response) => {
            let kind = if cause == Cause::TimedOut { ErrorKind::Timeout } else { ErrorKind::MalformedResponse };
            Error::new(kind, Outcome::Unknown, problem)
                .with_retry_after(retry_after(&response, clock))
                .with_response(*response)
        }
    }
    .with_source(source)
}

/// An error response, in the provider's documented form or in any other.
fn error_response(
    spec: &ProviderSpec,
    keyed: bool,
    response: Response,
    error: Option<ProviderError>,
    clock: &dyn Clock,
) -> Error {
    let status = response.status();
    let stated = error.as_ref().and_then(|error| error.status).unwrap_or(status);
    let retry_after = retry_after(&response, clock);
    let kind = error.as_ref().and_then(|error| error.kind).unwrap_or_else(|| kind(stated, error.is_some()));
    let outcome = match &error {
        Some(error) => error.outcome.unwrap_or_else(|| {
            // If the envelope and HTTP state different statuses, both must prove that the operation was not executed.
            let statuses = std::iter::once(stated).chain((!status.is_success()).then_some(status));
            let mut outcomes = statuses.map(|status| outcome(keyed, status, error));
            outcomes.find(|outcome| *outcome != Outcome::Refused).unwrap_or(Outcome::Refused)
        }),
        None => Outcome::Unknown,
    };
    let problem = match error {
        Some(_) => String::new(),
        None => format!("{}, not in {}'s documented form", describe(&response), spec.provider),
    };
    Error::new(kind, outcome, problem)
        .with_provider_error(error.unwrap_or_default())
        .with_retry_after(retry_after)
        .with_response(response)
}

/// The outcome that an error status proves if the body has the provider's documented form.
fn outcome(keyed: bool, status: StatusCode, error: &ProviderError) -> Outcome {
    match status.as_u16() {
        // Neither status says that the operation was not executed.
        408 | 429 => Outcome::Unknown,
        // Where keys exist, this status says that the same request is still in progress.
        409 if keyed => Outcome::Unknown,
        _ if refuses(status) || error.kind == Some(ErrorKind::Declined) && status.is_client_error() => Outcome::Refused,
        _ => Outcome::Unknown,
    }
}

/// Returns true if the status says that the provider did not execute the operation.
fn refuses(status: StatusCode) -> bool {
    matches!(status.as_u16(), 400 | 401 | 402 | 403 | 404 | 405 | 413 | 415 | 422)
}

/// The kind of failure, according to an error status.
fn kind(status: StatusCode, documented_form: bool) -> ErrorKind {
    match status.as_u16() {
        429 => ErrorKind::Throttled,
        408 => ErrorKind::Timeout,
        500..=599 => ErrorKind::ProviderFailure,
        // A 401 from a proxy, for example, says nothing about the API key.
        _ if !documented_form => ErrorKind::MalformedResponse,
        401 => ErrorKind::Authentication,
        402 => ErrorKind::Declined,
        403 => ErrorKind::Permission,
        404 => ErrorKind::NotFound,
        409 => ErrorKind::Conflict,
        400..=499 => ErrorKind::InvalidRequest,
        _ => ErrorKind::MalformedResponse,
    }
}

/// Describes a response for a person, without its body.
fn describe(response: &Response) -> String {
    let stated = response.header("content-type").map(|text| plain(text.split(';').next().unwrap_or(text)));
    let content_type = stated.as_deref().unwrap_or("no content type");
    format!("a response of {} bytes ({content_type})", response.body().len())
}

/// A header's value as part of a line.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic()).take(40).collect()
}

/// `Retry-After` as a duration from now: in seconds, or as an HTTP date.
fn retry_after(response: &Response, clock: &dyn Clock) -> Option<Duration> {
    let value = response.header("retry-after")?.trim();
    let seconds = value.parse().ok().map(Duration::from_secs);
    // A date in the past asks for no wait.
    let until = || {
        Some(OffsetDateTime::parse(value, &Rfc2822).ok()? - clock.now()).map(|wait| wait.try_into().unwrap_or_default())
    };
    seconds.or_else(until)
}
