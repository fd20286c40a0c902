//! A store that fails as the test says.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use payments_core::time::OffsetDateTime;
use payments_journal::memory::{MemoryConnection, MemoryStore};
use payments_journal::store::{
    Acknowledgement, Agenda, Amendment, Delivery, Inserted, Loaded, Matched, Pause, Received, StuckChange,
};
use payments_journal::{Account, Hook, InboxId, IntentId, IntentKey, IntentRow, Message, Stats, Store, StoreError};

/// The methods of a store whose answers come from the store in this field: all but the changes of intents and the agenda.
macro_rules! forward {
    ($store:ident) => {
        async fn record(&self, connection: &mut MemoryConnection, row: &IntentRow) -> Result<Inserted, StoreError> {
            self.$store.record(connection, row).await
        }

        async fn find(&self, key: &IntentKey) -> Result<Option<IntentId>, StoreError> {
            self.$store.find(key).await
        }

        async fn load(&self, id: IntentId) -> Result<Loaded, StoreError> {
            self.$store.load(id).await
        }

        async fn due(&self, accounts: &[Account], limit: u32) -> Result<Vec<IntentId>, StoreError> {
            self.$store.due(accounts, limit).await
        }

        async fn in_review(&self, after: Option<IntentId>, limit: u32) -> Result<Vec<IntentId>, StoreError> {
            self.$store.in_review(after, limit).await
        }

        async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
            self.$store.pauses().await
        }

        async fn resume(&self, account: &Account) -> Result<(), StoreError> {
            self.$store.resume(account).await
        }

        fn deliver(
            &self,
            hook: &dyn Hook<MemoryConnection>,
            backoff: &(dyn Fn(u32) -> Duration + Send + Sync),
        ) -> impl Future<Output = Result<Delivery, StoreError>> + Send {
            self.$store.deliver(hook, backoff)
        }

        async fn stuck_changes(&self, limit: u32) -> Result<Vec<StuckChange>, StoreError> {
            self.$store.stuck_changes(limit).await
        }

        async fn stats(&self) -> Result<Stats, StoreError> {
            self.$store.stats().await
        }

        async fn receive(&self, message: &Message) -> Result<Received, StoreError> {
            self.$store.receive(message).await
        }

        async fn matches(
            &self,
            accounts: &[Account],
            after: Option<InboxId>,
            limit: u32,
        ) -> Result<Vec<Matched>, StoreError> {
            self.$store.matches(accounts, after, limit).await
        }

        async fn matches_of(&self, accounts: &[Account], id: InboxId) -> Result<Option<Matched>, StoreError> {
            self.$store.matches_of(accounts, id).await
        }

        async fn applied(&self, id: InboxId) -> Result<(), StoreError> {
            self.$store.applied(id).await
        }

        async fn begin_acknowledgement(&self, lost_since: OffsetDateTime) -> Result<Acknowledgement, StoreError> {
            self.$store.begin_acknowledgement(lost_since).await
        }

        async fn may_be_lost(
            &self,
            acknowledgement: &Acknowledgement,
            after: Option<IntentId>,
            limit: u32,
        ) -> Result<Vec<IntentId>, StoreError> {
            self.$store.may_be_lost(acknowledgement, after, limit).await
        }

        async fn accept_history(&self, acknowledgement: &Acknowledgement) -> Result<(), StoreError> {
            self.$store.accept_history(acknowledgement).await
        }
    };
}
pub(super) use forward;

/// A store in memory whose writes or questions fail. Clones share their failures.
#[derive(Clone)]
pub(super) struct FailingStore {
    pub(super) memory: MemoryStore,
    /// How many of the next changes of an intent fail.
    amends: Arc<AtomicU32>,
    /// How many of the next changes of an intent succeed before all others fail; `u32::MAX` for no limit.
    amends_before_failure: Arc<AtomicU32>,
    /// How many of the next questions for the agenda fail.
    agendas: Arc<AtomicU32>,
    /// How often it was asked for the agenda.
    questions: Arc<AtomicU32>,
    error: fn() -> StoreError,
}

impl FailingStore {
    pub(super) fn new(memory: MemoryStore, error: fn() -> StoreError) -> Self {
        let amends_before_failure = Arc::new(AtomicU32::new(u32::MAX));
        let (amends, agendas, questions) = Default::default();
        Self { memory, amends, amends_before_failure, agendas, questions, error }
    }

    pub(super) fn fail_amends(&self, count: u32) {
        self.amends.store(count, Ordering::SeqCst);
    }

    /// Fails all changes of intents after this many.
    pub(super) fn fail_amends_after(&self, count: u32) {
        self.amends_before_failure.store(count, Ordering::SeqCst);
    }

    pub(super) fn fail_agendas(&self, count: u32) {
        self.agendas.store(count, Ordering::SeqCst);
    }

    /// How often it was asked for the agenda.
    pub(super) fn questions(&self) -> u32 {
        self.questions.load(Ordering::SeqCst)
    }

    /// The failures of the agenda that are left.
    #[cfg(feature = "tracing")]
    pub(super) fn agendas_left(&self) -> u32 {
        self.agendas.load(Ordering::SeqCst)
    }

    /// The failures of changes that are left.
    pub(super) fn amends_left(&self) -> u32 {
        self.amends.load(Ordering::SeqCst)
    }

    fn fail(&self, counter: &AtomicU32) -> Result<(), StoreError> {
        match counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) {
            Ok(_) => Err((self.error)()),
            Err(_) => Ok(()),
        }
    }
}

impl Store for FailingStore {
    type Connection = MemoryConnection;

    forward!(memory);

    async fn amend<T: Send>(
        &self,
        id: IntentId,
        decide: impl Fn(&Loaded) -> (Option<Amendment>, T) + Send + Sync,
    ) -> Result<T, StoreError> {
        self.fail(&self.amends)?;
        let spend = |left: u32| if left == u32::MAX { Some(left) } else { left.checked_sub(1) };
        if self.amends_before_failure.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend).is_err() {
            return Err((self.error)());
        }
        self.memory.amend(id, decide).await
    }

    async fn agenda(&self, accounts: &[Account], limit: u32) -> Result<Agenda, StoreError> {
        self.questions.fetch_add(1, Ordering::SeqCst);
        self.fail(&self.agendas)?;
        self.memory.agenda(accounts, limit).await
    }
}
