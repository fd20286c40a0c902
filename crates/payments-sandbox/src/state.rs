//! The state that all parts of the sandbox share. It knows the providers only as engines.

mod exchange;
mod order;
mod subject;
mod totals;

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
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
use crate::ledger::{Double, Entry, EntryKind, Ledger};
use crate::outbox::{self, Delivery, DeliveryAction, MerchantResponse, Outbox};
use crate::problem::Problem;
use crate::record::log::RecordLog;
use crate::record::{Content, Mask, Record, RecordKind};
use crate::timeline::TimelineEntry;

pub(crate) use exchange::{Close, Exchange, SLOW_BYTE_INTERVAL, Wire};
pub(crate) use order::{Order, OrderAction, OrderFilter, OrderRequest, StatusRecord};
pub(crate) use subject::Subject;
pub(crate) use totals::Total;

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

/// A provider's name, with its base URL and keys by their names.
pub(crate) type Credentials = (&'static str, Vec<(&'static str, String)>);

pub(crate) struct SharedState {
    pub(crate) clock: Clock,
    pub(crate) seed: u64,
    /// Random for each start, so that nothing of an earlier run is taken for a part of this one.
    pub(crate) run: String,
    /// Each provider's base URL and keys, once the handles exist.
    credentials: OnceLock<Vec<Credentials>>,
    pub(crate) control_url: String,
    /// True if the providers use TLS.
    pub(crate) is_tls: bool,
    state: Mutex<State>,
    /// Held while messages are sent, so that they are sent in order.
    delivering: tokio::sync::Mutex<()>,
    /// Notified when a message may be due.
    wake: Notify,
    /// Notified when something was recorded.
    pub(crate) recorded: Arc<Notify>,
}

pub(crate) struct State {
    engines: Vec<Box<dyn Engine>>,
    pub(crate) outbox: Outbox,
    pub(crate) faults: FaultSchedule,
    /// Shared with the snapshots, which are taken more often than the ledger grows.
    ledger: Arc<Vec<Entry>>,
    /// The references that the merchant uses for one order, by order.
    same_orders: Arc<Vec<Vec<String>>>,
    pub(crate) records: RecordLog,
    /// The number of the record that causes what happens now.
    cause: Option<u64>,
    /// Requests that are executed later although their clients have disconnected, by time and request number.
    delayed: BTreeMap<(OffsetDateTime, u64), (ProviderId, Request)>,
    requests: u64,
    /// The number of requests that followed a redirect away from their provider.
    misdirected: u64,
    /// The status that each order must have at the end, by the merchant's reference.
    expected_statuses: BTreeMap<String, String>,
}

/// How much happened in a run.
pub(crate) struct Counts {
    pub(crate) requests: u64,
    pub(crate) orders: usize,
    pub(crate) entries: usize,
    pub(crate) messages: usize,
    pub(crate) faults: usize,
}

impl SharedState {
    pub(crate) fn new(
        clock: Clock,
        seed: u64,
        control_url: String,
        is_tls: bool,
        engines: Vec<Box<dyn Engine>>,
    ) -> Self {
        let records = RecordLog::default();
        let recorded = records.added();
        let state = State {
            engines,
            outbox: Outbox::default(),
            faults: FaultSchedule::new(seed),
            ledger: Arc::default(),
            same_orders: Arc::default(),
            records,
            cause: None,
            delayed: BTreeMap::new(),
            requests: 0,
            misdirected: 0,
            expected_statuses: BTreeMap::new(),
        };
        Self {
            clock,
            seed,
            run: format!("{:016x}", RandomState::new().hash_one(0)),
            credentials: OnceLock::new(),
            control_url,
            is_tls,
            state: Mutex::new(state),
            delivering: tokio::sync::Mutex::new(()),
            wake: Notify::new(),
            recorded,
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in another thread is a failed test, whose report still needs the state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets each provider's base URL and keys.
    pub(crate) fn set_credentials(&self, credentials: Vec<(&'static str, Vec<(&'static str, &str)>)>) {
        let owned = credentials.into_iter().map(|(provider, values)| {
            (provider, values.into_iter().map(|(name, value)| (name, value.to_owned())).collect())
        });
        // They are set once, by what creates the state.
        let _ = self.credentials.set(owned.collect());
    }

    /// Returns each provider's base URL and keys, by the provider's name.
    pub(crate) fn credentials(&self) -> &[Credentials] {
        self.credentials.get().map_or(&[], Vec::as_slice)
    }

    /// Returns the number of the last record.
    pub(crate) fn last_record(&self) -> u64 {
        self.lock().records.last()
    }

    /// Counts what happened in this run.
    pub(crate) fn counts(&self) -> Counts {
        let state = self.lock();
        Counts {
            requests: state.requests,
            orders: state.engines.iter().map(|engine| engine.orders().len()).sum(),
            entries: state.ledger.len(),
            messages: state.outbox.len(),
            faults: state.faults.list().len(),
        }
    }

    /// Performs an action of a bank, a customer or the back office, outside of any request. `name` is for the records.
    pub(crate) fn act<T>(
        &self,
        provider: ProviderId,
        name: &str,
        act: impl FnOnce(&mut dyn Engine, OffsetDateTime) -> Result<(Vec<Effect>, T), Problem>,
    ) -> Result<T, Problem> {
        self.act_on_request(provider, name, None, act)
    }

    fn act_on_request<T>(
        &self,
        provider: ProviderId,
        name: &str,
        request: Option<&Request>,
        act: impl FnOnce(&mut dyn Engine, OffsetDateTime) -> Result<(Vec<Effect>, T), Problem>,
    ) -> Result<T, Problem> {
        let mut state = self.lock();
        state.tick(&self.clock);
        let now = self.clock.now();
        let (effects, value) = act(state.engine(provider), now)?;
        let spec = state.engine(provider).spec();
        let content = request.and_then(|request| state.records.content_of_request(request));
        state.cause = state.records.add(self.clock.elapsed(), || {
            let record = Record::new(RecordKind::Action, name).of(spec.name, None).outside_the_timeline();
            record.content(content).about(effects.first().map(Effect::reference))
        });
        state.apply_effects(provider, effects, now, &self.clock);
        state.cause = None;
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
        let name = self.lock().records.masked(call.name());
        self.act_on_request(provider, &name, Some(call.request), |engine, now| engine.control(endpoint, call, now))
    }

    /// Records an action on no order: a request to the control API that was accepted.
    pub(crate) fn record_action(&self, request: &Request, text: impl fmt::Display) {
        let mut state = self.lock();
        let (text, content) = (state.records.masked(text.to_string()), state.records.content_of_request(request));
        let record = || Record::new(RecordKind::Action, text).content(content).outside_the_timeline();
        state.records.add(self.clock.elapsed(), record);
    }

    /// Advances the clock, as an action.
    pub(crate) fn advance(&self, by: Duration, request: &Request) {
        self.record_action(request, format_args!("the clock was advanced by {} s", by.as_secs()));
        self.clock.advance(by);
        self.tick();
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
        let State { records, outbox, .. } = &mut *state;
        records.add(self.clock.elapsed(), || outbox.attempt(id, line));
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

    /// Adds a fault, and returns its number.
    pub(crate) fn add_fault(&self, text: &str) -> Result<u64, FaultError> {
        let fault: Fault = text.parse()?;
        if fault.needs_tls() && !self.is_tls {
            let rule = "needs TLS: enable the feature `tls` and call Sandbox::builder().tls()".to_owned();
            return Err(FaultError { part: fault.effect.to_string(), rule });
        }
        let mut state = self.lock();
        let State { faults, engines, .. } = &mut *state;
        faults.add(fault, engines)
    }

    /// Adds a note to the records, about an order or in general.
    pub(crate) fn note(&self, text: fmt::Arguments<'_>, reference: Option<&str>) {
        let mut state = self.lock();
        let text = state.records.masked(text.to_string());
        state.records.add(self.clock.elapsed(), || Record::new(RecordKind::Note, text).about(reference));
    }

    /// Records nothing, and has no timeline.
    pub(crate) fn record_nothing(&self) {
        self.lock().records.record_nothing();
    }

    /// Records contents, without these keys.
    pub(crate) fn record_contents(&self, keys: Vec<String>) {
        self.lock().records.record_contents(Mask::new(keys));
    }

    pub(crate) fn timeline(&self) -> Vec<TimelineEntry> {
        let entry = |record: &Record| TimelineEntry { at: record.at, text: record.text.clone() };
        self.lock().records.timeline().map(entry).collect()
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.lock().records.records().iter().cloned().collect()
    }

    pub(crate) fn ledger(self: &Arc<Self>) -> Ledger {
        self.tick();
        let state = Arc::clone(self);
        let locked = self.lock();
        Ledger {
            entries: Arc::clone(&locked.ledger),
            same_orders: Arc::clone(&locked.same_orders),
            report: Arc::new(move || state.report()),
        }
    }

    /// Sets the status that an order must have at the end. The last call for an order counts.
    pub(crate) fn expect_status(&self, reference: &str, status: &str) {
        self.lock().expected_statuses.insert(reference.to_owned(), status.to_owned());
    }

    /// Records a request to the URL of a redirect fault.
    pub(crate) fn record_misdirected(&self, request: &Request) {
        let mut state = self.lock();
        state.misdirected += 1;
        let text = format_args!("{} followed a redirect away from its provider", request.method);
        state.records.add(self.clock.elapsed(), || Record::new(RecordKind::Redirect, text));
    }

    /// Returns the end of the timeline, the end of the ledger, and how to repeat the run.
    pub(crate) fn report(&self) -> String {
        let state = self.lock();
        let mut report = String::from("timeline:\n");
        let skipped = state.records.timeline().count().saturating_sub(REPORT_LINES);
        if skipped > 0 {
            report.push_str(&format!("  ... {skipped} earlier lines\n"));
        }
        for record in state.records.timeline().skip(skipped) {
            report.push_str(&format!("{record}\n"));
        }
        report.push_str("ledger:\n");
        for entry in &state.ledger[state.ledger.len().saturating_sub(REPORT_LINES)..] {
            report.push_str(&format!("{entry}\n"));
        }
        report.push_str(&format!("replay: seed {}", self.seed));
        for fault in state.faults.list() {
            report.push_str(&format!(", fault \"{}\"", fault.spec));
        }
        report
    }

    /// Returns every payment that was executed, credited, captured or paid twice.
    pub(crate) fn doubles(self: &Arc<Self>) -> Vec<Double> {
        let mut doubles = self.ledger().doubles();
        doubles.retain(|double| double.is_payment);
        doubles
    }

    /// Returns everything that must make the test fail.
    pub(crate) fn violations(self: &Arc<Self>) -> Vec<String> {
        let unfired = self.lock().faults.unfired().into_iter().map(|fault| format!("a fault never occurred: {fault}"));
        let double = self.doubles().into_iter().map(|double| double.to_string());
        let misdirected = Some(self.lock().misdirected).filter(|misdirected| *misdirected > 0);
        let misdirected = misdirected
            .map(|misdirected| format!("requests that followed a redirect away from their provider: {misdirected}"));
        let state = self.lock();
        let wrong = state.expected_statuses.iter().filter_map(|(reference, expected)| {
            let status = state.status(reference);
            (status != *expected).then(|| format!("order {reference:?} is {status}, expected {expected}"))
        });
        unfired.chain(double).chain(misdirected).chain(wrong).collect()
    }

    /// Performs an action on one message, and returns the message that it changed or added.
    pub(crate) fn act_on_delivery(
        &self,
        number: usize,
        action: DeliveryAction,
        call: &ControlCall<'_>,
    ) -> Result<Delivery, Problem> {
        let mut state = self.lock();
        state.tick(&self.clock);
        let changed = state.outbox.act(number, action, self.clock.elapsed())?;
        let delivery = state.outbox.get(changed).cloned().ok_or_else(|| Problem::not_found("no such delivery"))?;
        let content = state.records.content_of_request(call.request);
        state.records.add(self.clock.elapsed(), || {
            let record = Record::new(RecordKind::Action, call.name()).about(Some(&delivery.reference));
            record.content(content).delivery(changed).outside_the_timeline()
        });
        drop(state);
        self.wake.notify_one();
        Ok(delivery)
    }

    /// Notes that the merchant uses these references for one order.
    pub(crate) fn same_order(&self, references: Vec<String>) {
        let mut state = self.lock();
        let text = format!("{} are one order", references.join(" and "));
        state.records.add(self.clock.elapsed(), || {
            Record::new(RecordKind::Note, text).about(references.first().map(String::as_str)).outside_the_timeline()
        });
        Arc::make_mut(&mut state.same_orders).push(references);
    }

    /// Returns the status of the only order with this reference; `None` if there is no order, or if several providers have one.
    pub(crate) fn status_of(&self, reference: &str) -> Option<String> {
        let state = self.lock();
        let mut statuses = state.engines.iter().filter_map(|engine| engine.status(reference));
        statuses.next().filter(|_| statuses.next().is_none())
    }

    /// Returns each order with an expected status, that status, and the present one.
    pub(crate) fn expectations(&self) -> Vec<(String, String, String)> {
        self.tick();
        let state = self.lock();
        let expectations = state.expected_statuses.iter();
        expectations
            .map(|(reference, expected)| (reference.clone(), expected.clone(), state.status(reference)))
            .collect()
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

    /// Returns the status of the order with this reference, over all providers.
    fn status(&self, reference: &str) -> String {
        let engines = self.engines.iter();
        status_of(engines.filter_map(|engine| Some((engine.status(reference)?, engine.spec().name))))
    }

    /// Returns a ledger entry by its number.
    pub(crate) fn entry(&self, number: usize) -> Option<&Entry> {
        self.ledger.get(number.checked_sub(1)?)
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
        self.cause = request.record;
        self.apply_effects(provider, effects, at, clock);
        self.cause = None;
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
                    let (number, name) = (request.number, self.engine(provider).spec().name);
                    self.records.add(clock.elapsed_at(at), || {
                        Record::new(RecordKind::Request, format_args!("request {number} is executed now"))
                            .of(name, None)
                            .request(number)
                            .caused_by(request.record)
                    });
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
        let spec = self.engine(provider).spec();
        let (name, paid_later, unit) = (spec.name, spec.paid_later, spec.unit);
        let elapsed = clock.elapsed_at(at);
        for effect in effects {
            match effect {
                Effect::Record { operation, reference, kind, amount, currency, request } => {
                    let local = operation.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
                    let is_paid_later = local.is_some_and(|operation| paid_later.contains(&operation));
                    let moves_money = match kind {
                        EntryKind::Begun | EntryKind::Confirmed | EntryKind::Done => false,
                        EntryKind::Executed => !currency.is_empty() && !is_paid_later,
                        _ => true,
                    };
                    let entry = Entry {
                        moves_money,
                        number: self.ledger.len() + 1,
                        at: at.unix_timestamp(),
                        operation: operation.to_owned(),
                        reference,
                        kind,
                        amount,
                        currency,
                        request,
                        unit,
                    };
                    let cause = self.cause;
                    self.records.add(elapsed, || {
                        let record = Record::new(RecordKind::Ledger, format_args!("LEDGER {entry}"))
                            .of(name, local)
                            .about(Some(&entry.reference))
                            .caused_by(cause);
                        Record { request: entry.request, entry: Some(entry.number), moves_money, ..record }
                    });
                    Arc::make_mut(&mut self.ledger).push(entry);
                }
                Effect::Status { operation, reference, id, from, to } => {
                    let cause = self.cause;
                    self.records.add(elapsed, || {
                        let record = match from {
                            Some(from) => {
                                Record::new(RecordKind::Status, format_args!("{reference} is {to}, was {from}"))
                            }
                            None => Record::new(RecordKind::Status, format_args!("{reference} is {to}")),
                        };
                        let record = record.of(name, Some(operation)).about(Some(&reference)).caused_by(cause);
                        record.id(Some(id.unwrap_or(reference))).changed(from, to).outside_the_timeline()
                    });
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
        let (operation, reference, count) = (message.operation, message.reference.clone(), self.outbox.len());
        let content = self.records.content(|mask| {
            Content::of_message(&message.url, message.content_type, &message.headers, &message.body, mask)
        });
        let line = self.outbox.enqueue(provider, message, signed_header, fault.as_ref(), elapsed);
        let cause = self.cause;
        let record = self.records.add(elapsed, || {
            let record = Record::new(RecordKind::Message, line).of(provider, Some(operation)).about(Some(&reference));
            let record = record.delivery(count + 1).caused_by(cause).content(content);
            match fault {
                Some(effect) => record.fault(format_args!("@webhook {effect}")),
                None => record,
            }
        });
        self.outbox.set_record(count, record);
    }

    /// When the next action or message is due, on the clock since its start.
    fn next_due(&self, clock: &Clock) -> Option<Duration> {
        let at = self.first_due().map(|(at, _)| clock.elapsed_at(at));
        [at, self.outbox.next_due()].into_iter().flatten().min()
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
