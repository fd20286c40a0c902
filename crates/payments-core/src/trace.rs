//! Spans and events of the `tracing` feature. They never contain a body, a key, a card number or an id.

use std::future::Future;

use crate::json::UnreadableMembers;
use crate::observe::Exchange;
use crate::provider::Operation;

/// The span of a call.
#[cfg(feature = "tracing")]
#[derive(Clone)]
pub(crate) struct CallSpan(tracing::Span);

#[cfg(feature = "tracing")]
impl CallSpan {
    pub(crate) fn new(provider: &'static str, operation: Operation) -> Self {
        Self(tracing::info_span!("payments_call", provider, operation = operation.name))
    }

    pub(crate) fn instrument<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        tracing::Instrument::instrument(work, self.0)
    }

    pub(crate) fn attempt_ended(&self, exchange: &Exchange<'_>) {
        let Exchange { provider, operation, attempt, elapsed, .. } = *exchange;
        let status = exchange.status.map(|status| status.as_u16());
        self.0.in_scope(|| match exchange.result {
            Ok(_) => tracing::debug!(provider, operation, attempt, status, ?elapsed, "succeeded"),
            Err(error) => {
                let (kind, outcome) = (error.kind().as_str(), error.outcome());
                tracing::warn!(provider, operation, attempt, status, kind, ?outcome, ?elapsed, "failed");
            }
        });
    }
}

#[cfg(feature = "tracing")]
pub(crate) fn attempt<F: Future>(attempt: u32, work: F) -> impl Future<Output = F::Output> {
    tracing::Instrument::instrument(work, tracing::debug_span!("payments_attempt", attempt))
}

/// Records why a delivery was rejected: for the operator, never for the sender.
#[cfg(feature = "tracing")]
pub(crate) fn rejected(reason: &'static str) {
    tracing::warn!(reason, "a webhook delivery was rejected");
}

/// Records that members of a response differ from the document: the names of top-level members only.
#[cfg(feature = "tracing")]
pub(crate) fn unreadable(provider: &'static str, operation: Operation, members: &UnreadableMembers) {
    let names: Vec<&str> = members.iter().map(|member| member.path.split(['.', '[']).next().unwrap_or("")).collect();
    tracing::warn!(provider, operation = operation.name, members = names.join(" "), "unreadable members");
}

#[cfg(not(feature = "tracing"))]
#[derive(Clone)]
pub(crate) struct CallSpan;

#[cfg(not(feature = "tracing"))]
impl CallSpan {
    pub(crate) fn new(_: &'static str, _: Operation) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "the same signature as with the feature")]
    pub(crate) fn instrument<F: Future>(self, work: F) -> F {
        work
    }

    pub(crate) fn attempt_ended(&self, _: &Exchange<'_>) {}
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn attempt<F: Future>(_: u32, work: F) -> F {
    work
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn unreadable(_: &'static str, _: Operation, _: &UnreadableMembers) {}

#[cfg(not(feature = "tracing"))]
pub(crate) fn rejected(_: &'static str) {}
