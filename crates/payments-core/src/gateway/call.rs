//! Applies a request's options to a call.

use super::capabilities::Capabilities;
use super::options::WriteOptions;
use super::recovery::WriteOperation;
use crate::{Call, Keyed};

impl<T> Call<T, Keyed> {
    /// Applies a request's options, for provider crates: the key, explicit or derived from `reference`, and the limits.
    pub fn with_options(self, reference: &str, options: &WriteOptions) -> Self {
        let call = match (&options.idempotency_key, options.created_at) {
            (Some(key), _) => self.idempotency_key(key.clone()),
            (None, Some(created_at)) => self.derived_key(reference, created_at),
            (None, None) => self,
        };
        call.with_limits(options)
    }
}

impl<T> Call<T> {
    /// Applies a request's options, for provider crates without idempotency keys.
    ///
    /// An explicit key makes the call fail before it is sent. The error names what helps instead, from the provider's
    /// table.
    pub fn with_options(self, operation: WriteOperation, table: &Capabilities, options: &WriteOptions) -> Self {
        let call = self.with_limits(options);
        if options.idempotency_key.is_some() { call.fail(table.no_keys(operation)) } else { call }
    }
}

impl<T, K> Call<T, K> {
    /// Applies a request's timeout and retry policy, for provider crates: to a read that precedes the write.
    pub fn with_limits(mut self, options: &WriteOptions) -> Self {
        if let Some(timeout) = options.timeout {
            self = self.timeout(timeout);
        }
        match options.retry {
            Some(retry) => self.retry(retry),
            None => self,
        }
    }
}
