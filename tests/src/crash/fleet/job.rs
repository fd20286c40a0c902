//! What the host and a worker's process tell each other: one JSON message per line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::crash::job::Prepared;

/// What a process of the fleet does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_enums, reason = "the harness knows all of them")]
pub enum Role {
    /// It executes intents and delivers changes to the merchant's hook.
    Both,
    /// It has no hook.
    Executes,
    /// It has a hook, and no client of any provider.
    DeliversChanges,
}

/// The first line that a process reads.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct FleetJob {
    pub(super) url: String,
    pub(super) role: Role,
    pub(super) control: bool,
    /// What the clients need, by the provider.
    pub(super) prepared: BTreeMap<String, Prepared>,
}

/// A line from a process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum FromWorker {
    /// It is about to take the lease of this intent.
    Takes(i64),
    /// It has given a lease back.
    Released(i64),
    /// The webhook with this number was received, and may be acknowledged.
    Received(usize),
    /// The process cannot work.
    Failed(String),
}
