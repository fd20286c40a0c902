use payments_core::api::{Dialect, Operation};
use payments_core::json;
use payments_core::transport::Answer;
use payments_core::{ErrorKind, Outcome, Refusal};
use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) static DIALECT: Dialect = Dialect {
    provider: "turbo-link",
    agent: concat!("turbo-link/", env!("CARGO_PKG_VERSION")),
    refusal,
    errors_under_success: true,
    throttled_is_refused: false,
    keys: None,
};

/// tur.bo's own form of an error: an object whose `error` is `true`, with the words in `msg` (documented).
///
/// It says no more than that, so under a successful HTTP status one error is like another: a request that tur.bo did
/// not answer. Asking the same again is left to the caller.
fn refusal(_: &Operation, answer: &Answer) -> Option<Refusal> {
    let form: Form<'_> = json::decode_object(answer.body()).ok()?;
    if form.error.get() != "true" {
        return None;
    }
    let message = form.msg.and_then(|msg| serde_json::from_str(msg.get()).ok());
    let by_itself = answer.status().is_success();
    Some(Refusal {
        kind: by_itself.then_some(ErrorKind::InvalidRequest),
        outcome: by_itself.then_some(Outcome::Refused),
        message,
        ..Refusal::default()
    })
}

#[derive(Deserialize)]
struct Form<'a> {
    #[serde(borrow)]
    error: &'a RawValue,
    #[serde(borrow, default)]
    msg: Option<&'a RawValue>,
}
