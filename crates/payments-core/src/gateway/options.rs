use std::time::Duration;

use time::OffsetDateTime;

use crate::error::UnresolvedAttempt;
use crate::{Error, IdempotencyKey, RetryPolicy};

/// The options of every request that changes something at the provider. The requests have a setter for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteOptions {
    /// When the merchant decided the operation. Providers with idempotency keys derive the key from the reference then.
    pub created_at: Option<OffsetDateTime>,
    /// The idempotency key, instead of a derived or random one.
    pub idempotency_key: Option<IdempotencyKey>,
    /// The timeout of the whole operation; `None` for the client's timeout.
    pub timeout: Option<Duration>,
    /// How often the operation's calls are retried where a retry is safe; `None` for the client's policy.
    pub retry: Option<RetryPolicy>,
}

impl WriteOptions {
    /// Turns an error that occurred before the call was prepared into the operation's error, for provider crates with
    /// idempotency keys.
    ///
    /// Nothing was sent. The outcome is `Unknown` all the same if an earlier process may have used the key: a request that
    /// is invalid now may have been valid then. Use [`Call::not_sent`](crate::Call::not_sent) once there is a call.
    pub fn not_sent(&self, error: impl Into<Error>) -> Error {
        let may_have_been_used = match &self.idempotency_key {
            Some(key) => key.may_have_been_used(),
            None => self.created_at.is_some(),
        };
        let earlier = if may_have_been_used { UnresolvedAttempt::OfEarlierCall } else { UnresolvedAttempt::None };
        error.into().settle(0, self.idempotency_key.clone(), earlier)
    }
}

/// Defines the setters of a request with a field `options: WriteOptions`.
macro_rules! option_setters {
    () => {
        /// Sets when the operation was decided, as stored by the merchant. Never pass the current time.
        ///
        /// A provider with idempotency keys then gets a key derived from the reference, which is the same after a restart.
        /// Other providers ignore the time.
        #[must_use]
        pub fn created_at(mut self, created_at: time::OffsetDateTime) -> Self {
            self.options.created_at = Some(created_at);
            self
        }

        /// Sets the idempotency key, instead of one that is derived or random.
        ///
        /// At a provider without idempotency keys, the request fails before it is sent, because the key would protect
        /// nothing.
        #[must_use]
        pub fn idempotency_key(mut self, key: crate::IdempotencyKey) -> Self {
            self.options.idempotency_key = Some(key);
            self
        }

        /// Sets one timeout for the whole operation: all HTTP calls, waits and retries. Default: the client's timeout.
        #[must_use]
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.options.timeout = Some(timeout);
            self
        }

        /// Sets how often the operation's calls are retried where a retry is safe. Default: the client's policy.
        #[must_use]
        pub fn retry(mut self, retry: crate::RetryPolicy) -> Self {
            self.options.retry = Some(retry);
            self
        }
    };
}

pub(super) use option_setters;
