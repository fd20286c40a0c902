//! Sends the attempts of a call: all calls of all providers run through this module.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::StatusCode;
use http::header::HeaderValue;

use crate::classify;
use crate::clock::{Deadline, Sleep};
use crate::connection::Connection;
use crate::error::UnresolvedAttempt;
use crate::json::DecodeError;
use crate::message::{Request, Response};
use crate::observe::Exchange;
use crate::provider::{ErrorParser, Operation};
use crate::rate_limit::{RateLimitPermit, RateLimitRequest};
use crate::request::RequestBuilder;
use crate::retry::FailedAttempt;
use crate::trace::CallSpan;
use crate::{Effect, Error, ErrorKind, IdempotencyKey, Outcome, RetryPolicy, Timeouts};

/// A call in progress: its attempts and their common outcome.
///
/// The caller takes responses with [`next_response`](Self::next_response) and decodes them. It then ends the call with
/// [`succeed`](Self::succeed), or reports a body that it [cannot read](Self::cannot_read), which may lead to another
/// attempt. Everything that waits is compiled here once, and not in each application that awaits a call.
pub(crate) struct Execution<'a> {
    connection: &'a Connection,
    operation: Operation,
    parse_error: &'a ErrorParser,
    timeouts: Timeouts,
    retry: RetryPolicy,
    span: CallSpan,
    /// On the monotonic clock.
    deadline: Duration,
    attempts: u32,
    /// The duration of the last attempt.
    elapsed: Duration,
    key: Option<&'a IdempotencyKey>,
    /// How many attempts of this call may have reached the provider, or are in flight. The key counts them too.
    uses: u32,
    unresolved: UnresolvedAttempt,
}

impl<'a> Execution<'a> {
    /// Starts the clock of a call.
    pub(crate) fn start(
        connection: &'a Connection,
        operation: Operation,
        parse_error: Option<&'a ErrorParser>,
        timeouts: Timeouts,
        deadline: Option<Deadline>,
        retry: RetryPolicy,
        key: Option<&'a IdempotencyKey>,
    ) -> Self {
        let shared = &connection.shared;
        // The call stays unknown until the provider responds if an earlier call may have used the key.
        let unresolved = match key {
            Some(key) if key.was_used_before() => UnresolvedAttempt::OfEarlierCall,
            _ => UnresolvedAttempt::None,
        };
        let own_deadline = shared.clock.monotonic().saturating_add(timeouts.total);
        Self {
            connection,
            operation,
            parse_error: parse_error.unwrap_or(&shared.spec.parse_error),
            timeouts,
            retry,
            span: CallSpan::new(shared.spec.provider, operation),
            deadline: deadline.map_or(own_deadline, |operation| operation.end.min(own_deadline)),
            attempts: 0,
            elapsed: Duration::ZERO,
            key,
            uses: 0,
            unresolved,
        }
    }

    /// Ends the call with an error that occurred before its first attempt.
    pub(crate) fn reject(&mut self, error: Error) -> Error {
        self.settle(error)
    }

    /// Sends attempts until one returns a response that looks successful, or until no other attempt is allowed.
    ///
    /// # Errors
    ///
    /// Returns the call's error, over all its attempts.
    pub(crate) fn next_response<'s>(
        &'s mut self,
        request: &'s RequestBuilder,
    ) -> Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + 's>> {
        let span = self.span.clone();
        Box::pin(span.instrument(async move {
            loop {
                match self.attempt(request).await {
                    Ok(response) => return Ok(response),
                    Err(error) => self.wait_or_settle(error).await?,
                }
            }
        }))
    }

    /// Ends the call: the response was decoded.
    pub(crate) fn succeed(&self, request: &RequestBuilder, response: &Response, value: &dyn fmt::Debug) {
        self.connection.shared.budget.record_success(self.attempts > 1);
        self.end_attempt(request, Some(response.status()), Ok(value));
    }

    /// Reports that the response could not be decoded, or contradicts the request. Returns once another attempt may
    /// start.
    ///
    /// # Errors
    ///
    /// Returns the call's error if no other attempt is allowed.
    pub(crate) fn cannot_read<'s>(
        &'s mut self,
        request: &'s RequestBuilder,
        response: Response,
        problem: DecodeError,
    ) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 's>> {
        let span = self.span.clone();
        Box::pin(span.instrument(async move {
            let error = self.fail_attempt(request, classify::undecodable(response, problem));
            self.wait_or_settle(error).await
        }))
    }

    async fn attempt(&mut self, builder: &RequestBuilder) -> Result<Response, Error> {
        let shared = &self.connection.shared;
        shared.timer.check().map_err(Error::configuration)?;
        let mut request = self.request(builder)?;
        let mut permit = self.enter_rate_limit().await?;
        if !self.key_protects() {
            let problem = "the idempotency key is too old, or its creation time lies in the future: the provider may no \
                           longer recognise it, so look for the result of the earlier request instead";
            return Err(Error::new(ErrorKind::InvalidRequest, Outcome::NotSent, problem));
        }
        let started = shared.clock.monotonic();
        request.timeout = self.timeouts.attempt.min(self.deadline.saturating_sub(started));
        self.check_time(request.timeout)?;
        self.attempts += 1;
        self.uses += 1;
        if let Some(key) = &self.key {
            key.begin_use();
        }
        let end = started.saturating_add(request.timeout);
        let deadline = || shared.timer.deadline(end.saturating_sub(shared.clock.monotonic()));
        let in_flight = InFlight { execution: self, builder, started, ended: false };
        let sent = crate::trace::attempt(self.attempts, timeout(shared.transport.send(request), deadline)).await;
        in_flight.end();
        let now = shared.clock.monotonic();
        self.elapsed = now.saturating_sub(started);
        if let (Some(permit), Some(Ok(response))) = (&mut permit, &sent) {
            let number = |name| response.header(name).and_then(|text| text.parse().ok());
            permit.observe(number("x-ratelimit-limit"), number("x-ratelimit-remaining"));
        }
        drop(permit);
        let result = match sent {
            Some(Ok(response)) => {
                let keyed = self.key.is_some();
                classify::response(shared.spec, self.parse_error, &self.operation, keyed, response, &*shared.clock)
            }
            Some(Err(error)) => Err(classify::transport(error, shared.response_limit, &*shared.clock)),
            None => Err(Error::new(ErrorKind::Timeout, Outcome::Unknown, "no response before the timeout")),
        };
        if result.as_ref().is_err_and(|error| error.outcome() == Outcome::NotSent) {
            self.uses -= 1;
            if let Some(key) = &self.key {
                key.end_use();
            }
        }
        result.map_err(|error| self.fail_attempt(builder, error))
    }

    /// Checks that the remaining time allows an attempt.
    ///
    /// A write needs more time than connecting may take. Otherwise an attempt that is cut off while it connects would look
    /// like one whose response was lost.
    fn check_time(&self, remaining: Duration) -> Result<(), Error> {
        let connect_timeout = match self.operation.effect {
            Effect::Read => Duration::ZERO,
            Effect::Write | Effect::MoveMoney => self.connection.shared.transport.connect_timeout(),
        };
        if !connect_timeout.is_zero() && self.timeouts.attempt.min(self.timeouts.total) <= connect_timeout {
            let problem =
                format!("the timeout of a write must be longer than the connect timeout of {connect_timeout:?}");
            return Err(Error::configuration(problem));
        }
        if remaining <= connect_timeout {
            // A wait may end late. Anything sent with too little time could only end unknown, and waiting leaves less.
            let problem = "too little time remained to start an attempt before the deadline";
            return Err(Error::new(ErrorKind::Timeout, Outcome::NotSent, problem).repeatable());
        }
        Ok(())
    }

    /// Waits until another attempt may start, or settles the call's error.
    async fn wait_or_settle(&mut self, error: Error) -> Result<(), Error> {
        let Some(wait) = self.wait_after(&error) else { return Err(self.settle(error)) };
        // The first attempt that may have been executed is kept: under a key, the provider executes the first request
        // and returns the stored response for the others.
        if error.outcome() == Outcome::Unknown && !matches!(self.unresolved, UnresolvedAttempt::Of(_)) {
            self.unresolved = UnresolvedAttempt::Of(error);
        }
        self.connection.shared.timer.sleep(wait).await;
        Ok(())
    }

    /// Returns how long to wait before the next attempt; `None` if there must not be another.
    fn wait_after(&self, error: &Error) -> Option<Duration> {
        let shared = &self.connection.shared;
        let failed = FailedAttempt {
            error,
            effect: self.operation.effect,
            attempt: self.attempts,
            key_protects: self.key.is_some() && self.key_protects(),
        };
        let wait = self.retry.wait_after(&failed)?;
        let in_time = shared.clock.monotonic().saturating_add(wait) < self.deadline;
        (in_time && shared.budget.take_retry()).then_some(wait)
    }

    /// Waits for a permit of the rate limit, up to the call's deadline.
    async fn enter_rate_limit(&self) -> Result<Option<Box<dyn RateLimitPermit>>, Error> {
        let shared = &self.connection.shared;
        let Some(rate_limit) = shared.rate_limit.as_ref().filter(|_| self.operation.limited) else {
            return Ok(None);
        };
        let request = RateLimitRequest {
            account: self.connection.account().clone(),
            max_wait: self.deadline.saturating_sub(shared.clock.monotonic()),
            clock: Arc::clone(&shared.clock),
            timer: Arc::clone(&shared.timer),
        };
        rate_limit.enter(request).await.map(Some).map_err(|limited| {
            let problem = "the provider's rate limit allows no request before the call's timeout";
            let error = Error::new(ErrorKind::Throttled, Outcome::NotSent, problem);
            error.with_retry_after(Some(limited.retry_after))
        })
    }

    /// True if the provider still remembers the key, or if there is none.
    fn key_protects(&self) -> bool {
        let shared = &self.connection.shared;
        match (self.key, shared.spec.idempotency) {
            (Some(key), Some(policy)) => {
                let age = shared.clock.now() - key.created_at();
                // An attempt that is sent now may arrive one attempt's timeout later.
                let attempt = self.timeouts.attempt.min(self.timeouts.total);
                // Clocks differ, or are set back, by a little: a key may be older than it seems by that much. A
                // creation time further in the future comes from a wrong clock, so the key may have any age.
                let oldest = age.max(time::Duration::ZERO).saturating_add(CLOCK_SKEW).unsigned_abs();
                age >= -CLOCK_SKEW && oldest.saturating_add(attempt) < policy.lifetime
            }
            (Some(_), None) => false,
            (None, _) => true,
        }
    }

    fn request(&self, builder: &RequestBuilder) -> Result<Request, Error> {
        let shared = &self.connection.shared;
        if self.key.is_some() && shared.spec.idempotency.is_none() {
            return Err(Error::unsupported("this provider has no idempotency keys"));
        }
        let key = self.key.map(|key| HeaderValue::from_str(key.value())).transpose();
        let key = key.map_err(|_| Error::configuration("the idempotency key is not a valid header value"))?;
        Ok(Request {
            method: builder.method.clone(),
            url: builder.path.below(&shared.base_url),
            headers: self.connection.headers(builder, key),
            body: builder.body.clone(),
            timeout: self.timeouts.attempt,
            body_limit: shared.response_limit,
        })
    }

    /// Ends an attempt with an error.
    fn fail_attempt(&self, request: &RequestBuilder, error: Error) -> Error {
        let error = self.name(error).redact(&self.connection.secrets(request));
        self.end_attempt(request, error.status(), Err(&error));
        error
    }

    /// Traces an attempt that is over, and shows it to the observer.
    fn end_attempt(
        &self,
        request: &RequestBuilder,
        status: Option<StatusCode>,
        result: Result<&dyn fmt::Debug, &Error>,
    ) {
        self.record(request, self.elapsed, status, result);
    }

    fn record(
        &self,
        request: &RequestBuilder,
        elapsed: Duration,
        status: Option<StatusCode>,
        result: Result<&dyn fmt::Debug, &Error>,
    ) {
        let shared = &self.connection.shared;
        let exchange = Exchange {
            provider: shared.spec.provider,
            operation: self.operation.name,
            attempt: self.attempts,
            elapsed,
            request: request.logged.as_ref().map(|logged| &**logged as &dyn fmt::Debug),
            status,
            result,
        };
        self.span.attempt_ended(&exchange);
        if let Some(observer) = &shared.observer {
            // A panic in the observer must not lose the result of a call that moved money.
            let _ = catch_unwind(AssertUnwindSafe(|| observer.exchange(&exchange)));
        }
    }

    /// Settles the call's outcome over all its attempts.
    fn settle(&mut self, error: Error) -> Error {
        let mut unresolved = std::mem::take(&mut self.unresolved);
        let used_elsewhere = self.key.as_ref().is_some_and(|key| key.is_used_elsewhere(self.uses));
        // A clone of the call may have been sent since this one started, or its key.
        if used_elsewhere && matches!(unresolved, UnresolvedAttempt::None) {
            unresolved = UnresolvedAttempt::OfEarlierCall;
        }
        // A read changes nothing, so no earlier attempt of it needs to be resolved.
        let unresolved = if self.operation.effect == Effect::Read { UnresolvedAttempt::None } else { unresolved };
        // A key under which nothing was sent stays unused.
        let key = self.key.cloned().map(|key| if self.uses > 0 || used_elsewhere { key.used() } else { key });
        self.name(error).settle(self.attempts, key, unresolved)
    }

    fn name(&self, error: Error) -> Error {
        error.with_call(self.connection.shared.spec.provider, self.operation.name, self.operation.effect)
    }
}

/// An attempt that was started and has not ended. If the caller drops the call, the attempt is recorded as cancelled.
struct InFlight<'e, 'a> {
    execution: &'e Execution<'a>,
    builder: &'e RequestBuilder,
    /// On the monotonic clock.
    started: Duration,
    ended: bool,
}

impl InFlight<'_, '_> {
    fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for InFlight<'_, '_> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let elapsed = self.execution.connection.shared.clock.monotonic().saturating_sub(self.started);
        let error = Error::new(ErrorKind::Cancelled, Outcome::Unknown, "the call was dropped before it ended");
        self.execution.record(self.builder, elapsed, None, Err(&self.execution.name(error)));
    }
}

/// Awaits `work`; `None` if `deadline` ends first. The timer is started if `work` does not end at once.
///
/// The deadline is looked at before `work`. A process that was suspended while it connected, and wakes after the deadline,
/// must not go on to send.
async fn timeout<T>(work: impl Future<Output = T>, deadline: impl Fn() -> Sleep) -> Option<T> {
    let mut work = pin!(work);
    let mut started = None;
    std::future::poll_fn(|context| {
        if started.as_mut().is_some_and(|deadline: &mut Sleep| deadline.as_mut().poll(context).is_ready()) {
            return Poll::Ready(None);
        }
        if let Poll::Ready(result) = work.as_mut().poll(context) {
            return Poll::Ready(Some(result));
        }
        if started.is_none() {
            return started.insert(deadline()).as_mut().poll(context).map(|()| None);
        }
        Poll::Pending
    })
    .await
}

/// The largest expected difference between this machine's clock and the clock that dated a key, in either direction.
const CLOCK_SKEW: time::Duration = time::Duration::minutes(5);
