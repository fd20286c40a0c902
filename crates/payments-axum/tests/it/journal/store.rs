//! A store in memory that can fail to store messages.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use payments_core::time::OffsetDateTime;
use payments_journal::memory::{MemoryConnection, MemoryStore};
use payments_journal::store::{
    Acknowledgement, Amendment, Delivery, Inserted, Loaded, Matched, Pause, Received, StuckChange,
};
use payments_journal::{Account, Hook, InboxId, IntentId, IntentKey, IntentRow, Message, Stats, Store, StoreError};

#[derive(Clone)]
pub(super) struct UnreliableStore {
    pub(super) memory: MemoryStore,
    /// The messages that were stored.
    pub(super) messages: Arc<Mutex<Vec<Message>>>,
    is_broken: Arc<AtomicBool>,
}

impl UnreliableStore {
    pub(super) fn new(memory: MemoryStore) -> Self {
        Self { memory, messages: Arc::default(), is_broken: Arc::default() }
    }

    /// Makes the store fail, or work again.
    pub(super) fn breaks(&self, is_broken: bool) {
        self.is_broken.store(is_broken, Ordering::SeqCst);
    }
}

impl Store for UnreliableStore {
    type Connection = MemoryConnection;

    async fn receive(&self, message: &Message) -> Result<Received, StoreError> {
        if self.is_broken.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the disk is full".into()));
        }
        let received = self.memory.receive(message).await?;
        if matches!(received, Received::New(_)) {
            self.messages.lock().unwrap().push(message.clone());
        }
        Ok(received)
    }

    // The rest is the memory's.

    async fn record(&self, connection: &mut MemoryConnection, row: &IntentRow) -> Result<Inserted, StoreError> {
        self.memory.record(connection, row).await
    }

    async fn find(&self, key: &IntentKey) -> Result<Option<IntentId>, StoreError> {
        self.memory.find(key).await
    }

    async fn load(&self, id: IntentId) -> Result<Loaded, StoreError> {
        self.memory.load(id).await
    }

    async fn amend<T: Send>(
        &self,
        id: IntentId,
        decide: impl Fn(&Loaded) -> (Option<Amendment>, T) + Send + Sync,
    ) -> Result<T, StoreError> {
        self.memory.amend(id, decide).await
    }

    async fn due(&self, accounts: &[Account], limit: u32) -> Result<Vec<IntentId>, StoreError> {
        self.memory.due(accounts, limit).await
    }

    async fn in_review(&self, after: Option<IntentId>, limit: u32) -> Result<Vec<IntentId>, StoreError> {
        self.memory.in_review(after, limit).await
    }

    async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        self.memory.pauses().await
    }

    async fn resume(&self, account: &Account) -> Result<(), StoreError> {
        self.memory.resume(account).await
    }

    async fn deliver(
        &self,
        hook: &dyn Hook<MemoryConnection>,
        backoff: &(dyn Fn(u32) -> Duration + Send + Sync),
    ) -> Result<Delivery, StoreError> {
        self.memory.deliver(hook, backoff).await
    }

    async fn stuck_changes(&self, limit: u32) -> Result<Vec<StuckChange>, StoreError> {
        self.memory.stuck_changes(limit).await
    }

    async fn stats(&self) -> Result<Stats, StoreError> {
        self.memory.stats().await
    }

    async fn matches(
        &self,
        accounts: &[Account],
        after: Option<InboxId>,
        limit: u32,
    ) -> Result<Vec<Matched>, StoreError> {
        self.memory.matches(accounts, after, limit).await
    }

    async fn matches_of(&self, accounts: &[Account], id: InboxId) -> Result<Option<Matched>, StoreError> {
        self.memory.matches_of(accounts, id).await
    }

    async fn applied(&self, id: InboxId) -> Result<(), StoreError> {
        self.memory.applied(id).await
    }

    async fn begin_acknowledgement(&self, lost_since: OffsetDateTime) -> Result<Acknowledgement, StoreError> {
        self.memory.begin_acknowledgement(lost_since).await
    }

    async fn may_be_lost(
        &self,
        acknowledgement: &Acknowledgement,
        after: Option<IntentId>,
        limit: u32,
    ) -> Result<Vec<IntentId>, StoreError> {
        self.memory.may_be_lost(acknowledgement, after, limit).await
    }

    async fn accept_history(&self, acknowledgement: &Acknowledgement) -> Result<(), StoreError> {
        self.memory.accept_history(acknowledgement).await
    }
}
