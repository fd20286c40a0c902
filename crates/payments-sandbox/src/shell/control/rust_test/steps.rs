//! What happened, step by step: the places for the client's calls, and the actions of everybody else.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::faults;
use crate::engine::{ControlAction, ProviderSpec};
use crate::http::{Form, percent_decode, percent_encode};
use crate::ledger::{EntryKind, Ledger};
use crate::record::{Content, Record, RecordKind, Told, ToldEnd, is_masked};
use crate::rust_code::literal;
use crate::state::SharedState;

pub(super) struct Steps<'a> {
    records: &'a [Record],
    order: Option<&'a str>,
    specs: Vec<&'static ProviderSpec>,
    /// The providers of the order, for actions that are about no order.
    providers: BTreeSet<&'static str>,
    /// The providers that had requests about other orders, which have taken random numbers for their ids.
    others: BTreeSet<&'static str>,
    /// What the clients of requests were told, by the request's number.
    told: HashMap<u64, Told>,
    /// The requests that the ledger has entries of.
    /// The requests with ledger entries: true if one of them does more than to begin a payment.
    executed: HashMap<u64, bool>,
    /// The faults that never occurred.
    unfired: Vec<String>,
    is_running: bool,
    end: Duration,
    /// The time of the test's clock.
    clock: Duration,
    /// The time of the last thing that time did, if the clock was not advanced to it.
    waiting: Duration,
    /// The numbers of the messages in the test, by their number in the run.
    messages: BTreeMap<usize, usize>,
    /// The last place for the client's code, and how often it is repeated.
    place: Option<(String, u32)>,
    out: String,
}

impl<'a> Steps<'a> {
    pub(super) fn new(
        state: &Arc<SharedState>,
        records: &'a [Record],
        ledger: &Ledger,
        order: Option<&'a str>,
        others: BTreeSet<&'static str>,
    ) -> Self {
        let is_about = |record: &&Record| order.is_none() || record.reference.as_deref() == order;
        let unfired = faults::unfired(state, records);
        let locked = state.lock();
        Self {
            records,
            order,
            specs: locked.engines().iter().map(|engine| engine.spec()).collect(),
            providers: records.iter().filter(is_about).filter_map(|record| record.provider).collect(),
            others,
            told: records.iter().filter_map(|record| Some((record.request?, record.told?))).collect(),
            executed: executed(ledger),
            unfired,
            is_running: !state.clock.is_manual(),
            end: state.clock.elapsed(),
            clock: Duration::ZERO,
            waiting: Duration::ZERO,
            messages: BTreeMap::new(),
            place: None,
            out: String::new(),
        }
    }

    pub(super) fn write(mut self) -> String {
        for record in self.records {
            let is_about = self.order.is_none() || record.reference.as_deref() == self.order;
            match record.kind {
                RecordKind::Request if record.operation.is_none() => self.late(record),
                RecordKind::Request if is_about => self.request(record),
                RecordKind::Page if is_about => self.page(record),
                RecordKind::Action => self.action(record, is_about),
                RecordKind::Note if is_about && record.in_timeline => {
                    self.step(record.at, &format!("sandbox.note({});", literal(&record.text)));
                }
                RecordKind::Status | RecordKind::Ledger | RecordKind::Message if is_about => {
                    if let (RecordKind::Message, Some(number)) = (record.kind, record.delivery) {
                        self.message(number);
                    }
                    if record.cause.is_none() {
                        self.passed(record.at);
                    }
                }
                _ => {}
            }
        }
        let end = if self.is_running { self.waiting } else { self.end };
        self.end_place();
        self.advance_to(end);
        self.out
    }

    /// A place for the client's code.
    fn request(&mut self, record: &Record) {
        let (provider, operation) = (record.provider.unwrap_or_default(), record.operation.unwrap_or_default());
        if !self.is_running || record.at.saturating_sub(self.clock) >= Duration::from_secs(1) {
            self.end_place_before(record.at);
            self.advance_to(record.at);
        }
        let about =
            record.reference.as_deref().map(|reference| format!(" of {}", literal(reference))).unwrap_or_default();
        let is_read =
            self.specs.iter().any(|spec| spec.name == provider && spec.read_only_operations.contains(&operation));
        let told = record.request.and_then(|number| self.told.get(&number));
        let what = match (record.request.and_then(|number| self.executed.get(&number)), is_read) {
            (Some(true), _) => "executed; ",
            (Some(false), _) => "created, not executed; ",
            (None, true) => "",
            (None, false) => "not executed; ",
        };
        let place = format!("// Your code: {provider}.{operation}{about} ({what}{})", told_text(told));
        match &mut self.place {
            Some((last, times)) if is_read && *last == place => *times += 1,
            _ => {
                self.end_place();
                self.place = Some((place, 1));
            }
        }
    }

    /// A request that is executed after its client has gone.
    fn late(&mut self, record: &Record) {
        let is_about = |first: &Record| self.order.is_none() || first.reference.as_deref() == self.order;
        if self.records.iter().any(|first| Some(first.number) == record.cause && is_about(first)) {
            self.passed(record.at);
        }
    }

    /// A customer's action on a page.
    fn page(&mut self, record: &Record) {
        let is_accepted =
            record.request.and_then(|number| self.told.get(&number)).and_then(|told| told.status) < Some(400);
        let content = record.content.as_ref().filter(|content| content.start.starts_with("POST ") && is_accepted);
        let (Some(id), Some(spec), Some(content)) = (&record.id, self.spec(record), content) else { return };
        let form = Form::read(content.body.as_deref().unwrap_or_default());
        let Some(action) = (spec.page_action)(id, &form) else { return };
        let code = code(spec, &action);
        self.provider_step(record, &action, &code);
    }

    /// Writes an action on a provider. The id in it may be another one without the other orders.
    fn provider_step(&mut self, record: &Record, action: &ControlAction, code: &str) {
        let id = action.path.get(1).filter(|id| record.reference.as_ref().is_some_and(|reference| reference != *id));
        let may_differ = self.order.is_some() && record.provider.is_some_and(|provider| self.others.contains(provider));
        match id.filter(|_| may_differ && !code.is_empty()) {
            Some(id) => {
                let id = literal(id);
                self.step(
                    record.at,
                    &format!(
                        "// Without the run's other orders, {id} may be another id. Take it from the response.\n    {code}"
                    ),
                );
            }
            None => self.step(record.at, code),
        }
    }

    /// An action through the control API, or through a handle.
    fn action(&mut self, record: &Record, is_about: bool) {
        let Some(content) = &record.content else {
            if is_about && record.provider.is_some() {
                let about =
                    record.reference.as_deref().map(|name| format!(" on {}", literal(name))).unwrap_or_default();
                self.step(record.at, &format!("// Here the recorded test acted itself{about}."));
            }
            return;
        };
        let Some((method, target)) = content.start.split_once(' ') else { return };
        let path: Vec<String> =
            target.split('?').next().unwrap_or_default().split('/').skip(1).map(percent_decode).collect();
        let segments: Vec<&str> = path.iter().map(String::as_str).collect();
        let code = match (method, segments.as_slice()) {
            ("POST", ["clock", "advance"]) => return,
            ("POST", ["faults"]) => {
                let Some(fault) = faults::added_by(record).filter(|_| self.order.is_none()) else { return };
                let has_fired = !self.unfired.contains(&faults::normal(&fault));
                faults::line(&fault, has_fired).trim().to_owned()
            }
            // Whatever it removed is left out, or has occurred before.
            ("DELETE", ["faults", _]) => return,
            ("DELETE", ["faults"]) if self.order.is_none() => "sandbox.clear_faults();".to_owned(),
            ("POST", ["webhooks", "release"]) => "sandbox.release();".to_owned(),
            ("POST", ["deliveries", number, action]) if is_about => {
                let number = number.parse().ok().and_then(|number| self.messages.get(&number).copied());
                let Some(number) = number else { return };
                if let Some(changed) = record.delivery {
                    self.message(changed);
                }
                format!("sandbox.control(\"POST\", {}, \"{{}}\");", literal(&format!("/deliveries/{number}/{action}")))
            }
            (_, [_, rest @ ..]) => {
                let is_setting = record.reference.is_none()
                    && record.provider.is_some_and(|provider| self.providers.contains(provider));
                let Some(spec) = self.spec(record).filter(|_| is_about || is_setting) else { return };
                let action = ControlAction { body: body(content), ..ControlAction::new(rest) };
                return self.provider_step(record, &action, &code(spec, &action));
            }
            _ => return,
        };
        self.step(record.at, &code);
    }

    fn spec(&self, record: &Record) -> Option<&'static ProviderSpec> {
        self.specs.iter().find(|spec| record.provider == Some(spec.name)).copied()
    }

    /// Notes that there is a message.
    fn message(&mut self, number: usize) {
        let next = self.messages.len() + 1;
        self.messages.entry(number).or_insert(next);
    }

    /// Writes a line, which may be empty, at its time.
    fn step(&mut self, at: Duration, line: &str) {
        self.end_place();
        if line.is_empty() {
            return;
        }
        self.advance_to(if self.is_running { self.waiting } else { at });
        let _ = writeln!(self.out, "    {line}");
    }

    /// Time did something.
    fn passed(&mut self, at: Duration) {
        let passed = at.saturating_sub(self.clock);
        // What is due at once needs no time.
        if self.is_running && passed < Duration::from_secs(1) {
            if passed >= Duration::from_millis(50) {
                self.waiting = self.waiting.max(at);
            }
            return;
        }
        self.end_place_before(at);
        self.advance_to(at);
    }

    fn advance_to(&mut self, at: Duration) {
        if at > self.clock {
            let _ = writeln!(self.out, "    sandbox.clock().advance({});", duration(at - self.clock));
            self.clock = at;
        }
    }

    fn end_place_before(&mut self, at: Duration) {
        if at > self.clock {
            self.end_place();
        }
    }

    fn end_place(&mut self) {
        if let Some((place, times)) = self.place.take() {
            let times = if times > 1 { format!(", {times} times") } else { String::new() };
            let before = if self.out.ends_with("\n\n") { "" } else { "\n" };
            let _ = writeln!(self.out, "{before}    {place}{times}\n");
        }
    }
}

fn executed(ledger: &Ledger) -> HashMap<u64, bool> {
    let mut executed = HashMap::new();
    for entry in ledger.entries() {
        if let Some(request) = entry.request {
            *executed.entry(request).or_default() |= entry.kind != EntryKind::Begun;
        }
    }
    executed
}

/// Returns the code of an action on a provider.
fn code(spec: &ProviderSpec, action: &ControlAction) -> String {
    let body = if action.body.is_empty() { "{}".to_owned() } else { Value::Object(action.body.clone()).to_string() };
    let handle_call = (spec.handle_call)(action).filter(|call| !is_masked(call));
    match handle_call {
        Some(call) if call.is_empty() => call,
        Some(call) => format!("{call};"),
        None => {
            let path: String = action.path.iter().map(|segment| format!("/{}", percent_encode(segment))).collect();
            let call = format!(
                "sandbox.control(\"POST\", {}, {});",
                literal(&format!("/{}{path}", spec.name)),
                literal(&body)
            );
            if is_masked(&body) || action.path.iter().any(|segment| is_masked(segment)) {
                format!("// Complete what the records mask: {call}")
            } else {
                call
            }
        }
    }
}

fn body(content: &Content) -> Map<String, Value> {
    content.body.as_ref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default()
}

fn told_text(told: Option<&Told>) -> String {
    match told {
        None => "the client still waits".to_owned(),
        Some(Told { status: Some(status), end: ToldEnd::Whole, .. }) => format!("the client was sent {status}"),
        Some(Told { bytes: 0, end, .. }) => format!("the client was sent nothing, {}", end.as_str()),
        Some(told) => format!("the client was {told}"),
    }
}

fn duration(time: Duration) -> String {
    let (number, unit) = match time {
        time if time.subsec_nanos() == 0 => (u128::from(time.as_secs()), "secs"),
        time if time.subsec_nanos() % 1_000_000 == 0 => (time.as_millis(), "millis"),
        time => (time.as_nanos(), "nanos"),
    };
    format!("std::time::Duration::from_{unit}({number})")
}
