use std::collections::HashMap;

use super::{Calls, Fault, FaultEffect, FaultError, Phase};
use crate::engine::Engine;
use crate::random::Random;

/// The faults that wait for their call, and how often each operation was called.
#[derive(Debug)]
pub(crate) struct Plan {
    waiting: Vec<Waiting>,
    calls: Counts,
    messages: Counts,
    /// How often a provider's connections were taken, a request began on one, and one was idle.
    connections: HashMap<(&'static str, Moment), u64>,
    random: Random,
}

#[derive(Debug)]
struct Waiting {
    fault: Fault,
    fired: u32,
}

/// One call of an operation, or one message about an order of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlanCall<'a> {
    pub(crate) provider: &'static str,
    /// Nothing before a request was read.
    pub(crate) operation: Option<&'static str>,
    pub(crate) reference: Option<&'a str>,
    pub(crate) number: Number,
}

/// A moment of a connection at which no operation is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Moment {
    Accepted,
    Begun,
    Idle,
}

/// Where a call stands among those of its operation, and among all of its provider's; both from 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number {
    pub(crate) of_operation: u64,
    pub(crate) of_all: u64,
}

#[derive(Debug, Default)]
struct Counts {
    of_operation: HashMap<(&'static str, &'static str), u64>,
    of_all: HashMap<&'static str, u64>,
}

impl Counts {
    fn next(&mut self, provider: &'static str, operation: &'static str) -> Number {
        Number {
            of_operation: increased(self.of_operation.entry((provider, operation)).or_default()),
            of_all: increased(self.of_all.entry(provider).or_default()),
        }
    }
}

fn listed(operations: &[&str], provider: &str, none: &str) -> String {
    if operations.is_empty() { format!("{provider} {none}") } else { operations.join(", ") }
}

fn increased(count: &mut u64) -> u64 {
    *count += 1;
    *count
}

impl Plan {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            waiting: Vec::new(),
            calls: Counts::default(),
            messages: Counts::default(),
            connections: HashMap::new(),
            random: Random::new(seed ^ 0x000f_a017),
        }
    }

    /// Adds a fault, if it can ever happen.
    pub(crate) fn add(&mut self, fault: Fault, engines: &[&dyn Engine]) -> Result<(), FaultError> {
        let refused = |part: &str, rule: String| FaultError { part: part.to_owned(), rule };
        let Some(engine) = engines.iter().find(|engine| engine.name() == fault.provider) else {
            let names: Vec<&str> = engines.iter().map(|engine| engine.name()).collect();
            return Err(refused(&fault.provider, format!("is no provider; there are {}", names.join(", "))));
        };
        if let Some(operation) = &fault.operation {
            let among = |names: &[&str]| names.contains(&operation.as_str());
            if !among(engine.operations()) {
                let known = engine.operations().join(", ");
                return Err(refused(operation, format!("is no operation of {}; there are {known}", fault.provider)));
            }
            if fault.phase == Phase::Query && !among(engine.reads()) {
                let reads = listed(engine.reads(), engine.name(), "has none");
                return Err(refused(operation, format!("does not only ask, as @query needs; what does: {reads}")));
            }
            if fault.phase == Phase::Webhook && !among(engine.told_of()) {
                let told_of = listed(engine.told_of(), engine.name(), "sends none");
                return Err(refused(operation, format!("sends no message; what does: {told_of}")));
            }
        }
        self.waiting.push(Waiting { fault, fired: 0 });
        Ok(())
    }

    /// Counts a call of an operation, and gives its number.
    pub(crate) fn count(&mut self, provider: &'static str, operation: &'static str) -> Number {
        self.calls.next(provider, operation)
    }

    /// The fault that hits a connection as it is accepted. Connections are counted apart.
    pub(crate) fn take_for_connection(&mut self, provider: &'static str) -> Option<FaultEffect> {
        self.take_at(provider, Moment::Accepted, Phase::Accept)
    }

    /// The fault that hits a connection as a request begins on it.
    pub(crate) fn take_for_beginning(&mut self, provider: &'static str) -> Option<FaultEffect> {
        self.take_at(provider, Moment::Begun, Phase::FirstByte)
    }

    /// The fault that hits a connection once its request is answered.
    pub(crate) fn take_for_idle(&mut self, provider: &'static str) -> Option<FaultEffect> {
        self.take_at(provider, Moment::Idle, Phase::Idle)
    }

    fn take_at(&mut self, provider: &'static str, moment: Moment, phase: Phase) -> Option<FaultEffect> {
        let number = increased(self.connections.entry((provider, moment)).or_default());
        let number = Number { of_operation: number, of_all: number };
        let call = PlanCall { provider, operation: None, reference: None, number };
        self.take(call, &[phase]).map(|(_, effect)| effect)
    }

    /// How many connections were accepted by now, over all providers.
    pub(crate) fn connections(&self) -> u64 {
        self.connections.iter().filter(|((_, moment), _)| *moment == Moment::Accepted).map(|(_, count)| count).sum()
    }

    /// The fault that hits this call in one of these phases, if one does; it is then used up by one.
    pub(crate) fn take(&mut self, call: PlanCall<'_>, phases: &[Phase]) -> Option<(Phase, FaultEffect)> {
        let random = &mut self.random;
        let mut hits = |waiting: &&mut Waiting| {
            let fault = &waiting.fault;
            phases.contains(&fault.phase)
                && fault.provider == call.provider
                && fault.operation.as_deref().is_none_or(|operation| call.operation == Some(operation))
                && fault.order.as_deref().is_none_or(|order| call.reference == Some(order))
                && fault.budget.is_none_or(|budget| waiting.fired < budget)
                && match fault.calls {
                    Calls::Any => true,
                    Calls::Range(from, to) if fault.operation.is_some() => {
                        (from..=to).contains(&call.number.of_operation)
                    }
                    Calls::Range(from, to) => (from..=to).contains(&call.number.of_all),
                }
                && fault.percent.is_none_or(|percent| random.percent(percent))
        };
        let waiting = self.waiting.iter_mut().find(|waiting| hits(waiting))?;
        waiting.fired += 1;
        Some((waiting.fault.phase, waiting.fault.effect.clone()))
    }

    /// The fault that hits a message to the merchant. Messages are counted by operation, apart from its calls.
    pub(crate) fn take_for_message(
        &mut self,
        provider: &'static str,
        operation: &'static str,
        reference: &str,
    ) -> Option<FaultEffect> {
        let number = self.messages.next(provider, operation);
        let call = PlanCall { provider, operation: Some(operation), reference: Some(reference), number };
        self.take(call, &[Phase::Webhook]).map(|(_, effect)| effect)
    }

    /// Every fault, and how often it has happened.
    pub(crate) fn list(&self) -> Vec<(String, u32)> {
        self.waiting.iter().map(|waiting| (waiting.fault.to_string(), waiting.fired)).collect()
    }

    /// The faults that have not happened. One that is left to chance need not.
    pub(crate) fn unfired(&self) -> Vec<String> {
        let waits = |waiting: &&Waiting| waiting.fired == 0 && waiting.fault.percent.is_none();
        self.waiting.iter().filter(waits).map(|waiting| waiting.fault.to_string()).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }
}
