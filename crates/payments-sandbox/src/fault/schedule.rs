use std::collections::HashMap;

use super::{Calls, Fault, FaultEffect, Phase};
use crate::engine::Engine;
use crate::error::FaultError;
use crate::random::Random;

/// The faults, and how often each operation was called.
#[derive(Debug)]
pub(crate) struct FaultSchedule {
    faults: Vec<ScheduledFault>,
    /// How many faults were ever added.
    added: u64,
    calls: Counts,
    messages: Counts,
    /// How often each moment occurred on a provider's connections.
    connections: HashMap<(&'static str, ConnectionMoment), u64>,
    random: Random,
}

#[derive(Debug)]
struct ScheduledFault {
    /// The position among all faults that were ever added, from 1.
    number: u64,
    fault: Fault,
    fired: u32,
}

/// A fault, as lists show it.
#[derive(Debug)]
pub(crate) struct ListedFault {
    pub(crate) number: u64,
    /// The text form.
    pub(crate) spec: String,
    /// How often it occurred.
    pub(crate) fired: u32,
    /// The most times that it occurs; `None` for no limit.
    pub(crate) budget: Option<u32>,
}

/// A point at which a fault can occur: a connection, a call of an operation, or a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FaultPoint<'a> {
    pub(crate) provider: &'static str,
    /// `None` before the request's head was read.
    pub(crate) operation: Option<&'static str>,
    pub(crate) reference: Option<&'a str>,
    pub(crate) number: CallNumber,
}

/// A moment of a connection at which the operation is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ConnectionMoment {
    Accepted,
    RequestBegun,
    Idle,
}

/// The number of a call among the calls of its operation and among all calls of its provider, each from 1.
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

fn join_or_none(operations: &[&str]) -> String {
    if operations.is_empty() { "none".to_owned() } else { operations.join(", ") }
}

fn increment(count: &mut u64) -> u64 {
    *count += 1;
    *count
}

impl FaultSchedule {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            faults: Vec::new(),
            added: 0,
            calls: Counts::default(),
            messages: Counts::default(),
            connections: HashMap::new(),
            random: Random::new(seed ^ 0x000f_a017),
        }
    }

    /// Adds a fault, and returns its number. Fails if the fault can never occur.
    pub(crate) fn add(&mut self, fault: Fault, engines: &[Box<dyn Engine>]) -> Result<u64, FaultError> {
        let invalid = |part: &str, rule: String| FaultError { part: part.to_owned(), rule };
        let Some(engine) = engines.iter().find(|engine| engine.spec().name == fault.provider) else {
            let names: Vec<&str> = engines.iter().map(|engine| engine.spec().name).collect();
            return Err(invalid(&fault.provider, format!("is not a provider; expected one of {}", names.join(", "))));
        };
        if let Some(operation) = &fault.operation {
            let is_in = |names: &[&str]| names.contains(&operation.as_str());
            if !is_in(engine.spec().operations) {
                let known = engine.spec().operations.join(", ");
                let rule = format!("is not an operation of {}; expected one of {known}", fault.provider);
                return Err(invalid(operation, rule));
            }
            if fault.phase == Phase::Query && !is_in(engine.spec().read_only_operations) {
                let reads = join_or_none(engine.spec().read_only_operations);
                return Err(invalid(operation, format!("is not read-only, as @query requires; read-only: {reads}")));
            }
            if fault.phase == Phase::Webhook && !is_in(engine.spec().operations_with_messages) {
                let senders = join_or_none(engine.spec().operations_with_messages);
                return Err(invalid(
                    operation,
                    format!("sends no webhooks, as @webhook requires; these do: {senders}"),
                ));
            }
        }
        let number = increment(&mut self.added);
        self.faults.push(ScheduledFault { number, fault, fired: 0 });
        Ok(number)
    }

    /// Counts a call of an operation and returns its number.
    pub(crate) fn count(&mut self, provider: &'static str, operation: &'static str) -> CallNumber {
        self.calls.next(provider, operation)
    }

    /// Takes the fault of a connection at a moment at which the operation is unknown. Each moment has its own count.
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

    /// Returns the number of accepted connections, over all providers.
    pub(crate) fn connections(&self) -> u64 {
        self.connections
            .iter()
            .filter(|((_, moment), _)| *moment == ConnectionMoment::Accepted)
            .map(|(_, count)| count)
            .sum()
    }

    /// Takes the first fault that matches this point in one of these phases, and counts that it occurred.
    pub(crate) fn take(&mut self, point: FaultPoint<'_>, phases: &[Phase]) -> Option<(Phase, FaultEffect)> {
        let random = &mut self.random;
        let mut matches = |scheduled: &&mut ScheduledFault| {
            let fault = &scheduled.fault;
            phases.contains(&fault.phase)
                && fault.provider == point.provider
                && fault.operation.as_deref().is_none_or(|operation| point.operation == Some(operation))
                && fault.order.as_deref().is_none_or(|order| point.reference == Some(order))
                && fault.budget.is_none_or(|budget| scheduled.fired < budget)
                && match fault.calls {
                    Calls::Any => true,
                    Calls::Range(from, to) if fault.operation.is_some() => {
                        (from..=to).contains(&point.number.of_operation)
                    }
                    Calls::Range(from, to) => (from..=to).contains(&point.number.of_all),
                }
                && fault.percent.is_none_or(|percent| random.percent(percent))
        };
        let scheduled = self.faults.iter_mut().find(|scheduled| matches(scheduled))?;
        scheduled.fired += 1;
        Some((scheduled.fault.phase, scheduled.fault.effect.clone()))
    }

    /// Takes the fault of a message to the merchant. Messages are counted per operation, separately from its calls.
    pub(crate) fn take_for_message(
        &mut self,
        provider: &'static str,
        operation: &'static str,
        reference: &str,
    ) -> Option<FaultEffect> {
        let number = self.messages.next(provider, operation);
        let point = FaultPoint { provider, operation: Some(operation), reference: Some(reference), number };
        self.take(point, &[Phase::Webhook]).map(|(_, effect)| effect)
    }

    /// Returns every fault.
    pub(crate) fn list(&self) -> Vec<ListedFault> {
        let listed = |scheduled: &ScheduledFault| ListedFault {
            number: scheduled.number,
            spec: scheduled.fault.to_string(),
            fired: scheduled.fired,
            budget: scheduled.fault.budget,
        };
        self.faults.iter().map(listed).collect()
    }

    /// Removes a fault. Returns false if there is no such fault.
    pub(crate) fn remove(&mut self, number: u64) -> bool {
        let count = self.faults.len();
        self.faults.retain(|scheduled| scheduled.number != number);
        self.faults.len() < count
    }

    /// Returns the faults that never occurred, except those with a probability.
    pub(crate) fn unfired(&self) -> Vec<String> {
        let unfired = |scheduled: &&ScheduledFault| scheduled.fired == 0 && scheduled.fault.percent.is_none();
        self.faults.iter().filter(unfired).map(|scheduled| scheduled.fault.to_string()).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.faults.clear();
    }
}
