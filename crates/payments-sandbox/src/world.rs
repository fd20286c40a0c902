//! Everything that the sandbox's parts share, and the rules by which it changes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::engine::{Effect, Engine};
use crate::fault::{Fault, FaultEffect, FaultError, Phase, Plan, PlanCall};
use crate::http::{Request, Response};
use crate::ledger::{Entry, Ledger};
use crate::timeline::TimelineEntry;
use crate::turbopay::TurboPay;
use crate::webhook::{self, Outbox};

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) seed: u64,
    state: Mutex<State>,
    /// One delivers at a time, so that messages leave in order.
    delivering: tokio::sync::Mutex<()>,
    /// Something was put in the outbox.
    wake: Notify,
}

pub(crate) struct State {
    pub(crate) turbopay: TurboPay,
    pub(crate) outbox: Outbox,
    pub(crate) plan: Plan,
    ledger: Vec<Entry>,
    timeline: Vec<TimelineEntry>,
    /// Requests that will be done later, although they were answered already.
    late: Vec<(OffsetDateTime, Provider, Request)>,
    requests: u64,
}

/// The providers that the sandbox plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    TurboPay,
}

impl Provider {
    pub(crate) const ALL: &[Self] = &[Self::TurboPay];
}

/// What goes over the wire, and when.
pub(crate) struct Exchange {
    /// On the clock, since its beginning. It is settled with the exchange itself: a clock that is moved right afterwards
    /// moves this answer too.
    pub(crate) at: Duration,
    pub(crate) wire: Wire,
}

pub(crate) enum Wire {
    Answer(Response),
    /// These bytes and no more.
    Part(Vec<u8>, Close),
    /// A byte at a time.
    Slow(Response),
    /// The request is yet to be done.
    Undone(Request),
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Close {
    Fin,
    Rst,
    /// It does not, until the client gives up.
    Stall,
}

impl World {
    pub(crate) fn new(clock: Clock, seed: u64, turbopay: TurboPay) -> Self {
        let state = State {
            turbopay,
            outbox: Outbox::default(),
            plan: Plan::new(seed),
            ledger: Vec::new(),
            timeline: Vec::new(),
            late: Vec::new(),
            requests: 0,
        };
        Self { clock, seed, state: Mutex::new(state), delivering: tokio::sync::Mutex::new(()), wake: Notify::new() }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere is a failed test, which wants to read what happened.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault that hits a connection before anything is read from it.
    pub(crate) fn accept(&self, provider: Provider) -> Option<Close> {
        let mut state = self.state();
        let name = state.engine(provider).name();
        let number = state.plan.count(name, CONNECTIONS);
        let call = PlanCall { provider: name, operation: None, reference: None, number };
        let (_, effect) = state.plan.take(call, &[Phase::Accept])?;
        state.note(&self.clock, &format!("{name}: connection closed as it was accepted: {effect}"));
        close_of(&effect)
    }

    /// Answers a request, as a fault lets it.
    pub(crate) fn exchange(&self, provider: Provider, request: Request) -> Exchange {
        let mut state = self.state();
        state.requests += 1;
        let request = Request { number: state.requests, ..request };
        let engine = state.engine(provider);
        let (name, asked) = (engine.name(), engine.operation(&request));
        let Some((operation, reference)) = asked else {
            state.note(&self.clock, &format!("{name}: {} of another address", request.method));
            let answer = state.respond(provider, &request, &self.clock);
            drop(state);
            self.wake.notify_one();
            return Exchange::now(Wire::Answer(answer));
        };
        let number = state.plan.count(name, operation);
        let about = reference.as_deref().unwrap_or("-");
        state.note(&self.clock, &format!("{name}.{operation}#{number} {about}: request {}", request.number));
        let call = PlanCall { provider: name, operation: Some(operation), reference: reference.as_deref(), number };
        let phases: &[Phase] = if request.method == "GET" {
            &[Phase::BeforeCommit, Phase::AfterCommit, Phase::MidBody, Phase::Query]
        } else {
            &[Phase::BeforeCommit, Phase::AfterCommit, Phase::MidBody]
        };
        let fault = state.plan.take(call, phases);
        if let Some((_, effect)) = &fault {
            state.note(&self.clock, &format!("{name}.{operation}#{number} {about}: fault {effect}"));
        }
        let now = self.clock.elapsed();
        let exchange = match fault {
            None => Exchange::now(Wire::Answer(state.respond(provider, &request, &self.clock))),
            Some((Phase::BeforeCommit, FaultEffect::LateCommit(after))) => {
                state.late.push((self.clock.now() + after, provider, request));
                Exchange::now(Wire::Part(Vec::new(), Close::Fin))
            }
            Some((Phase::BeforeCommit, FaultEffect::Delay(after))) => {
                Exchange { at: now + after, wire: Wire::Undone(request) }
            }
            Some((Phase::BeforeCommit, effect @ FaultEffect::Truncate(_))) => {
                let answer = state.engine(provider).rehearse(&request, self.clock.now());
                Exchange::of(&effect, answer, now)
            }
            Some((Phase::BeforeCommit, effect)) => {
                Exchange::of(&effect, Response::json(200, &serde_json::json!({"status": "ok"})), now)
            }
            Some((Phase::MidBody, effect)) => {
                let answer = state.respond(provider, &request, &self.clock);
                let half = answer.body.len() / 2;
                Exchange::now(part(&answer, half, close_of(&effect).unwrap_or(Close::Fin)))
            }
            Some((_, effect)) => {
                let answer = state.respond(provider, &request, &self.clock);
                Exchange::of(&effect, answer, now)
            }
        };
        drop(state);
        self.wake.notify_one();
        exchange
    }

    /// Does a request that was held back.
    pub(crate) fn do_now(&self, provider: Provider, request: &Request) -> Response {
        let answer = self.state().respond(provider, request, &self.clock);
        self.wake.notify_one();
        answer
    }

    /// Does what somebody outside of a request did: a bank, a customer, the back office.
    pub(crate) fn act<T>(
        &self,
        provider: Provider,
        act: impl FnOnce(&mut State, OffsetDateTime) -> Result<(Vec<Effect>, T), String>,
    ) -> Result<T, String> {
        let mut state = self.state();
        let (effects, value) = act(&mut state, self.clock.now())?;
        state.take_effects(provider, effects, &self.clock);
        drop(state);
        self.wake.notify_one();
        Ok(value)
    }

    /// Does all that is due by now.
    pub(crate) fn tick(&self) {
        self.state().tick(&self.clock);
    }

    /// Delivers all that is due by now, and all that follows from it.
    pub(crate) async fn settle(&self) {
        let _one_at_a_time = self.delivering.lock().await;
        loop {
            let next = {
                let mut state = self.state();
                state.tick(&self.clock);
                state.outbox.next(self.clock.elapsed())
            };
            let Some((number, message)) = next else { return };
            let result = webhook::send(&message).await;
            let mut state = self.state();
            if let Some(line) = state.outbox.sent(number, &result, self.clock.elapsed()) {
                state.note(&self.clock, &line);
            }
        }
    }

    /// Settles whenever something falls due, for as long as the sandbox runs.
    pub(crate) async fn keep_settling(self: Arc<Self>) {
        loop {
            self.settle().await;
            let due = self.state().next_due(&self.clock);
            let due = due.unwrap_or_else(|| self.clock.elapsed().saturating_add(IDLE));
            tokio::select! {
                () = self.wake.notified() => {}
                () = self.clock.sleep_until(due) => {}
            }
        }
    }

    pub(crate) fn add_fault(&self, text: &str) -> Result<(), FaultError> {
        let fault: Fault = text.parse()?;
        let mut state = self.state();
        let operations: Vec<_> = Provider::ALL
            .iter()
            .map(|provider| {
                let engine = state.engine(*provider);
                (engine.name(), engine.operations())
            })
            .collect();
        state.plan.add(fault, &operations)
    }

    pub(crate) fn timeline(&self) -> Vec<TimelineEntry> {
        self.state().timeline.clone()
    }

    pub(crate) fn ledger(&self) -> Ledger {
        self.tick();
        let story = self.story();
        Ledger { entries: self.state().ledger.clone(), story }
    }

    /// What happened, and how to make it happen again.
    pub(crate) fn story(&self) -> String {
        let state = self.state();
        let mut story = String::from("what happened:\n");
        let skipped = state.timeline.len().saturating_sub(LINES_OF_A_STORY);
        if skipped > 0 {
            story.push_str(&format!("  ... {skipped} earlier lines\n"));
        }
        for entry in &state.timeline[skipped..] {
            story.push_str(&format!("{entry}\n"));
        }
        story.push_str("the ledger:\n");
        for entry in &state.ledger[state.ledger.len().saturating_sub(LINES_OF_A_STORY)..] {
            story.push_str(&format!("{entry}\n"));
        }
        story.push_str(&format!("replay: seed {}", self.seed));
        for (fault, _) in state.plan.list() {
            story.push_str(&format!(", fault \"{fault}\""));
        }
        story
    }

    /// What is wrong at the end: faults that never happened, orders that were executed twice.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let ledger = self.ledger();
        let unfired = self.state().plan.unfired().into_iter().map(|fault| format!("a fault never happened: {fault}"));
        let double = ledger.double_executions().into_iter();
        let double = double.map(|(operation, reference)| format!("{operation} was executed twice for {reference:?}"));
        unfired.chain(double).collect()
    }

    pub(crate) fn release(&self) {
        self.state().outbox.release();
        self.wake.notify_one();
    }
}

impl State {
    pub(crate) fn engine(&mut self, provider: Provider) -> &mut dyn Engine {
        match provider {
            Provider::TurboPay => &mut self.turbopay,
        }
    }

    fn respond(&mut self, provider: Provider, request: &Request, clock: &Clock) -> Response {
        let (answer, effects) = self.engine(provider).respond(request, clock.now());
        self.take_effects(provider, effects, clock);
        answer
    }

    fn tick(&mut self, clock: &Clock) {
        let now = clock.now();
        let (mut due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.late).into_iter().partition(|(at, _, _)| *at <= now);
        self.late = later;
        due.sort_by_key(|(at, _, _)| *at);
        for (at, provider, request) in due {
            self.note(clock, &format!("request {} is done late", request.number));
            // At its own time, before what fell due after it.
            let (_nobody_waits_for_it, effects) = self.engine(provider).respond(&request, at);
            self.take_effects(provider, effects, clock);
        }
        for provider in Provider::ALL {
            let effects = self.engine(*provider).tick(now);
            self.take_effects(*provider, effects, clock);
        }
    }

    fn take_effects(&mut self, provider: Provider, effects: Vec<Effect>, clock: &Clock) {
        let name = self.engine(provider).name();
        for effect in effects {
            match effect {
                Effect::Record { operation, reference, what, amount, currency, request } => {
                    let entry = Entry {
                        number: self.ledger.len() + 1,
                        at: clock.now().unix_timestamp(),
                        operation: operation.to_owned(),
                        reference,
                        what,
                        amount,
                        currency,
                        request,
                    };
                    self.note(clock, &format!("LEDGER {entry}"));
                    self.ledger.push(entry);
                }
                Effect::Deliver(message) => {
                    let reference = Some(message.reference.as_str());
                    let call = PlanCall { provider: name, operation: Some(message.operation), reference, number: 0 };
                    let fault = self.plan.take_for_message(call);
                    let line = self.outbox.put(message, fault.as_ref(), clock.elapsed());
                    self.note(clock, &line);
                }
            }
        }
    }

    /// When something falls due, on the clock since its beginning.
    fn next_due(&mut self, clock: &Clock) -> Option<Duration> {
        let elapsed = clock.elapsed();
        let now = clock.began() + elapsed;
        let engines = Provider::ALL.iter().filter_map(|provider| self.engine(*provider).next_due()).min();
        let late = self.late.iter().map(|(at, _, _)| *at).min();
        let at = [engines, late].into_iter().flatten().min();
        let at = at.map(|at| elapsed + Duration::try_from(at - now).unwrap_or(Duration::ZERO));
        let message = self.outbox.next_due();
        [at, message].into_iter().flatten().min()
    }

    fn note(&mut self, clock: &Clock, what: &str) {
        // A merchant's reference is any text: one with a line feed would write lines of its own.
        let what = what.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        self.timeline.push(TimelineEntry { at: clock.elapsed(), what });
    }
}

impl Exchange {
    fn now(wire: Wire) -> Self {
        Self { at: Duration::ZERO, wire }
    }

    /// What a fault makes of an answer.
    fn of(effect: &FaultEffect, answer: Response, now: Duration) -> Self {
        let wire = match effect {
            FaultEffect::Truncate(bytes) => {
                // A whole body would not be truncated.
                let most = answer.body.len().saturating_sub(1);
                part(&answer, bytes.unwrap_or(answer.body.len() / 2).min(most), Close::Fin)
            }
            FaultEffect::Garbage => Wire::Answer(Response::new(200, "application/json", *b"\xff\xfe{{garbage\x00")),
            FaultEffect::Html(status) => {
                Wire::Answer(Response::html(*status, "<html><body><h1>Something went wrong</h1></body></html>"))
            }
            FaultEffect::Json(status) => {
                Wire::Answer(Response::json(*status, &serde_json::json!({"message": "Something went wrong"})))
            }
            FaultEffect::Redirect(status) => Wire::Answer(Response::redirect(*status, "http://elsewhere.invalid/")),
            FaultEffect::Encoding(name) => Wire::Answer(answer.header("Content-Encoding", name.clone())),
            FaultEffect::Slow => return Self { at: now, wire: Wire::Slow(answer) },
            FaultEffect::Delay(after) => return Self { at: now + *after, wire: Wire::Answer(answer) },
            other => Wire::Part(Vec::new(), close_of(other).unwrap_or(Close::Fin)),
        };
        Self::now(wire)
    }
}

fn part(answer: &Response, body_bytes: usize, close: Close) -> Wire {
    let mut bytes = answer.head();
    bytes.extend_from_slice(&answer.body[..body_bytes.min(answer.body.len())]);
    Wire::Part(bytes, close)
}

fn close_of(effect: &FaultEffect) -> Option<Close> {
    match effect {
        FaultEffect::Fin => Some(Close::Fin),
        FaultEffect::Rst => Some(Close::Rst),
        FaultEffect::Stall => Some(Close::Stall),
        _ => None,
    }
}

/// Nothing is due: look again in a while all the same.
const IDLE: Duration = Duration::from_secs(3600);

/// Connections are counted like the calls of an operation that no provider has.
const CONNECTIONS: &str = "";

/// A failure's story shows the end, which is where it went wrong.
const LINES_OF_A_STORY: usize = 60;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Provider, World};
    use crate::clock::Clock;
    use crate::engine::Effect;
    use crate::ledger::What;
    use crate::turbopay::{Config, TurboPay};

    /// No engine executes twice, which is why this cannot be seen from outside.
    #[test]
    fn an_order_that_was_executed_twice_is_complained_of() {
        let config = Config {
            api_key: String::new(),
            webhook_key: String::new(),
            opening_balance: 0,
            settles_after: std::time::Duration::ZERO,
            whitelisted: true,
            blocked_customers: HashSet::new(),
        };
        let world = World::new(Clock::manual(), 1, TurboPay::new(config, 1));
        let execution = |reference: &str, operation| Effect::Record {
            operation,
            reference: reference.to_owned(),
            what: What::Executed,
            amount: 100,
            currency: "INR".to_owned(),
            request: None,
        };
        let effects = vec![
            execution("twice", "turbopay.withdraw"),
            execution("once", "turbopay.withdraw"),
            execution("once", "turbopay.confirm"),
            execution("twice", "turbopay.withdraw"),
        ];
        world.act(Provider::TurboPay, |_, _| Ok((effects, ()))).unwrap();

        assert_eq!(world.complaints(), ["turbopay.withdraw was executed twice for \"twice\""]);
    }
}
