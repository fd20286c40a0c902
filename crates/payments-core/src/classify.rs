//! What a failed attempt proves. Whatever is not recognised is unknown.

use std::time::Duration;

use http::StatusCode;

use crate::api::{Dialect, Operation, refuses};
use crate::error::Refusal;
use crate::executor::Accept;
use crate::transport::{Answer, Reached, TransportError};
use crate::{Error, ErrorKind, Outcome};

/// Settles an attempt that was answered.
pub(crate) fn answer(
    dialect: &Dialect,
    operation: &Operation,
    keyed: bool,
    answer: Answer,
    accept: Accept<'_>,
) -> Result<Answer, Error> {
    let status = answer.status();
    if let Some(encoding) = answer.header("content-encoding").filter(|name| !name.eq_ignore_ascii_case("identity")) {
        let problem = format!("the body is encoded as {}, which was not asked for", plain(encoding));
        return Err(Error::new(ErrorKind::MalformedResponse, Outcome::Unknown, problem)
            .with_retry_after(retry_after(&answer))
            .with_response(answer));
    }
    if status.is_success() {
        let refusal = dialect.errors_under_success.then(|| (dialect.refusal)(operation, &answer)).flatten();
        if let Some(refusal) = refusal {
            return Err(refused(dialect, keyed, answer, Some(refusal)));
        }
        return match accept(&answer) {
            Ok(()) => Ok(answer),
            Err(decode) => Err(Error::new(ErrorKind::MalformedResponse, Outcome::Unknown, described(&answer))
                .with_decode(decode)
                .with_response(answer)),
        };
    }
    if status.is_redirection() {
        let problem = "the address answers with a redirect, which is never followed";
        return Err(Error::new(ErrorKind::Configuration, Outcome::Unknown, problem).with_response(answer));
    }
    let refusal = (dialect.refusal)(operation, &answer);
    Err(refused(dialect, keyed, answer, refusal))
}

/// An error answer, in the provider's own words or in somebody else's.
fn refused(dialect: &Dialect, keyed: bool, answer: Answer, refusal: Option<Refusal>) -> Error {
    let status = answer.status();
    let stated = refusal.as_ref().and_then(|refusal| refusal.status).unwrap_or(status);
    let retry_after = retry_after(&answer);
    let kind = refusal.as_ref().and_then(|refusal| refusal.kind).unwrap_or_else(|| kind(stated, refusal.is_some()));
    let outcome = match &refusal {
        Some(refusal) => refusal.outcome.unwrap_or_else(|| {
            // Where the envelope says one thing and HTTP another, both must say that it was not done.
            let said = std::iter::once(stated).chain((!status.is_success()).then_some(status));
            let unknown = said.map(|said| outcome(dialect, keyed, said, refusal)).find(|one| *one != Outcome::Refused);
            unknown.unwrap_or(Outcome::Refused)
        }),
        None => Outcome::Unknown,
    };
    let problem = if refusal.is_some() {
        String::new()
    } else {
        format!("{}, not in {}'s own form", described(&answer), dialect.provider)
    };
    Error::new(kind, outcome, problem)
        .refusal(refusal.unwrap_or_default())
        .with_retry_after(retry_after)
        .with_response(answer)
}

/// Settles an attempt that was not answered, or not whole.
pub(crate) fn transport(error: TransportError) -> Error {
    let TransportError { reached, timed_out, problem, source } = error;
    let broken = if timed_out { ErrorKind::Timeout } else { ErrorKind::Connection };
    match reached {
        Reached::NotSent => Error::new(broken, Outcome::NotSent, problem),
        Reached::Unknown => Error::new(broken, Outcome::Unknown, problem),
        Reached::Head(answer) => {
            let kind = if timed_out { ErrorKind::Timeout } else { ErrorKind::MalformedResponse };
            Error::new(kind, Outcome::Unknown, problem).with_retry_after(retry_after(&answer)).with_response(answer)
        }
    }
    .with_source(source)
}

/// What an error status proves when the provider's own words came with it.
fn outcome(dialect: &Dialect, keyed: bool, status: StatusCode, refusal: &Refusal) -> Outcome {
    match status.as_u16() {
        429 if dialect.throttled_is_refused => Outcome::Refused,
        // Whatever its words: neither says that it was not done.
        408 | 429 => Outcome::Unknown,
        // Where keys exist, it says that the same request is still under way.
        409 if keyed => Outcome::Unknown,
        _ if refuses(status) || refusal.kind == Some(ErrorKind::Declined) && status.is_client_error() => {
            Outcome::Refused
        }
        _ => Outcome::Unknown,
    }
}

/// What an error status says went wrong.
fn kind(status: StatusCode, own_form: bool) -> ErrorKind {
    match status.as_u16() {
        429 => ErrorKind::Throttled,
        408 => ErrorKind::Timeout,
        500..=599 => ErrorKind::ProviderFailure,
        // Somebody else's page: a proxy's 401 says nothing of the key.
        _ if !own_form => ErrorKind::MalformedResponse,
        401 => ErrorKind::Authentication,
        402 => ErrorKind::Declined,
        403 => ErrorKind::Permission,
        404 => ErrorKind::NotFound,
        409 => ErrorKind::Conflict,
        400..=499 => ErrorKind::InvalidRequest,
        _ => ErrorKind::MalformedResponse,
    }
}

/// What came, for a person: never the body itself.
fn described(answer: &Answer) -> String {
    let stated = answer.header("content-type").map(|text| plain(text.split(';').next().unwrap_or(text)));
    let form = stated.as_deref().unwrap_or("of no stated type");
    format!("the answer of {} bytes ({form})", answer.body().len())
}

/// A header's value as part of a line.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic()).take(40).collect()
}

/// `Retry-After` in seconds. Its other form, a date, is not worth the parser: the policy's own wait does.
fn retry_after(answer: &Answer) -> Option<Duration> {
    answer.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}
