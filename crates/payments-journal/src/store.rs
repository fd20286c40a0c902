//! Where intents are kept: what a database must do, and nothing else.
//!
//! A store holds no rules. Each change is one transaction: lock the intent's row, load its evidence, ask a pure function
//! what to add, write that and commit.

use std::future::Future;

use payments_core::time::OffsetDateTime;

use crate::evidence::{Evidence, Fact, Sequence};
use crate::intent::{IntentId, IntentKey, Parameters};
use crate::state::State;

/// A database, or memory.
pub trait Store: Send + Sync + 'static {
    /// A connection inside the user's transaction, and inside the transaction of a hook.
    type Connection: Send;

    /// Inserts an intent in the user's transaction, or finds the one with the same key.
    fn record(
        &self,
        connection: &mut Self::Connection,
        intent: NewIntent,
    ) -> impl Future<Output = Result<Recorded, StoreError>> + Send;

    /// Finds an intent.
    fn find(&self, key: &IntentKey) -> impl Future<Output = Result<Option<IntentId>, StoreError>> + Send;

    /// Loads an intent and all its evidence.
    fn load(&self, id: IntentId) -> impl Future<Output = Result<Option<Loaded>, StoreError>> + Send;

    /// Changes an intent in a transaction of its own: `decide` sees what is stored and returns what to write.
    ///
    /// `decide` is pure and fast. It may be called again if the database asks for the transaction to be repeated.
    fn amend<T: Send>(
        &self,
        id: IntentId,
        decide: impl Fn(&Loaded) -> (Option<Amendment>, T) + Send + Sync,
    ) -> impl Future<Output = Result<T, StoreError>> + Send;

    /// Returns intents of these accounts that are due, the longest overdue first.
    fn due(
        &self,
        now: OffsetDateTime,
        accounts: &[AccountKey],
        limit: usize,
    ) -> impl Future<Output = Result<Vec<IntentId>, StoreError>> + Send;
}

/// Whose credentials a call uses.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct AccountKey {
    /// The merchant's tenant; empty if there is only one.
    pub tenant: String,
    /// The provider's name, which is the name of its crate.
    pub provider: String,
    /// The merchant's name for the credentials; empty if there is only one set.
    pub account: String,
}

/// An intent to insert.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "stores read all of it")]
pub struct NewIntent {
    /// The unique key.
    pub key: IntentKey,
    /// The parameters, in their stored form.
    pub parameters: Parameters,
    /// When it was recorded.
    pub recorded_at: OffsetDateTime,
    /// When an intent that was not sent is abandoned.
    pub expires_at: Option<OffsetDateTime>,
}

/// The result of recording.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: an intent is new or not")]
pub enum Recorded {
    /// The intent is new.
    New(IntentId),
    /// An intent with this key exists.
    Existing(Box<Loaded>),
}

/// An intent as it is stored.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Loaded {
    /// The store's id.
    pub id: IntentId,
    /// What was recorded.
    pub intent: NewIntent,
    /// The state, as computed from the evidence when it was last added.
    pub state: State,
    /// Who works on the intent.
    pub lease: Option<Lease>,
    /// The number of claims so far. A claim succeeds only with the number that it read.
    pub epoch: u64,
    /// When a worker should look at it again; `None` for never.
    pub due_at: Option<OffsetDateTime>,
    /// All evidence, in order.
    pub evidence: Vec<Evidence>,
    /// The sources of the evidence, so that one source counts once.
    pub sources: Vec<String>,
}

impl Loaded {
    /// The position of the last evidence; 0 if there is none.
    #[must_use]
    pub fn last_sequence(&self) -> Sequence {
        self.evidence.last().map_or(0, |evidence| evidence.sequence)
    }
}

/// Who works on an intent, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores build it from their rows")]
pub struct Lease {
    /// The process, by a random number per start.
    pub owner: u128,
    /// When the lease is over, by the store's clock.
    pub until: OffsetDateTime,
}

/// What to write about an intent.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "stores read all of it")]
pub struct Amendment {
    /// Evidence to append, each with the id of its source.
    pub facts: Vec<(Fact, String)>,
    /// The state after it.
    pub state: State,
    /// The lease after it.
    pub lease: Option<Lease>,
    /// The epoch after it.
    pub epoch: u64,
    /// When a worker should look at it again.
    pub due_at: Option<OffsetDateTime>,
}

/// The store failed. Nothing of the transaction was written, unless its commit was lost.
#[derive(Debug, thiserror::Error)]
#[error("the journal's store failed: {0}")]
pub struct StoreError(#[source] pub Box<dyn std::error::Error + Send + Sync>);
