use std::collections::HashMap;

use super::{Calls, Fault, FaultEffect, FaultError, Phase};
use crate::random::Random;

/// The faults that wait for their call, and how often each operation was called.
#[derive(Debug)]
pub(crate) struct Plan {
    waiting: Vec<Waiting>,
    calls: HashMap<(&'static str, &'static str), u64>,
    messages: HashMap<(&'static str, &'static str), u64>,
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
    pub(crate) number: u64,
}

impl Plan {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            waiting: Vec::new(),
            calls: HashMap::new(),
            messages: HashMap::new(),
            random: Random::new(seed ^ 0x000f_a017),
        }
    }

    /// Adds a fault, if there is such an operation.
    pub(crate) fn add(
        &mut self,
        fault: Fault,
        operations: &[(&'static str, &'static [&'static str])],
    ) -> Result<(), FaultError> {
        let refused = |part: &str, rule: String| FaultError { part: part.to_owned(), rule };
        let Some((_, known)) = operations.iter().find(|(provider, _)| *provider == fault.provider) else {
            let names: Vec<&str> = operations.iter().map(|(provider, _)| *provider).collect();
            return Err(refused(&fault.provider, format!("is no provider; there are {}", names.join(", "))));
        };
        match &fault.operation {
            Some(operation) if !known.contains(&operation.as_str()) => Err(refused(
                operation,
                format!("is no operation of {}; there are {}", fault.provider, known.join(", ")),
            )),
            _ => {
                self.waiting.push(Waiting { fault, fired: 0 });
                Ok(())
            }
        }
    }

    /// Counts a call of an operation, and gives its number.
    pub(crate) fn count(&mut self, provider: &'static str, operation: &'static str) -> u64 {
        let count = self.calls.entry((provider, operation)).or_insert(0);
        *count += 1;
        *count
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
                    Calls::Range(from, to) => (from..=to).contains(&call.number),
                }
                && fault.percent.is_none_or(|percent| random.percent(percent))
        };
        let waiting = self.waiting.iter_mut().find(|waiting| hits(waiting))?;
        waiting.fired += 1;
        Some((waiting.fault.phase, waiting.fault.effect.clone()))
    }

    /// The fault that hits a message to the merchant. Messages are counted by operation, apart from its calls.
    pub(crate) fn take_for_message(&mut self, call: PlanCall<'_>) -> Option<FaultEffect> {
        let number = self.messages.entry((call.provider, call.operation.unwrap_or_default())).or_insert(0);
        *number += 1;
        let call = PlanCall { number: *number, ..call };
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
