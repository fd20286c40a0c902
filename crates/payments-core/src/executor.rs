//! The one loop that sends: every call of every provider runs through it.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use http::header::{HeaderName, HeaderValue};

use crate::api::{Api, Draft, Operation};
use crate::call::IdempotencyKey;
use crate::classify;
use crate::clock::Sleep;
use crate::error::Earlier;
use crate::json::DecodeError;
use crate::limiter::Place;
use crate::observe::Exchange;
use crate::retry::Failure;
use crate::settings::Shared;
use crate::transport::{Answer, Request};
use crate::{Effect, Error, ErrorKind, Outcome, RetryPolicy, Timeouts, trace};

/// A call, apart from the request itself.
pub(crate) struct Plan<'a> {
    pub(crate) api: &'a Api,
    pub(crate) operation: Operation,
    pub(crate) timeouts: Timeouts,
    pub(crate) retry: RetryPolicy,
    pub(crate) key: Option<&'a IdempotencyKey>,
}

/// A call that succeeded.
pub(crate) struct Done {
    pub(crate) answer: Answer,
    ended: Ended,
}

impl Done {
    pub(crate) fn observe(&self, api: &Api, operation: Operation, value: &dyn std::fmt::Debug) {
        self.ended.observe(api, operation, Some(self.answer.status()), Ok(value));
    }
}

/// An attempt that is over, as an observer is shown it.
struct Ended {
    attempt: u32,
    took: Duration,
    shown: Option<std::sync::Arc<dyn std::fmt::Debug + Send + Sync>>,
}

impl Ended {
    fn observe(
        &self,
        api: &Api,
        operation: Operation,
        status: Option<http::StatusCode>,
        result: Result<&dyn std::fmt::Debug, &Error>,
    ) {
        let Some(observer) = &api.shared.observer else { return };
        observer.exchange(&Exchange {
            provider: api.shared.dialect.provider,
            operation: operation.name,
            attempt: self.attempt,
            took: self.took,
            request: self.shown.as_ref().map(|shown| &**shown as &dyn std::fmt::Debug),
            status,
            result,
        });
    }
}

/// Takes a successful answer, or says where it cannot be read or contradicts the request.
pub(crate) type Accept<'a> = &'a mut (dyn FnMut(&Answer) -> Result<(), DecodeError> + Send);

/// Sends a call until it is settled, or until nothing more may be sent.
///
/// In a box, so that it is compiled here, once, and not in each application that awaits it.
pub(crate) fn run<'a>(
    plan: Plan<'a>,
    draft: Result<Draft, Error>,
    accept: Accept<'a>,
) -> Pin<Box<dyn Future<Output = Result<Done, Error>> + Send + 'a>> {
    let (provider, operation) = (plan.api.shared.dialect.provider, plan.operation);
    let result = trace::call(provider, operation, async move {
        let mut call = Running {
            plan,
            deadline: Duration::ZERO,
            attempts: 0,
            key: None,
            key_used: false,
            earlier: Earlier::Settled,
        };
        call.run(draft, accept).await
    });
    Box::pin(async move { result.await.map_err(|error| error.of_call(provider, operation.name, operation.effect)) })
}

struct Running<'a> {
    plan: Plan<'a>,
    /// On the monotonic clock.
    deadline: Duration,
    attempts: u32,
    key: Option<IdempotencyKey>,
    /// An attempt may have reached the provider, so that the key counts as used.
    key_used: bool,
    earlier: Earlier,
}

impl Running<'_> {
    async fn run(&mut self, draft: Result<Draft, Error>, accept: Accept<'_>) -> Result<Done, Error> {
        let shared = &self.plan.api.shared;
        self.deadline = shared.clock.monotonic().saturating_add(self.plan.timeouts.total);
        self.take_key();
        let draft = draft.map_err(|error| self.settle(error))?;
        loop {
            let request = self.request(&draft).map_err(|error| self.settle(error))?;
            let error = match self.attempt(request, &draft, accept).await {
                Ok(done) => {
                    shared.budget.give_back(self.attempts > 1);
                    return Ok(done);
                }
                Err(error) => error,
            };
            self.key_used |= error.outcome() != Outcome::NotSent;
            let Some(wait) = self.wait_after(&error) else { return Err(self.settle(error)) };
            if error.outcome() == Outcome::Unknown {
                self.earlier = Earlier::Unknown(Some(error));
            }
            shared.timer.sleep(wait).await;
        }
    }

    /// How long to wait before the next attempt, if there may be one.
    fn wait_after(&self, error: &Error) -> Option<Duration> {
        let shared = &self.plan.api.shared;
        let failure = Failure {
            error,
            effect: self.plan.operation.effect,
            attempt: self.attempts,
            under_key: self.key.is_some() && self.key_protects(),
        };
        let wait = self.plan.retry.next(&failure)?;
        let in_time = shared.clock.monotonic().saturating_add(wait) < self.deadline;
        (in_time && shared.budget.take()).then_some(wait)
    }

    async fn attempt(&mut self, mut request: Request, draft: &Draft, accept: Accept<'_>) -> Result<Done, Error> {
        let api = self.plan.api;
        let place = self.enter_limit(&api.shared).await?;
        if !self.key_protects() {
            let problem = "the idempotency key is so old that the provider may have forgotten it, or dated ahead; \
                           look for what it did instead";
            return Err(Error::new(ErrorKind::InvalidRequest, Outcome::NotSent, problem));
        }
        let began = api.shared.clock.monotonic();
        if began >= self.deadline {
            // A pause may end late. What is sent with no time left can only end unknown.
            return Err(Error::new(ErrorKind::Timeout, Outcome::NotSent, "time was up before it could be sent"));
        }
        self.attempts += 1;
        request.timeout = self.plan.timeouts.attempt.min(self.deadline.saturating_sub(began));
        let (attempt, limit) = (self.attempts, api.shared.timer.deadline(request.timeout));
        let sent = trace::attempt(attempt, within(api.shared.transport.send(request), limit)).await;
        let now = api.shared.clock.monotonic();
        let took = now.saturating_sub(began);
        let limited = place.is_some();
        drop(place);
        let result = match sent {
            Some(Ok(answer)) => {
                if let Some(limiter) = api.shared.limiter.as_ref().filter(|_| limited) {
                    let number = |name| answer.header(name).and_then(|text| text.parse().ok());
                    limiter.observe(number("x-ratelimit-limit"), number("x-ratelimit-remaining"), now);
                }
                classify::answer(api.shared.dialect, &self.plan.operation, self.key.is_some(), answer, accept)
            }
            Some(Err(error)) => Err(classify::transport(error)),
            None => Err(Error::new(ErrorKind::Timeout, Outcome::Unknown, "no answer in time")),
        };
        trace::attempt_ended(api.shared.dialect.provider, self.plan.operation, attempt, took, &result);
        let ended = Ended { attempt, took, shown: draft.shown.clone() };
        match result {
            Ok(answer) => Ok(Done { answer, ended }),
            Err(error) => {
                let operation = self.plan.operation;
                let error = error.of_call(api.shared.dialect.provider, operation.name, operation.effect);
                let error = error.hiding(&api.secrets(draft));
                ended.observe(api, operation, error.status(), Err(&error));
                Err(error)
            }
        }
    }

    /// Waits until the provider's limit leaves room for one more, within the call's deadline.
    async fn enter_limit<'p>(&self, shared: &'p Shared) -> Result<Option<Place<'p>>, Error> {
        let Some(limiter) = shared.limiter.as_ref().filter(|_| self.plan.operation.limited) else { return Ok(None) };
        loop {
            let wait = match limiter.try_enter(&*shared.clock) {
                Ok(place) => return Ok(Some(place)),
                Err(wait) => wait,
            };
            if shared.clock.monotonic().saturating_add(wait) >= self.deadline {
                let problem = "the provider's limit leaves no room for it within the call's timeout";
                return Err(Error::new(ErrorKind::Throttled, Outcome::NotSent, problem).with_retry_after(Some(wait)));
            }
            shared.timer.sleep(wait).await;
        }
    }

    /// A key that may have been used before leaves this call unknown until the provider answers it.
    fn take_key(&mut self) {
        let Some(key) = self.plan.key else { return };
        if key.is_perhaps_used() {
            self.earlier = Earlier::Unknown(None);
        }
        self.key = Some(key.clone());
    }

    fn key_protects(&self) -> bool {
        let shared = &self.plan.api.shared;
        match (&self.key, shared.dialect.keys) {
            (Some(key), Some(rules)) => {
                let age = shared.clock.now() - key.made();
                // An attempt sent now may arrive an attempt later.
                let attempt = self.plan.timeouts.attempt.min(self.plan.timeouts.total);
                // Clocks differ a little, or are set back a little: a key may be older than it seems by as much. One from
                // further ahead was dated by a clock that is wrong, and may be of any age.
                let oldest = age.max(time::Duration::ZERO).saturating_add(CLOCKS_DIFFER_BY).unsigned_abs();
                age >= -CLOCKS_DIFFER_BY && oldest.saturating_add(attempt) < rules.lifetime
            }
            (Some(_), None) => false,
            (None, _) => true,
        }
    }

    fn request(&self, draft: &Draft) -> Result<Request, Error> {
        let api = self.plan.api;
        let mut headers = api.headers();
        for (name, value) in &draft.headers {
            headers.insert(name.clone(), value.clone());
        }
        if let Some(key) = &self.key {
            let rules =
                api.shared.dialect.keys.ok_or_else(|| Error::unsupported("this provider has no idempotency keys"))?;
            let value = HeaderValue::from_str(key.value())
                .map_err(|_| Error::configuration("the idempotency key does not fit in a header"))?;
            headers.insert(HeaderName::from_static(rules.header), value);
        }
        Ok(Request {
            method: draft.method.clone(),
            url: format!("{}{}", api.shared.base_url, draft.path.as_str()),
            headers,
            body: draft.body.clone(),
            timeout: self.plan.timeouts.attempt,
            body_limit: BODY_LIMIT,
        })
    }

    fn settle(&mut self, error: Error) -> Error {
        let earlier = std::mem::replace(&mut self.earlier, Earlier::Settled);
        // A read leaves nothing behind that a later attempt could not settle.
        let earlier = if self.plan.operation.effect == Effect::Read { Earlier::Settled } else { earlier };
        // A key under which nothing was sent is as new as it was: it leaves nothing unknown behind.
        let key = self.key.clone().map(|key| if self.key_used { key.used() } else { key });
        error.settle(self.attempts, key, earlier)
    }
}

/// What `work` gives, or nothing if `limit` ends first.
async fn within<T>(work: impl Future<Output = T>, mut limit: Sleep) -> Option<T> {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        if let Poll::Ready(result) = work.as_mut().poll(context) {
            return Poll::Ready(Some(result));
        }
        limit.as_mut().poll(context).map(|()| None)
    })
    .await
}

/// How far apart this machine's clock and the one that dated a key may be, either way.
const CLOCKS_DIFFER_BY: time::Duration = time::Duration::minutes(5);

/// No documented answer comes near it; a server that sends more is not to be read to its end.
const BODY_LIMIT: usize = 1024 * 1024;
