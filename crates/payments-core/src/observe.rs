use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use crate::Error;

/// Is shown every exchange with the provider, redacted by the types themselves.
///
/// Providers ask merchants to log requests and responses; this is where. Keys, card numbers and private ids are not shown;
/// customers' names and addresses are, so the log is to be kept accordingly. It is called on the task that made the call,
/// so it must be quick and must not block.
pub trait Observer: Send + Sync + fmt::Debug {
    /// One attempt has ended.
    fn exchange(&self, exchange: &Exchange<'_>);
}

impl<T: Observer + ?Sized> Observer for Arc<T> {
    fn exchange(&self, exchange: &Exchange<'_>) {
        T::exchange(self, exchange);
    }
}

/// One attempt of a call.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exchange<'a> {
    /// The provider, as its crate is called.
    pub provider: &'static str,
    /// The operation, as the client's method is called.
    pub operation: &'static str,
    /// 1 for the first.
    pub attempt: u32,
    /// How long the attempt took.
    pub elapsed: Duration,
    /// The parameters, where the operation has any. Their `Debug` shows no key and no card number.
    pub request: Option<&'a dyn fmt::Debug>,
    /// The HTTP status, where there was one.
    pub status: Option<StatusCode>,
    /// What came of it.
    pub result: Result<&'a dyn fmt::Debug, &'a Error>,
}
