//! The engine: it records intents, sends them, and stores the results.

mod builder;
mod call;
mod history;
mod inbox;
mod reconcile;
mod review;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use payments_core::clock::{Clock, Timer};
use payments_core::time::OffsetDateTime;
use payments_core::{Error, ValidationError};
use tokio::sync::{Notify, oneshot, watch};

use crate::error::JournalError;
use crate::executor::{Executor, Response};
use crate::in_memory::InMemory;
use crate::intent::{Account, Intent, IntentId, IntentKey};
use crate::keys::JournalKeys;
use crate::plan::{self, View};
use crate::row::IntentRow;
use crate::settings::Settings;
use crate::state::State;
use crate::store::{Amendment, Inserted, Loaded, Pause, Stats, Store, StoreError, StuckChange};
use crate::trace::{self, Written};
use crate::worker::Worker;

pub use builder::Builder;
pub use inbox::Receipt;
pub use reconcile::{Progress, Reconciliation};
pub use review::{Decided, Report};

/// A durable journal: what must be done once, and what is known about it.
///
/// Cloning it is cheap. Every process of an application has one, on the same store.
pub struct Journal<S: Store>(Arc<Inner<S>>);

impl<S: Store> Clone for Journal<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Store> fmt::Debug for Journal<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("accounts", &self.0.accounts).finish_non_exhaustive()
    }
}

pub(crate) struct Inner<S> {
    pub(crate) store: S,
    keys: JournalKeys,
    executors: HashMap<(Account, String), Arc<dyn Executor>>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timer: Arc<dyn Timer>,
    /// This start of the process.
    owner: u128,
    is_closed: AtomicBool,
    /// How many wait for the calls in progress, in `shut_down`.
    waiting: watch::Sender<usize>,
    /// The number of calls in progress.
    in_progress: watch::Sender<usize>,
    /// Wakes the worker when there may be something to do.
    pub(crate) wake: Notify,
}

/// The right to send a recorded intent, with what is in memory only.
#[derive(Debug, Clone)]
pub struct Ticket {
    id: IntentId,
    /// The row that the ticket is for. A database may use the id of a rolled-back row for another one.
    row: Option<(IntentKey, String, Vec<u8>)>,
    in_memory: Option<InMemory>,
}

impl Ticket {
    /// A ticket for a stored intent, such as one that [`Journal::find`] found. It has nothing that is in memory only, such as
    /// a card.
    #[must_use]
    pub fn of(id: IntentId) -> Self {
        Self { id, row: None, in_memory: None }
    }

    fn for_row(id: IntentId, row: &IntentRow, in_memory: Option<InMemory>) -> Self {
        Self { id, row: Some((row.key.clone(), row.key_id.clone(), row.mac.clone())), in_memory }
    }

    fn is_for(&self, row: &IntentRow) -> bool {
        self.row.as_ref().is_none_or(|(key, key_id, mac)| (key, key_id, mac) == (&row.key, &row.key_id, &row.mac))
    }

    /// The intent.
    #[must_use]
    pub fn intent(&self) -> IntentId {
        self.id
    }
}

/// The result of [`Journal::record`].
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: an intent is new or not")]
pub enum Recorded {
    /// The intent is new. It exists once the transaction is committed.
    New(Ticket),
    /// The same intent was recorded before, and has this state.
    Existing(Ticket, State),
}

impl Recorded {
    /// The ticket, new or not. [`Journal::execute`] does nothing twice.
    #[must_use]
    pub fn ticket(self) -> Ticket {
        match self {
            Self::New(ticket) | Self::Existing(ticket, _) => ticket,
        }
    }
}

/// The result of [`Journal::execute`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Executed {
    /// The intent's state.
    pub state: State,
    /// The provider's response, if this call got one: what the customer must do next. It is not stored.
    pub response: Option<Response>,
    /// The call's error, if this call failed.
    pub error: Option<Error>,
    /// The pause of the account, if it is paused: nothing is sent for it until then.
    pub pause: Option<Pause>,
}

/// The result of [`Journal::cancel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: the intent is cancelled or not")]
pub enum Cancelled {
    /// The intent is abandoned: it was not sent, and will not be.
    Done,
    /// It was sent, or is being sent. This is its state.
    TooLate(State),
}

impl<S: Store> Journal<S> {
    /// Starts to build a journal on a store. The keys protect what is stored.
    pub fn builder(store: S, keys: JournalKeys) -> Builder<S> {
        Builder::new(store, keys)
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.0.store
    }

    /// Makes this process's worker look for work now, for example because another process has recorded an intent.
    ///
    /// What this journal itself records or receives needs no call.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// Records an intent in the user's transaction, or finds it. Nothing is sent before the transaction is committed.
    ///
    /// # Errors
    ///
    /// - [`JournalError::Invalid`] names the field and the rule.
    /// - [`JournalError::Different`] if the intent's key is recorded with other parameters.
    /// - [`JournalError::Key`] if the intent is recorded under a key that this journal does not have.
    /// - [`JournalError::Store`] if the store failed. Roll the transaction back.
    pub async fn record(&self, connection: &mut S::Connection, intent: &Intent) -> Result<Recorded, JournalError> {
        let row = self.row(intent)?;
        match self.0.store.record(connection, &row).await? {
            Inserted::New(id) => Ok(Recorded::New(Ticket::for_row(id, &row, intent.in_memory.clone()))),
            Inserted::ReferenceTaken => Err(ValidationError::new("reference", REFERENCE_TAKEN).into()),
            Inserted::Existing(loaded) => {
                if loaded.row.version != row.version
                    || !self.0.keys.verify_mac(
                        &loaded.row.key_id,
                        &loaded.row.identity(),
                        &intent.content(),
                        &loaded.row.mac,
                    )?
                {
                    return Err(JournalError::Different { key: loaded.row.key });
                }
                let ticket = Ticket::for_row(loaded.id, &loaded.row, intent.in_memory.clone());
                Ok(Recorded::Existing(ticket, loaded.head.state))
            }
        }
    }

    /// Returns the columns of an intent, for applications that insert it with their own database library.
    ///
    /// A process without a journal uses [`Intent::row`].
    ///
    /// # Errors
    ///
    /// Returns [`JournalError::Invalid`] if the intent is invalid, and [`JournalError::Key`] if it cannot be sealed.
    pub fn row(&self, intent: &Intent) -> Result<IntentRow, JournalError> {
        intent.row(&self.0.keys, self.0.clock.now())
    }

    /// Sends a recorded intent, and stores the result.
    ///
    /// If the intent was sent before, this does only what a worker would do now: nothing, a lookup, or a request under the provider's
    /// protection. If the account is paused, nothing is sent, and the state stays `intended`.
    ///
    /// The call runs in a task of its own. If you drop the future, only the wait ends.
    ///
    /// # Errors
    ///
    /// What the provider did is no error: see [`Executed`].
    ///
    /// - [`StoreError::NoSuchIntent`] if the intent's transaction is not committed. Nothing was sent.
    /// - [`JournalError::NoClient`], [`JournalError::Key`] or [`JournalError::Closed`]: nothing was sent.
    /// - [`JournalError::OtherHistory`]: nothing was sent, until [`Journal::acknowledge_history`].
    /// - [`JournalError::NotSaved`] if the call ended, and its result cannot be stored now.
    /// - [`JournalError::Interrupted`] if the task ended unexpectedly. The request may have been sent.
    /// - [`JournalError::Store`] if the store failed. If the claim was stored all the same, a worker finds out.
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime.
    pub async fn execute(&self, ticket: Ticket) -> Result<Executed, JournalError> {
        let (reply, result) = oneshot::channel();
        let inner = Arc::clone(&self.0);
        drop(tokio::spawn(trace::inherit(async move { inner.drive(ticket, reply).await })));
        result.await.map_err(|_| JournalError::Interrupted)?
    }

    /// Cancels an intent in the state `intended`. It becomes `abandoned`.
    ///
    /// # Errors
    ///
    /// Returns an error if the intent is not stored, if no client is registered for it, if the store fails, or if the database has
    /// another history: the intent may have been sent.
    pub async fn cancel(&self, id: IntentId) -> Result<Cancelled, JournalError> {
        let cancelled = self.0.amend(id, |view, loaded| match &loaded.other_history {
            Some(other) if loaded.head.state == State::Intended => (None, Err(JournalError::from(other.clone()))),
            _ => {
                let (amendment, state) = plan::cancel(view, loaded);
                (amendment, Ok(state))
            }
        });
        let state = cancelled.await??;
        self.0.wake.notify_one();
        Ok(if state == State::Abandoned { Cancelled::Done } else { Cancelled::TooLate(state) })
    }

    /// Returns the intent with this key, or `None` if none is recorded.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub async fn find(&self, key: &IntentKey) -> Result<Option<IntentId>, JournalError> {
        Ok(self.0.store.find(key).await?)
    }

    /// Creates a worker: it sends what was recorded, finds out what is unknown, and delivers changes.
    pub fn worker(&self) -> Worker<S> {
        Worker::new(self.clone())
    }

    /// Returns the accounts that are paused because their credentials were refused, the oldest pause first.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub async fn pauses(&self) -> Result<Vec<Pause>, JournalError> {
        Ok(self.0.store.pauses().await?)
    }

    /// Ends the pause of an account, after its credentials were corrected. Does nothing if the account is not paused.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub async fn resume(&self, account: &Account) -> Result<(), JournalError> {
        self.0.store.resume(account).await?;
        trace::account_resumed(account);
        self.0.wake.notify_one();
        Ok(())
    }

    /// Returns at most `limit` changes whose hook failed, the oldest first. Each holds up the later changes of its intent.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub async fn stuck_changes(&self, limit: u32) -> Result<Vec<StuckChange>, JournalError> {
        Ok(self.0.store.stuck_changes(limit).await?)
    }

    /// Counts what is open, for metrics and alerts: intents by state, changes, messages, pauses.
    ///
    /// Call it from one process, about once a minute. It reads every open intent, and none that is settled. It needs no clients.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub async fn stats(&self) -> Result<Stats, JournalError> {
        Ok(self.0.store.stats().await?)
    }

    /// Starts nothing new, and waits until the calls in progress have ended and are saved. What the store does not accept is tried
    /// again and again.
    ///
    /// Drop the future after the longest time that you can wait. The leases of the remaining calls expire, and another worker finds out
    /// what happened.
    pub async fn shut_down(&self) {
        let _waiting = Counted::new(&self.0.waiting);
        self.0.is_closed.store(true, Ordering::SeqCst);
        let mut in_progress = self.0.in_progress.subscribe();
        trace::shutting_down(*in_progress.borrow());
        // It fails if the sender is gone, which `self` keeps.
        let _ = in_progress.wait_for(|calls| *calls == 0).await;
        trace::shut_down();
    }

    pub(crate) fn inner(&self) -> &Arc<Inner<S>> {
        &self.0
    }
}

impl<S: Store> Inner<S> {
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// True if a result that is not saved yet is tried again.
    fn keeps_trying(&self) -> bool {
        !self.is_closed() || *self.waiting.borrow() > 0
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    fn executor(&self, row: &IntentRow) -> Result<&Arc<dyn Executor>, JournalError> {
        let executor = self.executors.get(&(row.key.account.clone(), row.key.operation.clone()));
        let executor = executor.filter(|executor| executor.understands(row.version));
        executor.ok_or_else(|| JournalError::NoClient { key: row.key.clone(), version: row.version })
    }

    /// What this process knows of the operation, before it looks at an intent.
    fn view<'a>(&'a self, executor: &'a dyn Executor) -> View<'a> {
        let (rules, settings, owner) = (executor.rules(), &self.settings, self.owner);
        View { rules, settings, owner, executor, payment_id: None, can_send: false, unreadable: None }
    }

    /// Changes an intent by what something other than a call or a lookup brought.
    pub(crate) async fn amend<T: Send>(
        &self,
        id: IntentId,
        decide: impl Fn(&View<'_>, &Loaded) -> (Option<Amendment>, T) + Send + Sync,
    ) -> Result<T, JournalError> {
        let decided = self.write(id, |loaded| {
            let executor = match self.executor(&loaded.row) {
                Ok(executor) => executor,
                Err(error) => return (None, Err(error)),
            };
            let (amendment, value) = decide(&self.view(&**executor), loaded);
            (amendment, Ok(value))
        });
        decided.await?
    }

    /// Changes an intent in one transaction, and tells what changed.
    async fn write<T: Send>(
        &self,
        id: IntentId,
        decide: impl Fn(&Loaded) -> (Option<Amendment>, T) + Send + Sync,
    ) -> Result<T, StoreError> {
        let decided = self.store.amend(id, |loaded| {
            let (amendment, value) = decide(loaded);
            let written = amendment.as_ref().and_then(|amendment| Written::of(loaded, amendment));
            (amendment, (value, written))
        });
        let (value, written) = decided.await?;
        if let Some(written) = written {
            written.tell();
        }
        Ok(value)
    }

    /// Returns how long ago a moment of this process was, whether or not the machine slept.
    fn elapsed_since(&self, (wall, monotonic): (OffsetDateTime, std::time::Duration)) -> std::time::Duration {
        let by_wall = (self.clock.now() - wall).try_into().unwrap_or_default();
        self.clock.monotonic().saturating_sub(monotonic).max(by_wall)
    }
}

/// Counts something until it is dropped.
struct Counted<'a>(&'a watch::Sender<usize>);

impl<'a> Counted<'a> {
    fn new(counter: &'a watch::Sender<usize>) -> Self {
        counter.send_modify(|count| *count += 1);
        Self(counter)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

const REFERENCE_TAKEN: &str =
    "must not be that of another order of the account: a payment and a payout need two references";

/// Returns a random number.
pub(crate) fn random() -> Result<u128, JournalError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| crate::keys::KeyError::NoRandomness)?;
    Ok(u128::from_le_bytes(bytes))
}

/// The store's failures after which a transaction may be committed all the same.
fn is_uncertain(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_))
}
