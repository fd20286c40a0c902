//! The database as one process sees it: each call may fail, be slow, lose its response, or be the process's last.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use payments_core::time::OffsetDateTime;
use payments_journal::memory::{MemoryConnection, MemoryStore};
use payments_journal::store::{
    Acknowledgement, Amendment, Delivery, Inserted, Loaded, Matched, Pause, Received, Store, StoreError, StuckChange,
};
use payments_journal::{
    Account, CallResult, Change, Fact, Hook, HookError, HookFuture, InboxId, IntentId, IntentKey, IntentRow, Message,
    State, Stats,
};

use super::Flaw;
use super::host::{Host, unavailable};

#[derive(Debug, Clone)]
pub(super) struct SimStore(pub(super) Host);

/// A transaction: of the journal's tables, and of the merchant's own table.
#[derive(Debug)]
pub(super) struct Connection {
    journal: MemoryConnection,
    /// Rows that the hook inserts into the merchant's table.
    effects: Vec<Change>,
    host: Host,
}

impl SimStore {
    fn database(&self) -> &MemoryStore {
        &self.0.world.database
    }

    pub(super) fn begin(&self) -> Connection {
        Connection { journal: self.database().begin(), effects: Vec::new(), host: self.0.clone() }
    }

    /// Commits the merchant's transaction.
    pub(super) async fn commit(&self, connection: Connection) -> Result<(), StoreError> {
        self.0.reach_database("the commit of a record").await?;
        connection.journal.commit()?;
        self.0.return_from_commit("the commit of a record").await
    }

    /// What a flawed journal would write instead.
    fn spoil(&self, loaded: &Loaded, amendment: Option<Amendment>) -> Option<Amendment> {
        let mut amendment = amendment?;
        match self.0.world.flaw {
            Flaw::ExpiredLeaseMeansNotSent => {
                let mut is_changed = false;
                for (fact, _) in &mut amendment.facts {
                    if let Fact::LeaseExpired { attempt } = fact {
                        *fact = Fact::Ended { attempt: *attempt, result: CallResult::NotSent };
                        is_changed = true;
                    }
                }
                if is_changed {
                    amendment.facts.retain(|(fact, _)| matches!(fact, Fact::Ended { .. }));
                    amendment.head.state = State::Intended;
                    amendment.head.reported = State::Intended;
                    amendment.head.review = None;
                    amendment.head.lease = None;
                    amendment.head.due_at = Some(loaded.now);
                }
                Some(amendment)
            }
            Flaw::NotFoundMeansRefused => {
                let is_not_found = |(fact, _): &(Fact, String)| *fact == Fact::NotFound;
                if amendment.facts.iter().any(is_not_found) && amendment.head.state == State::Unknown {
                    let claim = loaded.evidence.iter().rev().find_map(|entry| match &entry.evidence.fact {
                        Fact::Claimed { attempt, .. } => Some(*attempt),
                        _ => None,
                    })?;
                    let source = format!("not found:{}", loaded.last_sequence());
                    amendment.facts = vec![(Fact::Ended { attempt: claim, result: CallResult::Refused }, source)];
                    amendment.head.state = State::Refused;
                    amendment.head.reported = State::Refused;
                    amendment.head.due_at = None;
                }
                Some(amendment)
            }
            Flaw::DropsLateSuccess => {
                let is_late = |(fact, _): &(Fact, String)| match fact {
                    Fact::Ended { attempt, .. } => {
                        let expired = Fact::LeaseExpired { attempt: *attempt };
                        loaded.evidence.iter().any(|entry| entry.evidence.fact == expired)
                    }
                    _ => false,
                };
                (!amendment.facts.iter().any(is_late)).then_some(amendment)
            }
            _ => Some(amendment),
        }
    }
}

fn is_claim(amendment: &Amendment) -> bool {
    amendment.facts.iter().any(|(fact, _)| matches!(fact, Fact::Claimed { .. }))
}

impl Store for SimStore {
    type Connection = Connection;

    async fn record(&self, connection: &mut Connection, row: &IntentRow) -> Result<Inserted, StoreError> {
        self.0.reach_database("an insert").await?;
        self.database().record(&mut connection.journal, row).await
    }

    async fn find(&self, key: &IntentKey) -> Result<Option<IntentId>, StoreError> {
        self.0.reach_database("a search").await?;
        self.database().find(key).await
    }

    async fn load(&self, id: IntentId) -> Result<Loaded, StoreError> {
        self.0.reach_database("a read").await?;
        self.database().load(id).await
    }

    async fn amend<T: Send>(
        &self,
        id: IntentId,
        decide: impl Fn(&Loaded) -> (Option<Amendment>, T) + Send + Sync,
    ) -> Result<T, StoreError> {
        let flaw = self.0.world.flaw;
        let reached = self.0.reach_database("a transaction").await;
        if reached.is_err() && flaw == Flaw::SendsWithoutStoredClaim {
            let loaded = self.database().load(id).await?;
            let (amendment, result) = decide(&loaded);
            return if amendment.as_ref().is_some_and(is_claim) { Ok(result) } else { Err(unavailable()) };
        }
        reached?;
        if self.0.repeats_transaction() || flaw == Flaw::ClaimsOnStaleRead {
            let loaded = self.database().load(id).await?;
            let (amendment, result) = decide(&loaded);
            self.0.point("in a transaction").await;
            if flaw == Flaw::ClaimsOnStaleRead {
                // The first decision is committed, whatever was committed meanwhile.
                self.database().amend(id, |_| (amendment.clone(), ())).await?;
                self.0.world.committed(id).await;
                self.0.return_from_commit("a transaction").await?;
                return Ok(result);
            }
            // The database rolled back, and the transaction is repeated.
        }
        let is_changed = Mutex::new(false);
        let result = self.database().amend(id, |loaded| {
            let (amendment, result) = decide(loaded);
            let amendment = self.spoil(loaded, amendment);
            *is_changed.lock().unwrap_or_else(PoisonError::into_inner) = amendment.is_some();
            (amendment, result)
        });
        let result = result.await?;
        if is_changed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            self.0.world.committed(id).await;
        }
        self.0.return_from_commit("a transaction").await?;
        Ok(result)
    }

    async fn due(&self, accounts: &[Account], limit: u32) -> Result<Vec<IntentId>, StoreError> {
        self.0.reach_database("a search").await?;
        self.database().due(accounts, limit).await
    }

    async fn in_review(&self, after: Option<IntentId>, limit: u32) -> Result<Vec<IntentId>, StoreError> {
        self.0.reach_database("a search").await?;
        self.database().in_review(after, limit).await
    }

    async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        self.0.reach_database("a search").await?;
        self.database().pauses().await
    }

    async fn resume(&self, account: &Account) -> Result<(), StoreError> {
        self.0.reach_database("an update").await?;
        self.database().resume(account).await?;
        self.0.return_from_commit("an update").await
    }

    async fn deliver(
        &self,
        hook: &dyn Hook<Connection>,
        backoff: &(dyn Fn(u32) -> Duration + Send + Sync),
    ) -> Result<Delivery, StoreError> {
        self.0.reach_database("a delivery").await?;
        let adapter = Adapter { store: self, hook, effects: Mutex::default() };
        let delivery = self.database().deliver(&adapter, backoff).await?;
        let effects = adapter.effects.into_inner().unwrap_or_else(PoisonError::into_inner);
        if matches!(delivery, Delivery::Delivered(_)) {
            // The commit of the hook's transaction.
            self.0.world.state().audit.apply_effects(effects);
        }
        if delivery != Delivery::Nothing {
            self.0.return_from_commit("a delivery").await?;
        }
        Ok(delivery)
    }

    async fn stuck_changes(&self, limit: u32) -> Result<Vec<StuckChange>, StoreError> {
        self.0.reach_database("a search").await?;
        self.database().stuck_changes(limit).await
    }

    async fn stats(&self) -> Result<Stats, StoreError> {
        self.0.reach_database("a search").await?;
        self.database().stats().await
    }

    async fn receive(&self, message: &Message) -> Result<Received, StoreError> {
        self.0.reach_database("the insert of a message").await?;
        let received = self.database().receive(message).await?;
        self.0.world.state().audit.stored(&message.account.provider, &message.source);
        self.0.return_from_commit("the insert of a message").await?;
        Ok(received)
    }

    async fn matches(
        &self,
        accounts: &[Account],
        after: Option<InboxId>,
        limit: u32,
    ) -> Result<Vec<Matched>, StoreError> {
        self.0.reach_database("a search").await?;
        self.database().matches(accounts, after, limit).await
    }

    async fn matches_of(&self, accounts: &[Account], id: InboxId) -> Result<Option<Matched>, StoreError> {
        self.0.reach_database("a search").await?;
        self.database().matches_of(accounts, id).await
    }

    async fn applied(&self, id: InboxId) -> Result<(), StoreError> {
        self.0.reach_database("an update").await?;
        self.database().applied(id).await?;
        self.0.return_from_commit("an update").await
    }

    async fn begin_acknowledgement(&self, lost_since: OffsetDateTime) -> Result<Acknowledgement, StoreError> {
        self.0.reach_database("an insert").await?;
        let begun = self.database().begin_acknowledgement(lost_since).await?;
        self.0.return_from_commit("an insert").await?;
        Ok(begun)
    }

    async fn may_be_lost(
        &self,
        acknowledgement: &Acknowledgement,
        after: Option<IntentId>,
        limit: u32,
    ) -> Result<Vec<IntentId>, StoreError> {
        self.0.reach_database("a search").await?;
        self.database().may_be_lost(acknowledgement, after, limit).await
    }

    async fn accept_history(&self, acknowledgement: &Acknowledgement) -> Result<(), StoreError> {
        self.0.reach_database("an update").await?;
        self.database().accept_history(acknowledgement).await?;
        self.0.return_from_commit("an update").await
    }
}

/// Runs a hook of the process on a transaction of the database.
struct Adapter<'a> {
    store: &'a SimStore,
    hook: &'a dyn Hook<Connection>,
    effects: Mutex<Vec<Change>>,
}

impl Hook<MemoryConnection> for Adapter<'_> {
    fn apply<'a>(&'a self, journal: &'a mut MemoryConnection, change: &'a Change) -> HookFuture<'a> {
        Box::pin(async move {
            let mut connection = self.store.begin();
            std::mem::swap(&mut connection.journal, journal);
            let result = self.hook.apply(&mut connection, change).await;
            std::mem::swap(&mut connection.journal, journal);
            *self.effects.lock().unwrap_or_else(PoisonError::into_inner) = connection.effects;
            result
        })
    }
}

/// The merchant's hook: it inserts a row into the merchant's own table, and sometimes fails before or after that.
pub(super) async fn apply_change(connection: &mut Connection, change: &Change) -> Result<(), HookError> {
    let host = connection.host.clone();
    host.point("before the hook's effect").await;
    let fails = host.hook_fails();
    let is_after = fails && host.hook_fails();
    if !fails || is_after {
        if host.world.flaw == Flaw::HookOutsideTransaction {
            host.world.state().audit.apply_effects(vec![change.clone()]);
        } else {
            connection.effects.push(change.clone());
        }
    }
    host.point("after the hook's effect").await;
    if fails {
        host.world.state().tally.hook_failures += 1;
        if host.hook_fails() {
            // Without the message on the standard error that a panic prints.
            std::panic::resume_unwind(Box::new("the hook's panic"));
        }
        return Err("the hook fails".into());
    }
    Ok(())
}
