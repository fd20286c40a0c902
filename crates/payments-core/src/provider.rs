//! The description of a provider's API, as data.

use std::time::Duration;

use crate::message::Response;
use crate::{Effect, ProviderError};

/// The description of a provider's API: one `static` per provider crate.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ProviderSpec {
    /// The provider's name, which is the name of its crate.
    pub provider: &'static str,
    /// The crate and its version for `User-Agent`: `acme/0.1.0`.
    pub agent: &'static str,
    /// Reads an error response in the provider's documented form.
    ///
    /// Returns `None` for a body in any other form, such as a proxy's error page.
    pub parse_error: fn(&Operation, &Response) -> Option<ProviderError>,
    /// True if the provider reports some errors under a 2xx status.
    ///
    /// `parse_error` is then called for 2xx responses too, and `None` means that the response is not an error.
    pub errors_in_2xx: bool,
    /// The provider's idempotency keys; `None` if it has none.
    pub idempotency: Option<IdempotencyPolicy>,
}

impl ProviderSpec {
    /// Describes a provider without idempotency keys whose errors have an error status.
    #[must_use]
    pub const fn new(
        provider: &'static str,
        agent: &'static str,
        parse_error: fn(&Operation, &Response) -> Option<ProviderError>,
    ) -> Self {
        Self { provider, agent, parse_error, errors_in_2xx: false, idempotency: None }
    }

    /// Says that the provider reports some errors under a 2xx status.
    #[must_use]
    pub const fn with_errors_in_2xx(mut self) -> Self {
        self.errors_in_2xx = true;
        self
    }

    /// Says that the provider has idempotency keys.
    #[must_use]
    pub const fn with_idempotency(mut self, policy: IdempotencyPolicy) -> Self {
        self.idempotency = Some(policy);
        self
    }
}

/// Reads an error response, as [`ProviderSpec::parse_error`] does.
pub(crate) type ErrorParser = dyn Fn(&Operation, &Response) -> Option<ProviderError> + Send + Sync;

/// The rules of a provider's idempotency keys.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct IdempotencyPolicy {
    /// The request header that carries the key, in lower case.
    pub header: &'static str,
    /// The time for which the provider remembers a key, counted from the first request under it.
    ///
    /// The executor starts no attempt that could end later than five minutes before the end of this time, because
    /// clocks differ.
    pub lifetime: Duration,
}

impl IdempotencyPolicy {
    /// Describes keys that are sent in this header, and that the provider remembers for this time.
    #[must_use]
    pub const fn new(header: &'static str, lifetime: Duration) -> Self {
        Self { header, lifetime }
    }
}

/// An operation of a provider's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The name of the client's method.
    pub name: &'static str,
    /// The identifier that derived idempotency keys are computed from.
    ///
    /// It must never change: a renamed method with a new identifier would derive a new key and could repeat a payment
    /// after an upgrade. The constructors set it to the name; use [`Operation::stable_id`] to keep it when the name
    /// changes.
    pub id: &'static str,
    /// The effect of executing the operation.
    pub effect: Effect,
    /// True if the operation counts against the provider's rate limit.
    pub limited: bool,
}

impl Operation {
    /// An operation that changes nothing at the provider.
    #[must_use]
    pub const fn read(name: &'static str) -> Self {
        Self::new(name, Effect::Read)
    }

    /// An operation that changes something but moves no money.
    #[must_use]
    pub const fn write(name: &'static str) -> Self {
        Self::new(name, Effect::Write)
    }

    /// An operation that moves money.
    #[must_use]
    pub const fn move_money(name: &'static str) -> Self {
        Self::new(name, Effect::MoveMoney)
    }

    /// Counts the operation against the provider's rate limit.
    #[must_use]
    pub const fn limited(self) -> Self {
        Self { limited: true, ..self }
    }

    /// Sets the identifier that derived idempotency keys are computed from.
    #[must_use]
    pub const fn stable_id(self, id: &'static str) -> Self {
        Self { id, ..self }
    }

    const fn new(name: &'static str, effect: Effect) -> Self {
        Self { name, id: name, effect, limited: false }
    }
}
