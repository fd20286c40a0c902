//! A store with a point before and after each durable write.

use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use payments_journal::store::{
    Agenda, Amendment, Delivery, Inserted, Loaded, Matched, Pause, Received, Store, StoreError, StuckChange,
};
use payments_journal::{
    Account, AttemptId, Change, Fact, Hook, HookFuture, InboxId, IntentId, IntentKey, IntentRow, Message,
};

/// Watches what a store writes.
pub(super) trait Watch: Clone + Debug + Send + Sync + 'static {
    /// The process is just before or after a durable write.
    fn pass(&self, point: String);

    /// A lease is about to be taken, if the transaction commits.
    fn takes(&self, intent: IntentId) {
        let _ = intent;
    }

    /// A transaction has committed after which nobody has a lease.
    fn released(&self, intent: IntentId) {
        let _ = intent;
    }
}

/// A database's store, watched. Its own transactions are atomic, so there are no points between their statements.
#[derive(Debug)]
pub(super) struct WatchedStore<S, W> {
    inner: S,
    watch: W,
    /// Makes the mistake that the sweep must detect: an attempt whose lease expired counts as never sent.
    forgets_attempts: bool,
}

impl<S: Store, W: Watch> WatchedStore<S, W> {
    pub(super) fn new(inner: S, watch: W, forgets_attempts: bool) -> Self {
        Self { inner, watch, forgets_attempts }
    }
}

impl<S: Store, W: Watch> Store for WatchedStore<S, W> {
    type Connection = S::Connection;

    async fn record(&self, connection: &mut S::Connection, row: &IntentRow) -> Result<Inserted, StoreError> {
        self.inner.record(connection, row).await
    }

    async fn find(&self, key: &IntentKey) -> Result<Option<IntentId>, StoreError> {
        self.inner.find(key).await
    }

    async fn load(&self, id: IntentId) -> Result<Loaded, StoreError> {
        self.inner.load(id).await
    }

    async fn amend<T: Send>(
        &self,
        id: IntentId,
        decide: impl Fn(&Loaded) -> (Option<Amendment>, T) + Send + Sync,
    ) -> Result<T, StoreError> {
        let (writes, takes) = (AtomicBool::new(false), AtomicBool::new(false));
        let result = self.inner.amend(id, |loaded| {
            let (amendment, result) = if self.forgets_attempts { decide(&forget(loaded)) } else { decide(loaded) };
            if let Some(amendment) = &amendment {
                writes.store(true, Ordering::Relaxed);
                takes.store(amendment.head.lease.is_some(), Ordering::Relaxed);
                if amendment.head.lease.is_some_and(|lease| loaded.head.lease != Some(lease)) {
                    self.watch.takes(id);
                }
                self.watch.pass(format!("before writing {}", describe(amendment)));
            }
            (amendment, result)
        });
        let result = result.await;
        if writes.into_inner() {
            self.watch.pass("after writing".to_owned());
            if !takes.into_inner() {
                self.watch.released(id);
            }
        }
        result
    }

    async fn due(&self, accounts: &[Account], limit: u32) -> Result<Vec<IntentId>, StoreError> {
        self.inner.due(accounts, limit).await
    }

    async fn agenda(&self, accounts: &[Account], limit: u32) -> Result<Agenda, StoreError> {
        self.inner.agenda(accounts, limit).await
    }

    async fn in_review(&self, after: Option<IntentId>, limit: u32) -> Result<Vec<IntentId>, StoreError> {
        self.inner.in_review(after, limit).await
    }

    async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        self.inner.pauses().await
    }

    async fn resume(&self, account: &Account) -> Result<(), StoreError> {
        self.inner.resume(account).await
    }

    async fn deliver(
        &self,
        hook: &dyn Hook<S::Connection>,
        backoff: &(dyn Fn(u32) -> Duration + Send + Sync),
    ) -> Result<Delivery, StoreError> {
        let result = self.inner.deliver(&WatchedHook { hook, watch: &self.watch }, backoff).await;
        match &result {
            Ok(Delivery::Delivered(_)) => self.watch.pass("after delivering a change".to_owned()),
            Ok(Delivery::Failed(_)) => self.watch.pass("after storing a failure of the hook".to_owned()),
            _ => {}
        }
        result
    }

    async fn stuck_changes(&self, limit: u32) -> Result<Vec<StuckChange>, StoreError> {
        self.inner.stuck_changes(limit).await
    }

    async fn receive(&self, message: &Message) -> Result<Received, StoreError> {
        self.watch.pass("before receiving".to_owned());
        let received = self.inner.receive(message).await;
        self.watch.pass("after receiving".to_owned());
        received
    }

    async fn matches(
        &self,
        accounts: &[Account],
        after: Option<InboxId>,
        limit: u32,
    ) -> Result<Vec<Matched>, StoreError> {
        self.inner.matches(accounts, after, limit).await
    }

    async fn matches_of(&self, accounts: &[Account], id: InboxId) -> Result<Option<Matched>, StoreError> {
        self.inner.matches_of(accounts, id).await
    }

    async fn applied(&self, id: InboxId) -> Result<(), StoreError> {
        self.watch.pass("before marking a message as applied".to_owned());
        let applied = self.inner.applied(id).await;
        self.watch.pass("after marking a message as applied".to_owned());
        applied
    }
}

/// The merchant's hook, with a point when its effect is written and not committed.
struct WatchedHook<'a, C, W> {
    hook: &'a dyn Hook<C>,
    watch: &'a W,
}

impl<C: Send, W: Watch> Hook<C> for WatchedHook<'_, C, W> {
    fn apply<'a>(&'a self, connection: &'a mut C, change: &'a Change) -> HookFuture<'a> {
        Box::pin(async move {
            self.hook.apply(connection, change).await?;
            self.watch.pass(format!("before committing the effect of {}", change.to));
            Ok(())
        })
    }
}

/// Returns the intent without the claims whose call did not end, once their lease is over.
fn forget(loaded: &Loaded) -> Loaded {
    let ended = |wanted: AttemptId| {
        let is_end = |fact: &Fact| matches!(fact, Fact::Ended { attempt, .. } if *attempt == wanted);
        loaded.evidence.iter().any(|entry| is_end(&entry.evidence.fact))
    };
    let mut known = loaded.clone();
    if loaded.head.lease.is_none_or(|lease| lease.until <= loaded.now) {
        for entry in &mut known.evidence {
            if matches!(entry.evidence.fact, Fact::Claimed { attempt, .. } if !ended(attempt)) {
                entry.evidence.fact = Fact::NotFound;
            }
        }
    }
    known
}

fn describe(amendment: &Amendment) -> String {
    let facts = amendment.facts.iter().map(|(fact, _)| match fact {
        Fact::Claimed { .. } => "a claim",
        Fact::Ended { .. } => "a result",
        Fact::LeaseExpired { .. } => "an expired lease",
        Fact::Found { .. } | Fact::NotFound => "a lookup",
        Fact::Event(_) => "an event",
        Fact::GaveUp(_) => "a review",
        Fact::Abandoned => "an abandonment",
        _ => "another fact",
    });
    let facts: Vec<&str> = facts.collect();
    if facts.is_empty() { "a schedule".to_owned() } else { facts.join(" and ") }
}
