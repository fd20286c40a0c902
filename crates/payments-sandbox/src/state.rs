//! Everything that the sandbox's parts share, and the rules by which it changes. It knows providers as engines alone.

mod exchange;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::engine::{Effect, Engine, Message, SignedHeader};
use crate::error::FaultError;
use crate::fault::{Fault, FaultSchedule};
use crate::http::{Request, Response};
use crate::ledger::{Entry, Ledger};
use crate::outbox::{self, MerchantResponse, Outbox};
use crate::timeline::TimelineEntry;

pub(crate) use exchange::{Close, Exchange, SLOW_BYTE_INTERVAL, Wire};

/// One of the providers, by its place in their list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProviderId(usize);

impl ProviderId {
    pub(crate) fn new(index: usize) -> Self {
        Self(index)
    }

    pub(crate) fn index(self) -> usize {
        self.0
    }
}

pub(crate) struct SharedState {
    pub(crate) clock: Clock,
    pub(crate) seed: u64,
    pub(crate) control_url: String,
    /// The providers are behind TLS.
    is_tls: bool,
    state: Mutex<State>,
    /// One delivers at a time, so that messages leave in order.
    delivering: tokio::sync::Mutex<()>,
    /// Something was put in the outbox.
    wake: Notify,
}

pub(crate) struct State {
    engines: Vec<Box<dyn Engine>>,
    pub(crate) outbox: Outbox,
    pub(crate) faults: FaultSchedule,
    /// Shared with the views of it, which are taken more often than it grows.
    ledger: Arc<Vec<Entry>>,
    timeline: Vec<TimelineEntry>,
    /// There is to be a timeline.
    record_timeline: bool,
    /// Requests that will be done later, although their clients have lost them already; by when, and in order.
    delayed: BTreeMap<(OffsetDateTime, u64), (ProviderId, Request)>,
    requests: u64,
    /// Requests that followed a redirect away from the provider.
    misdirected: u64,
    /// What a client believes of an order, by the merchant's reference.
    beliefs: BTreeMap<String, String>,
}

impl SharedState {
    pub(crate) fn new(
        clock: Clock,
        seed: u64,
        control_url: String,
        is_tls: bool,
        engines: Vec<Box<dyn Engine>>,
    ) -> Self {
        let state = State {
            engines,
            outbox: Outbox::default(),
            faults: FaultSchedule::new(seed),
            ledger: Arc::default(),
            timeline: Vec::new(),
            record_timeline: true,
            delayed: BTreeMap::new(),
            requests: 0,
            misdirected: 0,
            beliefs: BTreeMap::new(),
        };
        Self {
            clock,
            seed,
            control_url,
            is_tls,
            state: Mutex::new(state),
            delivering: tokio::sync::Mutex::new(()),
            wake: Notify::new(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere is a failed test, which wants to read what happened.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what somebody outside of a request did: a bank, a customer, the back office.
    pub(crate) fn act<T>(
        &self,
        provider: ProviderId,
        act: impl FnOnce(&mut dyn Engine, OffsetDateTime) -> Result<(Vec<Effect>, T), String>,
    ) -> Result<T, String> {
        let mut state = self.lock();
        state.tick(&self.clock);
        let now = self.clock.now();
        let (effects, value) = act(state.engine(provider), now)?;
        state.apply_effects(provider, effects, now, &self.clock);
        drop(state);
        self.wake.notify_one();
        Ok(value)
    }

    /// Does what the control API was asked of a provider; nothing where there is no such address.
    pub(crate) fn control(&self, name: &str, path: &[&str], body: &[u8]) -> Option<Result<Value, String>> {
        let index = self.lock().engines.iter().position(|engine| engine.spec().name == name)?;
        let done = self.act(ProviderId(index), |engine, now| match engine.control(path, body, now) {
            Some(done) => done.map(|(effects, response)| (effects, Some(response))),
            None => Ok((Vec::new(), None)),
        });
        done.transpose()
    }

    /// Does all that is due by now.
    pub(crate) fn tick(&self) {
        self.lock().tick(&self.clock);
    }

    /// Delivers all that is due by now, and all that follows from it.
    pub(crate) async fn settle(&self) {
        let _one_at_a_time = self.delivering.lock().await;
        loop {
            let Some((id, message)) = self.next_message() else { return };
            let result = outbox::send(&message).await;
            self.record_attempt(id, &result);
        }
    }

    /// The first message that is due by now. It stays so until its [attempt is recorded](SharedState::record_attempt).
    pub(crate) fn next_message(&self) -> Option<(usize, Message)> {
        let mut state = self.lock();
        state.tick(&self.clock);
        state.outbox.next(self.clock.elapsed(), self.clock.now())
    }

    /// What a message was answered, or why it was not.
    pub(crate) fn record_attempt(&self, id: usize, result: &Result<MerchantResponse, String>) {
        let mut state = self.lock();
        let line = state.outbox.record_attempt(id, result);
        state.note(&self.clock, format_args!("{line}"));
    }

    /// When something falls due, on the clock since its beginning.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.lock().next_due(&self.clock)
    }

    /// Does a request at its time, although its client has gone away.
    pub(crate) fn respond_later(&self, at: Duration, provider: ProviderId, request: Request) {
        let due = (self.clock.at(at), request.number);
        self.lock().delayed.insert(due, (provider, request));
    }

    /// Settles whenever something falls due, for as long as the sandbox runs.
    pub(crate) async fn keep_settling(self: Arc<Self>) {
        loop {
            self.settle().await;
            let due = self.next_due().unwrap_or_else(|| self.clock.elapsed().saturating_add(IDLE));
            tokio::select! {
                () = self.wake.notified() => {}
                () = self.clock.sleep_until(due) => {}
            }
        }
    }

    pub(crate) fn add_fault(&self, text: &str) -> Result<(), FaultError> {
        let fault: Fault = text.parse()?;
        if fault.needs_tls() && !self.is_tls {
            let rule = "is only there with TLS: Sandbox::builder().tls(), of the feature tls".to_owned();
            return Err(FaultError { part: fault.effect.to_string(), rule });
        }
        let mut state = self.lock();
        let State { faults, engines, .. } = &mut *state;
        faults.add(fault, engines)
    }

    /// A line of the test's own.
    pub(crate) fn note(&self, what: fmt::Arguments<'_>) {
        self.lock().note(&self.clock, what);
    }

    /// Keeps no timeline from now on.
    pub(crate) fn disable_timeline(&self) {
        self.lock().record_timeline = false;
    }

    pub(crate) fn timeline(&self) -> Vec<TimelineEntry> {
        self.lock().timeline.clone()
    }

    pub(crate) fn ledger(self: &Arc<Self>) -> Ledger {
        self.tick();
        let state = Arc::clone(self);
        Ledger { entries: Arc::clone(&self.lock().ledger), report: Arc::new(move || state.report()) }
    }

    /// What a client says of an order; the last word on each counts.
    pub(crate) fn believes(&self, reference: &str, status: &str) {
        self.lock().beliefs.insert(reference.to_owned(), status.to_owned());
    }

    /// A request came to where a redirect led.
    pub(crate) fn record_misdirected(&self, request: &Request) {
        let mut state = self.lock();
        state.misdirected += 1;
        state.note(&self.clock, format_args!("{} followed a redirect away from its provider", request.method));
    }

    /// What happened, and how to make it happen again.
    pub(crate) fn report(&self) -> String {
        let state = self.lock();
        let mut report = String::from("what happened:\n");
        let skipped = state.timeline.len().saturating_sub(REPORT_LINES);
        if skipped > 0 {
            report.push_str(&format!("  ... {skipped} earlier lines\n"));
        }
        for entry in &state.timeline[skipped..] {
            report.push_str(&format!("{entry}\n"));
        }
        report.push_str("the ledger:\n");
        for entry in &state.ledger[state.ledger.len().saturating_sub(REPORT_LINES)..] {
            report.push_str(&format!("{entry}\n"));
        }
        report.push_str(&format!("replay: seed {}", self.seed));
        for (fault, _) in state.faults.list() {
            report.push_str(&format!(", fault \"{fault}\""));
        }
        report
    }

    /// What is wrong at the end: faults that never happened, orders that were executed twice.
    pub(crate) fn violations(self: &Arc<Self>) -> Vec<String> {
        let ledger = self.ledger();
        let unfired = self.lock().faults.unfired().into_iter().map(|fault| format!("a fault never happened: {fault}"));
        let double = ledger.double_executions().into_iter();
        let double = double.map(|(operation, reference)| format!("{operation} was executed twice for {reference:?}"));
        let misdirected = Some(self.lock().misdirected).filter(|misdirected| *misdirected > 0);
        let misdirected = misdirected
            .map(|misdirected| format!("{misdirected} requests followed a redirect away from their provider"));
        let state = self.lock();
        let wrong = state.beliefs.iter().filter_map(|(reference, believed)| {
            let engines = state.engines().iter();
            let status = status_of(engines.filter_map(|engine| Some((engine.status(reference)?, engine.spec().name))));
            (status != *believed).then(|| format!("order {reference:?} is {status}, and was believed to be {believed}"))
        });
        unfired.chain(double).chain(misdirected).chain(wrong).collect()
    }

    pub(crate) fn release(&self) {
        self.lock().outbox.release(self.clock.elapsed());
        self.wake.notify_one();
    }
}

impl State {
    pub(crate) fn engine(&mut self, provider: ProviderId) -> &mut dyn Engine {
        self.engines[provider.0].as_mut()
    }

    pub(crate) fn engines(&self) -> &[Box<dyn Engine>] {
        &self.engines
    }

    fn respond(&mut self, provider: ProviderId, request: &Request, clock: &Clock) -> Response {
        let now = clock.now();
        self.respond_at(provider, request, now, clock)
    }

    fn respond_at(&mut self, provider: ProviderId, request: &Request, at: OffsetDateTime, clock: &Clock) -> Response {
        let (response, effects) = self.engine(provider).respond(request, at);
        self.apply_effects(provider, effects, at, clock);
        response
    }

    /// Does all that is due by now, one thing after the other, each at its own time: a clock that jumps over an hour must
    /// not change what happens in it.
    fn tick(&mut self, clock: &Clock) {
        let now = clock.now();
        while let Some((at, due)) = self.first_due().filter(|(at, _)| *at <= now) {
            match due {
                Due::Engine(provider) => {
                    let effects = self.engine(provider).tick(at);
                    self.apply_effects(provider, effects, at, clock);
                }
                Due::DelayedRequest => {
                    let Some((_, (provider, request))) = self.delayed.pop_first() else { return };
                    self.note_at(clock.elapsed_at(at), format_args!("request {} is done now", request.number));
                    let _nobody_waits_for_it = self.respond_at(provider, &request, at, clock);
                }
            }
        }
    }

    fn first_due(&self) -> Option<(OffsetDateTime, Due)> {
        let delayed = self.delayed.first_key_value().map(|((at, _), _)| (*at, Due::DelayedRequest));
        let engines = self.engines.iter().enumerate();
        let engines = engines.filter_map(|(index, engine)| Some((engine.next_due()?, Due::Engine(ProviderId(index)))));
        engines.chain(delayed).min_by_key(|(at, _)| *at)
    }

    fn apply_effects(&mut self, provider: ProviderId, effects: Vec<Effect>, at: OffsetDateTime, clock: &Clock) {
        let name = self.engine(provider).spec().name;
        let elapsed = clock.elapsed_at(at);
        for effect in effects {
            match effect {
                Effect::Record { operation, reference, kind, amount, currency, request } => {
                    let entry = Entry {
                        number: self.ledger.len() + 1,
                        at: at.unix_timestamp(),
                        operation: operation.to_owned(),
                        reference,
                        kind,
                        amount,
                        currency,
                        request,
                    };
                    self.note_at(elapsed, format_args!("LEDGER {entry}"));
                    Arc::make_mut(&mut self.ledger).push(entry);
                }
                Effect::Advance(time) => {
                    clock.advance(time);
                    self.note(clock, format_args!("{name}: {} s were skipped", time.as_secs()));
                }
                Effect::Deliver(message) => self.deliver(name, message, None, at, clock),
                Effect::DeliverSigned(message, signed_header) => {
                    self.deliver(name, message, Some(signed_header), at, clock)
                }
            }
        }
    }

    fn deliver(
        &mut self,
        provider: &'static str,
        mut message: Message,
        signed_header: Option<SignedHeader>,
        at: OffsetDateTime,
        clock: &Clock,
    ) {
        message.headers.extend(signed_header.as_ref().map(|signed_header| signed_header.at(at)));
        let fault = self.faults.take_for_message(provider, message.operation, &message.reference);
        let elapsed = clock.elapsed_at(at);
        let line = self.outbox.enqueue(message, signed_header, fault.as_ref(), elapsed);
        self.note_at(elapsed, format_args!("{line}"));
    }

    /// When something falls due, on the clock since its beginning.
    fn next_due(&self, clock: &Clock) -> Option<Duration> {
        let at = self.first_due().map(|(at, _)| clock.elapsed_at(at));
        [at, self.outbox.next_due()].into_iter().flatten().min()
    }

    fn note(&mut self, clock: &Clock, what: fmt::Arguments<'_>) {
        self.note_at(clock.elapsed(), what);
    }

    fn note_at(&mut self, at: Duration, what: fmt::Arguments<'_>) {
        if !self.record_timeline {
            return;
        }
        let what = what.to_string();
        // A merchant's reference is any text: one with a line feed would write lines of its own.
        let what = if what.contains(char::is_control) { what.replace(char::is_control, "\u{fffd}") } else { what };
        self.timeline.push(TimelineEntry { at, what });
    }
}

/// Where an order stands, at the provider that has it; one word cannot be right about the orders of two.
fn status_of(found: impl Iterator<Item = (String, &'static str)>) -> String {
    match found.collect::<Vec<_>>().as_slice() {
        [] => "unknown here".to_owned(),
        [(status, _)] => status.clone(),
        several => several.iter().map(|(status, name)| format!("{status} at {name}")).collect::<Vec<_>>().join(", "),
    }
}

/// What falls due.
enum Due {
    Engine(ProviderId),
    DelayedRequest,
}

/// Nothing is due: look again in a while all the same.
const IDLE: Duration = Duration::from_secs(3600);

/// A failure's report shows the end, which is where it went wrong.
const REPORT_LINES: usize = 60;

#[cfg(test)]
mod tests {
    use super::status_of;

    #[test]
    fn no_status_is_right_about_the_orders_of_two_providers() {
        let status_of = |found: &[(&str, &'static str)]| {
            status_of(found.iter().map(|(status, provider)| ((*status).to_owned(), *provider)))
        };
        assert_eq!(status_of(&[]), "unknown here");
        assert_eq!(status_of(&[("success", "turbopay")]), "success");
        assert_eq!(status_of(&[("paid", "card3ds"), ("paid", "turbopay")]), "paid at card3ds, paid at turbopay");
    }
}
