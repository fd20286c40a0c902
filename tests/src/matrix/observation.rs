//! The sandbox's observations: requests, faults, connections and executions since a checkpoint.

use std::collections::BTreeSet;

use payments_sandbox::Sandbox;

use super::operation::Operation;

/// A position in a sandbox's timeline and ledger.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checkpoint {
    timeline: usize,
    ledger: usize,
    connections: u64,
}

/// The sandbox's observations since a checkpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Observed {
    /// Requests for the operation, complete or incomplete.
    pub(super) requests: usize,
    /// Requests for another operation, path or host.
    pub(super) misdirected: usize,
    /// Faults that happened.
    pub(super) faults: usize,
    pub(super) connections: u64,
    /// Connections that the sandbox closed after accepting them, once their received bytes are counted.
    pub(super) closed_at_accept: usize,
    /// How many of the connections above received at least one byte.
    pub(super) closed_with_bytes: usize,
}

impl Checkpoint {
    pub(super) fn now(sandbox: &Sandbox) -> Self {
        Self {
            timeline: sandbox.timeline().len(),
            ledger: sandbox.ledger().entries().len(),
            connections: sandbox.connections(),
        }
    }

    pub(super) fn line(self) -> usize {
        self.timeline
    }

    /// Returns the sandbox's observations since the checkpoint.
    pub(super) fn observed(self, sandbox: &Sandbox, operation: &Operation) -> Observed {
        let name = operation.sandbox_name();
        let mut observed = Observed { connections: sandbox.connections() - self.connections, ..Observed::default() };
        for entry in sandbox.timeline().iter().skip(self.timeline) {
            let text = entry.text.as_str();
            observed.faults += usize::from(text.contains("fault "));
            if let Some((_, bytes)) = text.split_once(": the closed connection received ") {
                observed.closed_at_accept += 1;
                observed.closed_with_bytes += usize::from(bytes != "0 bytes");
            }
            if text.contains(": first byte of a request") {
                observed.requests += 1;
            } else if text.contains("followed a redirect away") || text.contains(" outside the API, request ") {
                observed.misdirected += 1;
            } else if text.contains(": request ") {
                let is_operation = text.split('#').next() == Some(&name);
                observed.requests += usize::from(is_operation);
                observed.misdirected += usize::from(!is_operation);
            }
        }
        observed
    }

    /// Returns how many requests executed the operation since the checkpoint.
    pub(super) fn executions(self, sandbox: &Sandbox, operation: &Operation) -> usize {
        let (ledger, name) = (sandbox.ledger(), operation.sandbox_name());
        let entries = ledger.entries().iter().skip(self.ledger).filter(|entry| entry.operation == name);
        entries.filter_map(|entry| entry.request).collect::<BTreeSet<_>>().len()
    }
}
