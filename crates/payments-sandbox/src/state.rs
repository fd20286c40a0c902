//! Everything that the sandbox's parts share, and the rules by which it changes.

mod exchange;
mod providers;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::engine::{Effect, Engine, Message, Stamp};
use crate::fault::{Fault, FaultError, Plan};
use crate::http::{Request, Response};
use crate::ledger::{Entry, Ledger};
use crate::timeline::TimelineEntry;
use crate::webhook::{self, Outbox};
use crate::{card3ds, turbo_link, turbo_txn, turbopay, turratech};

pub(crate) use exchange::{Close, DRIP, Exchange, Wire};
pub(crate) use providers::{Engines, Provider, Setup};

pub(crate) struct World {
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
    pub(crate) turratech: turratech::TurraTech,
    pub(crate) turbo_txn: turbo_txn::TurboTxn,
    pub(crate) turbo_link: turbo_link::TurboLink,
    pub(crate) card3ds: card3ds::Card3ds,
    pub(crate) turbopay: turbopay::TurboPay,
    pub(crate) outbox: Outbox,
    pub(crate) plan: Plan,
    /// Shared with the views of it, which are taken more often than it grows.
    ledger: Arc<Vec<Entry>>,
    timeline: Vec<TimelineEntry>,
    /// There is to be a timeline.
    tells: bool,
    /// Requests that will be done later, although their clients have lost them already; by when, and in order.
    late: BTreeMap<(OffsetDateTime, u64), (Provider, Request)>,
    requests: u64,
    /// Requests that followed a redirect away from the provider.
    astray: u64,
    /// What a client believes of an order, by the merchant's reference.
    beliefs: BTreeMap<String, String>,
}

impl World {
    pub(crate) fn new(clock: Clock, seed: u64, control_url: String, is_tls: bool, engines: Engines) -> Self {
        let Engines { turratech, turbo_txn, turbo_link, card3ds, turbopay } = engines;
        let state = State {
            turratech,
            turbo_txn,
            turbo_link,
            card3ds,
            turbopay,
            outbox: Outbox::default(),
            plan: Plan::new(seed),
            ledger: Arc::default(),
            timeline: Vec::new(),
            tells: true,
            late: BTreeMap::new(),
            requests: 0,
            astray: 0,
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

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere is a failed test, which wants to read what happened.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what somebody outside of a request did: a bank, a customer, the back office.
    pub(crate) fn act<T>(
        &self,
        provider: Provider,
        act: impl FnOnce(&mut State, OffsetDateTime) -> Result<(Vec<Effect>, T), String>,
    ) -> Result<T, String> {
        let mut state = self.state();
        state.tick(&self.clock);
        let now = self.clock.now();
        let (effects, value) = act(&mut state, now)?;
        state.take_effects(provider, effects, now, &self.clock);
        drop(state);
        self.wake.notify_one();
        Ok(value)
    }

    /// Does what the control API was asked of a provider; nothing where there is no such address.
    pub(crate) fn control(&self, name: &str, path: &[&str], body: &[u8]) -> Option<Result<Value, String>> {
        let provider = Provider::ALL.into_iter().find(|provider| provider.name() == name)?;
        let done = self.act(provider, |state, now| match state.engine(provider).control(path, body, now) {
            Some(done) => done.map(|(effects, answer)| (effects, Some(answer))),
            None => Ok((Vec::new(), None)),
        });
        done.transpose()
    }

    /// Does all that is due by now.
    pub(crate) fn tick(&self) {
        self.state().tick(&self.clock);
    }

    /// Delivers all that is due by now, and all that follows from it.
    pub(crate) async fn settle(&self) {
        let _one_at_a_time = self.delivering.lock().await;
        loop {
            let Some((id, message)) = self.next_message() else { return };
            let result = webhook::send(&message).await;
            self.sent(id, &result);
        }
    }

    /// The first message that is due by now. It stays so until it was [sent](World::sent).
    pub(crate) fn next_message(&self) -> Option<(usize, Message)> {
        let mut state = self.state();
        state.tick(&self.clock);
        state.outbox.next(self.clock.elapsed(), self.clock.now())
    }

    /// What a message was answered, or why it was not.
    pub(crate) fn sent(&self, id: usize, result: &Result<webhook::Answer, String>) {
        let mut state = self.state();
        let line = state.outbox.sent(id, result);
        state.note(&self.clock, format_args!("{line}"));
    }

    /// When something falls due, on the clock since its beginning.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.state().next_due(&self.clock)
    }

    /// Does a request at its time, although its client has gone away.
    pub(crate) fn do_late(&self, at: Duration, provider: Provider, request: Request) {
        let due = (self.clock.at(at), request.number);
        self.state().late.insert(due, (provider, request));
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
        let mut state = self.state();
        let State { plan, turratech, turbo_txn, turbo_link, card3ds, turbopay, .. } = &mut *state;
        plan.add(fault, &[turratech, turbo_txn, turbo_link, card3ds, turbopay])
    }

    /// A line of the test's own.
    pub(crate) fn remark(&self, what: fmt::Arguments<'_>) {
        self.state().note(&self.clock, what);
    }

    /// Keeps no timeline from now on.
    pub(crate) fn tell_nothing(&self) {
        self.state().tells = false;
    }

    pub(crate) fn timeline(&self) -> Vec<TimelineEntry> {
        self.state().timeline.clone()
    }

    pub(crate) fn ledger(self: &Arc<Self>) -> Ledger {
        self.tick();
        Ledger { entries: Arc::clone(&self.state().ledger), world: Arc::clone(self) }
    }

    /// What a client says of an order; the last word on each counts.
    pub(crate) fn believes(&self, reference: &str, status: &str) {
        self.state().beliefs.insert(reference.to_owned(), status.to_owned());
    }

    /// A request came to where a redirect led.
    pub(crate) fn stray(&self, request: &Request) {
        let mut state = self.state();
        state.astray += 1;
        state.note(&self.clock, format_args!("{} followed a redirect away from its provider", request.method));
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
    pub(crate) fn complaints(self: &Arc<Self>) -> Vec<String> {
        let ledger = self.ledger();
        let unfired = self.state().plan.unfired().into_iter().map(|fault| format!("a fault never happened: {fault}"));
        let double = ledger.double_executions().into_iter();
        let double = double.map(|(operation, reference)| format!("{operation} was executed twice for {reference:?}"));
        let astray = Some(self.state().astray).filter(|astray| *astray > 0);
        let astray = astray.map(|astray| format!("{astray} requests followed a redirect away from their provider"));
        let state = self.state();
        let wrong = state.beliefs.iter().filter_map(|(reference, believed)| {
            let engines = state.engines().into_iter();
            let status = standing(engines.filter_map(|engine| Some((engine.status(reference)?, engine.name()))));
            (status != *believed).then(|| format!("order {reference:?} is {status}, and was believed to be {believed}"))
        });
        unfired.chain(double).chain(astray).chain(wrong).collect()
    }

    pub(crate) fn release(&self) {
        self.state().outbox.release(self.clock.elapsed());
        self.wake.notify_one();
    }
}

impl State {
    pub(crate) fn engine(&mut self, provider: Provider) -> &mut dyn Engine {
        match provider {
            Provider::TurraTech => &mut self.turratech,
            Provider::TurboTxn => &mut self.turbo_txn,
            Provider::TurboLink => &mut self.turbo_link,
            Provider::Card3ds => &mut self.card3ds,
            Provider::TurboPay => &mut self.turbopay,
        }
    }

    pub(crate) fn engines(&self) -> [&dyn Engine; Provider::ALL.len()] {
        [&self.turratech, &self.turbo_txn, &self.turbo_link, &self.card3ds, &self.turbopay]
    }

    fn respond(&mut self, provider: Provider, request: &Request, clock: &Clock) -> Response {
        let now = clock.now();
        self.respond_at(provider, request, now, clock)
    }

    fn respond_at(&mut self, provider: Provider, request: &Request, at: OffsetDateTime, clock: &Clock) -> Response {
        let (answer, effects) = self.engine(provider).respond(request, at);
        self.take_effects(provider, effects, at, clock);
        answer
    }

    /// Does all that is due by now, one thing after the other, each at its own time: a clock that jumps over an hour must
    /// not change what happens in it.
    fn tick(&mut self, clock: &Clock) {
        let now = clock.now();
        while let Some((at, due)) = self.first_due().filter(|(at, _)| *at <= now) {
            match due {
                Due::Engine(provider) => {
                    let effects = self.engine(provider).tick(at);
                    self.take_effects(provider, effects, at, clock);
                }
                Due::Late => {
                    let Some((_, (provider, request))) = self.late.pop_first() else { return };
                    self.note_at(clock.since_it_began(at), format_args!("request {} is done now", request.number));
                    let _nobody_waits_for_it = self.respond_at(provider, &request, at, clock);
                }
            }
        }
    }

    fn first_due(&mut self) -> Option<(OffsetDateTime, Due)> {
        let late = self.late.first_key_value().map(|((at, _), _)| (*at, Due::Late));
        let engines = Provider::ALL.into_iter().filter_map(|provider| {
            let at = self.engine(provider).next_due()?;
            Some((at, Due::Engine(provider)))
        });
        engines.chain(late).min_by_key(|(at, _)| *at)
    }

    fn take_effects(&mut self, provider: Provider, effects: Vec<Effect>, at: OffsetDateTime, clock: &Clock) {
        let name = self.engine(provider).name();
        let elapsed = clock.since_it_began(at);
        for effect in effects {
            match effect {
                Effect::Record { operation, reference, what, amount, currency, request } => {
                    let entry = Entry {
                        number: self.ledger.len() + 1,
                        at: at.unix_timestamp(),
                        operation: operation.to_owned(),
                        reference,
                        what,
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
                Effect::DeliverStamped(message, stamp) => self.deliver(name, message, Some(stamp), at, clock),
            }
        }
    }

    fn deliver(
        &mut self,
        provider: &'static str,
        mut message: Message,
        stamp: Option<Stamp>,
        at: OffsetDateTime,
        clock: &Clock,
    ) {
        message.headers.extend(stamp.as_ref().map(|stamp| stamp.at(at)));
        let fault = self.plan.take_for_message(provider, message.operation, &message.reference);
        let elapsed = clock.since_it_began(at);
        let line = self.outbox.put(message, stamp, fault.as_ref(), elapsed);
        self.note_at(elapsed, format_args!("{line}"));
    }

    /// When something falls due, on the clock since its beginning.
    fn next_due(&mut self, clock: &Clock) -> Option<Duration> {
        let at = self.first_due().map(|(at, _)| clock.since_it_began(at));
        [at, self.outbox.next_due()].into_iter().flatten().min()
    }

    fn note(&mut self, clock: &Clock, what: fmt::Arguments<'_>) {
        self.note_at(clock.elapsed(), what);
    }

    fn note_at(&mut self, at: Duration, what: fmt::Arguments<'_>) {
        if !self.tells {
            return;
        }
        let what = what.to_string();
        // A merchant's reference is any text: one with a line feed would write lines of its own.
        let what = if what.contains(char::is_control) { what.replace(char::is_control, "\u{fffd}") } else { what };
        self.timeline.push(TimelineEntry { at, what });
    }
}

/// Where an order stands, at the provider that has it; one word cannot be right about the orders of two.
fn standing(found: impl Iterator<Item = (String, &'static str)>) -> String {
    match found.collect::<Vec<_>>().as_slice() {
        [] => "unknown here".to_owned(),
        [(status, _)] => status.clone(),
        several => several.iter().map(|(status, name)| format!("{status} at {name}")).collect::<Vec<_>>().join(", "),
    }
}

/// What falls due.
enum Due {
    Engine(Provider),
    Late,
}

/// Nothing is due: look again in a while all the same.
const IDLE: Duration = Duration::from_secs(3600);

/// A failure's story shows the end, which is where it went wrong.
const LINES_OF_A_STORY: usize = 60;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Engines, Provider, Setup, World, standing};
    use crate::clock::Clock;
    use crate::engine::Effect;
    use crate::ledger::What;

    #[test]
    fn an_order_that_was_executed_twice_is_complained_of() {
        let engines = Engines::new(&Setup::default(), 1);
        let world = Arc::new(World::new(Clock::manual(), 1, String::new(), false, engines));
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
    #[test]
    fn no_word_is_right_about_the_orders_of_two_providers() {
        let standing = |found: &[(&str, &'static str)]| {
            standing(found.iter().map(|(status, provider)| ((*status).to_owned(), *provider)))
        };
        assert_eq!(standing(&[]), "unknown here");
        assert_eq!(standing(&[("success", "turbopay")]), "success");
        assert_eq!(standing(&[("paid", "card3ds"), ("paid", "turbopay")]), "paid at card3ds, paid at turbopay");
    }

    #[test]
    fn every_provider_goes_by_one_name() {
        let world = World::new(Clock::manual(), 1, String::new(), false, Engines::new(&Setup::default(), 1));
        let mut state = world.state();
        for provider in Provider::ALL {
            assert_eq!(state.engine(provider).name(), provider.name());
        }
        assert_eq!(state.engines().map(|engine| engine.name()), Provider::ALL.map(Provider::name));
    }
}
