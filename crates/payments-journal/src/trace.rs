//! Spans and events of the `tracing` feature, as [`events`](crate::events) documents them.
//!
//! They never contain a reference, a provider's id, an amount, a parameter, or the text of a provider or a hook.

#![cfg_attr(
    not(feature = "tracing"),
    expect(unused_variables, clippy::if_same_then_else, reason = "without the feature, nothing is emitted")
)]

use std::future::Future;
use std::time::Duration;

use crate::error::JournalError;
#[cfg(feature = "tracing")]
use crate::events::{self, TARGET};
use crate::evidence::{CallResult, Decision, Fact, Protection};
use crate::hook::Change;
use crate::inbox::Message;
use crate::intent::{Account, IntentId, IntentKey};
use crate::plan::Looked;
use crate::review::Review;
use crate::state::State;
use crate::store::{Amendment, Loaded, Pause, StoreError, StuckChange};

/// Emits an event: `event!(LEVEL NAME "message", fields)`.
#[cfg(feature = "tracing")]
macro_rules! event {
    ($level:ident $name:ident $message:literal $(, $($fields:tt)+)?) => {
        tracing::event!(name: events::$name, target: TARGET, tracing::Level::$level, $($($fields)+,)? $message)
    };
}

/// Emits an event about an account.
#[cfg(feature = "tracing")]
macro_rules! account_event {
    ($level:ident $name:ident $message:literal, $account:expr $(, $($fields:tt)+)?) => {
        event!($level $name $message, tenant = $account.tenant, provider = $account.provider, account = $account.name
            $(, $($fields)+)?)
    };
}

/// Emits an event about an intent.
#[cfg(feature = "tracing")]
macro_rules! intent_event {
    ($level:ident $name:ident $message:literal, $intent:expr, $key:expr $(, $($fields:tt)+)?) => {
        account_event!($level $name $message, $key.account, operation = $key.operation, intent = $intent.number()
            $(, $($fields)+)?)
    };
}

#[cfg(not(feature = "tracing"))]
macro_rules! event {
    ($($tokens:tt)*) => {{}};
}
#[cfg(not(feature = "tracing"))]
use {event as account_event, event as intent_event};

/// The span of a request or a lookup.
#[derive(Clone)]
pub(crate) struct StepSpan(#[cfg(feature = "tracing")] tracing::Span);

impl StepSpan {
    pub(crate) fn send(loaded: &Loaded) -> Self {
        Self(
            #[cfg(feature = "tracing")]
            step_span!("payments_send", loaded),
        )
    }

    pub(crate) fn look_up(loaded: &Loaded) -> Self {
        Self(
            #[cfg(feature = "tracing")]
            step_span!("payments_look_up", loaded),
        )
    }

    /// Runs the step inside the span.
    pub(crate) async fn run<F: Future>(&self, work: F) -> F::Output {
        #[cfg(feature = "tracing")]
        let work = tracing::Instrument::instrument(work, self.0.clone());
        work.await
    }

    fn record(&self, field: &str, value: &str) {
        #[cfg(feature = "tracing")]
        self.0.record(field, value);
    }

    pub(crate) fn stored(&self, state: State) {
        self.record("state", state.as_str());
    }

    pub(crate) fn call_ended(&self, loaded: &Loaded, result: &CallResult, elapsed: Duration) {
        let outcome = name(result);
        self.record("outcome", outcome);
        if matches!(result, CallResult::Accepted(_)) {
            intent_event!(DEBUG CALL_ENDED "the call ended", loaded.id, loaded.row.key, outcome, ?elapsed);
        } else {
            intent_event!(WARN CALL_ENDED "the call ended", loaded.id, loaded.row.key, outcome, ?elapsed);
        }
    }

    pub(crate) fn lookup_ended(&self, loaded: &Loaded, looked: &Looked, elapsed: Duration) {
        let outcome = match looked {
            Looked::Found { .. } => "found",
            Looked::NotFound => "not_found",
            Looked::Failed { .. } => "failed",
        };
        self.record("outcome", outcome);
        if matches!(looked, Looked::Failed { .. }) {
            intent_event!(WARN LOOKUP_ENDED "the lookup ended", loaded.id, loaded.row.key, outcome, ?elapsed);
        } else {
            intent_event!(DEBUG LOOKUP_ENDED "the lookup ended", loaded.id, loaded.row.key, outcome, ?elapsed);
        }
    }
}

#[cfg(feature = "tracing")]
macro_rules! step_span {
    ($name:literal, $loaded:expr) => {
        tracing::info_span!(
            target: TARGET,
            $name,
            tenant = $loaded.row.key.account.tenant,
            provider = $loaded.row.key.account.provider,
            account = $loaded.row.key.account.name,
            operation = $loaded.row.key.operation,
            intent = $loaded.id.number(),
            outcome = tracing::field::Empty,
            state = tracing::field::Empty,
        )
    };
}
#[cfg(feature = "tracing")]
use step_span;

/// Runs a task of its own inside the span of its caller.
pub(crate) fn inherit<F: Future>(task: F) -> impl Future<Output = F::Output> {
    #[cfg(feature = "tracing")]
    let task = tracing::Instrument::in_current_span(task);
    task
}

/// What an amendment changes, to be told once it is stored.
pub(crate) struct Written {
    intent: IntentId,
    key: IntentKey,
    from: State,
    to: State,
    review: Option<Review>,
    pause: Option<Pause>,
    lease_expired: bool,
}

impl Written {
    pub(crate) fn of(loaded: &Loaded, amendment: &Amendment) -> Option<Self> {
        if cfg!(not(feature = "tracing")) {
            return None;
        }
        let Amendment { facts, head, pause } = amendment;
        let review = head.review.filter(|_| head.review != loaded.head.review);
        let lease_expired = facts.iter().any(|(fact, _)| matches!(fact, Fact::LeaseExpired { .. }));
        let (from, to) = (loaded.head.reported, head.reported);
        let is_told = from != to || review.is_some() || pause.is_some() || lease_expired;
        let pause = pause.clone();
        is_told.then(|| Self { intent: loaded.id, key: loaded.row.key.clone(), from, to, review, pause, lease_expired })
    }

    pub(crate) fn tell(&self) {
        let Self { intent, key, from, to, review, pause, lease_expired } = self;
        let (from, to) = (from.as_str(), to.as_str());
        if *lease_expired {
            intent_event!(WARN LEASE_EXPIRED "the lease of an attempt expired", intent, key);
        }
        if from != to {
            intent_event!(INFO STATE_CHANGED "the state changed", intent, key, from, to);
        }
        if let Some(review) = review.map(Review::code) {
            intent_event!(ERROR REVIEW_NEEDED "a person must look at an intent", intent, key, review);
        }
        if let Some(Pause { account, problem, .. }) = pause {
            account_event!(
                ERROR ACCOUNT_PAUSED "an account is paused, because its credentials were refused", account, problem
            );
        }
    }
}

fn name(result: &CallResult) -> &'static str {
    match result {
        CallResult::Accepted(_) => "accepted",
        CallResult::NotSent => "not_sent",
        CallResult::AccountRefused => "account_refused",
        CallResult::Refused => "refused",
        CallResult::Unknown => "unknown",
    }
}

pub(crate) fn claimed(loaded: &Loaded, protection: Protection) {
    let protection = match protection {
        Protection::None => "none",
        Protection::Key => "key",
        Protection::Reference => "reference",
    };
    intent_event!(DEBUG CLAIMED "claimed, and about to be sent", loaded.id, loaded.row.key, protection);
}

pub(crate) fn result_not_saved(loaded: &Loaded, result: &CallResult, failures: u32, error: &StoreError) {
    let (outcome, problem) = (name(result), store_problem(error));
    intent_event!(
        ERROR RESULT_NOT_SAVED "a call ended, and its result is not saved", loaded.id, loaded.row.key, outcome, failures,
        problem
    );
}

pub(crate) fn decided(intent: IntentId, key: &IntentKey, decision: Decision) {
    let decision = match decision {
        Decision::Done => "done",
        Decision::NotDone => "not_done",
    };
    intent_event!(INFO DECIDED "a person decided", intent, key, decision);
}

pub(crate) fn account_resumed(account: &Account) {
    account_event!(INFO ACCOUNT_RESUMED "the pause of an account was ended", account);
}

pub(crate) fn message_received(message: &Message, is_repeated: bool) {
    let is_hint = message.is_hint();
    account_event!(DEBUG MESSAGE_RECEIVED "a message was stored", message.account, is_hint, is_repeated);
}

pub(crate) fn message_matched(message: &Message, intents: usize) {
    let is_hint = message.is_hint();
    account_event!(DEBUG MESSAGE_MATCHED "a message was applied", message.account, is_hint, intents);
}

pub(crate) fn message_kept(message: &Message) {
    let is_hint = message.is_hint();
    account_event!(DEBUG MESSAGE_KEPT "a message matches no intent yet", message.account, is_hint);
}

pub(crate) fn change_delivered(change: &Change) {
    let Change { intent, key, from, to, .. } = change;
    let (from, to) = (from.as_str(), to.as_str());
    intent_event!(DEBUG CHANGE_DELIVERED "a change was delivered", intent, key, from, to);
}

pub(crate) fn hook_failed(stuck: &StuckChange) {
    let StuckChange { change: Change { intent, key, from, to, .. }, failures, .. } = stuck;
    let (from, to) = (from.as_str(), to.as_str());
    intent_event!(WARN HOOK_FAILED "the hook failed", intent, key, from, to, failures);
    if *failures >= STUCK_AFTER {
        intent_event!(ERROR CHANGE_STUCK "the hook fails again and again", intent, key, from, to, failures);
    }
}

/// With the default waits, after half a minute.
const STUCK_AFTER: u32 = 5;

pub(crate) fn intent_problem(intent: IntentId, error: &JournalError) {
    let (intent, problem) = (intent.number(), problem(error));
    event!(ERROR INTENT_PROBLEM "this worker cannot handle an intent", intent, problem);
}

pub(crate) fn store_failed(question: &'static str, error: &JournalError) {
    // The database's own words. Others may quote what is stored.
    let text = match error {
        JournalError::Store(StoreError::Rejected(error) | StoreError::Unavailable(error)) => error.to_string(),
        _ => String::new(),
    };
    let problem = problem(error);
    event!(ERROR STORE_FAILED "the worker's question to the store failed", question, problem, error = text);
}

pub(crate) fn worker_started(accounts: usize) {
    event!(INFO WORKER_STARTED "the worker started", accounts);
}

pub(crate) fn worker_stopping(in_progress: usize) {
    event!(INFO WORKER_STOPPING "the worker starts nothing new", in_progress);
}

pub(crate) fn worker_stopped() {
    event!(INFO WORKER_STOPPED "the worker stopped");
}

pub(crate) fn shutting_down(in_progress: usize) {
    event!(INFO SHUTTING_DOWN "the journal starts nothing new", in_progress);
}

pub(crate) fn shut_down() {
    event!(INFO SHUT_DOWN "the journal is shut down");
}

/// The stable name of an error, without its text.
fn problem(error: &JournalError) -> &'static str {
    match error {
        JournalError::Invalid(_) => "invalid",
        JournalError::Different { .. } => "different",
        JournalError::NoClient { .. } => "no_client",
        JournalError::Event(_) => "event",
        JournalError::Key(_) => "key",
        JournalError::NotSaved { .. } => "not_saved",
        JournalError::OtherHistory { .. } => "other_history",
        JournalError::Statement(_) => "statement",
        JournalError::Closed => "closed",
        JournalError::Interrupted => "interrupted",
        JournalError::Store(error) => store_problem(error),
    }
}

fn store_problem(error: &StoreError) -> &'static str {
    match error {
        StoreError::NoSuchIntent(_) => "no_such_intent",
        StoreError::Unreadable { .. } => "unreadable",
        StoreError::Rejected(_) => "rejected",
        StoreError::RunEnded => "run_ended",
        StoreError::Unavailable(_) => "unavailable",
    }
}
