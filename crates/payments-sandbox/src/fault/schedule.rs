use std::collections::HashMap;

use super::{Calls, Fault, FaultEffect, Phase};
use crate::engine::Engine;
use crate::error::FaultError;
use crate::random::Random;

/// The faults that wait for their call, and how often each operation was called.
#[derive(Debug)]
pub(crate) struct FaultSchedule {
    faults: Vec<ScheduledFault>,
    calls: Counts,
    messages: Counts,
    /// How often a provider's connections were taken, a request began on one, and one was idle.
    connections: HashMap<(&'static str, ConnectionMoment), u64>,
    random: Random,
}

#[derive(Debug)]
struct ScheduledFault {
    fault: Fault,
    fired: u32,
}

/// One call of an operation, or one message about an order of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FaultPoint<'a> {
    pub(crate) provider: &'static str,
    /// Nothing before a request was read.
    pub(crate) operation: Option<&'static str>,
    pub(crate) reference: Option<&'a str>,
    pub(crate) number: CallNumber,
}

/// A moment of a connection at which no operation is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ConnectionMoment {
    Accepted,
    RequestBegun,
    Idle,
}

/// Where a call stands among those of its operation, and among all of its provider's; both from 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallNumber {
    pub(crate) of_operation: u64,
    pub(crate) of_all: u64,
}

#[derive(Debug, Default)]
struct Counts {
    of_operation: HashMap<(&'static str, &'static str), u64>,
    of_all: HashMap<&'static str, u64>,
}

impl Counts {
    fn next(&mut self, provider: &'static str, operation: &'static str) -> CallNumber {
        CallNumber {
            of_operation: increment(self.of_operation.entry((provider, operation)).or_default()),
            of_all: increment(self.of_all.entry(provider).or_default()),
        }
    }
}

fn join_or(operations: &[&str], provider: &str, none: &str) -> String {
    if operations.is_empty() { format!("{provider} {none}") } else { operations.join(", ") }
}

fn increment(count: &mut u64) -> u64 {
    *count += 1;
    *count
}

impl FaultSchedule {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            faults: Vec::new(),
            calls: Counts::default(),
            messages: Counts::default(),
            connections: HashMap::new(),
            random: Random::new(seed ^ 0x000f_a017),
        }
    }

    /// Adds a fault, if it can ever happen.
    pub(crate) fn add(&mut self, fault: Fault, engines: &[Box<dyn Engine>]) -> Result<(), FaultError> {
        let invalid = |part: &str, rule: String| FaultError { part: part.to_owned(), rule };
        let Some(engine) = engines.iter().find(|engine| engine.spec().name == fault.provider) else {
            let names: Vec<&str> = engines.iter().map(|engine| engine.spec().name).collect();
            return Err(invalid(&fault.provider, format!("is no provider; there are {}", names.join(", "))));
        };
        if let Some(operation) = &fault.operation {
            let among = |names: &[&str]| names.contains(&operation.as_str());
            if !among(engine.spec().operations) {
                let known = engine.spec().operations.join(", ");
                return Err(invalid(operation, format!("is no operation of {}; there are {known}", fault.provider)));
            }
            if fault.phase == Phase::Query && !among(engine.spec().read_only_operations) {
                let reads = join_or(engine.spec().read_only_operations, engine.spec().name, "has none");
                return Err(invalid(operation, format!("does not only ask, as @query needs; what does: {reads}")));
            }
            if fault.phase == Phase::Webhook && !among(engine.spec().operations_with_messages) {
                let with_messages = join_or(engine.spec().operations_with_messages, engine.spec().name, "sends none");
                return Err(invalid(operation, format!("sends no message; what does: {with_messages}")));
            }
        }
        self.faults.push(ScheduledFault { fault, fired: 0 });
        Ok(())
    }

    /// Counts a call of an operation, and gives its number.
    pub(crate) fn count(&mut self, provider: &'static str, operation: &'static str) -> CallNumber {
        self.calls.next(provider, operation)
    }

    /// The fault that hits a connection at a moment at which no operation is known. Each moment is counted apart.
    pub(crate) fn take_for_connection(
        &mut self,
        provider: &'static str,
        moment: ConnectionMoment,
    ) -> Option<FaultEffect> {
        let number = increment(self.connections.entry((provider, moment)).or_default());
        let number = CallNumber { of_operation: number, of_all: number };
        let point = FaultPoint { provider, operation: None, reference: None, number };
        let phase = match moment {
            ConnectionMoment::Accepted => Phase::Accept,
            ConnectionMoment::RequestBegun => Phase::FirstByte,
            ConnectionMoment::Idle => Phase::Idle,
        };
        self.take(point, &[phase]).map(|(_, effect)| effect)
    }

    /// How many connections were accepted by now, over all providers.
    pub(crate) fn connections(&self) -> u64 {
        self.connections
            .iter()
            .filter(|((_, moment), _)| *moment == ConnectionMoment::Accepted)
            .map(|(_, count)| count)
            .sum()
    }

    /// The fault that hits this call in one of these phases, if one does; it is then used up by one.
    pub(crate) fn take(&mut self, call: FaultPoint<'_>, phases: &[Phase]) -> Option<(Phase, FaultEffect)> {
        let random = &mut self.random;
        let mut hits = |scheduled: &&mut ScheduledFault| {
            let fault = &scheduled.fault;
            phases.contains(&fault.phase)
                && fault.provider == call.provider
                && fault.operation.as_deref().is_none_or(|operation| call.operation == Some(operation))
                && fault.order.as_deref().is_none_or(|order| call.reference == Some(order))
                && fault.budget.is_none_or(|budget| scheduled.fired < budget)
                && match fault.calls {
                    Calls::Any => true,
                    Calls::Range(from, to) if fault.operation.is_some() => {
                        (from..=to).contains(&call.number.of_operation)
                    }
                    Calls::Range(from, to) => (from..=to).contains(&call.number.of_all),
                }
                && fault.percent.is_none_or(|percent| random.percent(percent))
        };
        let scheduled = self.faults.iter_mut().find(|scheduled| hits(scheduled))?;
        scheduled.fired += 1;
        Some((scheduled.fault.phase, scheduled.fault.effect.clone()))
    }

    /// The fault that hits a message to the merchant. Messages are counted by operation, apart from its calls.
    pub(crate) fn take_for_message(
        &mut self,
        provider: &'static str,
        operation: &'static str,
        reference: &str,
    ) -> Option<FaultEffect> {
        let number = self.messages.next(provider, operation);
        let call = FaultPoint { provider, operation: Some(operation), reference: Some(reference), number };
        self.take(call, &[Phase::Webhook]).map(|(_, effect)| effect)
    }

    /// Every fault, and how often it has happened.
    pub(crate) fn list(&self) -> Vec<(String, u32)> {
        self.faults.iter().map(|scheduled| (scheduled.fault.to_string(), scheduled.fired)).collect()
    }

    /// The faults that have not happened. One that is left to chance need not.
    pub(crate) fn unfired(&self) -> Vec<String> {
        let waits = |scheduled: &&ScheduledFault| scheduled.fired == 0 && scheduled.fault.percent.is_none();
        self.faults.iter().filter(waits).map(|scheduled| scheduled.fault.to_string()).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.faults.clear();
    }
}
