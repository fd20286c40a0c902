//! What the sandbox saw and did, since some moment.

use std::collections::BTreeSet;

use payments_sandbox::Sandbox;

use super::operation::Operation;

/// A moment in a sandbox's life.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    timeline: usize,
    ledger: usize,
    connections: u64,
}

/// What came since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Requests for the operation, whole or as far as they came.
    pub(super) requests: usize,
    /// Requests for something else, or at another host.
    pub(super) astray: usize,
    /// Faults that happened.
    pub(super) faults: usize,
    pub(super) connections: u64,
    /// Connections that were ended as they were accepted and then heard out, and how many of those brought a byte.
    pub(super) heard_out: usize,
    pub(super) spoken_on: usize,
}

impl Mark {
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

    /// What the sandbox saw since.
    pub(super) fn seen(self, sandbox: &Sandbox, operation: &Operation) -> Seen {
        let wanted = operation.name_there();
        let mut seen = Seen { connections: sandbox.connections() - self.connections, ..Seen::default() };
        for entry in sandbox.timeline().iter().skip(self.timeline) {
            let what = entry.what.as_str();
            seen.faults += usize::from(what.contains("fault "));
            if let Some((_, bytes)) = what.split_once(": that connection brought ") {
                seen.heard_out += 1;
                seen.spoken_on += usize::from(bytes != "0 bytes");
            }
            if what.contains(": the beginning of a request") {
                seen.requests += 1;
            } else if what.contains("followed a redirect away") || what.contains(" of another address, request ") {
                seen.astray += 1;
            } else if what.contains(": request ") {
                let ours = what.split('#').next() == Some(&wanted);
                seen.requests += usize::from(ours);
                seen.astray += usize::from(!ours);
            }
        }
        seen
    }

    /// How often the operation was executed since: by how many requests.
    pub(super) fn executions(self, sandbox: &Sandbox, operation: &Operation) -> usize {
        let (ledger, wanted) = (sandbox.ledger(), operation.name_there());
        let entries = ledger.entries().iter().skip(self.ledger).filter(|entry| entry.operation == wanted);
        entries.filter_map(|entry| entry.request).collect::<BTreeSet<_>>().len()
    }
}
