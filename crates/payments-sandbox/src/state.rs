//! The state that all parts of the sandbox share. It knows the providers only as engines.

mod exchange;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::endpoint::ControlCall;
use crate::engine::{Effect, Engine, Message, SignedHeader};
use crate::error::FaultError;
use crate::fault::{Fault, FaultSchedule};
use crate::http::{Request, Response};
use crate::ledger::{Entry, Ledger};
use crate::outbox::{self, MerchantResponse, Outbox};
use crate::problem::Problem;
use crate::timeline::TimelineEntry;

pub(crate) use exchange::{Close, Exchange, SLOW_BYTE_INTERVAL, Wire};

/// A provider, by its index in the list of providers.
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
    /// True if the providers use TLS.
    is_tls: bool,
    state: Mutex<State>,
    /// Held while messages are sent, so that they are sent in order.
    delivering: tokio::sync::Mutex<()>,
    /// Notified when a message may be due.
    wake: Notify,
}

pub(crate) struct State {
    engines: Vec<Box<dyn Engine>>,
    pub(crate) outbox: Outbox,
    pub(crate) faults: FaultSchedule,
    /// Shared with the snapshots, which are taken more often than the ledger grows.
    ledger: Arc<Vec<Entry>>,
    timeline: Vec<TimelineEntry>,
    /// True if a timeline is recorded.
    record_timeline: bool,
    /// Requests that are executed later although their clients have disconnected, by time and request number.
    delayed: BTreeMap<(OffsetDateTime, u64), (ProviderId, Request)>,
    requests: u64,
    /// The number of requests that followed a redirect away from their provider.
    misdirected: u64,
    /// The status that each order must have at the end, by the merchant's reference.
    expected_statuses: BTreeMap<String, String>,
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
            expected_statuses: BTreeMap::new(),
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
        // A panic in another thread is a failed test, whose report still needs the state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Performs an action of a bank, a customer or the back office, outside of any request.
    pub(crate) fn act<T>(
        &self,
        provider: ProviderId,
        act: impl FnOnce(&mut dyn Engine, OffsetDateTime) -> Result<(Vec<Effect>, T), Problem>,
    ) -> Result<T, Problem> {
        let mut state = self.lock();
        state.tick(&self.clock);
        let now = self.clock.now();
        let (effects, value) = act(state.engine(provider), now)?;
        state.apply_effects(provider, effects, now, &self.clock);
        drop(state);
        self.wake.notify_one();
        Ok(value)
    }

    /// Handles a request to one of a provider's endpoints of the control API.
    pub(crate) fn control(
        &self,
        provider: ProviderId,
        endpoint: usize,
        call: &ControlCall<'_>,
    ) -> Result<Value, Problem> {
        self.act(provider, |engine, now| engine.control(endpoint, call, now))
    }

    /// Executes everything that is due.
    pub(crate) fn tick(&self) {
        self.lock().tick(&self.clock);
    }

    /// Sends every message that is due, and every message that becomes due by that.
    pub(crate) async fn settle(&self) {
        let _one_at_a_time = self.delivering.lock().await;
        loop {
            let Some((id, message)) = self.next_message() else { return };
            let result = outbox::send(&message).await;
            self.record_attempt(id, &result);
        }
    }

    /// The first message that is due. It stays first until [`record_attempt`](SharedState::record_attempt) is called.
    pub(crate) fn next_message(&self) -> Option<(usize, Message)> {
        let mut state = self.lock();
        state.tick(&self.clock);
        state.outbox.next(self.clock.elapsed(), self.clock.now())
    }

    /// Records the merchant's response to a message, or why there was none.
    pub(crate) fn record_attempt(&self, id: usize, result: &Result<MerchantResponse, String>) {
        let mut state = self.lock();
        let line = state.outbox.record_attempt(id, result);
        state.note(&self.clock, format_args!("{line}"));
    }

    /// When the next action or message is due, on the clock since its start.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.lock().next_due(&self.clock)
    }

    /// Executes a request at this time, although its client has disconnected.
    pub(crate) fn respond_later(&self, at: Duration, provider: ProviderId, request: Request) {
        let due = (self.clock.at(at), request.number);
        self.lock().delayed.insert(due, (provider, request));
    }

    /// Calls [`settle`](SharedState::settle) whenever something is due, for as long as the sandbox runs.
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
            let rule = "needs TLS: enable the feature `tls` and call Sandbox::builder().tls()".to_owned();
            return Err(FaultError { part: fault.effect.to_string(), rule });
        }
        let mut state = self.lock();
        let State { faults, engines, .. } = &mut *state;
        faults.add(fault, engines)
    }

    /// Adds a line to the timeline.
    pub(crate) fn note(&self, text: fmt::Arguments<'_>) {
        self.lock().note(&self.clock, text);
    }

    /// Stops recording the timeline.
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

    /// Sets the status that an order must have at the end. The last call for an order counts.
    pub(crate) fn expect_status(&self, reference: &str, status: &str) {
        self.lock().expected_statuses.insert(reference.to_owned(), status.to_owned());
    }

    /// Records a request to the URL of a redirect fault.
    pub(crate) fn record_misdirected(&self, request: &Request) {
        let mut state = self.lock();
        state.misdirected += 1;
        state.note(&self.clock, format_args!("{} followed a redirect away from its provider", request.method));
    }

    /// Returns the end of the timeline, the end of the ledger, and how to repeat the run.
    pub(crate) fn report(&self) -> String {
        let state = self.lock();
        let mut report = String::from("timeline:\n");
        let skipped = state.timeline.len().saturating_sub(REPORT_LINES);
        if skipped > 0 {
            report.push_str(&format!("  ... {skipped} earlier lines\n"));
        }
        for entry in &state.timeline[skipped..] {
            report.push_str(&format!("{entry}\n"));
        }
        report.push_str("ledger:\n");
        for entry in &state.ledger[state.ledger.len().saturating_sub(REPORT_LINES)..] {
            report.push_str(&format!("{entry}\n"));
        }
        report.push_str(&format!("replay: seed {}", self.seed));
        for (fault, _) in state.faults.list() {
            report.push_str(&format!(", fault \"{fault}\""));
        }
        report
    }

    /// Returns everything that must make the test fail.
    pub(crate) fn violations(self: &Arc<Self>) -> Vec<String> {
        let ledger = self.ledger();
        let unfired = self.lock().faults.unfired().into_iter().map(|fault| format!("a fault never occurred: {fault}"));
        let double = ledger.double_executions().into_iter();
        let double = double.map(|(operation, reference)| format!("{operation} was executed twice for {reference:?}"));
        let misdirected = Some(self.lock().misdirected).filter(|misdirected| *misdirected > 0);
        let misdirected = misdirected
            .map(|misdirected| format!("requests that followed a redirect away from their provider: {misdirected}"));
        let state = self.lock();
        let wrong = state.expected_statuses.iter().filter_map(|(reference, expected)| {
            let engines = state.engines().iter();
            let status = status_of(engines.filter_map(|engine| Some((engine.status(reference)?, engine.spec().name))));
            (status != *expected).then(|| format!("order {reference:?} is {status}, expected {expected}"))
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

    /// Executes everything that is due, in order and each at its own time.
    ///
    /// A clock that is advanced by an hour at once must not change what happens in that hour.
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
                    self.note_at(clock.elapsed_at(at), format_args!("request {} is executed now", request.number));
                    let _discarded = self.respond_at(provider, &request, at, clock);
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
        message.headers.extend(signed_header.as_ref().map(|signed_header| signed_header.create(at)));
        let fault = self.faults.take_for_message(provider, message.operation, &message.reference);
        let elapsed = clock.elapsed_at(at);
        let line = self.outbox.enqueue(message, signed_header, fault.as_ref(), elapsed);
        self.note_at(elapsed, format_args!("{line}"));
    }

    /// When the next action or message is due, on the clock since its start.
    fn next_due(&self, clock: &Clock) -> Option<Duration> {
        let at = self.first_due().map(|(at, _)| clock.elapsed_at(at));
        [at, self.outbox.next_due()].into_iter().flatten().min()
    }

    fn note(&mut self, clock: &Clock, text: fmt::Arguments<'_>) {
        self.note_at(clock.elapsed(), text);
    }

    fn note_at(&mut self, at: Duration, text: fmt::Arguments<'_>) {
        if !self.record_timeline {
            return;
        }
        let text = text.to_string();
        // A merchant's reference may contain any character. A line feed must not start a new line here.
        let text = if text.contains(char::is_control) { text.replace(char::is_control, "\u{fffd}") } else { text };
        self.timeline.push(TimelineEntry { at, text });
    }
}

/// Formats an order's statuses. If several providers have an order of this reference, no expected status equals the
/// text.
fn status_of(statuses: impl Iterator<Item = (String, &'static str)>) -> String {
    match statuses.collect::<Vec<_>>().as_slice() {
        [] => "unknown to all providers".to_owned(),
        [(status, _)] => status.clone(),
        several => several.iter().map(|(status, name)| format!("{status} at {name}")).collect::<Vec<_>>().join(", "),
    }
}

/// An action that is due.
enum Due {
    Engine(ProviderId),
    DelayedRequest,
}

/// How long to wait before looking again if nothing is due.
const IDLE: Duration = Duration::from_secs(3600);

/// The most lines of the timeline and of the ledger in a report. It shows the last ones, which explain a failure best.
const REPORT_LINES: usize = 60;

#[cfg(test)]
mod tests {
    use super::status_of;

    #[test]
    fn the_status_of_a_reference_at_two_providers_names_both() {
        let status_of = |statuses: &[(&str, &'static str)]| {
            status_of(statuses.iter().map(|(status, provider)| ((*status).to_owned(), *provider)))
        };
        assert_eq!(status_of(&[]), "unknown to all providers");
        assert_eq!(status_of(&[("success", "turbopay")]), "success");
        assert_eq!(status_of(&[("paid", "card3ds"), ("paid", "turbopay")]), "paid at card3ds, paid at turbopay");
    }
}
