//! Backups, and the histories of a store that was restored.

use std::fmt;

use payments_core::time::OffsetDateTime;

use super::{MemoryStore, Stored, Tables};
use crate::intent::IntentId;
use crate::state::State;
use crate::store::{Acknowledgement, OtherHistory, StoreError};

/// What a [`MemoryStore`] had when it was backed up.
#[derive(Clone)]
pub struct Backup(Tables);

impl fmt::Debug for Backup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backup").finish_non_exhaustive()
    }
}

impl MemoryStore {
    /// Returns what is stored now.
    #[must_use]
    pub fn back_up(&self) -> Backup {
        Backup(self.tables().clone())
    }

    /// Replaces what is stored by a backup. The store then has another history, as a restored `PostgreSQL` database has.
    pub fn restore(&self, backup: &Backup) {
        let mut tables = self.tables();
        let (present, last_id) = (tables.history.present, tables.last_id);
        *tables = backup.0.clone();
        tables.history.present = present + 1;
        // Else a test could take a new intent for a lost one.
        tables.last_id = last_id;
        for change in &mut tables.changes {
            change.is_locked = false;
        }
    }
}

/// Which history the store has, and which one the journal knows.
#[derive(Clone, Default)]
pub(super) struct History {
    present: u64,
    known: u64,
    begun: Vec<Begun>,
}

/// An acknowledgement that has begun.
#[derive(Clone)]
struct Begun {
    id: i64,
    lost_since: OffsetDateTime,
    history: u64,
    is_accepted: bool,
}

impl History {
    pub(super) fn other(&self) -> Option<OtherHistory> {
        let name = |number| format!("history {number}");
        (self.present != self.known).then(|| OtherHistory { found: name(self.present), known: name(self.known) })
    }

    pub(super) fn accept(&mut self, acknowledgement: &Acknowledgement) -> Result<(), StoreError> {
        let begun = self.begun.iter_mut().find(|begun| begun.id == acknowledgement.id);
        let Some(begun) = begun.filter(|begun| begun.history == self.present) else {
            return Err(StoreError::Unavailable("it was restored again: acknowledge its history again".into()));
        };
        begun.is_accepted = true;
        self.known = self.present;
        Ok(())
    }
}

impl Tables {
    pub(super) fn begin_acknowledgement(&mut self, lost_since: OffsetDateTime) -> Acknowledgement {
        let history = self.history.present;
        let last = self.intents.keys().next_back().copied().unwrap_or(IntentId::new(0));
        let is_same = |begun: &&Begun| begun.history == history && begun.lost_since == lost_since && !begun.is_accepted;
        let known = self.history.begun.iter().find(is_same).map(|begun| begun.id);
        let id = known.unwrap_or_else(|| {
            let id = self.new_id();
            self.history.begun.push(Begun { id, lost_since, history, is_accepted: false });
            id
        });
        Acknowledgement { id, lost_since, last }
    }

    pub(super) fn may_be_lost(
        &self,
        acknowledgement: &Acknowledgement,
        after: Option<IntentId>,
    ) -> impl Iterator<Item = IntentId> {
        let Acknowledgement { lost_since, last, .. } = *acknowledgement;
        let is_open = move |stored: &Stored| match stored.head.state {
            State::Intended | State::Sending | State::Unknown => true,
            State::Refused | State::Abandoned | State::NeedsReview => {
                stored.evidence.iter().any(|entry| entry.at >= lost_since)
            }
            State::Pending | State::Succeeded | State::Failed | State::Reversed => false,
        };
        let intents = self.intents.iter().filter(move |(id, _)| **id <= last && after.is_none_or(|after| **id > after));
        intents.filter(move |(_, stored)| is_open(stored)).map(|(id, _)| *id)
    }
}
