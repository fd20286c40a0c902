use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use crate::clock::Deadline;
use crate::connection::Connection;
use crate::executor::Execution;
use crate::json::{self, DecodeError, ProviderMessage, Read};
use crate::message::Response;
use crate::provider::{ErrorParser, Operation};
use crate::request::RequestBuilder;
use crate::trace;
use crate::{Error, IdempotencyKey, ProviderError, RetryPolicy, Timeouts};

/// A call that is prepared but not sent.
///
/// Nothing happens until [`Call::send`], so that the line that moves money is visible in the code.
///
/// Only providers that have idempotency keys accept one:
///
/// ```compile_fail,E0599
/// use payments_core::{Call, IdempotencyKey};
/// fn unkeyed(call: Call<()>, key: IdempotencyKey) {
///     let _ = call.idempotency_key(key);
/// }
/// ```
///
/// A call with an idempotency key can be cloned, to send it again later. Its clones share the key, so each knows whether
/// another may have been executed: its outcome is then `Unknown` until the provider settles the key. A call without a
/// key cannot be cloned, because sending it twice could execute it twice:
///
/// ```compile_fail,E0599
/// fn twice(call: payments_core::Call<()>) {
///     let _ = call.clone();
/// }
/// ```
///
/// A call that is never sent causes a compiler warning, which can be denied:
///
/// ```compile_fail
/// #![deny(unused_must_use)]
/// fn forgotten(call: payments_core::Call<()>) {
///     call; // `.send().await` is missing
/// }
/// ```
#[must_use = "a call does nothing until it is sent"]
pub struct Call<T, K = Unkeyed> {
    connection: Connection,
    operation: Operation,
    request: Result<RequestBuilder, Error>,
    read: Decoder<T>,
    parse_error: Option<Arc<ErrorParser>>,
    timeouts: Timeouts,
    deadline: Option<Deadline>,
    retry: RetryPolicy,
    key: K,
}

/// Turns a successful response into what the caller gets.
type Decoder<T> = Arc<dyn Fn(&Response) -> Result<T, DecodeError> + Send + Sync>;

/// The type parameter of a call without an idempotency key.
#[derive(Debug, Clone, Copy)]
pub struct Unkeyed;

/// The type parameter of a call with an idempotency key.
#[derive(Debug, Clone)]
pub struct Keyed(IdempotencyKey);

/// The type parameter of a [`Call`]: [`Keyed`] or [`Unkeyed`].
///
/// Code that handles calls of any provider names it as a bound:
///
/// ```
/// use std::fmt::Debug;
/// use payments_core::{Call, CallKey, Error};
///
/// async fn send_and_count<T: Debug + Send, K: CallKey>(call: Call<T, K>, sent: &mut u64) -> Result<T, Error> {
///     *sent += 1;
///     call.send().await
/// }
/// ```
///
/// No other type can implement it.
pub trait CallKey: sealed::Key + fmt::Debug + Send + Sync + 'static {}

impl CallKey for Unkeyed {}
impl CallKey for Keyed {}

mod sealed {
    use super::{Keyed, Unkeyed};
    use crate::IdempotencyKey;

    /// The key of a call, if it has one.
    #[expect(unnameable_types, reason = "there are exactly two kinds of key")]
    pub trait Key {
        #[doc(hidden)]
        fn key(&self) -> Option<&IdempotencyKey>;
    }

    impl Key for Unkeyed {
        fn key(&self) -> Option<&IdempotencyKey> {
            None
        }
    }

    impl Key for Keyed {
        fn key(&self) -> Option<&IdempotencyKey> {
            Some(&self.0)
        }
    }
}

/// A value and the response that it was read from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WithResponse<T> {
    /// The decoded value.
    pub value: T,
    /// The response: status, request id, headers, raw body.
    pub response: Response,
}

impl<T: fmt::Debug + Send, K: CallKey> Call<T, K> {
    /// Sends the call and waits for its result.
    ///
    /// If the returned future is dropped after it was polled, the outcome is unknown: the request may be on its way.
    /// Web frameworks drop a handler when the browser disconnects, so spawn a task for calls that move money.
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] says whether the operation may have been executed.
    pub fn send(self) -> impl Future<Output = Result<T, Error>> {
        self.run(|value, _| value)
    }

    /// Turns an error that occurred before this call was sent into this call's error, for provider crates.
    ///
    /// Use it if something must be read before a write: the write was not sent. Its outcome is `Unknown` all the same if
    /// an earlier call may have used its key.
    pub fn not_sent(&self, error: impl Into<Error>) -> Error {
        let (provider, operation) = self.names();
        error.into().before_call(provider, operation.name, operation.effect, self.key.key())
    }

    /// Sends the call, and returns the response (status, request id, raw body) with the value.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Call::send`].
    pub fn send_with_response(self) -> impl Future<Output = Result<WithResponse<T>, Error>> {
        self.run(|value, response| WithResponse { value, response })
    }

    /// Sends the call.
    #[expect(clippy::manual_async_fn, reason = "the future of an `async fn` has two copies of its arguments")]
    fn run<R>(self, result: impl FnOnce(T, Response) -> R) -> impl Future<Output = Result<R, Error>> {
        async move {
            let (parse_error, key) = (self.parse_error.as_deref(), self.key.key());
            let mut execution = Execution::start(
                &self.connection,
                self.operation,
                parse_error,
                self.timeouts,
                self.deadline,
                self.retry,
                key,
            );
            let request = match self.request {
                Ok(ref request) => request,
                Err(error) => return Err(execution.reject(error)),
            };
            loop {
                let response = execution.next_response(request).await?;
                match (self.read)(&response) {
                    Ok(value) => {
                        execution.succeed(request, &response, &value);
                        return Ok(result(value, response));
                    }
                    Err(problem) => execution.cannot_read(request, response, problem).await?,
                }
            }
        }
    }
}

impl<T, K> Call<T, K> {
    /// Sets the timeout of the whole call: all attempts, all waits, and waiting for the provider's rate limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.total = timeout;
        self
    }

    /// Gives the call the time that remains of an operation of several calls, for provider crates.
    ///
    /// The deadline must come from the same connection. A call that starts too late fails before it is sent.
    pub fn within(mut self, deadline: &Deadline) -> Self {
        self.timeouts.total = deadline.timeout;
        self.deadline = Some(*deadline);
        self
    }

    /// Sets the timeout of one attempt.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.attempt = timeout;
        self
    }

    /// Sets how often the call is retried where a retry is safe.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The name of the operation, which is the name of the client's method.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation.name
    }

    /// Adds a header, for extension traits of providers with special headers.
    ///
    /// An invalid header value makes the call fail before it is sent.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.request = self.request.and_then(|request| request.header(name, value));
        self
    }

    /// Reads error responses with this function instead of [`ProviderSpec::parse_error`], for provider crates.
    ///
    /// The function can compare a refusal with the request, because a refusal about another order proves nothing.
    ///
    /// [`ProviderSpec::parse_error`]: crate::provider::ProviderSpec::parse_error
    pub fn with_error_parser(
        mut self,
        parse: impl Fn(&Operation, &Response) -> Option<ProviderError> + Send + Sync + 'static,
    ) -> Self {
        self.parse_error = Some(Arc::new(parse));
        self
    }

    /// Makes the call fail with this error before it is sent, unless its request is invalid already.
    pub(crate) fn fail(mut self, error: Error) -> Self {
        self.request = self.request.and(Err(error));
        self
    }

    /// The provider and the operation.
    pub(crate) fn names(&self) -> (&'static str, Operation) {
        (self.connection.shared.spec.provider, self.operation)
    }

    pub(crate) fn total_timeout(&self) -> Duration {
        self.timeouts.total
    }
}

impl<T> Call<T, Keyed> {
    /// Sends the call under this key: one of your own, or one that an earlier call's error returned.
    pub fn idempotency_key(mut self, key: IdempotencyKey) -> Self {
        self.key = Keyed(key);
        self
    }

    /// Sends the call under a key that is [derived](IdempotencyKey::derived) from the operation and this reference.
    ///
    /// `created_at` is when the order was created, as stored by the merchant. Never pass the current time.
    pub fn derived_key(self, reference: &str, created_at: OffsetDateTime) -> Self {
        let key = IdempotencyKey::derived(self.operation.id, reference, created_at);
        self.idempotency_key(key)
    }

    /// The key that the call will carry, so that you can store it before sending.
    #[must_use]
    pub fn key(&self) -> &IdempotencyKey {
        &self.key.0
    }
}

/// See [`Call`].
impl<T> Clone for Call<T, Keyed> {
    fn clone(&self) -> Self {
        Self {
            connection: self.connection.clone(),
            operation: self.operation,
            request: self.request.clone(),
            read: Arc::clone(&self.read),
            parse_error: self.parse_error.clone(),
            timeouts: self.timeouts,
            deadline: self.deadline,
            retry: self.retry,
            key: self.key.clone(),
        }
    }
}

impl<T, K: fmt::Debug> fmt::Debug for Call<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("operation", &self.operation.name).field("key", &self.key).finish_non_exhaustive()
    }
}

impl Connection {
    /// Prepares a call. Its response body is a JSON object of type `W`, which `read` converts to the result.
    ///
    /// `read` also compares the response with the request: a contradiction is a malformed response.
    pub fn call<W, T, F>(
        &self,
        operation: Operation,
        request: Result<RequestBuilder, Error>,
        read: F,
    ) -> Call<T, Unkeyed>
    where
        W: ProviderMessage,
        F: Fn(Read<'_, W>) -> Result<T, DecodeError> + Send + Sync + 'static,
    {
        self.call_with(operation, request, read, Unkeyed)
    }

    /// Prepares a call under an idempotency key. See [`Connection::call`].
    pub fn keyed_call<W, T, F>(
        &self,
        operation: Operation,
        request: Result<RequestBuilder, Error>,
        key: IdempotencyKey,
        read: F,
    ) -> Call<T, Keyed>
    where
        W: ProviderMessage,
        F: Fn(Read<'_, W>) -> Result<T, DecodeError> + Send + Sync + 'static,
    {
        self.call_with(operation, request, read, Keyed(key))
    }

    /// Prepares a call under a random idempotency key, which all attempts of the call share. See [`Connection::call`].
    #[cfg(feature = "random-keys")]
    #[cfg_attr(docsrs, doc(cfg(feature = "random-keys")))]
    pub fn auto_keyed_call<W, T, F>(
        &self,
        operation: Operation,
        request: Result<RequestBuilder, Error>,
        read: F,
    ) -> Call<T, Keyed>
    where
        W: ProviderMessage,
        F: Fn(Read<'_, W>) -> Result<T, DecodeError> + Send + Sync + 'static,
    {
        match IdempotencyKey::random(self.shared.clock.now()) {
            Ok(key) => self.keyed_call(operation, request, key, read),
            // Without a key the call must not be sent.
            Err(error) => self.keyed_call(operation, Err(error.into()), IdempotencyKey::placeholder(), read),
        }
    }

    fn call_with<W, T, K, F>(
        &self,
        operation: Operation,
        request: Result<RequestBuilder, Error>,
        read: F,
        key: K,
    ) -> Call<T, K>
    where
        W: ProviderMessage,
        F: Fn(Read<'_, W>) -> Result<T, DecodeError> + Send + Sync + 'static,
    {
        let provider = self.shared.spec.provider;
        Call {
            connection: self.clone(),
            operation,
            request,
            read: Arc::new(move |response| {
                let message = json::read(response.body())?;
                if !message.unreadable.is_empty() {
                    trace::unreadable(provider, operation, &message.unreadable);
                }
                read(message)
            }),
            parse_error: None,
            timeouts: self.timeouts,
            deadline: None,
            retry: self.retry,
            key,
        }
    }
}
