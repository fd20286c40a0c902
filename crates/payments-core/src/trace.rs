//! Spans and events, when the `tracing` feature is on. Never a body, a key, a card number or an id.

use std::future::Future;
use std::time::Duration;

use crate::Error;
use crate::api::Operation;
use crate::transport::Answer;

#[cfg(feature = "tracing")]
pub(crate) fn call<F: Future>(
    provider: &'static str,
    operation: Operation,
    work: F,
) -> impl Future<Output = F::Output> {
    use tracing::Instrument;
    work.instrument(tracing::info_span!("payments_call", provider, operation = operation.name))
}

#[cfg(feature = "tracing")]
pub(crate) fn attempt<F: Future>(attempt: u32, work: F) -> impl Future<Output = F::Output> {
    use tracing::Instrument;
    work.instrument(tracing::debug_span!("payments_attempt", attempt))
}

#[cfg(feature = "tracing")]
pub(crate) fn attempt_ended(
    provider: &'static str,
    operation: Operation,
    attempt: u32,
    took: Duration,
    result: &Result<Answer, Error>,
) {
    let operation = operation.name;
    match result {
        Ok(answer) => {
            let status = answer.status().as_u16();
            tracing::debug!(provider, operation, attempt, status, ?took, "answered");
        }
        Err(error) => {
            let (kind, outcome) = (error.kind().as_str(), error.outcome());
            let status = error.status().map(|status| status.as_u16());
            tracing::warn!(provider, operation, attempt, status, kind, ?outcome, ?took, "failed");
        }
    }
}

/// Why a delivery was not believed: for the operator, never for the sender.
#[cfg(feature = "tracing")]
pub(crate) fn unproven(reason: &'static str) {
    tracing::warn!(reason, "a delivery was refused");
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn call<F: Future>(_: &'static str, _: Operation, work: F) -> F {
    work
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn attempt<F: Future>(_: u32, work: F) -> F {
    work
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn attempt_ended(_: &'static str, _: Operation, _: u32, _: Duration, _: &Result<Answer, Error>) {}

#[cfg(not(feature = "tracing"))]
pub(crate) fn unproven(_: &'static str) {}
