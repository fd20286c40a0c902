//! A store in memory, for tests. It loses everything when the process ends, so it protects nothing.

mod restore;
mod settlement;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use payments_core::clock::{Clock, SystemClock};
use payments_core::time::OffsetDateTime;

use crate::evidence::Evidence;
use crate::hook::{Change, ChangeId, Hook, run_hook};
use crate::inbox::{InboxId, Message};
use crate::intent::{Account, IntentId, IntentKey};
use crate::row::IntentRow;
use crate::state::State;
use crate::store::{
    Acknowledgement, Agenda, Amendment, Delivery, Entry, Head, Inserted, KEEP_HINTS, Loaded, Matched, OpenChanges,
    OpenIntents, OpenMessages, Pause, Received, Stats, Store, StoreError, StuckChange,
};

pub use restore::Backup;

use restore::History;

/// A store in memory. Clones share what is stored.
#[derive(Clone)]
pub struct MemoryStore {
    tables: Arc<Mutex<Tables>>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

#[derive(Default, Clone)]
struct Tables {
    history: History,
    last_id: i64,
    intents: BTreeMap<IntentId, Stored>,
    changes: Vec<StoredChange>,
    messages: Vec<StoredMessage>,
    pauses: BTreeMap<Account, Pause>,
    settlements: settlement::Settlements,
}

#[derive(Clone)]
struct Stored {
    row: IntentRow,
    head: Head,
    evidence: Vec<Entry>,
}

impl Stored {
    fn is_open(&self) -> bool {
        let states = [State::Intended, State::Sending, State::Pending, State::Unknown, State::NeedsReview];
        self.head.due_at.is_some() || states.contains(&self.head.state)
    }

    fn is_about(&self, message: &Message) -> bool {
        let key = &self.row.key;
        let by_reference =
            message.reference.as_ref() == Some(&key.reference) && message.operations.contains(&key.operation);
        let by_id = message.object_id.is_some() && message.object_id == self.head.provider_id;
        key.account == message.account && (by_reference || by_id)
    }
}

#[derive(Clone)]
struct StoredChange {
    change: StuckChange,
    is_delivered: bool,
    /// True while its hook runs.
    is_locked: bool,
}

#[derive(Clone)]
struct StoredMessage {
    id: InboxId,
    message: Message,
    is_applied: bool,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(SystemClock::new())
    }

    /// Creates an empty store that reads the time from this clock.
    #[must_use]
    pub fn with_clock(clock: impl Clock + 'static) -> Self {
        Self { tables: Arc::default(), clock: Arc::new(clock) }
    }

    /// Starts a transaction. What is recorded in it exists once it is committed.
    #[must_use]
    pub fn begin(&self) -> MemoryConnection {
        MemoryConnection { store: self.clone(), recorded: Vec::new() }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transaction of a [`MemoryStore`].
#[derive(Debug)]
pub struct MemoryConnection {
    store: MemoryStore,
    recorded: Vec<(IntentId, IntentRow)>,
}

impl MemoryConnection {
    /// Commits the transaction. Dropping it rolls back.
    ///
    /// # Errors
    ///
    /// Returns an error if another transaction recorded the same key meanwhile.
    pub fn commit(self) -> Result<(), StoreError> {
        let mut tables = self.store.tables();
        if self.recorded.iter().any(|(_, row)| tables.find(&row.key).is_some() || tables.has_order(&row.key)) {
            return Err(StoreError::Rejected("another transaction recorded the same intent".into()));
        }
        for (id, row) in self.recorded {
            let head = Head { due_at: row.due_at, ..Head::default() };
            tables.intents.insert(id, Stored { row, head, evidence: Vec::new() });
        }
        Ok(())
    }
}

impl Tables {
    fn new_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    fn find(&self, key: &IntentKey) -> Option<IntentId> {
        self.intents.iter().find(|(_, stored)| stored.row.key == *key).map(|(id, _)| *id)
    }

    fn has_order(&self, key: &IntentKey) -> bool {
        self.intents.values().any(|stored| stored.row.key.is_same_order(key))
    }

    fn load(&self, id: IntentId, now: OffsetDateTime) -> Result<Loaded, StoreError> {
        let Stored { row, head, evidence } = self.intents.get(&id).ok_or(StoreError::NoSuchIntent(id))?;
        let pause = self.pauses.get(&row.key.account).filter(|pause| pause.until > now).cloned();
        let (row, head, evidence) = (row.clone(), head.clone(), evidence.clone());
        Ok(Loaded { id, row, head, evidence, pause, other_history: self.history.other(), now })
    }

    fn amend(&mut self, loaded: &Loaded, amendment: Amendment) {
        let Amendment { facts, head, pause } = amendment;
        let Some(stored) = self.intents.get_mut(&loaded.id) else { return };
        for (sequence, (fact, source)) in (loaded.last_sequence() + 1..).zip(facts) {
            stored.evidence.push(Entry { evidence: Evidence { sequence, fact }, source, at: loaded.now });
        }
        let change = (stored.head.reported != head.reported).then(|| Change {
            intent: loaded.id,
            key: loaded.row.key.clone(),
            amount: loaded.row.amount,
            from: stored.head.reported,
            to: head.reported,
            status: head.status.clone(),
            order_amount: head.order_amount,
            review: head.review,
            at: loaded.now,
        });
        stored.head = head;
        if let Some(change) = change {
            let id = ChangeId::new(self.new_id());
            let change = StuckChange { id, change, failures: 0, problem: String::new(), next_try: loaded.now };
            self.changes.push(StoredChange { change, is_delivered: false, is_locked: false });
        }
        if let Some(pause) = pause {
            self.pauses.insert(pause.account.clone(), pause);
        }
    }

    /// Returns the first change that is due and not held up by an earlier one of its intent.
    fn lock_next_change(&mut self, now: OffsetDateTime) -> Option<StuckChange> {
        let position = (0..self.changes.len()).find(|position| {
            let StoredChange { change, is_delivered, is_locked } = &self.changes[*position];
            let holds_up =
                |earlier: &StoredChange| !earlier.is_delivered && earlier.change.change.intent == change.change.intent;
            !is_delivered && !is_locked && change.next_try <= now && !self.changes[..*position].iter().any(holds_up)
        })?;
        let stored = self.changes.get_mut(position)?;
        stored.is_locked = true;
        Some(stored.change.clone())
    }

    /// A message of one of these accounts, with the intents that match; `None` if none does.
    fn matched(&self, accounts: &[Account], StoredMessage { id, message, .. }: &StoredMessage) -> Option<Matched> {
        let intents = self.intents.iter().filter(|(_, stored)| stored.is_about(message));
        let intents: Vec<IntentId> = intents.map(|(id, _)| *id).collect();
        let is_wanted = accounts.contains(&message.account) && !intents.is_empty();
        is_wanted.then(|| Matched { id: *id, message: Ok(message.clone()), intents })
    }

    fn change(&mut self, id: ChangeId) -> Option<&mut StoredChange> {
        self.changes.iter_mut().find(|stored| stored.change.id == id)
    }
}

impl Store for MemoryStore {
    type Connection = MemoryConnection;

    async fn record(&self, connection: &mut MemoryConnection, row: &IntentRow) -> Result<Inserted, StoreError> {
        let mut tables = self.tables();
        if let Some(id) = tables.find(&row.key) {
            return Ok(Inserted::Existing(Box::new(tables.load(id, self.clock.now())?)));
        }
        if let Some((id, row)) = connection.recorded.iter().find(|(_, recorded)| recorded.key == row.key) {
            let head = Head { due_at: row.due_at, ..Head::default() };
            let (row, now) = (row.clone(), self.clock.now());
            let (evidence, pause, other_history) = (vec![], None, None);
            return Ok(Inserted::Existing(Box::new(Loaded {
                id: *id,
                row,
                head,
                evidence,
                pause,
                other_history,
                now,
            })));
        }
        if tables.has_order(&row.key) || connection.recorded.iter().any(|(_, other)| other.key.is_same_order(&row.key))
        {
            return Ok(Inserted::ReferenceTaken);
        }
        let id = IntentId::new(tables.new_id());
        connection.recorded.push((id, row.clone()));
        Ok(Inserted::New(id))
    }

    async fn find(&self, key: &IntentKey) -> Result<Option<IntentId>, StoreError> {
        Ok(self.tables().find(key))
    }

    async fn load(&self, id: IntentId) -> Result<Loaded, StoreError> {
        self.tables().load(id, self.clock.now())
    }

    async fn amend<T: Send>(
        &self,
        id: IntentId,
        decide: impl Fn(&Loaded) -> (Option<Amendment>, T) + Send + Sync,
    ) -> Result<T, StoreError> {
        let mut tables = self.tables();
        let loaded = tables.load(id, self.clock.now())?;
        let (amendment, result) = decide(&loaded);
        if let Some(amendment) = amendment {
            tables.amend(&loaded, amendment);
        }
        Ok(result)
    }

    async fn due(&self, accounts: &[Account], limit: u32) -> Result<Vec<IntentId>, StoreError> {
        let now = self.clock.now();
        let tables = self.tables();
        let due = tables.intents.iter().filter(|(_, stored)| accounts.contains(&stored.row.key.account));
        let mut due: Vec<_> =
            due.filter_map(|(id, stored)| stored.head.due_at.filter(|due| *due <= now).map(|due| (due, *id))).collect();
        due.sort_unstable();
        due.truncate(limit as usize);
        Ok(due.into_iter().map(|(_, id)| id).collect())
    }

    async fn agenda(&self, accounts: &[Account], limit: u32) -> Result<Agenda, StoreError> {
        let (due, pauses) = (self.due(accounts, limit).await?, self.pauses().await?);
        let other_history = self.tables().history.other();
        Ok(Agenda { due, has_messages: true, has_changes: true, pauses, next_in: None, other_history })
    }

    async fn in_review(&self, after: Option<IntentId>, limit: u32) -> Result<Vec<IntentId>, StoreError> {
        let tables = self.tables();
        let reviews = tables
            .intents
            .iter()
            .filter(|(id, stored)| stored.head.state == State::NeedsReview && after.is_none_or(|after| **id > after));
        Ok(reviews.map(|(id, _)| *id).take(limit as usize).collect())
    }

    async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        let now = self.clock.now();
        Ok(self.tables().pauses.values().filter(|pause| pause.until > now).cloned().collect())
    }

    async fn resume(&self, account: &Account) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tables = self.tables();
        let until = tables.pauses.remove(account).map(|pause| pause.until);
        // What waited for the end of the pause is due now, except for what somebody works on.
        let is_free = |head: &Head| head.lease.is_none_or(|lease| lease.until <= now);
        let waited = |head: &Head| match head.state {
            State::Intended | State::Unknown => true,
            // Else it is the time of the next lookup.
            State::Pending => head.due_at == until,
            _ => false,
        };
        for Stored { row, head, .. } in tables.intents.values_mut() {
            if row.key.account == *account && is_free(head) && waited(head) {
                head.due_at = head.due_at.map(|due| due.min(now));
            }
        }
        Ok(())
    }

    async fn deliver(
        &self,
        hook: &dyn Hook<MemoryConnection>,
        backoff: &(dyn Fn(u32) -> Duration + Send + Sync),
    ) -> Result<Delivery, StoreError> {
        let next = self.tables().lock_next_change(self.clock.now());
        let Some(mut stuck) = next else { return Ok(Delivery::Nothing) };
        let unlock = Unlock { store: self, id: stuck.id };
        let mut connection = self.begin();
        let result = run_hook(hook, &mut connection, &stuck.change).await;
        let result = result.and_then(|()| connection.commit().map_err(|error| error.to_string()));
        drop(unlock);
        let mut tables = self.tables();
        match result {
            Ok(()) => {
                if let Some(stored) = tables.change(stuck.id) {
                    stored.is_delivered = true;
                }
                Ok(Delivery::Delivered(stuck.change))
            }
            Err(problem) => {
                stuck.failures += 1;
                stuck.problem = problem;
                stuck.next_try = self.clock.now() + backoff(stuck.failures);
                if let Some(stored) = tables.change(stuck.id) {
                    stored.change = stuck.clone();
                }
                Ok(Delivery::Failed(stuck))
            }
        }
    }

    async fn stuck_changes(&self, limit: u32) -> Result<Vec<StuckChange>, StoreError> {
        let tables = self.tables();
        let stuck = tables.changes.iter().filter(|stored| !stored.is_delivered && stored.change.failures > 0);
        Ok(stuck.map(|stored| stored.change.clone()).take(limit as usize).collect())
    }

    async fn stats(&self) -> Result<Stats, StoreError> {
        let at = self.clock.now();
        let tables = self.tables();
        let mut intents = BTreeMap::new();
        for Stored { row, head, .. } in tables.intents.values().filter(|stored| stored.is_open()) {
            let IntentKey { account, operation, .. } = &row.key;
            let group = (account.clone(), operation.clone(), head.state);
            let (count, due_at) = intents.entry(group).or_insert((0, None));
            *count += 1;
            *due_at = [*due_at, head.due_at].into_iter().flatten().min();
        }
        let intents = intents.into_iter().map(|((account, operation, state), (count, due_at))| OpenIntents {
            account,
            operation,
            state,
            count,
            due_at,
        });
        let mut changes = OpenChanges::default();
        for StoredChange { change, .. } in tables.changes.iter().filter(|stored| !stored.is_delivered) {
            changes.count += 1;
            changes.stuck += u64::from(change.failures > 0);
            changes.since = [changes.since, Some(change.change.at)].into_iter().flatten().min();
        }
        let mut messages = OpenMessages::default();
        for StoredMessage { message, .. } in tables.messages.iter().filter(|stored| !stored.is_applied) {
            if tables.intents.values().any(|stored| stored.is_about(message)) {
                messages.count += 1;
                messages.since = [messages.since, Some(message.received_at)].into_iter().flatten().min();
            }
        }
        let mut pauses: Vec<Pause> = tables.pauses.values().filter(|pause| pause.until > at).cloned().collect();
        pauses.sort_by_key(|pause| pause.since);
        Ok(Stats { at, intents: intents.collect(), unreadable: 0, changes, messages, pauses })
    }

    async fn receive(&self, message: &Message) -> Result<Received, StoreError> {
        let mut tables = self.tables();
        if message.is_hint() {
            let Tables { intents, messages, .. } = &mut *tables;
            let is_old = |known: &Message| known.is_hint() && known.received_at + KEEP_HINTS <= message.received_at;
            messages.retain(|known| {
                !is_old(&known.message) || intents.values().any(|stored| stored.is_about(&known.message))
            });
        }
        let known = tables
            .messages
            .iter()
            .find(|known| known.message.account == message.account && known.message.source == message.source);
        if let Some(known) = known {
            return Ok(Received::Repeated(known.id));
        }
        let id = InboxId::new(tables.new_id());
        tables.messages.push(StoredMessage { id, message: message.clone(), is_applied: false });
        Ok(Received::New(id))
    }

    async fn matches(
        &self,
        accounts: &[Account],
        after: Option<InboxId>,
        limit: u32,
    ) -> Result<Vec<Matched>, StoreError> {
        let tables = self.tables();
        let open =
            tables.messages.iter().filter(|known| !known.is_applied && after.is_none_or(|after| known.id > after));
        let matched = open.filter_map(|known| tables.matched(accounts, known));
        Ok(matched.take(limit as usize).collect())
    }

    async fn matches_of(&self, accounts: &[Account], id: InboxId) -> Result<Option<Matched>, StoreError> {
        let tables = self.tables();
        let message = tables.messages.iter().find(|known| known.id == id);
        Ok(message.and_then(|known| tables.matched(accounts, known)))
    }

    async fn applied(&self, id: InboxId) -> Result<(), StoreError> {
        if let Some(stored) = self.tables().messages.iter_mut().find(|stored| stored.id == id) {
            stored.is_applied = true;
        }
        Ok(())
    }

    async fn begin_acknowledgement(&self, lost_since: OffsetDateTime) -> Result<Acknowledgement, StoreError> {
        Ok(self.tables().begin_acknowledgement(lost_since))
    }

    async fn may_be_lost(
        &self,
        acknowledgement: &Acknowledgement,
        after: Option<IntentId>,
        limit: u32,
    ) -> Result<Vec<IntentId>, StoreError> {
        Ok(self.tables().may_be_lost(acknowledgement, after).take(limit as usize).collect())
    }

    async fn accept_history(&self, acknowledgement: &Acknowledgement) -> Result<(), StoreError> {
        self.tables().history.accept(acknowledgement)
    }
}

/// Unlocks a change, also if its delivery is dropped.
struct Unlock<'a> {
    store: &'a MemoryStore,
    id: ChangeId,
}

impl Drop for Unlock<'_> {
    fn drop(&mut self) {
        if let Some(stored) = self.store.tables().change(self.id) {
            stored.is_locked = false;
        }
    }
}
