use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use crate::Error;

/// A receiver of every exchange with the provider.
///
/// Providers ask merchants to log requests and responses; an observer can write this log.
///
/// API keys, card numbers and private ids are redacted. Customers' names and addresses are not, so protect the log
/// accordingly.
///
/// The observer runs on the task that made the call: it must be quick and must not block.
pub trait Observer: Send + Sync + fmt::Debug {
    /// Called when an attempt has ended.
    fn exchange(&self, exchange: &Exchange<'_>);
}

impl<T: Observer + ?Sized> Observer for Arc<T> {
    fn exchange(&self, exchange: &Exchange<'_>) {
        T::exchange(self, exchange);
    }
}

/// An attempt of a call, with its request and its result.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exchange<'a> {
    /// The provider's name, which is the name of its crate.
    pub provider: &'static str,
    /// The operation's name, which is the name of the client's method.
    pub operation: &'static str,
    /// The number of the attempt, starting at 1.
    pub attempt: u32,
    /// The duration of the attempt.
    pub elapsed: Duration,
    /// The parameters, if the operation has any. Their `Debug` shows no API key and no card number.
    pub request: Option<&'a dyn fmt::Debug>,
    /// The HTTP status of the response, if there was one.
    pub status: Option<StatusCode>,
    /// The decoded value, or the error.
    pub result: Result<&'a dyn fmt::Debug, &'a Error>,
}
