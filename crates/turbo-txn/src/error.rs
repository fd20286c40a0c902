use payments_core::provider::{Operation, ProviderSpec};
use payments_core::text::contains_any;
use payments_core::transport::Response;
use payments_core::{Effect, ErrorKind, Outcome, ProviderError};

use crate::envelope::{Member, Said};

pub(crate) static SPEC: ProviderSpec = ProviderSpec {
    provider: "turbo-txn",
    agent: concat!("turbo-txn/", env!("CARGO_PKG_VERSION")),
    parse_error,
    errors_in_2xx: true,
    throttled_is_refused: false,
    idempotency: None,
};

/// Turbo Transactions' word that it did not do it: no error is documented, so any JSON object under an error status,
/// and under "200 OK" an envelope that says so itself.
///
/// Only a plain refusal settles what moves money: an envelope that contradicts itself, or says in a form that cannot be
/// read what became of the request, leaves it unknown.
fn parse_error(operation: &Operation, response: &Response) -> Option<ProviderError> {
    let said = Said::of(response)?;
    let (http, stated) = (response.status(), said.status_code.clone().known());
    let is_error = said.success == Member::Known(false) || stated.is_some_and(|code| !code.is_success());
    if http.is_success() && !is_error {
        return None;
    }
    let status = stated.unwrap_or(http);
    let plain = !matches!(said.success, Member::Known(true) | Member::Odd) && said.status_code != Member::Odd;
    let by_form = status.is_client_error() && !matches!(status.as_u16(), 408 | 429);
    let moves_money = operation.effect == Effect::MoveMoney;

    let mut refusal = ProviderError { status: stated, message: said.message.known(), ..ProviderError::default() };
    if !plain {
        refusal.outcome = Some(Outcome::Unknown);
    } else if moves_money && by_form && contains_any(response.body(), TELLS_OF_ANOTHER) {
        refusal.kind = Some(ErrorKind::Conflict);
        // Some transaction has the order id: perhaps this one, from an earlier sending.
        refusal.outcome = Some(Outcome::Unknown);
    }
    if matches!(status.as_u16(), 401 | 403) {
        refusal.advice = Some("the client id and the secret key are in Turbo Transactions' developer portal");
    }
    Some(refusal)
}

/// How a refusal speaks of a transaction that is there already (inferred: no wording is documented).
///
/// The whole answer is searched: where the words would stand is not documented either.
const TELLS_OF_ANOTHER: &[&str] = &["already", "duplicate", "exists", "unique"];
