//! Where intents are kept: what a database must do, and nothing else.
//!
//! A store holds no rules. Each change of an intent is one transaction: load the row and its evidence, ask a pure function what to add,
//! and write that. Nothing of what the function saw may have changed at the commit: lock the row first, or compare its version.

mod stats;

use std::future::Future;
use std::time::Duration;

use payments_core::time::OffsetDateTime;
use payments_core::{Money, PaymentStatus};

use crate::evidence::{AttemptId, Evidence, Fact, Sequence};
use crate::hook::{Change, ChangeId, Hook};
use crate::inbox::{InboxId, Message};
use crate::intent::{Account, IntentId, IntentKey};
use crate::review::Review;
use crate::row::IntentRow;
use crate::state::State;

pub use stats::{OpenChanges, OpenIntents, OpenMessages, Stats};

/// A database, or memory.
///
/// All times are the store's: `SQLite` reads the clock of its machine, `PostgreSQL` its own.
///
/// Every method can return [`StoreError::Unavailable`] if the database fails, and [`StoreError::Unreadable`] if a row has something that
/// this version does not know.
pub trait Store: Send + Sync + 'static {
    /// A connection inside the user's transaction, and inside the transaction of a hook.
    type Connection: Send;

    /// Inserts an intent in the user's transaction, or finds the one with the same key.
    fn record(
        &self,
        connection: &mut Self::Connection,
        row: &IntentRow,
    ) -> impl Future<Output = Result<Inserted, StoreError>> + Send;

    /// Finds an intent by its key.
    fn find(&self, key: &IntentKey) -> impl Future<Output = Result<Option<IntentId>, StoreError>> + Send;

    /// Loads an intent and all its evidence.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::NoSuchIntent`] if there is none: its transaction was rolled back, or is not committed yet.
    fn load(&self, id: IntentId) -> impl Future<Output = Result<Loaded, StoreError>> + Send;

    /// Changes an intent in one transaction: `decide` sees what is stored, and returns what to write.
    ///
    /// The transaction is durable when this returns. `decide` is pure and fast, and may be called again if the database wants the
    /// transaction repeated. If [`Head::reported`] differs from the stored one, the store adds a [`Change`].
    ///
    /// # Errors
    ///
    /// After [`StoreError::Unavailable`] the transaction may be committed all the same.
    fn amend<T: Send>(
        &self,
        id: IntentId,
        decide: impl Fn(&Loaded) -> (Option<Amendment>, T) + Send + Sync,
    ) -> impl Future<Output = Result<T, StoreError>> + Send;

    /// Returns intents of these accounts that are due, the longest overdue first, at most `limit`.
    fn due(&self, accounts: &[Account], limit: u32) -> impl Future<Output = Result<Vec<IntentId>, StoreError>> + Send;

    /// Returns what a worker may have to do now. An idle worker asks nothing else, so a database answers in one statement.
    ///
    /// The default asks for each part.
    fn agenda(&self, accounts: &[Account], limit: u32) -> impl Future<Output = Result<Agenda, StoreError>> + Send {
        async move {
            let (due, pauses) = (self.due(accounts, limit).await?, self.pauses().await?);
            Ok(Agenda { due, has_messages: true, has_changes: true, pauses, next_in: None, other_history: None })
        }
    }

    /// Returns the intents in `needs_review`, the oldest first, after this id.
    fn in_review(
        &self,
        after: Option<IntentId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<IntentId>, StoreError>> + Send;

    /// Returns the accounts that are paused.
    fn pauses(&self) -> impl Future<Output = Result<Vec<Pause>, StoreError>> + Send;

    /// Ends the pause of an account. What waited for its end is due now, except for what somebody works on.
    fn resume(&self, account: &Account) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Delivers the next change that is due: runs the hook and marks the change as delivered, in one transaction.
    ///
    /// The changes of one intent are delivered in order. If the hook fails, the transaction is rolled back, and the failure is
    /// stored with the time of the next try, which `backoff` returns for the number of failures.
    fn deliver(
        &self,
        hook: &dyn Hook<Self::Connection>,
        backoff: &(dyn Fn(u32) -> Duration + Send + Sync),
    ) -> impl Future<Output = Result<Delivery, StoreError>> + Send;

    /// Returns the changes whose hook failed, the oldest first. Those that this version cannot read are not among them.
    fn stuck_changes(&self, limit: u32) -> impl Future<Output = Result<Vec<StuckChange>, StoreError>> + Send;

    /// Counts what is open. It reads nothing that is settled.
    fn stats(&self) -> impl Future<Output = Result<Stats, StoreError>> + Send;

    /// Stores a message of a provider, unless its source is stored already. Durable when this returns.
    ///
    /// Anyone can send hints. Those that match no intent are forgotten some time after [`KEEP_HINTS`]. Events are kept.
    fn receive(&self, message: &Message) -> impl Future<Output = Result<Received, StoreError>> + Send;

    /// Returns messages of these accounts that are not applied, each with the intents that match now: by the reference and the
    /// operation, or by the provider's id. The oldest come first, after this id.
    fn matches(
        &self,
        accounts: &[Account],
        after: Option<InboxId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Matched>, StoreError>> + Send;

    /// Returns a message of one of these accounts if an intent matches now, also if it was applied before: a hint that is received
    /// again is applied again.
    fn matches_of(
        &self,
        accounts: &[Account],
        id: InboxId,
    ) -> impl Future<Output = Result<Option<Matched>, StoreError>> + Send;

    /// Marks a message as applied to all intents that match.
    fn applied(&self, id: InboxId) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Begins to acknowledge the database's present history, or goes on with an acknowledgement of the same history and time that was
    /// interrupted.
    fn begin_acknowledgement(
        &self,
        lost_since: OffsetDateTime,
    ) -> impl Future<Output = Result<Acknowledgement, StoreError>> + Send;

    /// Returns the intents that may have been sent in the lost time, in the order of their ids, after this one: those that are
    /// `intended`, `sending` or `unknown`, and those that are `refused`, `abandoned` or `needs_review` and have later evidence.
    fn may_be_lost(
        &self,
        acknowledgement: &Acknowledgement,
        after: Option<IntentId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<IntentId>, StoreError>> + Send;

    /// Accepts the history for which the acknowledgement began.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Unavailable`] if the database has got another history meanwhile, which may lack what was stored since.
    fn accept_history(&self, acknowledgement: &Acknowledgement) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// How long an unverified hint that matches no intent is kept: longer than a transaction that records its intent.
pub const KEEP_HINTS: Duration = Duration::from_secs(3600);

/// The result of inserting an intent.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: an intent is new or not")]
pub enum Inserted {
    /// The intent is new.
    New(IntentId),
    /// An intent with this key exists.
    Existing(Box<Loaded>),
    /// The reference is that of another order: a payment of the account, if this is a payout, or the reverse. Nothing is inserted.
    ReferenceTaken,
}

/// An intent as it is stored.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Loaded {
    /// The store's id.
    pub id: IntentId,
    /// What was recorded.
    pub row: IntentRow,
    /// What changes.
    pub head: Head,
    /// All evidence, in order.
    pub evidence: Vec<Entry>,
    /// The pause of the intent's account, if it is paused.
    pub pause: Option<Pause>,
    /// Set if the database has another history than the journal knows. Read under the lock of the row, with the rest.
    pub other_history: Option<OtherHistory>,
    /// The store's time, when the row was locked.
    pub now: OffsetDateTime,
}

impl Loaded {
    /// The position of the last evidence; 0 if there is none.
    #[must_use]
    pub fn last_sequence(&self) -> Sequence {
        self.evidence.last().map_or(0, |entry| entry.evidence.sequence)
    }

    /// When an attempt was claimed.
    pub(crate) fn claimed_at(&self, wanted: AttemptId) -> Option<OffsetDateTime> {
        self.evidence.iter().find(|entry| entry.is_claim_of(wanted)).map(|entry| entry.at)
    }

    /// True while somebody works on it.
    pub(crate) fn is_leased(&self) -> bool {
        self.head.lease.is_some_and(|lease| lease.until > self.now)
    }
}

/// Stored evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Entry {
    /// The evidence.
    pub evidence: Evidence,
    /// Where it is from, so that one source counts once per intent.
    pub source: String,
    /// When it was stored.
    pub at: OffsetDateTime,
}

impl Entry {
    pub(crate) fn is_claim_of(&self, wanted: AttemptId) -> bool {
        matches!(self.evidence.fact, Fact::Claimed { attempt, .. } if attempt == wanted)
    }
}

/// The part of an intent's row that changes. It is computed from the evidence, except for what schedules the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Head {
    /// The state.
    pub state: State,
    /// The last state that a change reported. `sending` is not reported.
    pub reported: State,
    /// The provider's last known status.
    pub status: Option<PaymentStatus>,
    /// The order's amount at the provider, if it differs from the intended one.
    pub order_amount: Option<Money>,
    /// Why a person must look at it.
    pub review: Option<Review>,
    /// The provider's id of the order, once it is known.
    pub provider_id: Option<String>,
    /// The number of claims and lookups so far: a fencing token.
    pub epoch: u64,
    /// Who works on it.
    pub lease: Option<Lease>,
    /// When a worker should look at it again; `None` for never.
    pub due_at: Option<OffsetDateTime>,
    /// How often in a row a step brought nothing new.
    pub tries: u32,
    /// The last error in words, without any parameters.
    pub problem: Option<String>,
}

impl Default for Head {
    /// The head of a new intent.
    fn default() -> Self {
        Self {
            state: State::Intended,
            reported: State::Intended,
            status: None,
            order_amount: None,
            review: None,
            provider_id: None,
            epoch: 0,
            lease: None,
            due_at: None,
            tries: 0,
            problem: None,
        }
    }
}

/// Who works on an intent, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Lease {
    /// The process: a random number per start.
    pub owner: u128,
    /// When the lease is over.
    pub until: OffsetDateTime,
}

/// What a worker may have to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Agenda {
    /// The intents that are due, as [`Store::due`] returns them. If more are due than the worker asked for, a store may return a sample
    /// of the longest overdue ones, so that workers do not all get the same.
    pub due: Vec<IntentId>,
    /// False if [`Store::matches`] returns nothing for these accounts now.
    pub has_messages: bool,
    /// False if [`Store::deliver`] has nothing to deliver now.
    pub has_changes: bool,
    /// The accounts that are paused.
    pub pauses: Vec<Pause>,
    /// The time until the next intent becomes due, if the store knows it.
    pub next_in: Option<Duration>,
    /// Set if the database has another history than the journal knows.
    pub other_history: Option<OtherHistory>,
}

/// The database was restored, or another server has taken over: what was stored last may be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct OtherHistory {
    /// The history of the database.
    pub found: String,
    /// The history that the journal knows.
    pub known: String,
}

/// The acknowledgement of a history, while the intents are looked at that may have been sent in the lost time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Acknowledgement {
    /// The store's id.
    pub id: i64,
    /// Since when what was stored is lost.
    pub lost_since: OffsetDateTime,
    /// The last intent that was recorded when it began. Later ones were recorded in the present history.
    pub last: IntentId,
}

/// What to write about an intent.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "stores read all of it")]
pub struct Amendment {
    /// Evidence to append, each with its source. The positions follow the last one.
    pub facts: Vec<(Fact, String)>,
    /// The row afterwards.
    pub head: Head,
    /// Pauses the intent's account.
    pub pause: Option<Pause>,
}

/// An account whose credentials were refused. Nothing is sent or looked up for it while the pause lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Pause {
    /// The account.
    pub account: Account,
    /// When it was paused.
    pub since: OffsetDateTime,
    /// When the pause ends by itself.
    pub until: OffsetDateTime,
    /// The error that began the pause, in words.
    pub problem: String,
}

/// The result of [`Store::deliver`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// No change is due.
    Nothing,
    /// The hook succeeded, and the change is marked as delivered.
    Delivered(Change),
    /// The hook failed.
    Failed(StuckChange),
    /// This version cannot read the change, so the hook did not run. It is tried again later, and holds up its intent alone.
    Unreadable {
        /// The change's intent.
        intent: IntentId,
        /// The column.
        what: &'static str,
        /// What it has.
        problem: String,
    },
}

/// A change whose hook failed. It holds up the later changes of its intent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct StuckChange {
    /// The store's id.
    pub id: ChangeId,
    /// The change.
    pub change: Change,
    /// How often the hook failed.
    pub failures: u32,
    /// The last failure in words.
    pub problem: String,
    /// When the hook runs again.
    pub next_try: OffsetDateTime,
}

/// Whether a message is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: a message is new or not")]
pub enum Received {
    /// It is new.
    New(InboxId),
    /// A message with the same source is stored.
    Repeated(InboxId),
}

/// A message, and the intents that it may be about.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Matched {
    /// The store's id of the message.
    pub id: InboxId,
    /// The message; an error if this version cannot read it. It hides no other message.
    pub message: Result<Message, StoreError>,
    /// The intents. Never empty.
    pub intents: Vec<IntentId>,
}

/// The store failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The intent is not stored: its transaction was rolled back, or is not committed yet.
    #[error("intent {0} is not stored: its transaction was rolled back, or is not committed yet")]
    NoSuchIntent(IntentId),
    /// The row has something that this version does not know. A newer version wrote it, so a newer worker handles it.
    #[error("this version cannot read the stored {what}: {problem}")]
    Unreadable {
        /// The column.
        what: &'static str,
        /// What it has.
        problem: String,
    },
    /// The settlement run has ended: it failed, or a later run of the same account and source has begun.
    #[error("the settlement run has ended: it failed, or a later run of the same account and source has begun")]
    RunEnded,
    /// The database is not as required, or rejects what was to be written. Nothing was written, and trying again does not help.
    #[error("the journal's database rejects it: {0}")]
    Rejected(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database failed, for now. A transaction may be committed all the same.
    #[error("the journal's database failed: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
