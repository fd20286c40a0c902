//! One step of one intent: a claim, the call outside of any transaction, and its result.

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use payments_core::gateway::WriteOptions;
use payments_core::time::OffsetDateTime;
use payments_core::{Error, ErrorKind, Outcome};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::{Counted, Executed, Inner, Ticket, is_uncertain, random};
use crate::error::JournalError;
use crate::evidence::{AttemptId, CallResult, Protection};
use crate::executor::{Accepted, Executor, Instruction, Response, Sighting};
use crate::in_memory::InMemory;
use crate::intent::IntentId;
use crate::keys::KeyError;
use crate::plan::{self, Claim, Ended, Look, Looked, Step, View};
use crate::row::{IntentRow, content};
use crate::state::State;
use crate::store::{Amendment, Loaded, Pause, Store, StoreError};
use crate::trace::{self, StepSpan};

/// A step that is stored, and what it was decided on.
struct Planned {
    step: Step,
    loaded: Loaded,
    /// Empty if nothing is sent or looked up.
    parameters: Zeroizing<Vec<u8>>,
    executor: Arc<dyn Executor>,
    state: State,
}

impl Planned {
    fn instruction(&self, options: WriteOptions, in_memory: Option<InMemory>) -> Instruction {
        let row = &self.loaded.row;
        Instruction {
            key: row.key.clone(),
            amount: row.amount,
            version: row.version,
            parameters: self.parameters.clone(),
            in_memory,
            provider_id: self.loaded.head.provider_id.clone(),
            options,
        }
    }
}

impl<S: Store> Inner<S> {
    /// Executes an intent for a caller, who may have stopped waiting.
    pub(super) async fn drive(&self, ticket: Ticket, reply: oneshot::Sender<Result<Executed, JournalError>>) {
        let mut reply = Some(reply);
        let result = self.advance(ticket, true, &mut reply).await;
        if let Some(reply) = reply {
            // The caller may be gone.
            drop(reply.send(result));
        }
    }

    /// Takes the next step of an intent that is due.
    pub(crate) async fn work_on(&self, id: IntentId) -> Result<State, JournalError> {
        match self.advance(Ticket::of(id), false, &mut None).await {
            Ok(executed) => Ok(executed.state),
            Err(error) => {
                if !matches!(error, JournalError::Closed) {
                    trace::intent_problem(id, &error);
                }
                Err(error)
            }
        }
    }

    async fn advance(
        &self,
        ticket: Ticket,
        is_asked: bool,
        reply: &mut Option<oneshot::Sender<Result<Executed, JournalError>>>,
    ) -> Result<Executed, JournalError> {
        if self.is_closed() {
            return Err(JournalError::Closed);
        }
        let _in_progress = Counted::new(&self.in_progress);
        let start = (self.clock.now(), self.clock.monotonic());
        let planned = self.plan(&ticket, is_asked).await?;
        match &planned.step {
            Step::Rest | Step::Unreadable | Step::OtherHistory(_) => {
                let loaded = &planned.loaded;
                let pause = loaded.pause.clone().filter(|pause| pause.until > loaded.now);
                Ok(Executed { state: planned.state, response: None, error: None, pause })
            }
            Step::LookUp(look) => {
                let span = StepSpan::look_up(&planned.loaded);
                let state = span.run(self.look_up(&planned, *look, start, &span)).await?;
                Ok(Executed { state, response: None, error: None, pause: None })
            }
            Step::Send(claim) => {
                let span = StepSpan::send(&planned.loaded);
                span.run(self.send_and_save(&planned, claim, ticket.in_memory, start, reply, &span)).await
            }
        }
    }

    async fn send_and_save(
        &self,
        planned: &Planned,
        claim: &Claim,
        in_memory: Option<InMemory>,
        start: (OffsetDateTime, Duration),
        reply: &mut Option<oneshot::Sender<Result<Executed, JournalError>>>,
        span: &StepSpan,
    ) -> Result<Executed, JournalError> {
        trace::claimed(&planned.loaded, claim.protection);
        let began = self.clock.monotonic();
        let (ended, response, error) = self.send(planned, claim, in_memory, start).await;
        span.call_ended(&planned.loaded, &ended.result, self.clock.monotonic().saturating_sub(began));
        let outcome = error.as_ref().map(Error::outcome);
        let (state, pause) = self.save(planned, claim, &ended, outcome, reply).await?;
        span.stored(state);
        self.wake.notify_one();
        Ok(Executed { state, response, error, pause })
    }

    /// Decides the next step and stores it.
    async fn plan(&self, ticket: &Ticket, is_asked: bool) -> Result<Arc<Planned>, JournalError> {
        let id = ticket.id;
        let attempt = AttemptId::new(random()?);
        let last = Mutex::new(None);
        let decided = self.write(id, |loaded| {
            let (amendment, planned) = self.decide(loaded, attempt, ticket, is_asked);
            let planned = planned.map(Arc::new);
            *last.lock().unwrap_or_else(PoisonError::into_inner) = planned.as_ref().ok().cloned();
            (amendment, planned)
        });
        match decided.await {
            Ok(planned) => planned,
            Err(error) if is_uncertain(&error) => {
                // The claim may be committed all the same. It is used only if it is there, and is this one.
                let planned = last.into_inner().unwrap_or_else(PoisonError::into_inner);
                let Some(planned) = planned else { return Err(error.into()) };
                let Step::Send(Claim { lease, .. }) = &planned.step else { return Err(error.into()) };
                let stored = self.store.load(id).await.map_err(|_| error)?;
                let is_own =
                    stored.head.lease == Some(*lease) && stored.evidence.iter().any(|entry| entry.is_claim_of(attempt));
                if is_own { Ok(planned) } else { Err(lost_claim()) }
            }
            Err(error) => Err(error.into()),
        }
    }

    fn decide(
        &self,
        loaded: &Loaded,
        attempt: AttemptId,
        ticket: &Ticket,
        is_asked: bool,
    ) -> (Option<Amendment>, Result<Planned, JournalError>) {
        if !ticket.is_for(&loaded.row) {
            return (None, Err(StoreError::NoSuchIntent(ticket.id).into()));
        }
        let executor = match self.executor(&loaded.row) {
            Ok(executor) => executor,
            Err(error) => return (None, Err(error)),
        };
        let planned = |step, state, parameters| Planned {
            step,
            loaded: loaded.clone(),
            parameters,
            executor: Arc::clone(executor),
            state,
        };
        // A due time in the future is a backoff. A caller may not shorten it, except for an intent that was not sent.
        let is_early = loaded.head.due_at.is_none_or(|due| due > loaded.now);
        if is_early && !(is_asked && loaded.head.state == State::Intended) {
            return (None, Ok(planned(Step::Rest, loaded.head.state, Zeroizing::default())));
        }
        // Parameters that cannot be read are found before a claim is stored.
        let parameters = self.parameters(&loaded.row, &**executor);
        let payment_id = parameters.as_ref().ok().and_then(|bytes| executor.payment_id(loaded.row.version, bytes));
        let view = View {
            payment_id,
            can_send: ticket.in_memory.is_some() || !loaded.row.by_ticket,
            unreadable: parameters.as_ref().err().map(ToString::to_string),
            ..self.view(&**executor)
        };
        let (amendment, step) = plan::step(&view, loaded, attempt);
        let state = amendment.as_ref().map_or(loaded.head.state, |amendment| amendment.head.state);
        match (step, parameters) {
            (Step::Unreadable, Err(error)) => (amendment, Err(error)),
            (Step::OtherHistory(other), _) => (amendment, Err(other.into())),
            (step, parameters) => (amendment, Ok(planned(step, state, parameters.unwrap_or_default()))),
        }
    }

    /// Opens the stored parameters. Checks that they and the amount are the recorded ones, and that the executor can read them.
    fn parameters(&self, row: &IntentRow, executor: &dyn Executor) -> Result<Zeroizing<Vec<u8>>, JournalError> {
        let parameters = self.keys.open(&row.key_id, &row.identity(), &row.parameters)?;
        let content = content(row.amount, &parameters);
        if !self.keys.verify_mac(&row.key_id, &row.identity(), &content, &row.mac)? {
            return Err(KeyError::Changed { id: row.key_id.clone() }.into());
        }
        let checked = executor.check_parameters(row.version, &parameters);
        checked.map_err(|problem| StoreError::Unreadable { what: "parameters", problem })?;
        Ok(parameters)
    }

    /// Sends the request of a claim, outside of any transaction.
    async fn send(
        &self,
        planned: &Planned,
        claim: &Claim,
        in_memory: Option<InMemory>,
        start: (OffsetDateTime, Duration),
    ) -> (Ended, Option<Response>, Option<Error>) {
        let mut options = WriteOptions::default();
        options.timeout = Some(self.settings.call_timeout);
        if claim.protection == Protection::Key {
            options.idempotency_key = Some(plan::key(&planned.loaded, claim));
        }
        let not_sent = |problem: String| Ended {
            result: CallResult::NotSent,
            provider_id: None,
            problem: Some(problem),
            not_before: None,
            is_invalid: false,
        };
        let instruction = planned.instruction(options, in_memory);
        // Checked as late as possible: the call must end before the lease does. Stopping the process for longer than the lease
        // at this very point is the one gap, and the reason why a successor never sends without the provider's protection.
        if self.elapsed_since(start) >= self.settings.lease_margin {
            return (not_sent("the lease was over before the request was sent".to_owned()), None, None);
        }
        match planned.executor.execute(&instruction).await {
            Ok(Accepted { seen, provider_id, response }) => {
                let (result, problem) = (CallResult::Accepted(seen), None);
                let ended = Ended { result, provider_id, problem, not_before: None, is_invalid: false };
                (ended, Some(response), None)
            }
            Err(error) => (ended(&error), None, Some(error)),
        }
    }

    /// Stores how a call ended, and keeps trying until it is stored, or until nobody waits in `shut_down` any more.
    async fn save(
        &self,
        Planned { loaded: before, executor, .. }: &Planned,
        claim: &Claim,
        ended: &Ended,
        outcome: Option<Outcome>,
        reply: &mut Option<oneshot::Sender<Result<Executed, JournalError>>>,
    ) -> Result<(State, Option<Pause>), JournalError> {
        let (mut failures, mut shut_down) = (0, self.waiting.subscribe());
        loop {
            let view = self.view(&**executor);
            let saved = self.write(before.id, |loaded| {
                let (amendment, state) = plan::settle(&view, loaded, claim, ended);
                let pause = amendment.as_ref().and_then(|amendment| amendment.pause.clone());
                (amendment, (state, pause))
            });
            let source = match saved.await {
                Ok(saved) => return Ok(saved),
                Err(error @ (StoreError::Unavailable(_) | StoreError::Rejected(_))) if self.keeps_trying() => error,
                // A repair of the row may make it readable again.
                Err(error @ StoreError::Unreadable { .. }) if self.keeps_trying() && failures < UNREADABLE_TRIES => {
                    error
                }
                Err(source) => {
                    trace::result_not_saved(before, &ended.result, failures + 1, &source);
                    return Err(JournalError::NotSaved { outcome, source });
                }
            };
            failures += 1;
            trace::result_not_saved(before, &ended.result, failures, &source);
            if failures == FAILURES_BEFORE_REPLY
                && let Some(reply) = reply.take()
            {
                drop(reply.send(Err(JournalError::NotSaved { outcome, source })));
            }
            let wait = self.settings.backoff.after(failures);
            let wait = if self.is_closed() { wait.min(self.settings.poll_interval) } else { wait };
            tokio::select! {
                biased;
                // Whoever shuts down has no time for a long backoff, and whoever stops waiting wants an end.
                _ = shut_down.changed() => {}
                () = self.timer.sleep(wait) => {}
            }
        }
    }

    async fn look_up(
        &self,
        planned: &Planned,
        look: Look,
        start: (OffsetDateTime, Duration),
        span: &StepSpan,
    ) -> Result<State, JournalError> {
        let mut options = WriteOptions::default();
        options.timeout = Some(self.settings.call_timeout);
        let Planned { loaded, executor, .. } = planned;
        let instruction = planned.instruction(options, None);
        let began = self.clock.monotonic();
        let looked = if self.elapsed_since(start) >= self.settings.lease_margin {
            Looked::Failed { problem: "the lease was over before the lookup".to_owned(), not_before: None }
        } else {
            // A client's own timeout may be longer than the lease, and it may wait for the provider's limit.
            let deadline = self.timer.deadline(self.settings.call_timeout);
            tokio::select! {
                biased;
                looked = executor.look_up(&instruction) => match looked {
                    Ok(Sighting::Found { seen, provider_id }) => Looked::Found { seen, provider_id },
                    Ok(Sighting::NotFound) => Looked::NotFound,
                    Err(error) => Looked::Failed { problem: words(&error), not_before: error.retry_after() },
                },
                () = deadline => {
                    let problem = "the lookup took longer than a call may take".to_owned();
                    Looked::Failed { problem, not_before: None }
                }
            }
        };
        span.lookup_ended(loaded, &looked, self.clock.monotonic().saturating_sub(began));
        let view = self.view(&**executor);
        let state = self.write(loaded.id, |loaded| plan::looked_up(&view, loaded, look, &looked)).await?;
        span.stored(state);
        self.wake.notify_one();
        Ok(state)
    }
}

/// What an error says about its attempt.
fn ended(error: &Error) -> Ended {
    let kind = error.kind();
    let is_about_account = matches!(kind, ErrorKind::Authentication | ErrorKind::Permission | ErrorKind::Configuration);
    let (result, is_invalid) = match error.outcome() {
        Outcome::NotSent | Outcome::Refused if is_about_account => (CallResult::AccountRefused, false),
        // The client itself rejects the request, now and always.
        Outcome::NotSent => (CallResult::NotSent, matches!(kind, ErrorKind::InvalidRequest | ErrorKind::Unsupported)),
        Outcome::Refused => (CallResult::Refused, false),
        Outcome::Unknown => (CallResult::Unknown, false),
    };
    Ended {
        result,
        provider_id: error.object_id().map(str::to_owned),
        problem: Some(words(error)),
        not_before: error.retry_after(),
        is_invalid,
    }
}

/// An error in words that are stored: no message of the provider, which could repeat a parameter.
fn words(error: &Error) -> String {
    if error.kind() == ErrorKind::Configuration && error.outcome() == Outcome::NotSent {
        // The client's own words about its settings: nothing was sent, so the provider said nothing.
        return error.to_string();
    }
    let mut words = error.kind().as_str().to_owned();
    for (name, value) in [("code", error.code()), ("decline code", error.decline_code()), ("field", error.param())] {
        if let Some(value) = value.filter(|value| is_code(value)) {
            words += &format!(", {name} {value}");
        }
    }
    if let Some(status) = error.status() {
        words += &format!(", HTTP {}", status.as_u16());
    }
    words
}

/// True if a provider's text is a code or the name of a field. A card or account number in its place is not stored.
fn is_code(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (1..=64).contains(&text.len()) && text.bytes().all(is_part) && digits <= 6
}

fn lost_claim() -> JournalError {
    JournalError::Store(StoreError::Unavailable("the claim was not stored".into()))
}

/// How often saving fails before the caller is told.
const FAILURES_BEFORE_REPLY: u32 = 3;

/// How often a row that cannot be read is tried: with the default backoff, for 17 minutes.
const UNREADABLE_TRIES: u32 = 10;
